"""The feed of a digest: an entry for each edition, under an id of its own for ever."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath

from lxml import etree

from tests.builders import HOUR, MONDAY, SITE, digest, item, text
from tests.feed_rules import ATOM, XHTML, atom_faults, instant, json_faults, rss_faults
from tidings.core.feeds.model import Feed, FeedStrings, of_editions
from tidings.core.feeds.write import documents, jsonfeed
from tidings.core.identity import SECOND
from tidings.model import Edition, Item, Retraction, Revision

WEEKLY = digest("weekly")
BOAT = item(text("A boat & a <port>", "s"), "a" * 16)
PORT = item(text("A port", "s"), "b" * 16)


def edition(
    number: int, *items: Item, at: datetime = MONDAY, subject: str = ""
) -> tuple[Edition, Sequence[Item]]:
    opened = Edition(number, "weekly", number, f"2026-W{number}", at, subject)
    return opened, items


def feed(*editions: tuple[Edition, Sequence[Item]]) -> Feed:
    return of_editions(SITE, FeedStrings(), WEEKLY, editions, MONDAY)


def said(feed: Feed) -> list[dict[str, str]]:
    """What the entries say."""
    found: list[dict[str, str]] = json.loads(jsonfeed(feed))["items"]
    return found


def test_an_edition_leads_to_its_page_under_a_permanent_id() -> None:
    made = feed(edition(12, BOAT, subject="Boats, ports and more"))
    (entry,) = said(made)
    assert (made.id, entry["id"]) == (
        "tag:news.example.org,2026:digest/weekly",
        "tag:news.example.org,2026:digest/weekly/12",
    )
    assert entry["title"] == "Boats, ports and more"
    assert entry["url"] == "https://news.example.org/digests/weekly/12.html"
    assert made.home == "https://news.example.org/digests/weekly/index.html"


def test_an_edition_without_a_subject_is_called_by_its_number() -> None:
    assert said(feed(edition(12, BOAT)))[0]["title"] == "No. 12, Harbour weekly"


def test_an_edition_lists_its_items_with_links() -> None:
    (_, data), *_ = documents(feed(edition(12, BOAT, PORT)))
    links = etree.fromstring(data).iter(f"{XHTML}a")
    assert [(link.text, link.get("href")) for link in links] == [
        ("A boat & a <port>", "https://news.example.org/items/slug-aaaaaaaa.html"),
        ("A port", "https://news.example.org/items/slug-bbbbbbbb.html"),
    ]


def test_the_retraction_of_an_item_is_a_change_of_the_edition() -> None:
    gone = replace(PORT, retraction=Retraction("It was a pier.", MONDAY + HOUR))
    (entry,) = said(feed(edition(12, BOAT, gone)))
    assert "Retracted: A port" in entry["content_html"]
    assert entry["date_published"] == MONDAY.isoformat()
    assert entry["date_modified"] == (MONDAY + HOUR).isoformat()


def test_a_feed_is_as_new_as_the_newest_of_its_entries() -> None:
    gone = replace(PORT, retraction=Retraction("It was a pier.", MONDAY + HOUR))
    made = feed(edition(13, BOAT), edition(12, gone, at=MONDAY - HOUR))
    assert made.updated == max(entry.updated for entry in made.entries) == MONDAY + HOUR
    (_, atom), (_, rss), _ = documents(made)
    assert etree.fromstring(atom).findtext(f"{ATOM}updated") == (MONDAY + HOUR).isoformat()
    built = etree.fromstring(rss).findtext("channel/lastBuildDate") or ""
    assert instant(built) == MONDAY + HOUR
    assert feed().updated == MONDAY, "that of its first sight"


def test_a_retraction_that_was_taken_back_makes_nothing_older() -> None:
    withdrawn = Revision(1, PORT.text, MONDAY + HOUR, "")
    back = Revision(2, PORT.text, MONDAY + 2 * HOUR, "")
    retracted = replace(PORT, retraction=Retraction("A pier.", withdrawn.at), history=(withdrawn,))
    before = feed(edition(12, retracted)).updated
    after = feed(edition(12, replace(PORT, history=(withdrawn, back)))).updated
    assert (before, after) == (withdrawn.at, back.at)


def test_an_issue_tells_of_each_title_in_which_language_and_direction_it_is() -> None:
    law = item(text("قانون جديد", "s"), "c" * 16)
    opened, items = edition(12, BOAT, law, PORT)
    made = of_editions(
        SITE, FeedStrings(), WEEKLY, [(opened, items)], MONDAY, {PORT.id: "fr", law.id: "ar"}
    )
    content = made.entries[0].content
    assert '<li><a href="https://news.example.org/items/slug-aaaaaaaa.html">' in content
    assert '<li lang="ar" dir="rtl"><a ' in content
    assert '<li lang="fr"><a ' in content


def test_issues_that_one_retraction_changes_do_not_share_its_instant() -> None:
    gone = replace(PORT, retraction=Retraction("It was a pier.", MONDAY + 2 * HOUR))
    made = feed(edition(13, gone, at=MONDAY + HOUR), edition(12, gone))
    first = MONDAY + 2 * HOUR
    assert [e["date_modified"] for e in said(made)] == [
        first.isoformat(),
        (first - SECOND).isoformat(),
    ]


def test_every_format_of_a_digest_s_feed_is_without_fault() -> None:
    made = feed(
        edition(13, PORT, at=MONDAY + HOUR), edition(12, BOAT, PORT), edition(11, at=MONDAY - HOUR)
    )
    judges = {"atom.xml": atom_faults, "rss.xml": rss_faults, "feed.json": json_faults}
    for path, data in documents(made):
        assert path.startswith("digests/weekly/")
        assert judges[PurePosixPath(path).name](data, SITE.url + path) == []
    assert [made.folder, made.language] == ["digests/weekly/", "en"]
