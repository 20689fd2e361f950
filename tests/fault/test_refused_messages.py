"""A message that a server does not let in, for what it says or its size, silences nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import MONDAY, digest, topic
from tests.desk import Desk, Hands, Postbox, mail_text, open_desk, staff
from tests.smtp_server import SmtpServer
from tidings.adapters.smtp import SmtpTransport
from tidings.application.deliver import DeliverReport, deliver
from tidings.application.edit import retract
from tidings.application.status import findings, look
from tidings.core.mail.digest import DigestMail
from tidings.core.mail.refusals import of_the_message
from tidings.core.settings import Relay
from tidings.errors import DeliveryError
from tidings.model import DeliveryState, Envelope
from tidings.state.deliveries import DeliveryFilter

ANA, BOB = "ana@x.example", "bob@x.example"
WEEK = timedelta(days=7)
TITLES = ("A boat", "A ferry", "A raft", "A canoe", "A kayak", "A tug")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(tmp_path, topic("boats", "boat"))
    desk.digests = (digest(),)
    desk.lists = staff(ANA, BOB)
    yield desk
    desk.store.close()


class Filter(Postbox):
    """A server that lets in no message to Ana that holds some words."""

    def __init__(self, words: str, reply: str) -> None:
        super().__init__()
        self.words, self.reply = words.encode(), reply

    def send(self, envelope: Envelope, message: bytes) -> str:
        if self.words in message and envelope.recipient == ANA:
            told = f"mx.example:587: the server refused the message: {self.reply}"
            raise DeliveryError(told, permanent=self.reply.startswith("5"))
        return super().send(envelope, message)


def weeks(desk: Desk, box: Postbox, number: int) -> None:
    for week, title in enumerate(TITLES[:number]):
        now = MONDAY + week * WEEK
        desk.file(f"{week}.txt", f"2026-01-0{week + 1} | {title} | It floats.", now=now)
        desk.announce(now)
        desk.deliver(box, now)


@pytest.mark.parametrize(
    "reply",
    [
        "554 5.7.1 Message rejected as spam",
        "550 5.7.1 Content filter: not here",
        "554 Denied",
        "552 5.2.3 Message length exceeds administrative limit",
        "550 5.6.0 Bad header",
    ],
)
@pytest.mark.parametrize("bad", [0, 1, 2])
def test_what_was_refused_twice_is_left_out_of_the_next(desk: Desk, reply: str, bad: int) -> None:
    box = Filter(f"new {TITLES[bad]}", reply)
    weeks(desk, box, bad + 4)
    mails = box.to(ANA)
    said = "\n".join(mails)
    for title in TITLES[: bad + 4]:
        # What came with it the first time is left out as well: who could tell which it was?
        assert said.count(f"new {title}") == (title not in TITLES[bad : bad + 1]), title
    assert len(box.to(BOB)) == bad + 4
    assert "new A boat" in "\n".join(box.to(BOB))


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.7.23 SPF validation failed",
        "552 5.2.2 Mailbox full",
        "554 5.7.1 Service unavailable; Client host blocked using zen.example",
    ],
)
def test_what_was_refused_for_anything_else_goes_on_being_owed(desk: Desk, reply: str) -> None:
    box = Filter("new A boat", reply)
    weeks(desk, box, 4)
    assert box.to(ANA) == []
    box.reply, box.words = "", b"nothing like it"
    desk.file("last.txt", "2026-01-09 | A dinghy | It floats.", now=MONDAY + 5 * WEEK)
    desk.announce(MONDAY + 5 * WEEK)
    desk.deliver(box, MONDAY + 5 * WEEK)
    (mail,) = box.to(ANA)
    assert all(f"new {title}" in mail for title in TITLES[:4])


def test_status_names_what_is_left_out_and_why(desk: Desk) -> None:
    box = Filter("new A boat", "554 5.7.1 Message rejected as spam")
    weeks(desk, box, 3)
    found = look(desk.store, desk.settings, MONDAY + 3 * WEEK)
    (told,) = [each for each in findings(found) if each.check == "refused items"]
    assert "A boat" in told.message
    assert "A raft" not in told.message


@pytest.mark.parametrize(
    ("detail", "meant"),
    [
        ("expired; last: mx: the server refused the message: 451 4.7.1 Looks like spam", True),
        ("expired; last: mx: the server refused the message: 451 4.3.0 Try again", False),
        ("expired; last: mx: the server refused the message: 451 Hm", False),
        ("mx: the server refused the message: 554 Hm", True),
        ("mx: the server refused the recipient: 554 5.7.1 Looks like spam", False),
        ("mx: the server refused the message: 550 5.1.1 No such user", False),
        ("", False),
    ],
)
def test_only_what_is_said_of_the_message_keeps_items_out(detail: str, meant: bool) -> None:
    assert of_the_message(detail) is meant


# --- Too large ------------------------------------------------------------------------------------


def send(desk: Desk, server: SmtpServer, now: datetime = MONDAY) -> DeliverReport:
    transport = SmtpTransport(
        Relay("127.0.0.1", server.port, security="none"), timeout=5, name="desk.example.org"
    )
    return deliver(desk.services(transport=transport, clock=Hands(now)))


def many(desk: Desk) -> None:
    text = "It floats, and a long way from the harbour. " * 2
    lines = (f"2026-01-05 | Boat {number} {text}| It floats." for number in range(100))
    desk.digests = (digest(max_items=100),)
    desk.file("a.txt", *lines)
    desk.announce()


@pytest.mark.parametrize("room", [0.9, 0.5, 0.3])
def test_a_message_that_is_too_large_is_made_as_small_as_the_server_says(
    desk: Desk, room: float
) -> None:
    many(desk)
    box = Postbox()
    with SmtpServer(largest=2**25) as server:
        deliver(desk.services(transport=box), stop=lambda: bool(box.kept))
        whole = len(box.kept[0][1])
    largest = int(whole * room) + 700
    with SmtpServer(largest=largest) as server:
        report = send(desk, server)
        assert (report.failed, report.waiting) == ([], 0)
        assert server.letters
        assert all(len(letter.data) <= largest for letter in server.letters)
        assert server.refused == []


@pytest.mark.parametrize(
    "reply",
    [
        "552 5.3.4 Message too big for system",
        "552 5.2.3 Message exceeds what this mailbox takes",
        "552 Message size exceeds fixed maximum message size",
    ],
)
@pytest.mark.parametrize("step", [".", "MAIL", "DATA"])
def test_one_that_is_refused_as_too_large_is_halved_until_it_passes(
    desk: Desk, reply: str, step: str
) -> None:
    many(desk)
    with SmtpServer() as server:
        server.script(step, reply, times=2)
        report = send(desk, server)
        assert (report.sent, report.failed, report.waiting) == (2, [], 0)
        assert len(server.letters[0].data) < 12_000


def test_one_that_cannot_be_made_small_enough_fails(desk: Desk) -> None:
    many(desk)
    with SmtpServer(largest=300) as server:
        report = send(desk, server)
    assert len(report.failed) == 2
    assert all("the server takes 300" in words for _, words in report.failed)


@pytest.mark.parametrize("giants", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_one_item_that_is_larger_than_the_server_takes_keeps_no_other_out(
    desk: Desk, giants: tuple[int, ...]
) -> None:
    def body(name: str, context: Mapping[str, object]) -> str:
        mail, said = context.get("mail"), mail_text(name, context)
        if not isinstance(mail, DigestMail):
            return said
        giant = sum(said.count(f"new {TITLES[each]}\n") for each in giants)
        return said + f"and {mail.left_out} more\n" + f"{'long ' * 12}\n" * 200 * giant

    desk.render = body
    names = [f"2026-01-0{at + 1} | {title} | It floats." for at, title in enumerate(TITLES[:3])]
    desk.file("a.txt", *names)
    desk.announce()
    with SmtpServer(largest=8000) as server:
        report = send(desk, server)
        assert (report.sent, report.failed, report.waiting) == (2, [], 0)
        said = server.letters[0].data.decode().partition("<html>")[0]
    printed = [at for at, title in enumerate(TITLES[:3]) if f"new {title}\r\n" in said]
    assert not set(printed) & set(giants)
    assert printed or len(giants) == 3
    assert f"and {3 - len(printed)} more" in said


def test_a_copy_of_what_may_have_arrived_is_not_made_shorter(desk: Desk) -> None:
    many(desk)
    with SmtpServer() as server:
        server.script(".", drop=True, about=ANA, times=1)
        server.script(".", "552 5.3.4 Too big", about=BOB, times=1)
        send(desk, server)
        send(desk, server, MONDAY + timedelta(hours=1))
        ana = [each.data for each in server.letters if each.recipient == ANA]
        (bob,) = [each.data for each in server.letters if each.recipient == BOB]
    assert ana[0] == ana[1]
    assert len(bob) < len(ana[0])


def test_a_copy_of_what_may_have_arrived_that_is_refused_stays_in_doubt(desk: Desk) -> None:
    many(desk)
    with SmtpServer() as server:
        server.script(".", drop=True, about=ANA, times=1)
        server.script(".", "554 5.6.0 We have that already", about=ANA)
        send(desk, server)
        send(desk, server, MONDAY + timedelta(hours=1))
    with desk.store.reading() as state:
        (row,) = state.deliveries.find(DeliveryFilter(states=(DeliveryState.IN_DOUBT,)))
    assert "We have that already" in row.delivery.detail
    box = Postbox()
    desk.file("b.txt", "2026-01-06 | A raft | It sinks.", now=MONDAY + WEEK)
    desk.announce(MONDAY + WEEK)
    desk.deliver(box, MONDAY + WEEK)
    assert box.to(ANA) == ["new A raft"]


def test_a_retraction_brings_no_title_back_that_a_server_has_refused(desk: Desk) -> None:
    box = Filter("A boat", "554 5.7.1 Message rejected as spam")
    weeks(desk, box, 2)
    week = MONDAY + 2 * WEEK
    desk.file(
        "c.txt", "2026-01-03 | A raft | It floats.", "2026-01-04 | A tug | It pulls.", now=week
    )
    desk.announce(week)
    retract(desk.store, desk.editor(week, reason="wrong"), desk.items()["A raft"].id)
    desk.deliver(box, week)
    assert box.to(ANA) == ["new A ferry\nnew A tug"]
