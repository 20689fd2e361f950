"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tidings.core.feeds.description import Entry, Feed
from tidings.core.feeds.paths import JSON

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
VERSION = "https://jsonfeed.org/version/1.1"


def jsonfeed(feed: Feed) -> bytes:
    """The feed as a JSON document."""
    author = {"name": feed.author.name}
    if feed.author.email:
        author["url"] = f"mailto:{feed.author.email}"
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
    items = ",\n".join(entry.json for entry in feed.entries)
    written = f"[\n{items}\n ]" if items else "[]"
    return f'{{\n{_members(document, " ")},\n "items": {written}\n}}\n'.encode()


def json_entries(entries: Sequence[Entry]) -> list[str]:
    """The entries as they stand in a JSON Feed."""
    return [f"  {{\n{_members(_item(entry), '   ')}\n  }}" for entry in entries]


def _members(of: Mapping[str, object], margin: str) -> str:
    """The members of an object, each on its line: the library would do it in Python as soon as it
    is asked for lines."""
    return ",\n".join(f'{margin}"{name}": {_ENCODE(value)}' for name, value in of.items())


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
