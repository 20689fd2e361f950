"""The line that lets a browser show a feed: a style sheet by `xml-stylesheet` (CSS, never XSLT)."""

from __future__ import annotations

from tidings.core.feeds.description import Feed
from tidings.core.feeds.paths import STYLE

_DECLARATION_END = b"?>\n"


def styled(feed: Feed, document: bytes) -> bytes:
    """The XML document with the style sheet named between its declaration and its root."""
    line = f'<?xml-stylesheet type="text/css" href="{feed.asset(STYLE)}"?>\n'.encode()
    declaration, end, root = document.partition(_DECLARATION_END)
    return b"".join((declaration, end, line, root))
