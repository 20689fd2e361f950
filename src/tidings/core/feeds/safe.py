"""Text and addresses that can stand in any document: what could break it does not get in.

Listings are cleaned when they are read, but titles and reasons come from other hands, too, and one
character that XML cannot hold would cost everybody the whole feed.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape, quoteattr

# Everything outside of XML 1.0 §2.2 Char, and those inside that XML discourages.
_ILLEGAL = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
)
_BREAKS = re.compile("[ \t\n\r]+")
_URI = ":/?#[]@!$&'()*+,;=%~-._"
_WEB = ("http", "https")


def plain(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


def line(text: str, otherwise: str) -> str:
    """The text on one line, for titles; `otherwise` if nothing is left of it."""
    joined = _BREAKS.sub(" ", plain(text)).strip(" ")
    return joined if joined.strip() else otherwise


def paragraph(text: str) -> str:
    """A paragraph of XHTML with this text."""
    return f"<p>{escape(plain(text))}</p>"


def link(address: str, text: str) -> str:
    """A link in XHTML."""
    return f"<a href={quoteattr(plain(address))}>{escape(plain(text))}</a>"


def web_address(address: str | None) -> str:
    """The address as a URI (RFC 3986) if it is one of the web, else ""; never a script."""
    if not address:
        return ""
    try:
        parts = urlsplit(address.strip())
        named = parts.scheme in _WEB and bool(parts.hostname)
    except ValueError:
        return ""
    return quote(plain(parts.geturl()), safe=_URI) if named else ""
