"""Feeds as bytes: Atom 1.0 (RFC 4287) and RSS 2.0 by feedgen, JSON Feed 1.1, and OPML 2.0.

All formats are made of the same `Feed`, so that they agree. Bytes are a function of what is passed
in: feedgen would stamp the clock and its own version into whatever is left unset, so everything is
set. It would write each date of RSS under another locale, for the whole process while threads are
at work, and loses the attributes of links; so extensions put these in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from itertools import islice
from typing import NamedTuple
from xml.sax.saxutils import escape

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from tidings.core.feeds.model import (
    ATOM,
    JSON,
    RSS,
    SITEMAP,
    STYLE,
    Feed,
    FeedEntry,
    author_of,
    line,
    topic_folder,
)
from tidings.core.settings import Site
from tidings.model import Topic

DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
UPDATED = "{http://www.w3.org/2005/Atom}updated"
CREATOR = f"{{{DUBLIN_CORE}}}creator"
LANGUAGE = f"{{{DUBLIN_CORE}}}language"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
SPECIFICATION = "https://www.rssboard.org/rss-specification"
VERSION = "https://jsonfeed.org/version/1.1"
EXTENSION = "more"
_DECLARATION_END = b"?>\n"
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def documents(feed: Feed) -> list[tuple[str, bytes]]:
    """The feed in every format, each with the path where it is published."""
    return [
        (feed.folder + ATOM, atom(feed)),
        (feed.folder + RSS, rss(feed)),
        (feed.folder + JSON, jsonfeed(feed)),
    ]


# --- Atom --------------------------------------------------------------------------------------


class _Links(BaseEntryExtension):  # type: ignore[misc]
    """The links of an Atom entry: the page, and where the news itself is read; and its language
    (RFC 4287 §2), if that is another than the feed's."""

    def __init__(self) -> None:
        self.entry: FeedEntry | None = None

    def extend_atom(self, element: etree._Element) -> etree._Element:
        """Called by feedgen: append the links."""
        if self.entry:
            if self.entry.language:
                element.set(LANG, self.entry.language)
            page = {"href": self.entry.address, "rel": "alternate", "type": "text/html"}
            etree.SubElement(element, "link", page)
            if self.entry.related:
                etree.SubElement(element, "link", {"href": self.entry.related, "rel": "related"})
            if image := self.entry.image:
                link = {"href": image.address, "rel": "enclosure", "type": image.media_type}
                length = {"length": str(image.length)} if image.length else {}
                etree.SubElement(element, "link", link | length)
        return element


def atom(feed: Feed) -> bytes:
    """The feed as an Atom document."""
    document = FeedGenerator()
    document.register_extension(EXTENSION, BaseExtension, _Links, atom=True, rss=False)
    document.id(feed.id)
    document.title(feed.title)
    if feed.about:
        document.subtitle(feed.about)
    document.updated(feed.updated)
    name, email = author_of(feed.site)
    document.author({"name": name, "email": email} if email else {"name": name})
    document.link(href=feed.address(ATOM), rel="self", type="application/atom+xml")
    document.link(href=feed.home, rel="alternate", type="text/html")
    document.language(feed.language)
    document.generator("Tidings")
    for entry in feed.entries:
        element = document.add_entry(order="append")
        element.id(entry.id)
        element.title(entry.title)
        element.updated(entry.updated)
        if entry.published is not None:
            element.published(entry.published)
        element.more.entry = entry
        # The line breaks keep the printer from setting others, inside of what people wrote.
        element.content(f"\n{entry.content}\n", type="xhtml")
        for slug, title in entry.topics:
            element.category(term=slug, scheme=f"{feed.site.url}topics/", label=title)
    return _styled(document.atom_str(pretty=True), feed)


# --- RSS ---------------------------------------------------------------------------------------


class _Channel(FeedGenerator):  # type: ignore[misc]
    """A generator that leaves out the date it would stamp of itself."""

    def __init__(self) -> None:
        super().__init__()
        self._FeedGenerator__rss_lastBuildDate = None


class _ChannelDate(BaseExtension):  # type: ignore[misc]
    """The date of the latest change."""

    def __init__(self) -> None:
        self.feed: Feed | None = None

    def extend_ns(self) -> dict[str, str]:
        """Called by feedgen: the namespace of the author's name."""
        return {"dc": DUBLIN_CORE}

    def extend_rss(self, element: etree._Element) -> etree._Element:
        """Called by feedgen: append the date to the channel."""
        if self.feed:
            etree.SubElement(element[0], "lastBuildDate").text = format_datetime(self.feed.updated)
        return element


class _ItemDates(BaseEntryExtension):  # type: ignore[misc]
    """What RSS itself has no words for: an author without an address (`dc:creator`), the language
    of an item (`dc:language`) and the date of the last change (`atom:updated`); and the date of
    publication."""

    def __init__(self) -> None:
        self.creator = ""
        self.entry: FeedEntry | None = None

    def extend_rss(self, element: etree._Element) -> etree._Element:
        """Called by feedgen: append them. An item without a date has that of its arrival: many
        readers would give it that of the hour."""
        if self.entry:
            etree.SubElement(element, CREATOR).text = self.creator
            if self.entry.language:
                etree.SubElement(element, LANGUAGE).text = self.entry.language
            date = self.entry.published or self.entry.arrived
            etree.SubElement(element, "pubDate").text = format_datetime(date)
            etree.SubElement(element, UPDATED).text = self.entry.updated.isoformat()
        return element


def rss(feed: Feed) -> bytes:
    """The feed as an RSS document, by the profile of the RSS Advisory Board."""
    document = _Channel()
    document.register_extension(EXTENSION, _ChannelDate, _ItemDates, atom=False, rss=True)
    document.more.feed = feed
    document.title(feed.title)
    document.description(feed.about or feed.title)
    # The channel's own link is the last one given.
    document.link(href=feed.address(RSS), rel="self", type="application/rss+xml")
    document.link(href=feed.home, rel="alternate")
    document.language(feed.language)
    name, email = author_of(feed.site)
    if email:
        document.managingEditor(f"{email} ({name})")
    document.generator("Tidings")
    document.docs(SPECIFICATION)
    for entry in feed.entries:
        element = document.add_entry(order="append")
        element.guid(entry.id, permalink=False)
        element.title(entry.title)
        element.link(href=entry.address)
        element.description(escape(entry.excerpt))
        element.content(entry.content)
        for slug, title in entry.topics:
            element.category(term=slug, scheme=f"{feed.site.url}topics/", label=title)
        if entry.image:
            image = entry.image
            element.enclosure(image.address, str(image.length), image.media_type)
        element.more.creator = name
        element.more.entry = entry
    return _styled(document.rss_str(pretty=True), feed)


def _styled(document: bytes, feed: Feed) -> bytes:
    """The document with a style sheet named between the declaration and the root (`xml-stylesheet`;
    CSS, never XSLT), so that a browser can show it."""
    declaration, end, root = document.partition(_DECLARATION_END)
    style = f'<?xml-stylesheet type="text/css" href="{feed.asset(STYLE)}"?>\n'
    return declaration + end + style.encode() + root


# --- JSON Feed ---------------------------------------------------------------------------------


def jsonfeed(feed: Feed) -> bytes:
    """The feed as a JSON document (https://www.jsonfeed.org/version/1.1/)."""
    name, email = author_of(feed.site)
    author = {"name": name, "url": f"mailto:{email}"} if email else {"name": name}
    document: dict[str, object] = {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.address(JSON),
        "description": feed.about,
        "language": feed.language,
        "authors": [author],
    }
    if not feed.about:
        del document["description"]
    items = ",\n".join(f"  {{\n{_members(_item(entry), '   ')}\n  }}" for entry in feed.entries)
    written = f"[\n{items}\n ]" if items else "[]"
    return f'{{\n{_members(document, " ")},\n "items": {written}\n}}\n'.encode()


def _members(of: Mapping[str, object], margin: str) -> str:
    """The members of an object, each on its line: the library would do it in Python as soon as it
    is asked for lines."""
    return ",\n".join(f'{margin}"{name}": {_ENCODE(value)}' for name, value in of.items())


def _item(entry: FeedEntry) -> dict[str, object]:
    item: dict[str, object] = {"id": entry.id, "url": entry.address}
    if entry.related:
        item["external_url"] = entry.related
    item |= {"title": entry.title, "content_html": entry.content}
    if image := entry.image:
        item["image"] = image.address
        attached: dict[str, object] = {"url": image.address, "mime_type": image.media_type}
        if image.length:
            attached["size_in_bytes"] = image.length
        item["attachments"] = [attached]
    if entry.published is not None:
        item["date_published"] = entry.published.isoformat()
    item["date_modified"] = entry.updated.isoformat()
    if entry.language:
        item["language"] = entry.language
    if entry.topics:
        item["tags"] = [title for _, title in entry.topics]
    return item


# --- OPML --------------------------------------------------------------------------------------


def opml(site: Site, topics: Sequence[Topic]) -> bytes:
    """The feeds of the topics, and of everything, as an OPML document
    (https://opml.org/spec2.opml).

    It bears no date: it says where feeds are, not what is in them, and changes with the
    configuration alone.
    """
    root = etree.Element("opml", {"version": "2.0"})
    head = etree.SubElement(root, "head")
    title = line(site.title, site.url)
    etree.SubElement(head, "title").text = title
    name, email = author_of(site)
    etree.SubElement(head, "ownerName").text = name
    if email:
        etree.SubElement(head, "ownerEmail").text = email
    body = etree.SubElement(root, "body")
    _outline(body, site, "", title, site.about)
    for topic in topics:
        _outline(body, site, topic_folder(topic.slug), line(topic.title, topic.slug), topic.about)
    return bytes(etree.tostring(root, pretty_print=True, encoding="UTF-8", xml_declaration=True))


def _outline(body: etree._Element, site: Site, folder: str, title: str, about: str) -> None:
    """One feed. `type="rss"` is for feeds of any format; `version` says which it is."""
    attributes = {
        "type": "rss",
        "text": title,
        "title": title,
        "xmlUrl": f"{site.url}{folder}{ATOM}",
        "htmlUrl": f"{site.url}{folder}index.html",
        "language": site.language,
    }
    if described := line(about, ""):
        attributes["description"] = described
    etree.SubElement(body, "outline", attributes)


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
