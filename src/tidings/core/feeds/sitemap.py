"""Sitemaps: where a search engine looks for every page, and for what is new.

The form is that of https://www.sitemaps.org/protocol.html: files of at most 50,000 addresses and
50 MB, and an index of them. The pages of items are spread over files in the order of arrival, which
never changes: what is new goes into the last file, and a change to an item writes one file anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from xml.sax.saxutils import escape

from tidings.core.feeds.model import SITEMAP

MOST = 50_000
# So many items share a file.
SHARED = 500
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


def number_of(arrival: int) -> int:
    """The number of the file that an item is in, by how many had arrived with it."""
    return (arrival - 1) // SHARED + 1


def arrivals_in(number: int) -> tuple[int, int]:
    """The first and the last arrival that the file of that number has room for."""
    return (number - 1) * SHARED + 1, number * SHARED


def items_path(number: int) -> str:
    """Where the sitemap of items of that number is published."""
    return SITEMAP.replace(".", f"-items-{number}.")


def robots(index: str) -> bytes:
    """What tells search engines that all is theirs to read, and where the index is.

    The form is that of RFC 9309.
    """
    return f"User-agent: *\nDisallow:\n\nSitemap: {index}\n".encode()
