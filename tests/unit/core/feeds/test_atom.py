"""Atom feeds, read back by two parsers that know nothing of us: feedparser and lxml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
import time_machine
from lxml import etree

from tests.builders import HOUR, MONDAY, SITE, item, text, topic
from tidings.core.feeds.model import FeedStrings, entry_of, of_items
from tidings.core.feeds.write import atom
from tidings.core.pages.items import ClassifiedItem, TopicMatch
from tidings.core.settings import Site
from tidings.model import Item, Retraction, Revision, Topic

ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
BOATS = replace(topic("boats", about="All that floats"), title="Boats & ships")
PORTS = topic("ports")
HOSTILE = "<script>alert('1')</script> & \"quotes\" ]]> &copy; <!-- --> {{ x }} \u2028 é 移 🛶"


def feed(*items: Item, of: Topic | None = BOATS, updated: datetime = MONDAY) -> bytes:
    placed = [
        ClassifiedItem(each, tuple(TopicMatch(t, ()) for t in (BOATS, PORTS))) for each in items
    ]
    return written(SITE, placed, of, updated)


def written(
    site: Site,
    placed: Sequence[ClassifiedItem],
    of: Topic | None = BOATS,
    updated: datetime = MONDAY,
) -> bytes:
    entries = [entry_of(site, FeedStrings(), each) for each in placed]
    return atom(of_items(site, of, updated, entries))


def read(data: bytes) -> Any:
    """What feedparser makes of a feed: nothing to complain about."""
    found = feedparser.parse(data, response_headers={"content-type": "application/atom+xml"})
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    return found


def only_entry(data: bytes) -> Any:
    (entry,) = read(data).entries
    return entry


def dated(item_id: str = "a" * 16, title: str = "Boats win", **changes: Any) -> Item:
    return replace(item(text(title, "They came first.", "2026-02-01"), item_id), **changes)


# --- The feed ------------------------------------------------------------------------------------


def test_a_topic_s_feed_says_what_it_is_and_where() -> None:
    found = read(feed(dated())).feed
    assert found.id == "tag:news.example.org,2026:topic/boats"
    assert found.title == "Boats & ships, Harbour news"
    assert found.subtitle == "All that floats"
    assert found.language == "en"
    assert found.author_detail == {"name": "News desk", "email": "desk@news.example.org"}
    links = {link.rel: (link.href, link.type) for link in found.links}
    assert links == {
        "self": ("https://news.example.org/topics/boats/atom.xml", "application/atom+xml"),
        "alternate": ("https://news.example.org/topics/boats/index.html", "text/html"),
    }


def test_the_feed_of_everything_has_an_id_that_no_topic_can_have() -> None:
    found = read(feed(dated(), of=None)).feed
    assert found.id == "tag:news.example.org,2026:items"
    assert found.title == "Harbour news"
    links = {link.rel: link.href for link in found.links}
    assert links["self"] == "https://news.example.org/atom.xml"
    assert links["alternate"] == "https://news.example.org/index.html"


def test_the_feed_carries_the_instant_of_its_latest_change() -> None:
    later = MONDAY + HOUR
    assert read(feed(dated(), updated=later)).feed.updated == "2026-03-02T16:00:00+00:00"


def test_an_empty_feed_is_a_valid_feed() -> None:
    found = read(feed())
    assert found.entries == []
    assert found.feed.updated == "2026-03-02T15:00:00+00:00"


def test_a_topic_without_a_description_has_no_subtitle() -> None:
    assert b"subtitle" not in feed(dated(), of=PORTS)


def test_the_generator_names_no_version() -> None:
    (generator,) = etree.fromstring(feed()).iter(f"{ATOM}generator")
    assert generator.text == "Tidings"
    assert dict(generator.attrib) == {}


def test_ids_do_not_depend_on_where_the_site_is_served() -> None:
    moved = SITE.model_copy(update={"url": "https://elsewhere.example/news/"})
    found = read(written(moved, [ClassifiedItem(dated(), ())]))
    assert found.feed.id == "tag:news.example.org,2026:topic/boats"
    assert found.entries[0].id == f"tag:news.example.org,2026:item/{'a' * 16}"
    assert found.entries[0].link == "https://elsewhere.example/news/items/slug-aaaaaaaa.html"


# --- Entries -------------------------------------------------------------------------------------


def test_an_entry_carries_its_id_its_text_and_its_page() -> None:
    entry = only_entry(feed(dated()))
    assert entry.id == f"tag:news.example.org,2026:item/{'a' * 16}"
    assert entry.title == "Boats win"
    assert "They came first." in entry.content[0].value
    assert entry.content[0].type == "application/xhtml+xml"
    assert [(link.rel, link.href) for link in entry.links] == [
        ("alternate", "https://news.example.org/items/slug-aaaaaaaa.html")
    ]


def test_entries_keep_the_order_that_they_are_given_in() -> None:
    ids = ["c" * 16, "a" * 16, "b" * 16]
    found = read(feed(*[dated(each) for each in ids]))
    assert [entry.id.rpartition("/")[2] for entry in found.entries] == ids


def test_an_entry_names_all_its_topics() -> None:
    tags = only_entry(feed(dated())).tags
    assert [(tag.term, tag.scheme, tag.label) for tag in tags] == [
        ("boats", "https://news.example.org/topics/", "Boats & ships"),
        ("ports", "https://news.example.org/topics/", "Ports"),
    ]


def test_a_dated_entry_is_published_and_updated_on_its_day() -> None:
    entry = only_entry(feed(dated()))
    assert entry.published == entry.updated == "2026-02-01T18:00:00+00:00"


def test_an_undated_entry_is_updated_at_its_arrival_and_never_published() -> None:
    undated = replace(item(text("Boats win", "s")), arrival_rank=2)
    entry = only_entry(feed(undated))
    assert "published" not in entry
    assert entry.updated == (MONDAY - timedelta(seconds=2)).isoformat()


def test_a_correction_moves_updated_and_nothing_else() -> None:
    item = dated()
    corrected = replace(
        item,
        revised_at=MONDAY + HOUR,
        history=(*item.history, Revision(1, item.text, MONDAY + HOUR, "a.txt")),
    )
    before, after = only_entry(feed(item)), only_entry(feed(corrected))
    assert after.updated == "2026-03-02T16:00:00+00:00"
    assert (before.id, before.published, before.link) == (after.id, after.published, after.link)


def test_an_entry_without_a_summary_says_its_title() -> None:
    entry = only_entry(feed(item(text("Boats win", ""))))
    assert entry.content[0].value.count("Boats win") == 1


def test_an_entry_links_to_the_news_itself_where_that_is_known() -> None:
    address = "https://x.example/?a=1&b=\"2\"&c='3'"
    said = text("Boats win", "s", "2026-02-01", url=address)
    (link,) = etree.fromstring(feed(item(said))).iter(f"{XHTML}a")
    assert link.get("href") == address
    assert link.text == address


def test_a_retracted_item_keeps_its_id_and_shows_only_the_reason() -> None:
    withdrawn = dated(retraction=Retraction("It was <i>made up</i> & false.", MONDAY + HOUR))
    data = feed(withdrawn)
    entry = only_entry(data)
    assert entry.id == only_entry(feed(dated())).id
    assert entry.title == "Retracted: Boats win"
    assert "They came first." not in data.decode()
    (said,) = etree.fromstring(data).iter(f"{XHTML}p")
    assert said.text == "It was <i>made up</i> & false."


# --- Hostile text --------------------------------------------------------------------------------


def test_hostile_text_arrives_letter_by_letter_and_as_text_only() -> None:
    hostile = topic("boats", about=HOSTILE)
    hostile = replace(hostile, title=HOSTILE)
    entry = ClassifiedItem(item(text(HOSTILE, HOSTILE, "2026-02-01")), (TopicMatch(hostile, ()),))
    author = SITE.author.model_copy(update={"name": HOSTILE})
    publication = SITE.model_copy(update={"title": HOSTILE, "author": author})
    data = written(publication, [entry], hostile)
    root = etree.fromstring(data)
    assert root.findtext(f"{ATOM}title") == f"{HOSTILE}, {HOSTILE}"
    assert root.findtext(f"{ATOM}subtitle") == HOSTILE
    assert root.findtext(f"{ATOM}author/{ATOM}name") == HOSTILE
    assert root.findtext(f"{ATOM}entry/{ATOM}title") == HOSTILE
    assert root.find(f"{ATOM}entry/{ATOM}category").get("label") == HOSTILE
    (said,) = root.iter(f"{XHTML}p")
    assert said.text == HOSTILE
    assert len(list(root.iter(f"{XHTML}*"))) == 2  # the division and the paragraph, no script
    assert "<script" not in read(data).entries[0].content[0].value


def test_a_title_that_looks_like_markup_stays_a_title() -> None:
    for title in ("<b>Boats</b>", "&amp;", "&#60;", "]]>", "<![CDATA[x]]>", "<!DOCTYPE x>"):
        root = etree.fromstring(feed(dated(title=title)))
        assert root.findtext(f"{ATOM}entry/{ATOM}title") == title


# --- Bytes are a function of what is passed in ---------------------------------------------------


def test_the_clock_never_leaks_into_a_feed() -> None:
    feeds = []
    for instant in (datetime(1987, 12, 31, tzinfo=UTC), datetime(2041, 7, 8, tzinfo=UTC)):
        with time_machine.travel(instant, tick=False):
            feeds.append([
                feed(),
                feed(dated()),
                feed(item(text("Undated", "s"))),
                feed(dated(), of=None),
            ])  # fmt: skip
    assert feeds[0] == feeds[1]
    assert not any(year in b"".join(feeds[1]) for year in (b"1987", b"2041"))


def test_the_same_inputs_give_the_same_bytes() -> None:
    items = [dated(f"{n:016x}") for n in range(20)]
    assert len({feed(*items) for _ in range(5)}) == 1


def test_another_entry_changes_no_other_entry_s_bytes() -> None:
    def entries(data: bytes) -> dict[str, bytes]:
        root = etree.fromstring(data)
        return {e.findtext(f"{ATOM}id"): etree.tostring(e) for e in root.iter(f"{ATOM}entry")}

    before = entries(feed(dated("a" * 16), dated("b" * 16)))
    after = entries(feed(dated("c" * 16), dated("a" * 16), dated("b" * 16)))
    assert {key: after[key] for key in before} == before


@pytest.mark.parametrize("of", [BOATS, None])
def test_a_feed_is_utf_8_xml_that_says_so(of: Topic | None) -> None:
    data = feed(dated(title="Niños 移"), of=of)
    assert data.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert "Niños 移".encode() in data
