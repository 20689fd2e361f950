"""What a reading changes: told corrections, silent completions, and all that must stay as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.builders import HOUR, MONDAY, SITE_ID, Shelf, text
from tidings.core.identity import id_by_entry, id_by_title
from tidings.model import Changes, Item, Text

LATER = MONDAY + HOUR
MUCH_LATER = MONDAY + 48 * HOUR
SECOND = timedelta(seconds=1)
NOON = datetime(2026, 1, 5, 18, tzinfo=UTC)  # of 5 January in Costa Rica

ANCHOR = text("Harbour opens", "The harbour is open.", "2026-01-10")


def counted(changes: Changes) -> tuple[int, int, int, int]:
    """New, revised, filled and unchanged."""
    return len(changes.new), len(changes.revised), len(changes.filled), changes.unchanged


def corrected(before: Text, after: Text) -> tuple[Shelf, Changes, Item]:
    """A file read twice, an anchor beside the entry; returns also the item before."""
    shelf = Shelf()
    shelf.read("a.txt", ANCHOR, before)
    was = shelf.titled(before.title)
    return shelf, shelf.read("a.txt", ANCHOR, after, now=LATER), was


# --- New items -----------------------------------------------------------------------------------


def test_a_new_item_begins_its_history_with_the_text_at_first_sight() -> None:
    shelf = Shelf()
    said = text("Tide", "s", "2026-01-05", url="https://x.example/")
    changes = shelf.read("a.txt", said)
    assert counted(changes) == (1, 0, 0, 0)
    item = shelf.only
    assert (item.text, item.revision, item.revised_at, item.arrived_at) == (said, 0, None, MONDAY)
    assert [(r.number, r.text, r.at, r.path) for r in item.history] == [(0, said, MONDAY, "a.txt")]


def test_a_title_that_occurs_once_gives_the_id() -> None:
    shelf = Shelf()
    shelf.read("a.txt", text("Tide", "s", "2026-01-05"), text("Ebb", "s", "2026-01-05"))
    assert set(shelf.known) == {id_by_title(SITE_ID, "Tide"), id_by_title(SITE_ID, "Ebb")}


def test_a_title_shared_within_a_reading_gives_no_id() -> None:
    series = [text("Tide", "s", "2026-01-05"), text("TIDE", "s", "2026-01-12"), text("Tide", "t")]
    shelf = Shelf()
    shelf.read("a.txt", *series)
    assert set(shelf.known) == {id_by_entry(SITE_ID, s.title, s.date, s.summary) for s in series}


def test_a_title_that_another_item_has_gives_no_id() -> None:
    shelf = Shelf()
    shelf.read("a.txt", text("Tide", "s", "2026-01-05"))
    shelf.read("b.txt", text("Tide", "s", "2026-01-12"))
    assert set(shelf.known) == {
        id_by_title(SITE_ID, "Tide"),
        id_by_entry(SITE_ID, "Tide", date(2026, 1, 12), "s"),
    }


def test_a_new_twin_of_a_known_title_gets_the_id_of_its_entry() -> None:
    shelf = Shelf()
    old, new = text("Tide", "s", "2026-01-05"), text("Tide", "s", "2026-01-12")
    shelf.read("a.txt", old)
    shelf.read("a.txt", new, old, now=LATER)
    assert set(shelf.known) == {
        id_by_title(SITE_ID, "Tide"),
        id_by_entry(SITE_ID, "Tide", date(2026, 1, 12), "s"),
    }


def test_an_exact_repeat_in_one_reading_is_one_item() -> None:
    shelf = Shelf()
    changes = shelf.read("a.txt", text("Tide", "s", "2026-01-05"), text("tide", " s", "2026-01-05"))
    assert counted(changes) == (1, 0, 0, 0)


def test_a_file_that_says_what_another_said_changes_nothing_but_the_sources() -> None:
    shelf = Shelf()
    said = text("Tide", "s", "2026-01-05")
    shelf.read("a.txt", said)
    before = dict(shelf.known)
    changes = shelf.read("b.txt", said, now=LATER)
    assert counted(changes) == (0, 0, 0, 1)
    assert shelf.known == before
    (item,) = shelf.items()
    assert [seen.ref.path for seen in item.sources] == ["a.txt", "b.txt"]


# --- Corrections ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            text("Labour makret", "It opened.", "2026-01-05"),
            text("Labour market", "It opened.", "2026-01-05"),
        ),
        (
            text("Labour market", "It opened.", "2026-01-05"),
            text("Labour market", "It opened.", "2026-01-06"),
        ),
        (
            text("Labour market", "It opened.", "2026-01-05"),
            text("Labour market", "It closed.", "2026-01-05"),
        ),
        (
            text("Labour market", "It opened on the old square at nine."),
            text("Labour market", "It opened on the new square at nine."),
        ),
        (
            text("Labour market", "", "2026-01-05"),
            text("Labour market", "It opened.", "2026-01-05"),
        ),
        (text("Plan 2020", "Long.", "2026-01-05"), text("Plan 2021", "Long.", "2026-01-05")),
    ],
)
def test_a_correction_is_told_and_the_item_stays_itself(before: Text, after: Text) -> None:
    shelf, changes, was = corrected(before, after)
    assert counted(changes) == (0, 1, 0, 1)
    now = shelf.titled(after.title)
    assert (now.id, now.slug, now.arrived_at) == (was.id, was.slug, was.arrived_at)
    assert (now.text, now.revision, now.revised_at, now.updated) == (after, 1, LATER, LATER)
    assert [r.text for r in now.history] == [before, after]
    assert [r.at for r in now.history] == [MONDAY, LATER]
    assert now.at_revision(0).text == before


def test_only_the_corrected_entry_changes() -> None:
    shelf = Shelf()
    entries = [text(f"News {n}", f"Body {n}", f"2026-01-0{n}") for n in range(1, 8)]
    shelf.read("a.txt", *entries)
    before = dict(shelf.known)
    entries[3] = replace(entries[3], summary="Body four")
    changes = shelf.read("a.txt", *entries, now=LATER)
    (revised,) = changes.revised
    assert counted(changes) == (0, 1, 0, 6)
    assert {i for i in shelf.known if shelf.known[i] != before[i]} == {revised.id}


def test_corrections_follow_one_another() -> None:
    shelf = Shelf()
    for number, summary in enumerate(["one", "two", "three"]):
        shelf.read("a.txt", text("Tide", summary, "2026-01-05"), now=MONDAY + number * HOUR)
    item = shelf.only
    assert [(r.number, r.text.summary) for r in item.history] == [
        (0, "one"),
        (1, "two"),
        (2, "three"),
    ]
    assert item.revised_at == MONDAY + 2 * HOUR


def test_a_correction_taken_back_is_another_correction() -> None:
    shelf = Shelf()
    one, two = text("Tide", "one", "2026-01-05"), text("Tide", "two", "2026-01-05")
    for number, said in enumerate([one, two, one]):
        shelf.read("a.txt", said, now=MONDAY + number * HOUR)
    assert (shelf.only.revision, shelf.only.text) == (2, one)


def test_only_the_date_moves_published() -> None:
    _, changes, was = corrected(
        text("Labour makret", "It opened.", "2026-01-05"),
        text("Labour market", "It opened.", "2026-01-05"),
    )
    assert changes.revised[0].published == was.published == NOON


def test_a_corrected_date_moves_published() -> None:
    _, changes, was = corrected(
        text("Market", "It opened.", "2026-01-05"), text("Market", "It opened.", "2026-01-06")
    )
    assert was.published == NOON
    assert changes.revised[0].published == NOON + timedelta(days=1)


# --- What is silent ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after",
    [
        text("the “hub”  opens", "it’s here – now", "2026-01-05"),
        text('THE "HUB" OPENS', "It's  here - NOW", "2026-01-05"),
    ],
)
def test_white_space_quotes_and_case_are_mended_silently(after: Text) -> None:
    before = text('The "hub" opens', "It's here - now", "2026-01-05")
    shelf, changes, was = corrected(before, after)
    assert counted(changes) == (0, 0, 1, 1)
    now = shelf.titled(after.title)
    assert (now.text, now.revision, now.revised_at, now.updated) == (after, 0, None, was.updated)


def test_filling_in_a_date_is_no_revision_and_mints_published() -> None:
    before, after = text("Market", "It opened."), text("Market", "It opened.", "2026-01-05")
    shelf, changes, was = corrected(before, after)
    assert counted(changes) == (0, 0, 1, 1)
    now = shelf.titled("Market")
    assert was.published is None
    assert (now.id, now.date, now.published) == (was.id, date(2026, 1, 5), NOON)
    assert (now.revision, now.revised_at, now.updated) == (0, None, NOON)


def test_an_address_is_filled_in_and_followed_silently() -> None:
    said = text("Market", "It opened.", "2026-01-05")
    shelf = Shelf()
    shelf.read("a.txt", said)
    for url in ("https://x.example/1", "https://x.example/2"):
        changes = shelf.read("a.txt", replace(said, url=url), now=LATER)
        assert counted(changes) == (0, 0, 1, 0)
        assert shelf.only.text.url == url
    assert shelf.only.revision == 0


def test_what_a_page_no_longer_shows_is_not_taken_away() -> None:
    said = text("Market", "It opened.", "2026-01-05", url="https://x.example/", category="News")
    shelf = Shelf()
    shelf.read("a.txt", said)
    changes = shelf.read("a.txt", text("Market", "It opened."), now=LATER)
    assert counted(changes) == (0, 0, 0, 1)
    assert shelf.only.text == said


def test_a_summary_that_a_page_no_longer_shows_is_not_taken_away() -> None:
    said = text("Market", "It opened.", "2026-01-05")
    shelf = Shelf()
    shelf.read("a.txt", said)
    changes = shelf.read("a.txt", text("Market", "", "2026-01-05"), now=LATER)
    assert counted(changes) == (0, 0, 0, 1)
    assert shelf.only.text == said


# --- Several sources -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        text("Market", "It opens.", "2026-01-05"),
        text("MARKET", "It  opened.", "2026-01-05"),
        text("Market", "It", "2026-01-05"),
        text("Market", "", "2026-01-05"),
        text("Market", "It opened.", url="https://y.example/", category="Y"),
    ],
)
def test_a_source_first_seen_never_changes_what_is_there(other: Text) -> None:
    said = text("Market", "It opened.", "2026-01-05", url="https://x.example/", category="X")
    shelf = Shelf()
    shelf.read("a.txt", said)
    before = shelf.only
    changes = shelf.read("b.txt", other, now=LATER)
    assert counted(changes) == (0, 0, 0, 1)
    assert shelf.only == before


@pytest.mark.parametrize(
    ("before", "other", "after"),
    [
        (
            text("Market", "It opened."),
            text("Market", "It opened.", "2026-01-05"),
            text("Market", "It opened.", "2026-01-05"),
        ),
        (
            text("Market", "It opened.", "2026-01-05"),
            text("Market", "It opened. At nine.", "2026-01-05"),
            text("Market", "It opened. At nine.", "2026-01-05"),
        ),
        (
            text("Market", "", "2026-01-05"),
            text("Market", "It opened.", "2026-01-05"),
            text("Market", "It opened.", "2026-01-05"),
        ),
        (
            text("Market", "It opened."),
            text("Market", "", "2026-01-05", url="https://x.example/", category="X"),
            text("Market", "It opened.", "2026-01-05", url="https://x.example/", category="X"),
        ),
    ],
)
def test_a_source_first_seen_fills_in_what_is_missing_silently(
    before: Text, other: Text, after: Text
) -> None:
    shelf = Shelf()
    shelf.read("a.txt", before)
    changes = shelf.read("b.txt", other, now=LATER)
    assert counted(changes) == (0, 0, 1, 0)
    item = shelf.only
    assert (item.text, item.revision, item.revised_at) == (after, 0, None)
    assert [r.number for r in item.history] == [0]


def test_a_source_revises_only_what_it_changed_itself() -> None:
    shelf = Shelf()
    shelf.read("a.txt", text("Market", "The first words.", "2026-01-05"))
    shelf.read("b.txt", ANCHOR, text("Market", "The fresh words.", "2026-01-05"))
    changes = shelf.read(
        "b.txt", ANCHOR, text("Markets", "The fresh words.", "2026-01-05"), now=LATER
    )
    assert counted(changes) == (0, 1, 0, 1)
    revised = shelf.titled("Markets")
    assert revised.text == text("Markets", "The first words.", "2026-01-05")


def test_a_source_that_did_not_change_never_revises() -> None:
    shelf = Shelf()
    shelf.read("a.txt", text("Market", "The first words.", "2026-01-05", category="A"))
    shelf.read("b.txt", text("Market", "The fresh words.", "2026-01-05", category="B"))
    before = shelf.only
    for path, summary, category in [
        ("b.txt", "The fresh words.", "B"),
        ("a.txt", "The first words.", "A"),
    ]:
        said = text("Market", summary, "2026-01-05", category=category)
        changes = shelf.read(path, said, text("New", path), now=LATER)
        assert counted(changes) == (1, 0, 0, 1)
        assert shelf.titled("Market") == before


def test_two_sources_that_make_the_same_correction_revise_once() -> None:
    shelf = Shelf()
    wrong, right = text("Market", "Wrong.", "2026-01-05"), text("Market", "Right.", "2026-01-05")
    for path in ("a.txt", "b.txt"):
        shelf.read(path, wrong)
    assert counted(shelf.read("a.txt", right, now=LATER)) == (0, 1, 0, 0)
    assert counted(shelf.read("b.txt", right, now=MUCH_LATER)) == (0, 0, 0, 1)
    assert (shelf.only.revision, shelf.only.revised_at) == (1, LATER)


def test_a_source_that_lags_behind_does_not_bring_the_old_text_back() -> None:
    shelf = Shelf()
    wrong, right = text("Market", "Wrong.", "2026-01-05"), text("Market", "Right.", "2026-01-05")
    for path in ("a.txt", "b.txt"):
        shelf.read(path, wrong)
    shelf.read("a.txt", right, now=LATER)
    changes = shelf.read("b.txt", text("New", "s"), wrong, now=MUCH_LATER)
    assert counted(changes) == (1, 0, 0, 1)
    assert shelf.titled("Market").text == right


def test_a_source_that_only_retouches_old_words_does_not_bring_them_back() -> None:
    shelf = Shelf()
    for path in ("a.txt", "b.txt"):
        shelf.read(path, text("Market", "It's wrong.", "2026-01-05"))
    shelf.read("a.txt", text("Market", "Right.", "2026-01-05"), now=LATER)
    shelf.read("b.txt", text("Market", "It’s  wrong.", "2026-01-05"), now=MUCH_LATER)
    assert (shelf.only.summary, shelf.only.revision) == ("Right.", 1)


# --- Entries that go and come back ---------------------------------------------------------------


def test_an_entry_that_scrolls_off_stays() -> None:
    shelf = Shelf()
    shelf.read("a.txt", ANCHOR, text("Market", "It opened.", "2026-01-05"))
    before = dict(shelf.known)
    changes = shelf.read("a.txt", ANCHOR, now=LATER)
    assert counted(changes) == (0, 0, 0, 1)
    assert shelf.known == before
    gone = {seen.text.title: seen.position for seen in changes.sightings}
    assert gone == {"Harbour opens": 0, "Market": None}


def test_an_entry_that_comes_back_changes_nothing() -> None:
    shelf = Shelf()
    entries = [ANCHOR, text("Market", "It opened.", "2026-01-05")]
    first = shelf.read("a.txt", *entries)
    before = dict(shelf.known)
    shelf.read("a.txt", ANCHOR, now=LATER)
    back = shelf.read("a.txt", *entries, now=MUCH_LATER)
    assert counted(back) == (0, 0, 0, 2)
    assert shelf.known == before
    assert back.sightings == first.sightings


def test_a_series_under_one_title_stays_a_series() -> None:
    shelf = Shelf()
    weeks = [text("Tide bulletin", "All tides.", f"2026-01-{day:02}") for day in (5, 12, 19, 26)]
    for n in range(1, 5):
        shelf.read("a.txt", *reversed(weeks[:n]), ANCHOR, now=MONDAY + n * HOUR)
    shown = [each.date for each in shelf.known.values() if each.title == "Tide bulletin"]
    assert sorted(filter(None, shown)) == [week.date for week in weeks]


# --- Instants ------------------------------------------------------------------------------------


def test_published_is_local_noon() -> None:
    for zone, hour in [("America/Costa_Rica", 18), ("Europe/Berlin", 11), ("Pacific/Auckland", 23)]:
        shelf = Shelf(zone=ZoneInfo(zone))
        shelf.read("a.txt", text("Tide", "s", "2026-01-05"))
        assert shelf.only.published is not None
        assert shelf.only.published.astimezone(ZoneInfo(zone)).hour == 12
        assert shelf.only.published.hour == hour


def test_the_items_of_a_day_are_a_second_apart_in_reading_order() -> None:
    shelf = Shelf()
    shelf.read("a.txt", *[text(f"News {n}", "s", "2026-01-05") for n in range(3)])
    shelf.read("b.txt", text("News 3", "s", "2026-01-05"), now=LATER)
    published = [shelf.titled(f"News {n}").published for n in range(4)]
    assert published == [NOON - n * SECOND for n in range(4)]


def test_items_of_two_days_do_not_push_each_other() -> None:
    shelf = Shelf()
    shelf.read("a.txt", text("One", "s", "2026-01-05"), text("Two", "s", "2026-01-06"))
    assert shelf.titled("Two").published == NOON + timedelta(days=1)


def test_nothing_is_published_after_its_arrival() -> None:
    shelf = Shelf()
    today, tomorrow = text("Today", "s", "2026-03-02"), text("Tomorrow", "s", "2026-03-03")
    shelf.read("a.txt", today, tomorrow, text("Today, too", "s", "2026-03-02"))
    assert shelf.titled("Today").published == MONDAY
    assert shelf.titled("Tomorrow").published == MONDAY - SECOND
    assert shelf.titled("Today, too").published == MONDAY - 2 * SECOND


def test_a_date_filled_in_later_is_not_after_the_arrival_either() -> None:
    _, changes, was = corrected(text("Market", "It."), text("Market", "It.", "2026-03-02"))
    assert changes.filled[0].published == was.arrived_at == MONDAY


def test_a_corrected_date_is_not_after_the_arrival_either() -> None:
    shelf = Shelf()
    shelf.read("a.txt", ANCHOR, text("Market", "It.", "2026-01-05"))
    shelf.read("a.txt", ANCHOR, text("Market", "It.", "2026-03-03"), now=MUCH_LATER)
    assert shelf.titled("Market").published == MONDAY


def test_a_date_filled_in_keeps_clear_of_that_days_items() -> None:
    shelf = Shelf()
    shelf.read("a.txt", text("Tide", "s", "2026-01-05"), text("Market", "It."))
    shelf.read("b.txt", text("Market", "It.", "2026-01-05"), now=LATER)
    assert shelf.titled("Market").published == NOON - SECOND


def test_undated_items_of_one_reading_are_told_apart_by_seconds() -> None:
    shelf = Shelf()
    shelf.read("a.txt", text("One", "s"), text("Dated", "s", "2026-01-05"), text("Two", "s"))
    shelf.read("b.txt", text("Three", "s"))
    shelf.read("c.txt", text("Four", "s"), now=LATER)
    arrived = [shelf.titled(name).updated for name in ("One", "Two", "Three", "Four")]
    assert arrived == [MONDAY, MONDAY - SECOND, MONDAY - 2 * SECOND, LATER]
    assert all(shelf.titled(name).published is None for name in ("One", "Two", "Three"))


def test_newer_comes_before_older_and_ids_settle_what_is_equal() -> None:
    shelf = Shelf()
    shelf.read(
        "a.txt",
        text("Undated", "s"),
        text("Old", "s", "2026-01-05"),
        text("New", "s", "2026-02-05"),
    )
    ordered = sorted(shelf.known.values(), key=lambda each: each.order)
    assert [each.title for each in ordered] == ["Undated", "New", "Old"]
    twins = [replace(shelf.titled("Old"), id=item_id) for item_id in ("b", "a")]
    assert [each.id for each in sorted(twins, key=lambda each: each.order)] == ["a", "b"]
