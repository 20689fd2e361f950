"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json

from tidings.core.feeds.description import Entry, Feed
from tidings.core.feeds.paths import JSON

VERSION = "https://jsonfeed.org/version/1.1"


def jsonfeed(feed: Feed) -> bytes:
    """The feed as a JSON document."""
    author = {"name": feed.author.name}
    if feed.author.email:
        author["url"] = f"mailto:{feed.author.email}"
    document = {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.address(JSON),
        "description": feed.about,
        "language": feed.language,
        "authors": [author],
        "items": [_item(entry) for entry in feed.entries],
    }
    if not feed.about:
        del document["description"]
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _item(entry: Entry) -> dict[str, object]:
    item: dict[str, object] = {"id": entry.id, "url": entry.address}
    if entry.related:
        item["external_url"] = entry.related
    item |= {"title": entry.title, "content_html": entry.content}
    if entry.published is not None:
        item["date_published"] = entry.published.isoformat()
    item["date_modified"] = entry.updated.isoformat()
    if entry.categories:
        item["tags"] = [category.label for category in entry.categories]
    return item
