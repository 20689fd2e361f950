"""Sitemaps: where a search engine looks for every page, and for what is new.

The form is that of https://www.sitemaps.org/protocol.html: files of at most 50,000 addresses and
50 MB, and an index of them. The pages of items are spread over files by the first digits of the
items' ids. An id never changes, so an item never moves to another file, and a change to it writes
that one file anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice, product
from typing import NamedTuple
from xml.sax.saxutils import escape

from tidings.core.feeds.paths import SITEMAP

MOST = 50_000
# So many items share a file, more or less, before there are sixteen times as many files.
SHARED = 500
DIGITS = "0123456789abcdef"
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


class Address(NamedTuple):
    """A page, or a sitemap, and when what it says last changed, if that is known.

    A tuple, since one more item makes some thousand of them.
    """

    url: str
    changed_at: datetime | None = None


def sitemap(addresses: Iterable[Address]) -> bytes:
    """The addresses as a sitemap; what exceeds the 50,000 that one may hold is left out."""
    return _document("urlset", "url", addresses)


def sitemap_index(addresses: Iterable[Address]) -> bytes:
    """The addresses of sitemaps as an index of them."""
    return _document("sitemapindex", "sitemap", addresses)


def _document(kind: str, part: str, addresses: Iterable[Address]) -> bytes:
    # As text: a tree of so many small elements would take five times as long.
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", f'<{kind} xmlns="{NAMESPACE}">']
    for url, changed_at in islice(addresses, MOST):
        changed = f"\n    <lastmod>{changed_at.isoformat()}</lastmod>" if changed_at else ""
        lines.append(f"  <{part}>\n    <loc>{escape(url)}</loc>{changed}\n  </{part}>")
    return "\n".join([*lines, f"</{kind}>", ""]).encode()


def digits_for(total: int) -> int:
    """How many digits of their ids so many items are spread by: by more than three they would
    make more files than an index may hold."""
    digits = 0
    while digits < 3 and total > SHARED * len(DIGITS) ** digits:
        digits += 1
    return digits


def beginnings(digits: int) -> Iterator[str]:
    """All beginnings of so many digits that an id can have."""
    return ("".join(each) for each in product(DIGITS, repeat=digits))


def items_path(beginning: str) -> str:
    """Where the sitemap of items is published whose ids begin so."""
    return SITEMAP.replace(".", f"-items-{beginning}." if beginning else "-items.")


def robots(index: str) -> bytes:
    """What tells search engines that all is theirs to read, and where the index is.

    The form is that of RFC 9309.
    """
    return f"User-agent: *\nDisallow:\n\nSitemap: {index}\n".encode()
