"""A desk whose mail comes back: each message has its own return path, by which reports tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.builders import MONDAY, WEEK, digest, mail_from
from tests.desk import KEY, Desk, Postbox, hurried, mail_text, staff
from tidings.application.intake import Intake, TakenIn
from tidings.application.subscribe import member_of
from tidings.core.settings import Settings
from tidings.core.tokens import is_link
from tidings.model import Envelope
from tidings.state import open_store

PATTERN = "bounces+{token}@news.example"
LEAVE = "leave@news.example"
ANA, EVA, LUIS = "ana@example.org", "eva@example.org", "luis@example.org"
PEOPLE = (ANA, EVA, LUIS, *(f"p{number}@example.org" for number in range(7)))
UNKNOWN = "550 5.1.1 User unknown"


def render(name: str, context: Mapping[str, object]) -> str:
    """A message of an edition, or the name of another one's template."""
    return name if name.startswith("mail/") else mail_text(name, context)


@dataclass
class ReturnDesk(Desk):
    """A desk with a keyed return path, as long as `keyed`."""

    keyed: bool = True
    sent: list[tuple[Envelope, bytes]] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """What is configured now."""
        more = {"unsubscribe": f"mailto:{LEAVE}?subject=leave%20{{token}}"}
        more |= {"bounce_address": PATTERN} if self.keyed else {}
        return super().settings.model_copy(update={"mail": mail_from("News", **more)})

    @property
    def intake(self) -> Intake:
        """What takes messages in."""
        return Intake(
            self.store,
            self.settings,
            KEY,
            lambda token: member_of(self.store, token) if is_link(token) else None,
        )

    def take_in(self, message: bytes | str, now: datetime = MONDAY) -> TakenIn:
        """Take a message in."""
        data = message if isinstance(message, bytes) else message.encode()
        return self.intake.take_in(data, now)

    def edition(self, week: int = 0) -> dict[str, tuple[Envelope, bytes]]:
        """Send the edition of a week; returns the messages by address."""
        at = MONDAY + week * WEEK
        self.file(f"{week}.txt", f"2026-03-01 | Story {week} | It goes on.", now=at)
        self.announce(at)
        return self.send(at)

    def send(self, at: datetime) -> dict[str, tuple[Envelope, bytes]]:
        """Send what waits; returns the messages by address."""
        box = Postbox()
        self.deliver(box, at)
        self.sent += box.kept
        return {envelope.recipient: (envelope, message) for envelope, message in box.kept}

    def standing(self) -> tuple[object, ...]:
        """All that decides who gets mail."""
        with self.store.reading() as state:
            marks = [(each.key, str(each.state)) for each in state.people.marks()]
            chosen = [(each.key, each.digest, str(each.state)) for each in state.choices.all()]
            return (marks, chosen, dict(state.people.counted()), list(state.probes.all()))

    def bounced(self) -> set[str]:
        """Who gets no more mail because it came back."""
        with self.store.reading() as state:
            return {each.key for each in state.people.bounced()}


def return_desk(root: Path, people: Sequence[str] = PEOPLE) -> ReturnDesk:
    """A desk with a weekly digest for these people."""
    (root / "seeds").mkdir(parents=True, exist_ok=True)
    desk = ReturnDesk(root, hurried(open_store(root / "state" / "tidings.db")))
    desk.digests, desk.lists, desk.render = (digest(),), staff(*people), render
    return desk


def message_id(message: bytes) -> str:
    """The Message-ID of a message."""
    line = next(x for x in message.split(b"\r\n") if x.startswith(b"Message-ID: "))
    return line.partition(b": ")[2].decode()


def bounce_of(
    to: str, address: str, returned: str = "", *, words: str = UNKNOWN, status: str = "5.1.1"
) -> str:
    """A delivery report: where it was sent, whom it names, and the Message-ID that came back."""
    head = f"Message-ID: {returned}\n" if returned else "Subject: it came back\n"
    return (
        f"Return-Path: <>\nDelivered-To: {to}\nFrom: MAILER-DAEMON@relay.example\nTo: {to}\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\n"
        f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {words}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{head}\n--b--\n"
    )


def complaint_of(to: str, returned: str = "", kind: str = "abuse") -> str:
    """A complaint in the Abuse Reporting Format."""
    head = f"Message-ID: {returned}\n" if returned else "Subject: redacted\n"
    return (
        f"From: loop@isp.example\nTo: abuse@news.example\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="f"\n\n'
        "--f\nContent-Type: text/plain\n\nA complaint.\n"
        "--f\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: {kind}\nVersion: 1\nOriginal-Mail-From: <{to}>\n\n"
        f"--f\nContent-Type: message/rfc822\n\n{head}\nBody\n--f--\n"
    )
