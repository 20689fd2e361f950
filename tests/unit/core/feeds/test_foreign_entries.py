"""An entry that is not in the feed's language or direction says so, where the format can."""

from __future__ import annotations

import json
from dataclasses import replace

from lxml import etree

from tests.builders import MONDAY, SITE, item, text
from tests.feed_rules import ATOM, DC, XHTML, atom_faults, json_faults, rss_faults
from tidings.core.feeds.model import Feed, FeedStrings, entry_of, of_items
from tidings.core.feeds.write import LANG, atom, jsonfeed, rss
from tidings.core.pages.items import ClassifiedItem

OURS = item(text("Ports open", "They are open."), "a" * 16)
ARABIC = replace(
    item(text("افتتاح مركز", "يقدم المركز (IOM 2026) كل يوم."), "b" * 16), arrival_rank=1
)
HEBREW = replace(item(text("שלום", "שלום עולם."), "c" * 16), arrival_rank=2)


def feed(language: str = "en") -> Feed:
    site = SITE.model_copy(update={"language": language})
    given = ((OURS, None), (ARABIC, "ar"), (HEBREW, None))
    entries = [entry_of(site, FeedStrings(), ClassifiedItem(each), tag) for each, tag in given]
    return of_items(site, None, MONDAY, entries)


def contents(data: bytes) -> list[tuple[str | None, str | None]]:
    """`lang` and `dir` of each entry's text."""
    entries = etree.fromstring(data).findall(f"{ATOM}entry")
    found = [entry.find(f"{ATOM}content/{XHTML}div/{XHTML}p") for entry in entries]
    return [(each.get("lang"), each.get("dir")) for each in found if each is not None]


def test_an_entry_of_atom_has_its_language_and_its_text_the_direction() -> None:
    data = atom(feed())
    entries = etree.fromstring(data).findall(f"{ATOM}entry")
    assert [entry.get(LANG) for entry in entries] == [None, "ar", "he"]
    assert contents(data) == [(None, None), ("ar", "rtl"), ("he", "rtl")]
    assert atom_faults(data, f"{SITE.url}atom.xml") == []


def test_a_text_says_its_direction_where_readers_would_not_expect_it() -> None:
    directions = [direction for _, direction in contents(atom(feed("ar")))]
    assert directions == ["ltr", "rtl", "rtl"], "most readers run from left to right"


def test_an_item_of_rss_has_its_language() -> None:
    data = rss(feed())
    items = etree.fromstring(data).findall("channel/item")
    assert [each.findtext(f"{DC}language") for each in items] == [None, "ar", "he"]
    assert rss_faults(data, f"{SITE.url}rss.xml") == []


def test_an_item_of_json_has_its_language() -> None:
    data = jsonfeed(feed())
    assert [each.get("language") for each in json.loads(data)["items"]] == [None, "ar", "he"]
    assert json_faults(data, f"{SITE.url}feed.json") == []
