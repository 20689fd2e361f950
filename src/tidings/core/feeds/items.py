"""Feeds of items: of a topic, or of everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidings.core.entries import item_path
from tidings.core.feeds import safe
from tidings.core.feeds.description import Author, Category, Entry, Feed, Printed
from tidings.core.feeds.paths import topic_folder
from tidings.core.pages import Placed
from tidings.core.publication import Publication
from tidings.core.snippets import excerpt
from tidings.model import Topic

EXCERPT = 280


def of_items(
    site: Publication, topic: Topic | None, updated: datetime, entries: Sequence[Printed]
) -> Feed:
    """The feed of a topic, or (None) of everything.

    `updated` is the instant of its latest recorded change; `entries` come newest first.
    """
    title = safe.line(site.title, site.url)
    about = safe.line(topic.about if topic else site.about, "")
    folder = topic_folder(topic.slug) if topic else ""
    return Feed(
        id=f"tag:{site.id}:topic/{topic.slug}" if topic else f"tag:{site.id}:items",
        title=f"{safe.line(topic.title, topic.slug)}, {title}" if topic else title,
        about=about,
        site_url=site.url,
        folder=folder,
        page=f"{folder}index.html",
        language=site.language,
        author=author_of(site),
        updated=updated,
        entries=entries,
    )


def entry_of(site: Publication, placed: Placed) -> Entry:
    """An item as an entry. Of a retracted one the title and the reason are left."""
    item = placed.item
    title = safe.line(item.title, site.words.untitled)
    related = "" if item.retraction else safe.web_address(item.text.url)
    said = item.retraction.reason if item.retraction else item.summary or item.title
    said = safe.plain(said).strip() or title
    content = safe.paragraph(said)
    if related and item.text.url:
        content += f"<p>{safe.link(item.text.url.strip(), item.text.url.strip())}</p>"
    return Entry(
        id=f"tag:{site.id}:item/{item.id}",
        title=site.words.of_retracted(title) if item.retraction else title,
        address=site.url + item_path(item),
        content=content,
        excerpt=safe.line(excerpt(said, EXCERPT), title),
        published=item.published,
        arrived=item.arrived,
        updated=item.updated,
        categories=tuple(
            Category(topic.slug, f"{site.url}topics/", safe.line(topic.title, topic.slug))
            for topic in (placement.topic for placement in placed.topics)
        ),
        related=related,
    )


def author_of(site: Publication) -> Author:
    """Who answers for the feeds of a site: feeds must name somebody (RFC 4287 §4.1.1)."""
    name = safe.line(site.author_name, safe.line(site.title, site.url))
    return Author(name, safe.line(site.author_email, ""))
