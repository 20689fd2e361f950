"""Addresses of the web, as listings name them.

It stands alone, since both feeds and pages ask it, and neither is part of the other.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

_URI = ":/?#[]@!$&'()*+,;=%~-._"
_WEB = ("http", "https")


def deceives(address: str) -> bool:
    """Whether an address of the web may lead elsewhere than people read: it names a user before its
    host (RFC 3986 §3.2.1, §7.6), or has a backslash, which browsers take for a slash and others do
    not (URL Living Standard §4.4)."""
    if "\\" in address:
        return True
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False  # which is no address at all
    return parts.scheme != "mailto" and "@" in parts.netloc


def web_address(address: str | None) -> str:
    """The address as a URI (RFC 3986) if it is one of the web, else ""; never a script, nor one
    that deceives."""
    if not address or deceives(address):
        return ""
    try:
        parts = urlsplit(address.strip())
        named = parts.scheme in _WEB and bool(parts.hostname)
    except ValueError:
        return ""
    return quote(parts.geturl(), safe=_URI, errors="ignore") if named else ""
