"""From what a digest mail says to the bytes that are sent (RFC 5322, 2045 to 2047, 2369, 2919).

Parts and headers are rendered once for all who get the same; a recipient's message is that with
slots filled. The same inputs give the same bytes: nothing here is random or reads a clock.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import format_datetime
from urllib.parse import quote, unquote, urlsplit

from tidings.core.columns import fold
from tidings.core.digest_mail import DigestMail, lead_of, shortened
from tidings.core.headers import ascii_domain, clean, field, mailbox, phrase, words
from tidings.core.languages import ENGLISH
from tidings.core.prepared import Prepared, SlotLine, join
from tidings.core.wording import cut
from tidings.model import Digest, Item

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


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a digest comes from. `unsubscribe` is the mailto: address that takes people off the list;
    replies go to `reply_to`, else to `address`; `postal_address` may have several lines.
    `service_url` is where readers find the pages on which they decide for themselves."""

    name: str
    address: str
    reply_to: str | None = None
    unsubscribe: str | None = None
    postal_address: str = ""
    service_url: str | None = None

    @property
    def contact(self) -> str:
        """Where a person who answers the mail writes to."""
        return self.reply_to or self.address

    @property
    def one_click(self) -> bool:
        """Whether mail programs may offer to leave with one click (RFC 8058 asks for https)."""
        return (self.service_url or "").startswith("https://")

    @property
    def leave_url(self) -> str | None:
        """The mailto: address for leaving, safe in a header and in markup (RFC 2369, RFC 6068)."""
        if not self.unsubscribe:
            return None
        return "mailto:" + quote(self.unsubscribe.partition(":")[2], safe="@?=&%+.,!*'()")

    @property
    def leave_address(self) -> str | None:
        """The mailbox in `leave_url`, for people to read."""
        if not self.unsubscribe:
            return None
        return unquote(self.unsubscribe.partition(":")[2].partition("?")[0])

    @property
    def postal_lines(self) -> tuple[str, ...]:
        """The postal address line by line."""
        return tuple(line for line in self.postal_address.splitlines() if line.strip())


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
) -> Prepared:
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


def message_id(secret: bytes, edition: str, recipient: str, domain: str) -> str:
    """The Message-ID of one edition to one recipient: the same at every attempt, so that receivers
    can drop a second copy, and telling nobody who it was sent to (RFC 5322 §3.6.4)."""
    # With the length, so that no two pairs run together into one text.
    text = f"{len(edition)}:{edition}{recipient}".encode()
    number = hmac.new(secret, text, hashlib.sha256).hexdigest()[:32]
    return f"<{number}@{ascii_domain(domain) or 'localhost'}>"


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
