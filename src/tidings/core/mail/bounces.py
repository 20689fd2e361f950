"""Reads delivery reports (RFC 3464), and bounces that are written for people alone.

Reports are written by strangers. Whatever they hold, reading them raises nothing, and what is taken
from them is a short line of printable text. What it means for the address is judged like a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from enum import StrEnum

from tidings.core.mail.plain_bounces import PlainReport, read_plain
from tidings.core.mail.refusals import condemns
from tidings.core.mail.return_path import masked

LONGEST_ADDRESS = 320
LONGEST_WORDS = 400

_NO_REPORT = "This is no delivery report (RFC 3464): it has no message/delivery-status part."
_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_WHOLE_MESSAGES = ("message/rfc822", "message/global")
_BARE_HEADERS = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers")
_ENCODED = ("base64", "quoted-printable")
# How the parser of the standard library fails on what is no message at all.
_UNREADABLE = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError)

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"([245])\d\d(?=[ -]|$)")
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")

_MAILBOX_FULL = "5.2.2"
_NOT_FINAL = ("delayed", "delivered", "relayed", "expanded")


class BounceClass(StrEnum):
    """What a bounce means for the address: only the first kind is held against it."""

    CONDEMNED = "condemned"
    REFUSED = "refused"
    TEMPORARY = "temporary"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a report says of one recipient.

    `address` is the final recipient, `original` the one that the message was sent to, where they
    are told apart; `action` is failed, delayed, delivered, relayed or expanded; `message_id` names
    the message that came back, "" if the report does not say.
    """

    address: str
    original: str
    action: str
    status: str
    words: str
    message_id: str

    @property
    def verdict(self) -> BounceClass:
        """What status code and words say together. A full mailbox may have room again, and what is
        said of the message, the sender or a policy is not said of the address."""
        if self.status.startswith("2"):
            return BounceClass.DELIVERED
        if self.status.startswith("4") or self.status == _MAILBOX_FULL:
            return BounceClass.TEMPORARY
        return (
            BounceClass.CONDEMNED if self.final and condemns(self.reason) else BounceClass.REFUSED
        )

    @property
    def reason(self) -> str:
        """Status code and words in one line."""
        return f"{self.status} {self.words}".strip()

    @property
    def final(self) -> bool:
        """Whether the message came back for good, whatever the reason: nobody tries it again."""
        return self.action not in _NOT_FINAL


@dataclass(frozen=True, slots=True)
class Report:
    """What was read of a report: the recipients it speaks of, and sentences on what is amiss."""

    bounces: tuple[Bounce, ...] = ()
    problems: tuple[str, ...] = ()


def report(message: bytes) -> Report:
    """Read a delivery report; what cannot be read is said in `problems`."""
    try:
        return _read(message)
    except _UNREADABLE:
        return Report(problems=("The message is damaged: its parts cannot be told apart.",))


def _read(message: bytes) -> Report:
    whole = message_from_bytes(message)
    parts = list(whole.walk())
    kinds = [part.get_content_type() for part in parts]
    at = next((n for n, kind in enumerate(kinds) if kind in _STATUS_PARTS), None)
    if at is None:
        plain = read_plain(whole)
        return _of_plain(plain, parts) if plain else Report(problems=(_NO_REPORT,))
    message_id = returned_id(parts[at + 1 :])
    bounces, problems = [], []
    speaking = [block for block in blocks(parts[at]) if _of_a_recipient(block)]
    for number, block in enumerate(speaking, start=1):
        bounce = _bounce(block, message_id)
        if not (bounce.address or bounce.original):
            problems.append(f"Recipient {number} of the report has no Final-Recipient.")
        elif not bounce.status:
            problems.append(f"Recipient {number} of the report has no Status that can be read.")
        else:
            bounces.append(bounce)
    if not speaking:
        problems.append("The report names no recipient.")
    return Report(tuple(bounces), tuple(problems))


def _of_plain(plain: PlainReport, parts: Sequence[Message]) -> Report:
    """The same of a bounce that has no part for programs."""
    message_id = returned_id(parts) or plain.message_id
    bounces, problems = [], []
    for each in plain.bounces:
        words = masked(_line(each.words))[:LONGEST_WORDS]
        if each.status:
            action = "failed" if each.status.startswith("5") else "delayed"
            address = _line(each.address)[:LONGEST_ADDRESS]
            bounces.append(Bounce(address, "", action, each.status, words, message_id))
        else:
            problems.append("An address in the bounce has no reason that can be read.")
    if not plain.bounces:
        problems.append("The bounce names no address that mail could not be delivered to.")
    return Report(tuple(bounces), tuple(problems))


def blocks(part: Message) -> Iterator[Message]:
    """The groups of fields in a part of a report, such as those of each recipient."""
    encoding = field_of(part, "Content-Transfer-Encoding").casefold()
    if encoding in _ENCODED:
        yield from map(message_from_bytes, re.split(rb"\r?\n\s*\n", _decoded(part, encoding)))
        return
    for block in _inside(part):
        yield block
        # Only the older of the two types is taken apart by the parser.
        if part.get_content_type() != _STATUS_PARTS[0]:
            yield from map(message_from_bytes, re.split(rb"\n\s*\n", _plain(block)))


def _decoded(part: Message, encoding: str) -> bytes:
    """The text of a report that was encoded: the parser has taken it for groups of fields."""
    inside = _inside(part)
    text = b"\n\n".join(each.as_bytes() for each in inside) if inside else _plain(part)
    head = f"Content-Transfer-Encoding: {encoding}\n\n".encode("ascii", "replace")
    return _plain(message_from_bytes(head + text))


def _inside(part: Message) -> list[Message]:
    """The messages that a part is made of."""
    payload: object = part.get_payload()
    found = payload if isinstance(payload, list) else []
    return [each for each in found if isinstance(each, Message)]


def _plain(part: Message) -> bytes:
    """The text of a part as it was before it was encoded for the way."""
    decoded: object = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _of_a_recipient(block: Message) -> bool:
    return any(
        field_of(block, name) for name in ("Final-Recipient", "Original-Recipient", "Action")
    )


def _bounce(block: Message, message_id: str) -> Bounce:
    words = masked(field_of(block, "Diagnostic-Code").partition(";")[2].strip())[:LONGEST_WORDS]
    return Bounce(
        address=_address(field_of(block, "Final-Recipient")),
        original=_address(field_of(block, "Original-Recipient")),
        action=field_of(block, "Action").partition(" ")[0].casefold()[:LONGEST_ADDRESS],
        status=_status(field_of(block, "Status"), words),
        words=words,
        message_id=message_id,
    )


def _status(field: str, words: str) -> str:
    """The status code; where the field is missing, what the server's reply has in its place."""
    if found := _STATUS.match(field) or _STATUS.search(words):
        return ".".join(str(int(n)) for n in found.groups())
    reply = _REPLY.match(words)
    return f"{reply[1]}.0.0" if reply else ""


def _address(value: str) -> str:
    """The address of a field such as `rfc822; ana@example.org` (RFC 6533 §3 for `utf-8;`)."""
    kind, _, address = value.rpartition(";")
    if kind.strip().casefold() == "utf-8":
        address = _ESCAPED.sub(_unescaped, address)
    return _line(address).strip("<>")[:LONGEST_ADDRESS]


def _unescaped(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if number < 0x110000 else ""


def field_of(message: Message, name: str) -> str:
    """The first field of that name as one line, in UTF-8 if it is more than ASCII."""
    for key, value in message.raw_items():
        if key.casefold() == name.casefold():
            return _line(str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    return ""


def _line(text: str) -> str:
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def returned_id(parts: Sequence[Message]) -> str:
    """The Message-ID of the message that came back, "" if the report does not hold it."""
    for part in parts:
        kind, inside = part.get_content_type(), _inside(part)
        headers = None
        if kind in (*_WHOLE_MESSAGES, *_BARE_HEADERS) and inside:
            headers = inside[0]
        elif kind in _BARE_HEADERS:
            headers = message_from_bytes(_plain(part))
        if headers is not None:
            found = _MESSAGE_ID.search(field_of(headers, "Message-ID"))
            return found[0] if found else ""
    return ""
