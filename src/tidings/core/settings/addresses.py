"""Settings that say where something is: mailboxes, web addresses, files."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator

from tidings.core.mail.message import ascii_domain
from tidings.core.settings.values import Wrong, one_line

# An RFC 5322 dot-atom; comments, quoted local parts and address literals are refused, since nobody
# means them.
_ATOM = r"[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+"
_ADDRESS = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_MAILBOX = re.compile(r"(?:(?P<name>[^<>]*?)\s*<(?P<bracketed>[^<>]*)>|(?P<bare>[^<>]*))")
_SPECIAL = frozenset('()<>[]:;@\\,"')  # RFC 5322 section 3.2.3, the full stop forgiven
# Letters that the two standards for domains in other scripts (RFC 3490, RFC 5891) write differently
# in ASCII, so that mail could go to somebody else.
_AMBIGUOUS = frozenset("ßς\u200c\u200d")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def parse_mailbox(text: str) -> tuple[str, str]:
    """Split "Name <a@b>" or "a@b" (RFC 5322 section 3.4) into name, "" if none, and address."""
    found = _MAILBOX.fullmatch(text.strip())
    if not found:
        raise Wrong(f'"{text}" is not a sender', "write: Name <address@example.org>")
    name = found["name"] or ""
    if _QUOTED.fullmatch(name):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    elif set(name) & _SPECIAL:
        raise Wrong(f'the name in "{text}" holds a special character', f'quote it: "{name}" <…>')
    bracketed = found["bracketed"]
    return name, check_address(found["bare"] if bracketed is None else bracketed)


def mailbox(name: str, address: str) -> str:
    """Write a mailbox that `parse_mailbox` reads back, the name quoted where it must be."""
    if set(name) & _SPECIAL:
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name} <{address}>"


def check_sender(text: str) -> str:
    """Return a mailbox as written, once it reads as one."""
    sender = one_line(text)
    parse_mailbox(sender)
    return sender


def check_address(text: str) -> str:
    """Return a mail address in ASCII, stripped; raises Wrong unless it is one with a domain."""
    address = text.strip()
    found = _ADDRESS.fullmatch(address)
    if not address.isascii():
        hint = "write a foreign domain in its xn-- form"
        raise Wrong(f'"{address}" holds a character that mail servers refuse', hint)
    if not found or len(address) > 254 or len(found["local"]) > 64:
        raise Wrong(f'"{address}" is not a mail address', "write: name@example.org")
    return address


def check_recipient(text: str) -> str:
    """Return an address that mail goes to, stripped. Other scripts may stand on both sides of the @
    (RFC 6531, RFC 5890), which `check_address` refuses."""
    address = unicodedata.normalize("NFC", text.strip())
    local, _, domain = address.rpartition("@")
    if address.isascii() or not local.isprintable():
        return check_address(address)
    if set(domain) & _AMBIGUOUS:
        raise Wrong(f'"{domain}" has two forms in ASCII', "write the one that starts with xn--")
    counted = "".join("x" * len(c.encode()) if not c.isascii() else c for c in local)
    try:
        check_address(f"{counted}@{ascii_domain(domain)}")
    except Wrong as wrong:
        raise Wrong(f'"{address}" is not a mail address', wrong.hint) from None
    return address


def check_mailto(text: str) -> str:
    """Return a mailto: URL (RFC 6068) that names one address."""
    scheme, _, rest = text.strip().partition(":")
    address, _, query = rest.partition("?")
    if scheme.casefold() != "mailto" or re.search(r"[\s<>\"]", query):
        raise Wrong(f'"{text}" is not a mailto address', "write: mailto:name@example.org")
    check_address(address)
    return text.strip()


def check_site_id(text: str) -> str:
    """Return the authority of tag URIs (RFC 4151): a domain or address, a comma, a date."""
    authority = r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
    if not re.fullmatch(authority + r",[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?", text):
        raise Wrong(
            f'"{text}" is not a site id', "a domain and a year, as in news.example.org,2026"
        )
    return text


def check_site_url(text: str) -> str:
    """Return an http or https address that ends in "/"."""
    try:
        parts = urlsplit(text.strip())
        sound = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or parts.scheme not in ("http", "https") or re.search(r"[\s<>\"]", parts.geturl()):
        raise Wrong(f'"{text}" is not a web address', "write: https://news.example.org/")
    if parts.query or parts.fragment or parts.username is not None:
        raise Wrong("must hold no user, ? or #", "write: https://news.example.org/")
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/"))


def check_web_address(text: str) -> str:
    """Return an http or https address as it stands, with whatever query it has."""
    address = text.strip()
    try:
        parts = urlsplit(address)
        sound = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or parts.scheme not in ("http", "https") or not re.fullmatch(r"[!-~]+", address):
        # Not repeated: whoever knows the address can use it.
        raise Wrong("is not a web address", "write: https://example.org/ping/…")
    return address


def check_glob(text: str) -> str:
    """Return a pattern of files inside the instance."""
    pattern = text.strip()
    if not pattern or pattern.startswith("/") or ".." in pattern.split("/") or "\\" in pattern:
        raise Wrong(f'"{text}" must lie inside the instance', "write: seeds/*.txt")
    return pattern


def check_state(text: str) -> str:
    """Return the address of an SQLite file: three slashes and a path, four for an absolute one."""
    if not re.fullmatch(r"sqlite:///[^?#\s:][^?#]*[^/?#\s]|sqlite:///[^?#\s:/.]", text):
        raise Wrong(f'"{text}" is not a state file', "write: sqlite:///state/tidings.db")
    return text


PlainAddress = Annotated[str, AfterValidator(check_address)]
Address = Annotated[str, AfterValidator(check_recipient)]
Sender = Annotated[str, AfterValidator(check_sender)]
Mailto = Annotated[str, AfterValidator(check_mailto)]
SiteId = Annotated[str, AfterValidator(check_site_id)]
SiteUrl = Annotated[str, AfterValidator(check_site_url)]
WebAddress = Annotated[str, AfterValidator(check_web_address)]
Glob = Annotated[str, AfterValidator(check_glob)]
StateUrl = Annotated[str, AfterValidator(check_state)]
