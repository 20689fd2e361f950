"""RSS 2.0 by the profile of the RSS Advisory Board, by feedgen.

feedgen would write each date under another locale, for the whole process while threads are at work;
so dates are put in by an extension, with what RSS itself has no words for: an author without an
address (`dc:creator`) and the date of the last change (`atom:updated`).
"""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime
from xml.sax.saxutils import escape

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from tidings.core.feeds.description import Author, Entry, Feed
from tidings.core.feeds.paths import RSS
from tidings.core.feeds.sheets import SHEET, cut, filled

DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
UPDATED = "{http://www.w3.org/2005/Atom}updated"
CREATOR = f"{{{DUBLIN_CORE}}}creator"
SPECIFICATION = "https://www.rssboard.org/rss-specification"
MORE = "more"
END = "  </channel>\n</rss>\n"


class _Channel(FeedGenerator):  # type: ignore[misc]
    """A generator that leaves out the date it would stamp of itself."""

    def __init__(self) -> None:
        super().__init__()
        self._FeedGenerator__rss_lastBuildDate = None


class _ChannelMore(BaseExtension):  # type: ignore[misc]
    """The date of the latest change."""

    def __init__(self) -> None:
        self.feed: Feed | None = None

    def extend_ns(self) -> dict[str, str]:
        """The namespace of the author's name."""
        return {"dc": DUBLIN_CORE}

    def extend_rss(self, feed: etree._Element) -> etree._Element:
        """Append the date to the channel."""
        if self.feed:
            etree.SubElement(feed[0], "lastBuildDate").text = format_datetime(self.feed.updated)
        return feed


class _ItemMore(BaseEntryExtension):  # type: ignore[misc]
    """The author and the dates of an item."""

    def __init__(self) -> None:
        self.creator = ""
        self.entry: Entry | None = None

    def extend_rss(self, feed: etree._Element) -> etree._Element:
        """Append them. An item without a date has that of its arrival: many readers would give it
        that of the hour."""
        if self.entry:
            etree.SubElement(feed, CREATOR).text = self.creator
            date = self.entry.published or self.entry.arrived
            etree.SubElement(feed, "pubDate").text = format_datetime(date)
            etree.SubElement(feed, UPDATED).text = self.entry.updated.isoformat()
        return feed


def rss(feed: Feed) -> bytes:
    """The feed as an RSS document."""
    document = _channel()
    document.more.feed = feed
    document.title(feed.title)
    document.description(feed.about or feed.title)
    # The channel's own link is the last one given.
    document.link(href=feed.address(RSS), rel="self", type="application/rss+xml")
    document.link(href=feed.home, rel="alternate")
    document.language(feed.language)
    if feed.author.email:
        document.managingEditor(f"{feed.author.email} ({feed.author.name})")
    document.generator("Tidings")
    document.docs(SPECIFICATION)
    return filled(_printed(document), END, (entry.rss for entry in feed.entries), feed)


def rss_entries(entries: Sequence[Entry], author: Author) -> list[str]:
    """The entries as they stand in an RSS document."""
    document = _channel()
    document.title(SHEET)
    document.description(SHEET)
    document.link(href=SHEET)
    for entry in entries:
        _fill(document.add_entry(order="append"), author, entry)
    return cut(_printed(document), "item", END)


def _channel() -> _Channel:
    document = _Channel()
    document.register_extension(MORE, _ChannelMore, _ItemMore, atom=False, rss=True)
    return document


def _printed(document: _Channel) -> str:
    return bytes(document.rss_str(pretty=True)).decode()


def _fill(element: FeedEntry, author: Author, entry: Entry) -> None:
    element.guid(entry.id, permalink=False)
    element.title(entry.title)
    element.link(href=entry.address)
    element.description(escape(entry.excerpt))
    element.content(entry.content)
    for category in entry.categories:
        element.category(term=category.term, scheme=category.scheme, label=category.label)
    element.more.creator = author.name
    element.more.entry = entry
