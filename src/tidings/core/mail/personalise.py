"""Renders a digest mail once for all who get the same, and personalises it for each recipient.

What is alike for all readers is rendered and encoded once. What differs (their address, their name,
their links) stands on lines of its own, the slots, which are filled and encoded for each recipient.
Quoted-printable works line by line (RFC 2045 §6.7), so the joined parts are the bytes of the whole.
The same inputs give the same bytes: nothing here is random or reads a clock
(RFC 5322, 2045 to 2047, 2369, 2919).
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import zlib
from binascii import b2a_qp
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from tidings.core.audience import ENGLISH
from tidings.core.corrections import cut
from tidings.core.digest_mail import DigestMail, lead_of, shortened
from tidings.core.mail.message import (
    Sender,
    clean,
    field,
    fold,
    fold_line,
    mailbox,
    phrase,
    words,
)
from tidings.core.settings.values import ascii_domain
from tidings.model import Delivery, Digest, Item

Kind = Literal["plain", "html", "header"]


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A line of the plain or the html part, or a header, that names a fact of the recipient."""

    kind: Kind
    text: str


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
        plain = {mark: known.get(slot, "") for mark, slot in self.slots.items()}
        values: dict[Kind, dict[str, str]] = {
            "plain": plain,
            "html": {mark: html.escape(value) for mark, value in plain.items()},
            "header": {mark: clean(value) for mark, value in plain.items()},
        }
        parts = [
            self.before,
            field("To", mailbox(name, delivery.address)),
            b"\r\n",
            field("Message-ID", clean(delivery.message_id)),
            b"\r\n",
        ]
        marks = _marks(self.slots)
        for chunk in self.after:
            if isinstance(chunk, bytes):
                parts.append(chunk)
                continue
            said = values[chunk.kind]
            line = marks.sub(lambda mark: said[mark[0]], chunk.text)  # noqa: B023 (used at once)
            if chunk.kind == "header":
                parts.append(f"{line}\r\n".encode("ascii", "replace"))
            else:
                parts.append(_encoded(fold_line(line) if chunk.kind == "plain" else line))
        return b"".join(parts)

    def dump(self) -> bytes:
        """The variant as compressed bytes, for keeping until its last message is settled."""
        return zlib.compress(json.dumps(_plain(self)).encode("ascii"))

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


Render = Callable[[str, Mapping[str, object]], str]
Inline = Callable[[str], str]

SUBJECT_LIMIT = 110
SUBJECT_LEAD = 72
SLOTS = ("address", "name", "leave", "choices")
# What one person decides with; a group address gets none of it, lest one decide for all.
PERSONAL = ("leave", "choices")
# Mail programs clip what is longer than some 102,000 bytes, and with it the way to leave.
PAGE_LIMIT = 90_000
SLOT_ROOM = 600  # bytes of it are kept for names, addresses and links of a recipient


def subject(digest: Digest, number: int, items: Sequence[Item], render: Render) -> str:
    """The subject of an edition with these new items: one line, frozen when the edition opens."""
    lead = lead_of(items)
    context = {
        "digest": digest,
        "number": number,
        "lead": cut(lead.title, SUBJECT_LEAD) if lead else "",
        "others": max(0, len(items) - 1),
    }
    line = clean(render(f"{digest.template}/subject.txt.j2", context))
    return cut(line, SUBJECT_LIMIT) or digest.title


def prepare(
    mail: DigestMail,
    sender: Sender,
    render: Render,
    inline: Inline,
    language: str = ENGLISH,
    *,
    shared: bool = False,
) -> PreparedMessage:
    """Render both parts of a mail, with marks for what differs between its recipients.

    `render` takes a template's name and its context, and speaks `language`; `inline` moves the
    style sheet of an HTML document into its elements. A mail whose HTML part is longer than
    PAGE_LIMIT bytes loses its oldest items. With `shared` it is for group addresses: nothing in it
    takes them off the list, neither a link nor a header. Raises what they raise, and DeliveryError
    for a sender whose address cannot stand in a header.
    """
    if shared:
        # Templates of the instance's own then name whom to write to, as they do without a service.
        sender = replace(sender, service_url=None, unsubscribe=None)
    # Nobody who writes a listing can know this number, so no title can look like a slot.
    number = hashlib.sha256(repr(mail).encode("utf-8", "backslashreplace")).hexdigest()[:16]
    names = [name for name in SLOTS if not (shared and name in PERSONAL)]
    slots = {f"SLOT_{name}_{number}": name for name in names}
    marks = dict.fromkeys(SLOTS, "") | {name: mark for mark, name in slots.items()}
    context: dict[str, object] = {
        "site": mail.site,
        "sender": sender,
        "slots": marks,
        "shared": shared,
    }
    mail, page = _fitting(
        mail, lambda m: inline(render(f"{m.digest.template}/body.html.j2", {**context, "mail": m}))
    )
    text = render(f"{mail.digest.template}/body.txt.j2", {**context, "mail": mail})
    edition = f"{mail.digest.slug} {mail.edition.number} {mail.edition.period}"
    # "=_" never occurs in quoted-printable text (RFC 2045 §6.7).
    boundary = "=_" + hashlib.sha256(edition.encode("utf-8")).hexdigest()[:24]
    return join(
        _headers_before(mail, sender),
        _headers_after(mail, sender, language, boundary, marks["leave"]),
        (("plain", fold(text, slots)), ("html", page)),
        boundary,
        slots,
    )


def _fitting(mail: DigestMail, page_of: Callable[[DigestMail], str]) -> tuple[DigestMail, str]:
    """The mail and its page; shortened until the page fits, if it can be."""
    while True:
        page = page_of(mail)
        size = len(page.encode("utf-8", "replace")) + page.count("\n") + SLOT_ROOM
        shorter = shortened(mail, PAGE_LIMIT / size) if size > PAGE_LIMIT else None
        if shorter is None:
            return mail, page
        mail = shorter


# --- Headers -----------------------------------------------------------------------------------


def _headers_before(mail: DigestMail, sender: Sender) -> tuple[bytes, ...]:
    headers = [field("From", mailbox(sender.name, sender.address))]
    if sender.reply_to:
        headers.append(field("Reply-To", mailbox("", sender.reply_to)))
    headers.append(field("Subject", words(mail.edition.subject, "Subject")))
    headers.append(field("Date", format_datetime(mail.edition.opened_at)))
    return tuple(headers)


def _headers_after(
    mail: DigestMail, sender: Sender, language: str, boundary: str, leave: str
) -> tuple[bytes | SlotLine, ...]:
    host = ascii_domain(urlsplit(mail.site.url).hostname or "") or "localhost"
    title = field("List-Id", f"{phrase(mail.digest.title)} <{mail.digest.slug}.{host}>")
    headers: list[bytes | SlotLine] = [title]
    if sender.one_click:
        # Folded between the two, so that neither is ever broken or encoded (RFC 2369, RFC 8058).
        by_mail = f",\r\n <{sender.leave_url}>" if sender.leave_url else ""
        headers.append(SlotLine("header", f"List-Unsubscribe: <{leave}>{by_mail}"))
        headers.append(field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    elif sender.leave_url:
        headers.append(field("List-Unsubscribe", f"<{sender.leave_url}>"))
    headers += [
        field("Auto-Submitted", "auto-generated"),
        field("Precedence", "bulk"),
        field("X-Auto-Response-Suppress", "All"),
        field("Content-Language", language),
        field("MIME-Version", "1.0"),
        field("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]
    return tuple(headers)
