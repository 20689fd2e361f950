"""Sitemaps: every page is named once, and what a change rewrites does not grow with the site."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from tests.builders import HOUR, MONDAY, SITE, digest
from tests.desk import Desk
from tests.feed_rules import sitemap_faults
from tidings.application import edit
from tidings.core.feeds import write

LATER = MONDAY + HOUR
LINES = [f"2026-01-{n:02} | Boat {n} | It floats by {n}." for n in range(1, 29)]


def named(desk: Desk, path: str = "sitemap.xml", kind: str = "urlset") -> dict[str, str | None]:
    """The addresses in a sitemap below the site's, each with its last change."""
    data = (desk.root / "feeds" / path).read_bytes()
    assert sitemap_faults(data, SITE.url, kind) == []
    return {
        (each[0].text or "").removeprefix(SITE.url): each.findtext("{*}lastmod")
        for each in etree.fromstring(data)
    }


def all_named(desk: Desk) -> list[str]:
    """What the sitemaps name that the index leads to."""
    return [page for part in named(desk, kind="sitemapindex") for page in named(desk, part)]


def pages(desk: Desk) -> set[str]:
    """The pages of items, and all others but lists by year."""
    found = {"", "corrections.html", *(f"topics/{t.slug}/index.html" for t in desk.topics)}
    return found | {f"items/{item.slug}.html" for item in desk.items().values()}


def standing(desk: Desk) -> dict[str, int]:
    folder = desk.root / "feeds"
    return {each.name: each.stat().st_mtime_ns for each in folder.glob("sitemap*")}


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files with items are shared by four of them."""
    monkeypatch.setattr(write, "SHARED", 4)


def test_a_small_site_names_all_pages_in_one_file(desk: Desk) -> None:
    desk.file("a.txt", *LINES)
    desk.publish()
    found = named(desk)
    assert set(found) == pages(desk)
    newest = desk.items()["Boat 28"]
    assert found[f"items/{newest.slug}.html"] == newest.updated.isoformat()
    assert list(standing(desk)) == ["sitemap.xml"]


def test_the_issues_of_public_digests_are_named(desk: Desk) -> None:
    desk.digests = (digest("weekly"), replace(digest("daily"), public=False))
    desk.file("a.txt", *LINES)
    desk.publish()
    assert set(named(desk)) == pages(desk) | {"digests/weekly/index.html"}
    desk.announce()
    desk.publish()
    issues = {"digests/weekly/index.html", "digests/weekly/1.html"}
    assert set(named(desk)) == pages(desk) | issues


@pytest.mark.usefixtures("shared")
def test_a_large_site_has_an_index_that_leads_to_every_page_once(desk: Desk) -> None:
    desk.file("a.txt", *LINES)
    desk.publish()
    found = all_named(desk)
    assert (len(found), set(found)) == (len(set(found)), pages(desk))
    assert len(standing(desk)) == 2 + 7
    for part, changed_at in named(desk, kind="sitemapindex").items():
        assert changed_at == max(at for at in named(desk, part).values() if at)


@pytest.mark.usefixtures("shared")
def test_a_change_rewrites_the_file_of_the_item_and_no_other(desk: Desk) -> None:
    desk.file("a.txt", *LINES)
    desk.publish()
    before = standing(desk)
    desk.file("a.txt", *LINES[:-1], f"{LINES[-1][:-1]} metres.", now=LATER)
    desk.publish()
    after = standing(desk)
    item, own = desk.items()["Boat 28"], "sitemap-items-7.xml"
    assert {each for each in after if after[each] != before[each]} == {
        "sitemap.xml",
        "sitemap-pages.xml",
        own,
    }
    assert named(desk, own)[f"items/{item.slug}.html"] == LATER.isoformat()
    assert named(desk, kind="sitemapindex")[own] == LATER.isoformat()
    assert set(all_named(desk)) == pages(desk)


@pytest.mark.usefixtures("shared")
def test_a_site_that_grows_spreads_its_items_over_more_files(desk: Desk) -> None:
    desk.file("a.txt", *LINES[:4])
    desk.publish()
    assert set(named(desk)) == pages(desk)
    desk.file("b.txt", *LINES[4:], now=LATER)
    desk.publish()
    assert set(all_named(desk)) == pages(desk)
    desk.file("c.txt", *(f"2026-02-01 | Ship {n} |" for n in range(40)), now=LATER + HOUR)
    desk.publish()
    assert set(all_named(desk)) == pages(desk)
    assert len(standing(desk)) == 2 + 17
    with desk.store.reading() as state:
        ours = state.files.all()
    assert {path for path in ours if path.startswith("sitemap")} == set(standing(desk))


@pytest.mark.usefixtures("shared")
def test_a_file_whose_last_item_was_merged_away_goes(desk: Desk) -> None:
    desk.file("a.txt", *LINES[:5])
    desk.publish()
    items = desk.items()
    editor = desk.editor(LATER, reason="One boat.")
    edit.merge(desk.store, editor, items["Boat 1"].slug, items["Boat 5"].slug)
    desk.publish()
    assert set(standing(desk)) == {"sitemap.xml", "sitemap-pages.xml", "sitemap-items-1.xml"}
    assert set(all_named(desk)) == pages(desk) - {f"items/{items['Boat 5'].slug}.html"}
    desk.file("b.txt", *LINES[5:6], now=LATER + HOUR)
    desk.publish()
    assert "sitemap-items-2.xml" in standing(desk)


@pytest.mark.usefixtures("shared")
def test_what_arrives_goes_into_the_last_file(desk: Desk) -> None:
    desk.file("a.txt", *LINES[:10])
    desk.publish()
    before = standing(desk)
    desk.file("b.txt", "2020-01-01 | An old boat |", now=LATER)
    desk.publish()
    after = standing(desk)
    last = "sitemap-items-3.xml"
    assert {each for each in after if after[each] != before[each]} == {
        "sitemap.xml",
        "sitemap-pages.xml",
        last,
    }
    assert list(named(desk, last))[-1] == f"items/{desk.items()['An old boat'].slug}.html"


def test_robots_are_led_to_the_sitemap(desk: Desk) -> None:
    desk.file("a.txt", *LINES[:1])
    desk.publish()
    said = (desk.root / "feeds" / "robots.txt").read_text()
    assert said.splitlines()[-1] == f"Sitemap: {SITE.url}sitemap.xml"


def test_what_somebody_tells_robots_in_place_of_it_stays(desk: Desk) -> None:
    desk.file("a.txt", *LINES[:1])
    desk.publish()
    own = desk.root / "feeds" / "robots.txt"
    own.write_text("User-agent: *\nDisallow: /\n")
    for inputs in ("the same configuration", "another configuration", "a third one"):
        desk.inputs = inputs
        desk.publish()
        assert own.read_text() == "User-agent: *\nDisallow: /\n"
    own.unlink()
    desk.inputs = "a fourth one"
    desk.publish()
    assert "Sitemap:" in own.read_text()


def test_what_somebody_tells_robots_themselves_stays(desk: Desk) -> None:
    (desk.root / "feeds").mkdir()
    own = desk.root / "feeds" / "robots.txt"
    own.write_text("User-agent: *\nDisallow: /\n")
    desk.file("a.txt", *LINES[:1])
    desk.publish()
    desk.inputs = "another configuration"
    desk.publish()
    assert own.read_text() == "User-agent: *\nDisallow: /\n"
