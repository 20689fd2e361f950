"""Writes the parts of any message: header fields, wrapped text, sender and Message-ID.

Header fields are in ASCII and folded, and no value can add another header. Only the part of an
address before @ may be in another script, and is then sent as it is (RFC 6532).

The newer policies of the standard library either break List-Unsubscribe at 78 characters or, once
long lines are allowed, write encoded words longer than RFC 2047 permits; hence these functions.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from email.header import Header
from urllib.parse import quote, unquote

from tidings.core.corrections import cut
from tidings.core.settings.values import ascii_domain
from tidings.errors import DeliveryError

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


def message_id(secret: bytes, edition: str, recipient: str, domain: str) -> str:
    """The Message-ID of one edition to one recipient: the same at every attempt, so that receivers
    can drop a second copy, and telling nobody who it was sent to (RFC 5322 §3.6.4)."""
    # With the length, so that no two pairs run together into one text.
    text = f"{len(edition)}:{edition}{recipient}".encode()
    number = hmac.new(secret, text, hashlib.sha256).hexdigest()[:32]
    return f"<{number}@{ascii_domain(domain) or 'localhost'}>"
