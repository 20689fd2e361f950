"""Whatever strangers send in, it never changes who gets mail: five thousand reports, complaints and
requests, made of true ones by people who have seen some of our mail and guess the rest."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import MONDAY
from tests.returned import (
    ANA,
    EVA,
    PEOPLE,
    UNKNOWN,
    ReturnDesk,
    bounce_of,
    complaint_of,
    message_id,
    return_desk,
)
from tidings.core.mail.return_path import ReturnKind, return_path
from tidings.state.deliveries import DeliveryFilter

MANY = 5000
FEW = 250
TOKEN = re.compile(r"[a-z2-7]{32}")
Make = Callable[["Stranger"], str]


class Stranger:
    """Somebody who has one message of ours, to Eva, and writes what they like about everybody."""

    def __init__(self, desk: ReturnDesk, rng: random.Random) -> None:
        self.rng = rng
        self._sent = {envelope.recipient: (envelope, message) for envelope, message in desk.sent}
        self.own, self.own_message = self._sent[EVA]

    def victim(self) -> str:
        return self.rng.choice([each for each in PEOPLE if each != EVA])

    def address(self) -> str:
        """A return path that is none: guessed, altered, of another instance, key, day or kind."""
        token = "".join(self.rng.choices("abcdefghijklmnopqrstuvwxyz234567", k=32))
        at = self.rng.randrange(32)
        own = TOKEN.search(self.own.sender)
        assert own
        altered = self.own.sender.replace(own[0], own[0][:at] + token[at] + own[0][at + 1 :])
        other = return_path(
            "bounces+{token}@news.example",
            self.rng.choice([b"another", b"", b"secre"]),
            self.rng.choice(list(ReturnKind)),
            MONDAY.date() + timedelta(days=self.rng.randrange(-200, 200)),
            self.rng.randrange(1, 30),
            message_id(self._sent[self.victim()][1]),
        )
        long = self.own.sender.replace("@", f"{token}@")
        choices = [f"bounces+{token}@news.example", altered, other, long, "bounces@news.example"]
        found = self.rng.choice([each for each in choices if each != self.own.sender])
        return self.rng.choice([found, found.upper(), found.title()])

    def named(self) -> str:
        """A Message-ID that is not one."""
        number = f"{self.rng.getrandbits(128):032x}"
        own = message_id(self.own_message)
        return self.rng.choice(
            ["", f"<{number}@news.example>", own[:-2] + "x>", own.upper(), f"<{number}>", "<>"]
        )


def forged_bounce(who: Stranger) -> str:
    return bounce_of(who.address(), who.victim(), who.named())


def bounce_of_everybody(who: Stranger) -> str:
    """One report about all, in which only its writer's own message is ours."""
    block = "Final-Recipient: rfc822; {}\nAction: failed\nStatus: 5.1.1\n\n"
    blocks = "".join(block.format(each) for each in PEOPLE if each != EVA) * who.rng.randrange(1, 4)
    text = bounce_of(who.own.sender, who.victim(), message_id(who.own_message))
    return text.replace("Final-Recipient", f"{blocks}Final-Recipient", 1)


def two_messages(who: Stranger) -> str:
    """A true return path beside a Message-ID that is somebody else's, had they seen it."""
    other = message_id(who._sent[who.victim()][1])
    return bounce_of(who.own.sender, who.victim(), other)


def plain_bounce(who: Stranger) -> str:
    reason = who.rng.choice(["(#5.1.1)", "550 5.1.1 User unknown", "no such user"])
    return (
        f"Return-Path: <>\nTo: {who.address()}\n\nHi. This is the qmail-send program at x.\n\n"
        f"<{who.victim()}>:\n{reason}\n\n--- Below this line is a copy of the message.\n\n"
        f"Message-ID: {who.named()}\n"
    )


def forged_complaint(who: Stranger) -> str:
    return complaint_of(who.address(), who.named(), who.rng.choice(["abuse", "opt-out", "fraud"]))


def forged_request(who: Stranger) -> str:
    token = base64.urlsafe_b64encode(who.rng.randbytes(who.rng.randrange(10, 60))).decode()
    subject = who.rng.choice(["unsubscribe", f"leave {token}", f"leave {token}.{token}"])
    extra = f"In-Reply-To: {who.named() or '<a@b>'}\n" if who.rng.random() < 0.5 else ""
    return f"From: {who.victim()}\nTo: leave@news.example\nSubject: {subject}\n{extra}\nBye.\n"


def vacation(who: Stranger) -> str:
    return (
        f"From: {EVA}\nTo: {who.own.sender}\nAuto-Submitted: auto-replied\n"
        f"In-Reply-To: {message_id(who.own_message)}\n\nI am away. {UNKNOWN}\n"
    )


MAKERS: Sequence[Make] = (
    forged_bounce,
    bounce_of_everybody,
    two_messages,
    plain_bounce,
    forged_complaint,
    forged_request,
    vacation,
)


def broken(text: str, rng: random.Random) -> bytes:
    """The same as somebody hostile, or a bad line, leaves it."""
    data = text.encode()
    match rng.randrange(8):
        case 0:
            return data[: rng.randrange(len(data))]
        case 1:
            at = rng.randrange(len(data))
            return data[:at] + rng.randbytes(rng.randrange(1, 40)) + data[at:]
        case 2:
            lines = data.split(b"\n")
            rng.shuffle(lines)
            return b"\n".join(lines)
        case 3:
            return data.replace(b"\n", b"\r\n")
        case 4:
            return b"Content-Type: message/rfc822\n\n" * rng.randrange(1, 60) + data
        case 5:
            return data.replace(b"7bit", b"base64").replace(b'boundary="b"', b"boundary=")
        case _:
            return data


def attack(desk: ReturnDesk, number: int, seed: int) -> None:
    """Send so many messages in, each of them once or twice; nobody's standing changes but that of
    who wrote them, and that by one bounce a day."""
    rng = random.Random(seed)
    stranger, before = Stranger(desk, rng), others(desk)
    for count in range(number):
        text = rng.choice(MAKERS)(stranger)
        data = broken(text, rng)
        for _ in range(rng.choice([1, 1, 2])):
            desk.take_in(data, MONDAY)
        if count % 100 == 0 or number - count < 3:
            assert others(desk) == before, (seed, count)
    assert others(desk) == before, seed
    assert EVA not in desk.bounced()


def others(desk: ReturnDesk) -> object:
    """All that is on record of everybody but Eva: deliveries, too."""
    with desk.store.reading() as state:
        found = list(desk.standing()[:2])
        counted = {key: n for key, n in state.people.counted().items() if key != EVA}
        probes = [each for each in state.probes.all() if each.key != EVA]
        wanted = state.deliveries.find(DeliveryFilter())
        told = [(e.key, str(e.delivery.state), e.delivery.detail) for e in wanted if e.key != EVA]
    return found, counted, probes, told


@pytest.mark.parametrize("seed", [1])
def test_a_few_hundred_messages_by_strangers_change_nothing(tmp_path: Path, seed: int) -> None:
    desk = return_desk(tmp_path)
    desk.edition()
    attack(desk, FEW, seed)
    desk.store.close()


@pytest.mark.slow
def test_nor_do_five_thousand(tmp_path: Path) -> None:
    desk = return_desk(tmp_path)
    desk.edition()
    attack(desk, MANY, 20261130)
    assert set(desk.edition(1)) == set(PEOPLE), "everybody gets the next edition"
    desk.store.close()


def test_a_true_report_among_them_still_counts_and_once(tmp_path: Path) -> None:
    desk = return_desk(tmp_path)
    sent = desk.edition()
    attack(desk, 40, 3)
    said = bounce_of(sent[ANA][0].sender, ANA)
    assert [each.result for each in desk.take_in(said).recorded] == ["counted"]
    assert [each.result for each in desk.take_in(said).recorded] == ["known"]
    attack(desk, 40, 4)
    desk.store.close()
