"""Atom 1.0 (RFC 4287), by feedgen.

feedgen would stamp the clock and its own version into whatever is left unset, so everything is set.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from tidings.core.feeds.description import Entry, Feed
from tidings.core.feeds.paths import ATOM
from tidings.core.feeds.sheets import SHEET, cut, filled

LINKS = "links"
END = "</feed>\n"


class _Links(BaseEntryExtension):  # type: ignore[misc]
    """The links of an entry: feedgen itself loses every attribute of theirs but the address."""

    def __init__(self) -> None:
        self.entry: Entry | None = None

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        """Append the page, and where the news itself is read."""
        if self.entry:
            page = {"href": self.entry.address, "rel": "alternate", "type": "text/html"}
            etree.SubElement(feed, "link", page)
            if self.entry.related:
                etree.SubElement(feed, "link", {"href": self.entry.related, "rel": "related"})
        return feed


def atom(feed: Feed) -> bytes:
    """The feed as an Atom document."""
    document = FeedGenerator()
    document.id(feed.id)
    document.title(feed.title)
    if feed.about:
        document.subtitle(feed.about)
    document.updated(feed.updated)
    document.author(_author(feed))
    document.link(href=feed.address(ATOM), rel="self", type="application/atom+xml")
    document.link(href=feed.home, rel="alternate", type="text/html")
    document.language(feed.language)
    document.generator("Tidings")
    return filled(_printed(document), END, (entry.atom for entry in feed.entries), feed)


def atom_entries(entries: Sequence[Entry]) -> list[str]:
    """The entries as they stand in an Atom document."""
    document = FeedGenerator()
    document.register_extension(LINKS, BaseExtension, _Links, atom=True, rss=False)
    document.id(SHEET)
    document.title(SHEET)
    document.updated(datetime.min.replace(tzinfo=UTC))
    for entry in entries:
        _fill(document.add_entry(order="append"), entry)
    return cut(_printed(document), "entry", END)


def _printed(document: FeedGenerator) -> str:
    return bytes(document.atom_str(pretty=True)).decode()


def _author(feed: Feed) -> dict[str, str]:
    author = {"name": feed.author.name}
    return author | {"email": feed.author.email} if feed.author.email else author


def _fill(element: FeedEntry, entry: Entry) -> None:
    element.id(entry.id)
    element.title(entry.title)
    element.updated(entry.updated)
    if entry.published is not None:
        element.published(entry.published)
    element.links.entry = entry
    # The line breaks keep the printer from setting others, inside of what people wrote.
    element.content(f"\n{entry.content}\n", type="xhtml")
    for category in entry.categories:
        element.category(term=category.term, scheme=category.scheme, label=category.label)
