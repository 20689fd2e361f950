"""All formats of a feed agree, entry for entry, whatever the texts are."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.builders import MONDAY, SITE, item, text, topic
from tests.feed_rules import (
    ATOM,
    CONTENT,
    DC,
    XHTML,
    atom_faults,
    instant,
    json_faults,
    rss_faults,
)
from tidings.core.feeds.model import Feed, FeedEntry, FeedStrings, entry_of, of_items
from tidings.core.feeds.write import documents
from tidings.core.pages.items import ClassifiedItem, TopicMatch
from tidings.model import Item, Retraction

TOPICS = [topic("boats"), replace(topic("ports"), title="Ports & <harbours>")]
# Any text at all, also with characters that XML cannot hold, and halves of pairs.
TEXTS = st.text(st.characters(codec=None), max_size=40)
MOMENTS = st.integers(0, 2**32).map(lambda second: datetime.fromtimestamp(second, UTC))
URLS = st.one_of(st.none(), TEXTS, TEXTS.map(lambda end: f"https://x.example/{end}"))


@dataclass(frozen=True)
class Said:
    """What a format says of one entry."""

    id: str
    title: str
    link: str
    related: str | None
    words: str
    links: tuple[str, ...]
    published: datetime | None
    updated: datetime
    topics: tuple[str, ...]


@st.composite
def items(draw: st.DrawFn, number: int) -> Item:
    drawn = item(text(draw(TEXTS), draw(TEXTS), url=draw(URLS)), f"{number:016x}")
    retraction = Retraction(draw(TEXTS), draw(MOMENTS)) if draw(st.booleans()) else None
    # No two entries of one instant: the state hands out each once.
    moment = draw(st.one_of(st.none(), MOMENTS))
    published = moment.replace(second=number) if moment else None
    changed = draw(st.one_of(st.none(), MOMENTS))
    revised_at = changed.replace(second=30 + number) if changed else None
    return replace(
        drawn,
        published=published,
        arrived_at=MONDAY.replace(second=20 + number),
        revised_at=revised_at,
        retraction=retraction,
    )


@st.composite
def feeds(draw: st.DrawFn) -> tuple[Feed, list[FeedEntry]]:
    count = draw(st.integers(0, 4))
    placed = [
        ClassifiedItem(
            draw(items(n)), tuple(TopicMatch(t, ()) for t in TOPICS if draw(st.booleans()))
        )
        for n in range(count)
    ]
    author = SITE.author.model_copy(update={"name": draw(TEXTS)})
    said = {"title": draw(TEXTS), "about": draw(TEXTS), "author": author}
    site = SITE.model_copy(update=said)
    of = draw(st.sampled_from([None, *TOPICS]))
    entries = [entry_of(site, FeedStrings(), each) for each in placed]
    return of_items(site, of, draw(MOMENTS), entries), entries


@settings(deadline=None, max_examples=60)
@given(feeds())
def test_all_formats_say_the_same(drawn: tuple[Feed, list[FeedEntry]]) -> None:
    feed, entries = drawn
    atom, rss, made = (data for _, data in documents(feed))
    by_atom, by_rss, by_json = of_atom(atom), of_rss(rss), of_json(made)
    assert by_atom == by_json
    # RSS has no place for an address besides the page, and must give undated items a date.
    dated = [replace(each, related=None) for each in by_atom]
    assert dated == [
        replace(said, published=entry.published)
        for said, entry in zip(by_rss, entries, strict=True)
    ]
    assert [each.published for each in by_rss] == [e.published or e.arrived for e in entries]


@settings(deadline=None, max_examples=40)
@given(feeds())
def test_no_text_makes_a_document_that_a_validator_finds_fault_with(
    drawn: tuple[Feed, list[FeedEntry]],
) -> None:
    feed, _ = drawn
    for (path, data), judge in zip(
        documents(feed), (atom_faults, rss_faults, json_faults), strict=True
    ):
        assert judge(data, feed.site.url + path) == [], path


# --- What each format says -----------------------------------------------------------------------


def of_atom(data: bytes) -> list[Said]:
    found = []
    for entry in etree.fromstring(data).iter(f"{ATOM}entry"):
        links = {link.get("rel"): link.get("href") for link in entry.findall(f"{ATOM}link")}
        published = entry.findtext(f"{ATOM}published")
        words, inner = words_of(entry.find(f"{ATOM}content/{XHTML}div"))
        found.append(
            Said(
                entry.findtext(f"{ATOM}id"),
                entry.findtext(f"{ATOM}title"),
                links["alternate"],
                links.get("related"),
                words,
                inner,
                instant(published) if published else None,
                instant(entry.findtext(f"{ATOM}updated")),
                tuple(each.get("label") for each in entry.findall(f"{ATOM}category")),
            )
        )
    return found


def of_rss(data: bytes) -> list[Said]:
    found = []
    for each in etree.fromstring(data).iter("item"):
        words, inner = words_of(division(each.findtext(f"{CONTENT}encoded")))
        assert each.findtext(f"{DC}creator")
        assert unescape(each.findtext("description"))
        found.append(
            Said(
                each.findtext("guid"),
                each.findtext("title"),
                each.findtext("link"),
                None,
                words,
                inner,
                instant(each.findtext("pubDate")),
                instant(each.findtext(f"{ATOM}updated")),
                tuple(category.text for category in each.findall("category")),
            )
        )
    return found


def of_json(data: bytes) -> list[Said]:
    found = []
    each: dict[str, Any]
    for each in json.loads(data)["items"]:
        published = each.get("date_published")
        words, inner = words_of(division(each["content_html"]))
        found.append(
            Said(
                each["id"],
                each["title"],
                each["url"],
                each.get("external_url"),
                words,
                inner,
                instant(published) if published else None,
                instant(each["date_modified"]),
                tuple(each.get("tags", ())),
            )
        )
    return found


def division(html: str) -> etree._Element:
    return etree.fromstring(f'<div xmlns="{XHTML[1:-1]}">{html}</div>')


def words_of(content: etree._Element) -> tuple[str, tuple[str, ...]]:
    """The words of a content and its links; blanks between elements do not count."""
    said = "|".join("".join(p.itertext()) for p in content)
    assert all("".join(p.itertext()).strip() for p in content)
    return said, tuple(link.get("href") for link in content.iter(f"{XHTML}a"))
