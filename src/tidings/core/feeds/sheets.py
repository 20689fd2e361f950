"""XML feeds as feedgen prints them, put together from a frame without entries and from entries.

feedgen prints whole documents only. So entries are printed in one that nobody publishes, the sheet,
and cut out of it; an element is printed the same whatever stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidings.core.feeds.description import Feed
from tidings.core.feeds.paths import STYLE

# What a sheet says where a feed must say something.
SHEET = "sheet"
_DECLARATION_END = "?>\n"


def cut(sheet: str, element: str, end: str) -> list[str]:
    """The entries of a printed sheet that ends with `end`, each an `element`.

    Its end tag stands nowhere else: in all text between them, `<` is escaped.
    """
    tag = f"</{element}>\n"
    first = sheet.find(f"<{element}>")
    if first < 0:
        return []
    begin = sheet.rindex("\n", 0, first) + 1
    return [f"{entry}{tag}" for entry in sheet[begin : -len(end)].split(tag)[:-1]]


def filled(frame: str, end: str, entries: Iterable[str], feed: Feed) -> bytes:
    """A printed document that ends with `end` and has no entries, with these.

    A style sheet is named between the declaration and the root (`xml-stylesheet`; CSS, never XSLT),
    so that a browser can show it.
    """
    declaration, break_, root = frame.removesuffix(end).partition(_DECLARATION_END)
    style = f'<?xml-stylesheet type="text/css" href="{feed.asset(STYLE)}"?>\n'
    return "".join((declaration, break_, style, root, *entries, end)).encode()
