"""RSS: what it says that Atom does not have to, and what it must never do to the process."""

from __future__ import annotations

import locale
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
import time_machine
from lxml import etree

from tests.builders import HOUR, MONDAY, SITE, item, text, topic
from tests.feed_rules import ATOM, CONTENT, instant, rss_faults
from tidings.core.feeds.model import FeedStrings, entry_of, of_items
from tidings.core.feeds.write import rss
from tidings.core.pages.items import ClassifiedItem, TopicMatch
from tidings.model import Item, Topic

BOATS = topic("boats", about="All that floats")
LONG = "They came first. " * 40


def feed(*items: Item, of: Topic | None = BOATS, author: str = "desk@news.example.org") -> bytes:
    site = SITE.model_copy(update={"author": SITE.author.model_copy(update={"email": author})})
    placed = [ClassifiedItem(each, (TopicMatch(BOATS, ()),)) for each in items]
    entries = [entry_of(site, FeedStrings(), each) for each in placed]
    return rss(of_items(site, of, MONDAY + HOUR, entries))


def read(data: bytes) -> Any:
    found = feedparser.parse(data, response_headers={"content-type": "application/xml"})
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "rss20"
    return found


DATED = item(text("Boats win", LONG, "2026-02-01"), "a" * 16)


def test_a_channel_links_to_its_page_and_names_itself() -> None:
    data = feed(DATED)
    channel = etree.fromstring(data).find("channel")
    assert channel.findtext("link") == "https://news.example.org/topics/boats/index.html"
    assert rss_faults(data, "https://news.example.org/topics/boats/rss.xml") == []


def test_the_date_of_a_channel_is_that_of_its_latest_change() -> None:
    with time_machine.travel(datetime(2041, 7, 8, tzinfo=UTC), tick=False):
        data = feed(DATED)
    assert b"<lastBuildDate>Mon, 02 Mar 2026 16:00:00 +0000</lastBuildDate>" in data
    assert b"2041" not in data


def test_writing_a_feed_never_changes_the_locale_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*arguments: object) -> str:
        raise AssertionError("other threads are at work")

    monkeypatch.setattr(locale, "setlocale", refuse)
    assert feed(DATED)


def test_an_item_has_its_whole_text_and_a_short_description_before_it() -> None:
    (entry,) = etree.fromstring(feed(DATED)).iter("item")
    assert LONG.strip() in entry.findtext(f"{CONTENT}encoded")
    assert len(entry.findtext("description")) < 300


def test_an_item_names_its_author_without_an_address() -> None:
    found = read(feed(DATED, author=""))
    assert found.entries[0].author == "News desk"
    assert "managingEditor" not in feed(DATED, author="").decode()


def test_a_category_says_its_title_and_where_it_is_defined() -> None:
    (category,) = etree.fromstring(feed(DATED)).iter("category")
    assert (category.text, category.get("domain")) == ("Boats", "https://news.example.org/topics/")


def test_an_undated_item_has_the_date_of_its_arrival_whatever_becomes_of_it() -> None:
    undated = replace(item(text("Boats win", "s")), arrival_rank=2)
    revised = replace(undated, revised_at=MONDAY + HOUR)
    for each in (undated, revised):
        (entry,) = read(feed(each)).entries
        assert instant(entry.published) == MONDAY - timedelta(seconds=2)
    (entry,) = etree.fromstring(feed(revised)).iter("item")
    assert entry.findtext(f"{ATOM}updated") == (MONDAY + HOUR).isoformat()


def test_markup_in_a_description_is_text() -> None:
    (entry,) = etree.fromstring(feed(item(text("a", "<b>bold</b> & more")))).iter("item")
    assert entry.findtext("description") == "&lt;b&gt;bold&lt;/b&gt; &amp; more"
