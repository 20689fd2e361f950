"""Addresses of the web, as listings name them.

It stands alone, since both feeds and pages ask it, and neither is part of the other.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

_URI = ":/?#[]@!$&'()*+,;=%~-._"
_WEB = ("http", "https")


def web_address(address: str | None) -> str:
    """The address as a URI (RFC 3986) if it is one of the web, else ""; never a script."""
    if not address:
        return ""
    try:
        parts = urlsplit(address.strip())
        named = parts.scheme in _WEB and bool(parts.hostname)
    except ValueError:
        return ""
    return quote(parts.geturl(), safe=_URI, errors="ignore") if named else ""
