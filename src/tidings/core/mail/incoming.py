"""Tells what a message is that came in: a report, a complaint, a request to leave, or none of them.

All of it is written by strangers. Here only the form is looked at; whom it is about, and whether it
may be believed, is told by what nobody else can know: a return path, a Message-ID, a token.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from enum import StrEnum

from tidings.core.mail.bounces import LONGEST_ADDRESS, Report, blocks, field_of, report, returned_id

# The longest message that is read: a report holds the message that came back at most.
LONGEST_MESSAGE = 16 * 1024 * 1024
LONGEST_REQUEST = 4096
# So many words of a request to leave are looked at for a token.
MOST_WORDS = 40

_FEEDBACK = "message/feedback-report"
# What somebody wants who complains with these words: no more of this mail (RFC 5965 §7.3).
UNWANTED = ("abuse", "opt-out", "opt-out-list", "unsubscribe", "miscategorized")
_UNREADABLE = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
_ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{20,2000}")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")


class Form(StrEnum):
    """What a message is by its form."""

    REPORT = "report"
    COMPLAINT = "complaint"
    LEAVING = "leaving"
    OTHER = "other"


_NONE = Report()


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """What was read of a message.

    `report` is that of a report; `feedback` the kind of a complaint, such as abuse; `message_ids`
    name the message that it is about, as far as it says; `words` are those of a request to leave
    that may be a token.
    """

    form: Form
    report: Report = _NONE
    feedback: str = ""
    message_ids: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def read_incoming(data: bytes, leave_address: str | None = None) -> IncomingMessage:
    """Read a message; `leave_address` is where requests to leave are sent. Raises nothing."""
    try:
        message = message_from_bytes(data)
        parts = list(message.walk())
        complaint = _complaint(parts)
        if complaint:
            return complaint
        if leave_address and _asks_to_leave(message, leave_address):
            return _leaving(message)
    except _UNREADABLE:
        pass
    found = report(data)
    form = Form.REPORT if found.bounces or not _is_none(found) else Form.OTHER
    ids = tuple(dict.fromkeys(each.message_id for each in found.bounces if each.message_id))
    return IncomingMessage(form, report=found, message_ids=ids)


def _is_none(found: Report) -> bool:
    """Whether it is no report at all, rather than one of which something cannot be read."""
    return any(
        "no delivery report" in problem or "damaged" in problem for problem in found.problems
    )


def _complaint(parts: Sequence[Message]) -> IncomingMessage | None:
    """A complaint in the Abuse Reporting Format (RFC 5965)."""
    at = next((n for n, part in enumerate(parts) if part.get_content_type() == _FEEDBACK), None)
    if at is None:
        return None
    said = (field_of(block, "Feedback-Type") for block in blocks(parts[at]))
    kind = next((each for each in said if each), "").casefold()[:LONGEST_ADDRESS]
    named = returned_id(parts[at + 1 :])
    ids = (named,) if named else ()
    return IncomingMessage(Form.COMPLAINT, feedback=kind, message_ids=ids)


def _asks_to_leave(message: Message, address: str) -> bool:
    """Whether somebody wrote to the address for leaving. What answers by itself asks nothing."""
    automatic = field_of(message, "Auto-Submitted").casefold()
    if automatic not in ("", "no") or message.get_content_type() == "multipart/report":
        return False
    if str(message.get("Return-Path", "")).strip() == "<>":
        return False
    named = " ".join(str(value) for name in _ADDRESSED for value in message.get_all(name, []))
    return re.search(rf"(?<![\w.+-]){re.escape(address)}(?![\w.-])", named, re.I) is not None


def _leaving(message: Message) -> IncomingMessage:
    subject = str(make_header(decode_header(str(message.get("Subject", "")))))
    words = _TOKEN.findall(f"{subject}\n{_first_text(message)}")
    replied = " ".join(str(message.get(name, "")) for name in ("In-Reply-To", "References"))
    ids = tuple(dict.fromkeys(_MESSAGE_ID.findall(replied)))[:MOST_WORDS]
    return IncomingMessage(
        Form.LEAVING, message_ids=ids, words=tuple(dict.fromkeys(words))[:MOST_WORDS]
    )


def _first_text(message: Message) -> str:
    part = next((each for each in message.walk() if each.get_content_type() == "text/plain"), None)
    payload: object = part.get_payload(decode=True) if part else b""
    return (
        payload[:LONGEST_REQUEST].decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    )
