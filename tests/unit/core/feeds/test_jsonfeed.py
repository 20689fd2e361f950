"""JSON Feed: the keys of version 1.1 and nothing else."""

from __future__ import annotations

import json
from typing import Any

from tests.builders import MONDAY, SITE, item, text, topic
from tests.feed_rules import json_faults
from tidings.core.feeds.model import FeedStrings, entry_of, of_items
from tidings.core.feeds.write import jsonfeed
from tidings.core.pages.items import ClassifiedItem, TopicMatch
from tidings.model import Item

BOATS = topic("boats")


def feed(*items: Item, author: str = "desk@news.example.org") -> dict[str, Any]:
    site = SITE.model_copy(update={"author": SITE.author.model_copy(update={"email": author})})
    entries = [
        entry_of(site, FeedStrings(), ClassifiedItem(each, (TopicMatch(BOATS, ()),)))
        for each in items
    ]
    data = jsonfeed(of_items(site, BOATS, MONDAY, entries))
    assert json_faults(data, "https://news.example.org/topics/boats/feed.json") == []
    found: dict[str, Any] = json.loads(data)
    return found


def test_a_feed_says_where_it_is_and_who_answers_for_it() -> None:
    found = feed()
    assert found["feed_url"] == "https://news.example.org/topics/boats/feed.json"
    assert found["authors"] == [{"name": "News desk", "url": "mailto:desk@news.example.org"}]
    assert feed(author="")["authors"] == [{"name": "News desk"}]
    assert "description" not in found


def test_an_item_has_its_text_its_page_and_its_topics() -> None:
    said = text("Boats win", "They came & won.", "2026-02-01", url="https://x.example/ö?a=1")
    (entry,) = feed(item(said))["items"]
    assert entry == {
        "id": f"tag:news.example.org,2026:item/{'0' * 16}",
        "url": "https://news.example.org/items/slug-00000000.html",
        "external_url": "https://x.example/%C3%B6?a=1",
        "title": "Boats win",
        "content_html": (
            "<p>They came &amp; won.</p>"
            '<p><a href="https://x.example/ö?a=1">https://x.example/ö?a=1</a></p>'
        ),
        "date_published": "2026-02-01T18:00:00+00:00",
        "date_modified": "2026-02-01T18:00:00+00:00",
        "tags": ["Boats"],
    }


def test_an_undated_item_has_no_date_of_publication() -> None:
    (entry,) = feed(item(text("Boats win")))["items"]
    assert "date_published" not in entry
    assert entry["date_modified"] == MONDAY.isoformat()
