"""Header fields of a message as they are sent: in ASCII, folded, with nothing smuggled in.

Only the part of an address before @ may be in another script, and is then sent as it is (RFC 6532).

The standard library's newer policies either break List-Unsubscribe at 78 characters or, once long
lines are allowed, write encoded words longer than RFC 2047 permits; hence a few functions of ours.
"""

from __future__ import annotations

import re
import unicodedata
from email.header import Header

from tidings.core.wording import cut
from tidings.errors import DeliveryError

NAME_LIMIT = 60

_ATOM = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\x00-\x7f])+"
_LOCAL_PART = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_DOMAIN = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


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


def ascii_domain(name: str) -> str:
    """A domain in ASCII (RFC 5890), "" if it is none."""
    try:
        host = name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return host if _DOMAIN.fullmatch(host) else ""
