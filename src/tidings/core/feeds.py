"""Feeds as bytes: Atom 1.0 (RFC 4287) with permanent `tag:` ids (RFC 4151).

The bytes are a function of what is passed in. feedgen would stamp the clock and its own version
into whatever is left unset, so everything is set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from tidings.core.entries import item_path
from tidings.core.pages import Placed, topic_path
from tidings.model import Topic


@dataclass(frozen=True, slots=True)
class Publication:
    """What all feeds of a site share: `id` is the site's permanent id, `url` ends with a slash."""

    id: str
    url: str
    title: str
    about: str
    language: str
    author_name: str
    author_email: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed: of a topic, or of everything (None). `path` is its file under the site's url.

    `updated` is the instant of its latest recorded change; `entries` come newest first.
    """

    topic: Topic | None
    path: str
    updated: datetime
    entries: Sequence[Placed]


def atom(site: Publication, feed: Feed) -> bytes:
    """The feed as an Atom document."""
    document = FeedGenerator()
    topic = feed.topic
    document.id(f"tag:{site.id}:topic/{topic.slug}" if topic else f"tag:{site.id}:items")
    document.title(f"{topic.title}, {site.title}" if topic else site.title)
    about = topic.about if topic else site.about
    if about:
        document.subtitle(about)
    document.updated(feed.updated)
    document.author(name=site.author_name, email=site.author_email)
    page = topic_path(topic) if topic else "index.html"
    document.link(href=site.url + feed.path, rel="self", type="application/atom+xml")
    document.link(href=site.url + page, rel="alternate", type="text/html")
    document.language(site.language)
    document.generator("Tidings")
    for placed in feed.entries:
        _add(document.add_entry(order="append"), site, placed)
    return bytes(document.atom_str(pretty=True))


def _add(entry: FeedEntry, site: Publication, placed: Placed) -> None:
    item = placed.item
    entry.id(f"tag:{site.id}:item/{item.id}")
    entry.title(f"Retracted: {item.title}" if item.retraction else item.title)
    entry.updated(item.updated)
    if item.published is not None:
        entry.published(item.published)
    # feedgen drops every attribute of an entry's link but the address; the default is "alternate".
    entry.link(href=site.url + item_path(item))
    entry.content(_content(placed), type="xhtml")
    for placement in placed.topics:
        entry.category(
            term=placement.topic.slug, scheme=f"{site.url}topics/", label=placement.topic.title
        )


def _content(placed: Placed) -> str:
    """The full text as XHTML. Without a summary the title is all there is to say."""
    item = placed.item
    if item.retraction is not None:
        return f"<p>{escape(item.retraction.reason)}</p>"
    text = f"<p>{escape(item.summary or item.title)}</p>"
    if item.text.url:
        text += f"<p><a href={quoteattr(item.text.url)}>{escape(item.text.url)}</a></p>"
    return text
