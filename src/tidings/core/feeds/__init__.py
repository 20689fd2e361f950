"""Feeds as bytes, from one description in all formats: Atom, RSS and JSON Feed, and their lists.

An `Entry` is described once and `printed` in each format, and so is the `Feed` that holds it
(`of_items`, `of_editions`, then `documents`), so that the formats agree. Bytes are a function of
what is passed in: nothing here knows the time.
"""

from __future__ import annotations

from tidings.core.feeds.atom import atom
from tidings.core.feeds.description import Author, Category, Entry, Feed, Printed
from tidings.core.feeds.editions import PublishedEdition, of_editions
from tidings.core.feeds.items import author_of, entry_of, of_items
from tidings.core.feeds.jsonfeed import jsonfeed
from tidings.core.feeds.opml import opml
from tidings.core.feeds.paths import (
    ATOM,
    JSON,
    NAMES,
    OPML,
    PAGES_SITEMAP,
    ROBOTS,
    RSS,
    SITEMAP,
    feed_paths,
)
from tidings.core.feeds.printing import printed
from tidings.core.feeds.rss import rss
from tidings.core.feeds.sitemap import (
    SHARED,
    Address,
    arrivals_in,
    items_path,
    number_of,
    robots,
    sitemap,
    sitemap_index,
)

__all__ = [
    "ATOM",
    "JSON",
    "NAMES",
    "OPML",
    "PAGES_SITEMAP",
    "ROBOTS",
    "RSS",
    "SHARED",
    "SITEMAP",
    "Address",
    "Author",
    "Category",
    "Entry",
    "Feed",
    "Printed",
    "PublishedEdition",
    "arrivals_in",
    "atom",
    "author_of",
    "documents",
    "entry_of",
    "feed_paths",
    "items_path",
    "jsonfeed",
    "number_of",
    "of_editions",
    "of_items",
    "opml",
    "printed",
    "robots",
    "rss",
    "sitemap",
    "sitemap_index",
]


def documents(feed: Feed) -> list[tuple[str, bytes]]:
    """The feed in every format, each with the path where it is published."""
    return [
        (feed.folder + ATOM, atom(feed)),
        (feed.folder + RSS, rss(feed)),
        (feed.folder + JSON, jsonfeed(feed)),
    ]
