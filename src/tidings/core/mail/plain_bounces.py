"""Reads bounces that are written for people alone: by qmail, Exim, Exchange and others.

They have no part for programs (RFC 3464), but they name an address on a line of its own and give
the server's answer below it, whatever language the words around are in. What is taken from them is
an address, a status code and words, which are judged like those of any report; who it is really
about, a Message-ID of ours or a return path has to tell.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message

LONGEST_TEXT = 256 * 1024
MOST_ADDRESSES = 50

# Who writes bounces, by the part before the @ or the name, and what only bounces have.
_DAEMON = re.compile(
    r"mailer-?daemon|postmaster|mail delivery|microsoftexchange|maildelivery|no-?reply-?bounce",
    re.IGNORECASE,
)
_MARKS = ("X-Failed-Recipients", "X-MS-Exchange-Message-Is-Ndr")
_QMAIL = re.compile(r"(?m)^(?:Hi\. )?This is the (?:qmail|\S+ program|\S+ at)\b")
_EXIM = re.compile(r"created automatically by mail delivery software")
_WARNING = re.compile(
    r"warning (?:message )?only|has not (?:yet )?been delivered|will (?:keep|continue) (?:to )?try"
    r"|will be retried|still being retried|delivery attempts will continue",
    re.IGNORECASE,
)
# What follows is the message that came back, or its headers.
_COPY = re.compile(
    r"(?m)^-*\s*(?:Below this line is a copy of the message|Undelivered message follows"
    r"|This is a copy of (?:the|your) message|The body of the message is|Original message headers"
    r"|Original message|Returned message|Message header follows|Enclosed is a copy"
    r"|Urspr(?:ü|ue)ngliche Nachricht|Message original|Mensaje original|Messaggio originale)\b"
)
_ADDRESS = r"[^\s<>@\"'(),;:]+@[^\s<>@\"'(),;:]+\.[^\s<>@\"'(),;:.]+"
# An address on a line of its own, perhaps with a name, a bracket or a sign beside it.
_ALONE = re.compile(
    rf"^\W*(?:[^<>@:]{{0,80}}\s)?[<\"'(]{{0,2}}({_ADDRESS})[>\"')]{{0,2}}\W{{0,3}}$"
)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\w.-])([45]\d\d)(?=[ -]\D|[ -]?#?[245]\.\d)")
_MESSAGE_ID = re.compile(r"(?im)^[> ]*Message-ID:\s*(<[^<>\s]+>)")
# None of them looks further than the next bracket, however many a hostile message has.
_TAG = re.compile(r"(?i)<(?:style|script|title)\b[^<]*|<[^<>]*>")
_BREAK = re.compile(r"(?i)<(?:br|/p|/div|/tr|/h\d|/li|/td)\b[^<>]*>")


@dataclass(frozen=True, slots=True)
class PlainBounce:
    """What a bounce says of one address: a status code, "" where it has none, and words."""

    address: str
    status: str
    words: str


@dataclass(frozen=True, slots=True)
class PlainReport:
    """A bounce that is written for people, and the Message-ID of the message that came back."""

    bounces: tuple[PlainBounce, ...] = ()
    message_id: str = ""


def read_plain(message: Message) -> PlainReport | None:
    """Read a bounce without a part for programs; None if the message does not look like one."""
    text = _text_of(message)
    if not _is_bounce(message, text):
        return None
    copy = _COPY.search(text)
    said, returned = (text[: copy.start()], text[copy.start() :]) if copy else (text, "")
    found = _MESSAGE_ID.search(returned or said)
    if _WARNING.search(said):
        return PlainReport((), found[1] if found else "")
    known = _EXIM.search(said) is not None or _QMAIL.search(said) is not None
    blocks = dict(_first_answers(_blocks(said.splitlines())))
    bounces = tuple(
        PlainBounce(address, *_judged(lines, known=known)) for address, lines in blocks.items()
    )
    return PlainReport(bounces, found[1] if found else "")


def _is_bounce(message: Message, text: str) -> bool:
    """Whether somebody's server wrote it: a reader's own words never pass for a bounce."""
    if any(message.get(mark) is not None for mark in _MARKS):
        return True
    if _QMAIL.search(text) or _EXIM.search(text):
        return True
    nobody = str(message.get("Return-Path", "")).strip() == "<>"
    daemon = _DAEMON.search(str(message.get("From", ""))) is not None
    return (nobody or daemon) and (_STATUS.search(text) or _REPLY.search(text)) is not None


def _text_of(message: Message) -> str:
    """The first part that people read."""
    parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    parts.sort(key=lambda part: part.get_content_subtype() != "plain")
    for part in parts[:1]:
        payload: object = part.get_payload(decode=True)
        data = payload[:LONGEST_TEXT] if isinstance(payload, bytes) else b""
        text = data.decode(_charset(part), "replace")
        if part.get_content_subtype() == "html":
            text = html.unescape(_TAG.sub(" ", _BREAK.sub("\n", text)))
        return text.replace("\r\n", "\n")
    return ""


def _charset(part: Message) -> str:
    name = str(part.get_content_charset() or "utf-8")
    try:
        "".encode(name)
    except (LookupError, ValueError):
        return "utf-8"
    return name


def _blocks(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Each address that has a line of its own, with the lines below it."""
    address, said, count = "", list[str](), 0
    for line in lines:
        alone = _ALONE.match(line[:400])
        if alone and not _STATUS.search(line):
            if address:
                yield address, said
            count += 1
            if count > MOST_ADDRESSES:
                return
            address, said = alone[1].strip("."), []
        elif address:
            said.append(line.strip())
    if address:
        yield address, said


def _first_answers(
    blocks: Iterator[tuple[str, list[str]]],
) -> Iterator[tuple[str, list[str]]]:
    """For each address the first lines that hold a server's answer, if any do: Exchange names it
    once for people, and once more for administrators."""
    found: dict[str, list[str]] = {}
    for address, lines in blocks:
        before = found.get(address.casefold())
        if before is None or not _answers("\n".join(before)):
            found[address.casefold()] = lines
    yield from found.items()


def _answers(text: str) -> bool:
    return (_STATUS.search(text) or _REPLY.search(text)) is not None


def _judged(lines: Sequence[str], *, known: bool) -> tuple[str, str]:
    """A status code and words. Where a `known` program gives a reason without a code, it is the
    one that says nothing, and the words decide."""
    paragraphs = "\n".join(lines).strip().split("\n\n")
    answer = next((each for each in paragraphs if _answers(each)), paragraphs[0])
    words = " ".join(answer.split())
    if reply := _REPLY.search(words):
        # What comes before a reply are words of the server that reports it.
        before, words = words[: reply.start()], words[reply.start() :]
        step = re.search(r"(?i)\bafter (end of data|[A-Z]+ [A-Z]+)\b|\bin reply to\b.*", before)
        words = f"{words} ({step[0].strip(' :')})" if step else words
    if found := _STATUS.search(words):
        return ".".join(str(int(n)) for n in found.groups()), words
    if reply:
        return f"{reply[1][0]}.0.0", words
    return ("5.0.0" if known and words else ""), words
