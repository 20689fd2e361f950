"""Writes any message: header fields, wrapped text, encoded parts, and each recipient's own copy.

Header fields are in ASCII and folded, and no value can add another header. Only the part of an
address before @ may be in another script, and is then sent as it is (RFC 6532).

The newer policies of the standard library either break List-Unsubscribe at 78 characters or, once
long lines are allowed, write encoded words longer than RFC 2047 permits; hence these functions.

What is alike for all recipients is encoded once. What differs (their address, their name, their
links) stands on lines of its own, the slots, which are filled and encoded for each recipient.
Quoted-printable works line by line (RFC 2045 §6.7), so the joined parts are the bytes of the whole.
"""

from __future__ import annotations

import hmac
import html
import json
import re
import unicodedata
import zlib
from binascii import b2a_qp
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, Literal

import css_inline

from tidings.core.corrections import cut
from tidings.core.settings.values import ascii_domain
from tidings.errors import DeliveryError, TemplateError
from tidings.model import Delivery

# Makes text of a template's name and its context, in one language.
Render = Callable[[str, Mapping[str, object]], str]

NAME_LIMIT = 60

_ATOM = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\x00-\x7f])+"
_LOCAL_PART = re.compile(rf"{_ATOM}(\.{_ATOM})*")


def field(name: str, value: str) -> bytes:
    """A header as sent. Line breaks are our own folds; a value brings none of its own."""
    return f"{name}: {value}".encode()


def clean(text: str) -> str:
    """One line without control characters or halves of surrogate pairs."""
    if not text.isprintable():
        text = "".join(c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text)
    return " ".join(text.split())


def words(text: str, header: str) -> str:
    """Unstructured text for the header of that name, in encoded words if need be (RFC 2047 §2).

    Also where ASCII looks like an encoded word, so that it is read as it was written.
    """
    text = clean(text)
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    return Header(text, charset, maxlinelen=76, header_name=header).encode(linesep="\r\n")


def phrase(name: str) -> str:
    """A display name: a quoted string, or encoded words (RFC 5322 §3.2.5, RFC 2047 §5)."""
    name = cut(clean(name), NAME_LIMIT)
    if name.isascii() and "=?" not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return words(name, "Reply-To")


def mailbox(name: str, address: str) -> str:
    """A name ("" for none) and an address as From, To and Reply-To have them.

    Raises DeliveryError (permanent) if the address cannot stand in a header.
    """
    address = addr_spec(address)
    return f"{phrase(name)} <{address}>" if clean(name) else address


# The sender's is asked for with each message, a recipient's twice: in the header and at the server.
@lru_cache(maxsize=256)
def addr_spec(address: str) -> str:
    """An address as headers and servers are given it: with its domain in ASCII (RFC 5890).

    What stands before @ stays as it is; where that is not ASCII, only servers with SMTPUTF8 take it
    (RFC 6531). Raises DeliveryError (permanent) if it is no address.
    """
    local, at, domain = address.strip().rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local) or not local.isprintable():
        raise DeliveryError(
            "the part of the address before @ has characters that no address has; "
            "correct the address",
            permanent=True,
        )
    host = ascii_domain(domain)
    if not host:
        raise DeliveryError(
            "the part of the address after @ is no domain name; correct the address", permanent=True
        )
    return f"{local}@{host}"


WIDTH = 72

# What a continued line is indented by: the line's own indent, or a short label and its gap, so
# that "Topics    Ethical recruitment, ..." goes on under its second column.
_HANG = re.compile(r" *(?:\S(?:\S| (?! )){0,22} {2,})?")
_BLANK_LINES = re.compile(r"\n{4,}")


def fold(text: str, leave: Collection[str] = ()) -> str:
    """Wrap every line that is too long; addresses and other long words stay whole.

    Lines with one of the strings in `leave` wait for `fold_line`. Space at the end of lines goes,
    and never more than two blank lines follow each other.
    """
    lines = (
        line.rstrip() if any(mark in line for mark in leave) else fold_line(line)
        for line in text.strip("\n").split("\n")
    )
    return _BLANK_LINES.sub("\n\n\n", "\n".join(lines)) + "\n"


def fold_line(line: str) -> str:
    """One line, wrapped if it is too long."""
    line = line.rstrip()
    if len(line) <= WIDTH:
        return line
    hanging = _HANG.match(line)
    hang = " " * (hanging.end() if hanging else 0)
    begin = len(line) - len(line.lstrip(" "))
    folded = []
    while len(line) > WIDTH:
        at = line.rfind(" ", begin, WIDTH + 1)
        if at < 0:
            at = line.find(" ", WIDTH)  # a word longer than a line
        if at < 0:
            break
        folded.append(line[:at].rstrip(" "))
        line = hang + line[at:].lstrip(" ")
        begin = len(hang)
    return "\n".join((*folded, line))


def message_id(secret: bytes, edition: str, recipient: str, domain: str) -> str:
    """The Message-ID of one edition to one recipient: the same at every attempt, so that receivers
    can drop a second copy, and telling nobody who it was sent to (RFC 5322 §3.6.4)."""
    return message_ids(secret, edition, domain)(recipient)


def message_ids(secret: bytes, edition: str, domain: str) -> Callable[[str], str]:
    """What gives the Message-ID of one edition to each recipient."""
    # With the length, so that no two pairs run together into one text.
    named, end = f"{len(edition)}:{edition}", ascii_domain(domain) or "localhost"

    def of(recipient: str) -> str:
        number = hmac.digest(secret, f"{named}{recipient}".encode(), "sha256").hex()
        return f"<{number[:32]}@{end}>"

    return of


def to_header(delivery: Delivery) -> bytes:
    """The header that says whom a message is for. Raises DeliveryError (permanent) if the address
    cannot stand in one."""
    return field("To", mailbox(clean(delivery.name), delivery.address))


# --- Parts, and what differs between recipients ------------------------------------------------

Kind = Literal["plain", "html", "header"]


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A line of the plain or the html part, or a header, that names a fact of the recipient."""

    kind: Kind
    text: str


class CanonicalMessage(bytes):
    """A message of which each line ends in CRLF and none begins with a dot: the bytes that SMTP
    sends (RFC 5321 §4.5.2). To look through 28 kB takes 0.03 ms: what many messages share is looked
    through once."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class PreparedMessage:
    """A variant of an edition: `before` are the headers before To, `after` all that follows
    Message-ID, encoded but for the lines with slots; `slots` says what each mark stands for.
    `for_groups` is what group addresses get in its place, None as long as none of them has."""

    before: bytes
    after: tuple[bytes | SlotLine, ...]
    slots: Mapping[str, str]
    for_groups: PreparedMessage | None = None

    def for_recipient(self, delivery: Delivery, links: Mapping[str, str] | None = None) -> bytes:
        """The message for one recipient, with CRLF line ends; `links` are their own, by slot.

        Raises DeliveryError (permanent) if the address cannot stand in a header.
        """
        name, address = clean(delivery.name), clean(delivery.address)
        known = {**(links or {}), "address": address, "name": name or address}
        said = {mark: known.get(slot, "") for mark, slot in self.slots.items()}
        to = to_header(delivery)
        number = field("Message-ID", clean(delivery.message_id))
        before, own = _dated(self.before, delivery.dated_at), [b"%b\r\n%b\r\n" % (to, number)]
        parts, canonical = [before, own[0]], _known_canonical(before)
        marks = tuple(self.slots)
        for chunk in self.after:
            if isinstance(chunk, bytes):
                parts.append(chunk)
                canonical = canonical and _known_canonical(chunk)
            else:
                own.append(_line(chunk, marks, said))
                parts.append(own[-1])
        whole = b"".join(parts)
        canonical = canonical and _is_canonical(b"".join(own))
        return CanonicalMessage(whole) if canonical else whole

    def dump(self) -> bytes:
        """The variant as compressed bytes, for keeping until its last message is settled."""
        # Three times as fast as the library does unasked, for a tenth more bytes.
        return zlib.compress(json.dumps(_plain(self)).encode("ascii"), level=3)

    @classmethod
    def load(cls, dumped: bytes) -> PreparedMessage:
        """The variant that `dump` kept."""
        return _of(json.loads(zlib.decompress(dumped)))


def join(
    before: Sequence[bytes],
    after: Sequence[bytes | SlotLine],
    parts: Sequence[tuple[Kind, str]],
    boundary: str,
    slots: Mapping[str, str],
) -> PreparedMessage:
    """Encode headers and parts (RFC 2046 §5.1), all but the lines with a slot."""
    chunks: list[bytes | SlotLine] = [
        header if isinstance(header, SlotLine) else header + b"\r\n" for header in after
    ]
    chunks.append(b"\r\n")
    for kind, body in parts:
        chunks.append(
            f'--{boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\n'
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")
        )
        chunks.extend(_chunks(kind, body, slots))
        chunks.append(b"\r\n")
    chunks.append(f"--{boundary}--\r\n".encode("ascii"))
    return PreparedMessage(
        before=b"".join(header + b"\r\n" for header in before),
        after=tuple(_merged(chunks)),
        slots=slots,
    )


def _plain(body: PreparedMessage) -> dict[str, object]:
    after = [
        chunk.decode("ascii") if isinstance(chunk, bytes) else [chunk.kind, chunk.text]
        for chunk in body.after
    ]
    more = {"for_groups": _plain(body.for_groups)} if body.for_groups else {}
    before = body.before.decode("ascii")
    return {"before": before, "after": after, "slots": dict(body.slots), **more}


def _of(plain: Mapping[str, Any]) -> PreparedMessage:
    after = tuple(
        chunk.encode("ascii") if isinstance(chunk, str) else SlotLine(*chunk)
        for chunk in plain["after"]
    )
    for_groups = _of(plain["for_groups"]) if "for_groups" in plain else None
    return PreparedMessage(plain["before"].encode("ascii"), after, plain["slots"], for_groups)


def _line(line: SlotLine, marks: tuple[str, ...], said: Mapping[str, str]) -> bytes:
    """A line with slots, filled and encoded."""
    filled = [*_pieces(line.text, marks)]
    for at in range(1, len(filled), 2):
        value = said[filled[at]]
        filled[at] = value if line.kind == "plain" else _IN[line.kind](value)
    text = "".join(filled)
    if line.kind == "header":
        return f"{text}\r\n".encode("ascii", "replace")
    return _encoded(fold_line(text) if line.kind == "plain" else text)


_IN: Mapping[Kind, Callable[[str], str]] = {"html": html.escape, "header": clean}


@lru_cache(maxsize=64)
def _pieces(text: str, marks: tuple[str, ...]) -> Sequence[str]:
    """What stands between the marks in a line, with the marks: each second one."""
    return re.split(f"({'|'.join(marks) or '(?!)'})", text)


def _is_canonical(lines: bytes) -> bool:
    """Whether whole lines go out by SMTP as they are."""
    if lines.startswith((b".", b"\n")) or not lines.endswith(b"\r\n"):
        return False
    # One expression for all would be five times as slow.
    even = lines.count(b"\n") == lines.count(b"\r")
    return even and not _BARE_CR.search(lines) and not _DOT.search(lines)


_BARE_CR = re.compile(rb"\r[^\n]")
_DOT = re.compile(rb"\n\.")


@lru_cache(maxsize=32)
def _known_canonical(lines: bytes) -> bool:
    return not lines or _is_canonical(lines)


# All that a transaction takes is of one instant.
@lru_cache(maxsize=4)
def _dated(headers: bytes, at: datetime | None) -> bytes:
    """The headers with the Date of an attempt (RFC 5322 §3.6.1), if that is known."""
    if at is None:
        return headers
    return _DATE.sub(field("Date", format_datetime(at)), headers, count=1)


_DATE = re.compile(rb"(?m)^Date: [^\r\n]*")


def _marks(slots: Iterable[str]) -> re.Pattern[str]:
    """What finds a mark; without any, it finds nothing."""
    return re.compile("|".join(slots) or "(?!)")


def _chunks(kind: Kind, body: str, slots: Mapping[str, str]) -> Iterator[bytes | SlotLine]:
    lines = body.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    marked = _marks(slots).search
    run: list[str] = []
    for line in lines:
        if not marked(line):
            run.append(line)
            continue
        if run:
            yield _encoded("\n".join(run))
            run = []
        yield SlotLine(kind, line)
    if run:
        yield _encoded("\n".join(run))


def _merged(chunks: Sequence[bytes | SlotLine]) -> Iterator[bytes | SlotLine]:
    """The same with neighbouring bytes in one piece."""
    run = b""
    for chunk in chunks:
        if isinstance(chunk, bytes):
            run += chunk
            continue
        yield run
        yield chunk
        run = b""
    yield run


def _encoded(text: str) -> bytes:
    """Whole lines in quoted-printable, each at most 76 characters, with their ends."""
    # The encoder breaks long lines in the manner of the first line end that it sees.
    data = f"{text}\n".replace("\n", "\r\n").encode("utf-8", "replace")
    return b2a_qp(data, istext=True)


# --- Style sheets ------------------------------------------------------------------------------

# Where the library puts what it keeps of the style sheets.
KEPT = "<head><style>"
BRACES = re.compile(r"[{}]")


def inline(document: str) -> str:
    """The document with the rules of its <style> elements written on the elements they match.

    Media queries and other at-rules stay at the end of the head: without them, no dark scheme and
    no narrow screen. Each has a <style> of its own, so that a mail program that refuses one keeps
    the others. Nothing is fetched. Raises TemplateError if the document cannot be worked on.
    """
    try:
        page = css_inline.inline(document, keep_at_rules=True, load_remote_stylesheets=False)
    except (css_inline.InlineError, ValueError) as fault:
        raise TemplateError(
            f"the style of the mail's HTML part cannot be inlined: {fault}"
        ) from fault
    before, found, rest = page.partition(KEPT)
    if not found:
        return page
    sheet, _, after = rest.partition("</style>")
    kept = "".join(f"<style>{rule}</style>\n" for rule in _rules(sheet))
    return f"{before}<head>{after.replace('</head>', f'{kept}</head>', 1)}"


def _rules(sheet: str) -> Iterator[str]:
    """The rules of a style sheet one by one, each with the rules inside it."""
    depth = begin = 0
    for brace in BRACES.finditer(sheet):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            yield sheet[begin : brace.end()].strip()
            begin = brace.end()
    if sheet[begin:].strip():
        yield sheet[begin:].strip()
