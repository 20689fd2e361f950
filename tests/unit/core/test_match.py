"""Which entries of a reading are known items, of an edited file and of one that is read again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import permutations

import pytest

from tests.builders import MONDAY, item, listings, sighting, text
from tidings.core.match import distinct, match, match_again, match_key
from tidings.model import Item, Listing, Revision, SeedRef, SourceEntry, Text

A, B, C = "a" * 16, "b" * 16, "c" * 16


def matched(
    entries: Sequence[Text], known: Sequence[Item], previous: Sequence[SourceEntry] = ()
) -> list[str | None]:
    """The item of each entry, in the entries' order."""
    found = match(listings("a.txt", *entries), previous, known)
    assert [each.listing.text for each in found] == list(entries)
    return [each.item_id for each in found]


def carried(*texts: Text) -> tuple[list[Item], list[SourceEntry]]:
    """Items with the ids "item 0", "item 1", …, and their sightings in one file, in order."""
    seen = [sighting(f"item {at}", said, position=at) for at, said in enumerate(texts)]
    known = [replace(item(each.text, each.item_id), sources=(each,)) for each in seen]
    return known, seen


def reread(before: Sequence[Text], after: Sequence[Text]) -> list[str | None]:
    """The item of each entry when one file is read twice."""
    known, seen = carried(*before)
    return matched(after, known, seen)


ANCHOR = text("Harbour opens", "The harbour is open.", "2026-01-10")
OTHER = text("Lighthouse lit", "It shines again.", "2026-01-09")


# --- One reading ---------------------------------------------------------------------------------


def test_exact_repeats_in_one_reading_are_one_entry() -> None:
    entries = listings(
        "a.txt",
        text("Tide “high”", "It  rises", "2026-01-01"),
        text('tide "HIGH"', "it rises ", "2026-01-01"),
    )
    assert distinct(entries) == entries[:1]


@pytest.mark.parametrize(
    "other",
    [
        text("Tide", "s", "2026-01-02"),
        text("Tide", "s"),
        text("Tide", "s.", "2026-01-01"),
        text("Tide", "", "2026-01-01"),
        text("Tides", "s", "2026-01-01"),
    ],
)
def test_entries_of_one_reading_that_differ_in_anything_are_two(other: Text) -> None:
    entries = listings("a.txt", text("Tide", "s", "2026-01-01"), other)
    assert distinct(entries) == entries


def test_two_entries_of_one_reading_are_never_the_same_item() -> None:
    known = [item(text("Tide", "s", "2026-01-01"), A)]
    twins = [text("Tide", "s", "2026-01-01"), text("Tide", "s longer", "2026-01-01")]
    assert matched(twins, known) == [A, None]
    assert matched(twins[::-1], known) == [None, A]


def test_a_face_keeps_what_identity_compares_and_nothing_else() -> None:
    said = text("Tide", "s", "2026-01-01")
    assert match_key(said) == match_key(replace(said, url="https://x.example", category="News"))


# --- (a) everything is equal ---------------------------------------------------------------------


def test_an_entry_with_equal_title_date_and_summary_is_the_known_item() -> None:
    assert matched([ANCHOR], [item(ANCHOR, A)]) == [A]


def test_spacing_quotes_and_case_do_not_make_a_new_item() -> None:
    known = [item(text("The “Hub” opens", "It’s  here"), A)]
    assert matched([text('the "hub"  OPENS', "it's here")], known) == [A]


def test_a_text_that_one_source_still_carries_is_known() -> None:
    old, new = text("Tide tabel", "s", "2026-01-01"), text("Tide table", "s", "2026-01-01")
    known = [replace(item(new, A), sources=(sighting(A, old, path="b.txt"),))]
    assert matched([old], known) == [A]


def test_two_undated_entries_with_other_words_are_two_items() -> None:
    assert matched([text("Tide", "other")], [item(text("Tide", "s"), A)]) == [None]


@pytest.mark.parametrize("now", [0, 1])
def test_what_an_item_says_now_wins_over_what_a_source_once_said(now: int) -> None:
    texts = [text("Tide", "s", "2026-01-01"), text("Tide", "s longer", "2026-01-01")]
    sources = tuple(sighting(A, said, path=f"{n}.txt") for n, said in enumerate(texts))
    known = [replace(item(texts[now], A), sources=sources)]
    for order in permutations(texts):
        ids = matched(order, known)
        assert dict(zip(order, ids, strict=True)) == {texts[now]: A, texts[1 - now]: None}


def test_its_own_sighting_wins_over_an_equal_stranger() -> None:
    said = text("Tide", "s")
    known = [item(said, A), item(said, B)]
    assert matched([said], known, [sighting(B, said)]) == [B]


# --- (b) the same title on the same day ----------------------------------------------------------

CLOSED = "The bridge below the school is closed for two days while its planks are replaced by oak."
STALLS = "Applications for a stall at the winter market are taken until Friday of next week."
LONG = " ".join(f"Sentence number {n} of a long account." for n in range(250))


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        (CLOSED, CLOSED.replace("two days", "three days")),
        (CLOSED, CLOSED.replace("oak", "larch").upper()),
        (CLOSED, "The bridge below the school is closed"),
        (CLOSED, "The bridge below the school is clo…"),
        ("The bridge below the school (...)", CLOSED),
        (CLOSED, ""),
        ("", CLOSED),
        (LONG, LONG.replace("number 17 ", "number 71 ").replace("number 200 ", "number 2 ")),
    ],
)
def test_the_same_title_on_the_same_day_with_a_summary_alike_is_the_same_item(
    known: str, shown: str
) -> None:
    items = [item(text("Notice", known, "2026-01-01"), A)]
    assert matched([text("Notice", shown, "2026-01-01")], items) == [A]


@pytest.mark.parametrize(
    "shown", [STALLS, "Quite other words.", LONG, CLOSED[:20] + STALLS + CLOSED[20:40]]
)
def test_the_same_title_on_the_same_day_with_another_story_is_a_new_item_and_a_suggestion(
    shown: str,
) -> None:
    said = text("Notice", CLOSED, "2026-01-01")
    known = [replace(item(said, A), sources=(sighting(A, said, path="b.txt"),))]
    (found,) = match(listings("a.txt", text("Notice", shown, "2026-01-01")), (), known)
    assert (found.item_id, found.near) == (None, ((A, "the same title and day"),))


def test_another_story_is_not_swallowed_by_a_source_that_gives_no_summary() -> None:
    said = text("Notice", CLOSED, "2026-01-01")
    bare = sighting(A, replace(said, summary=""), path="b.txt")
    known = [replace(item(said, A), sources=(bare,))]
    assert matched([replace(said, summary=STALLS)], known) == [None]


def test_of_two_stories_under_one_title_each_is_told_by_its_summary() -> None:
    known = [
        item(text("Notice", CLOSED, "2026-01-01"), A),
        item(text("Notice", STALLS, "2026-01-01"), B),
    ]
    closed, stalls = CLOSED.replace("oak", "larch"), STALLS.replace("Friday", "Monday")
    entries = [text("Notice", said, "2026-01-01") for said in (stalls, closed)]
    assert matched(entries, known) == [B, A]


def test_where_the_newest_file_corrects_the_same_title_and_day_is_enough() -> None:
    known = [item(text("Notice", CLOSED, "2026-01-01"), A)]
    entries = listings("b.txt", text("Notice", STALLS, "2026-01-01"))
    assert [each.item_id for each in match(entries, (), known, frozenset({A}))] == [A]
    assert [each.item_id for each in match(entries, (), known, frozenset({B}))] == [None]


def test_where_the_newest_file_corrects_what_is_alike_goes_first() -> None:
    known = [
        item(text("Notice", CLOSED, "2026-01-01"), A),
        item(text("Notice", STALLS, "2026-01-01"), B),
    ]
    entries = listings(
        "b.txt",
        text("Notice", "The mayor speaks.", "2026-01-01"),
        text("Notice", STALLS.replace("Friday", "Monday"), "2026-01-01"),
    )
    found = match(entries, (), known, frozenset({A, B}))
    assert [each.item_id for each in found] == [A, B]


def test_a_large_series_of_one_title_and_day_takes_no_time_to_tell_apart() -> None:
    known = [item(text("Notice", f"{n} {CLOSED}", "2026-01-01"), f"{n:016}") for n in range(300)]
    entries = [text("Notice", f"{CLOSED} {n}", "2026-01-01") for n in range(300)]
    assert set(matched(entries, known)) == {None}


def test_the_same_title_on_another_day_is_another_item() -> None:
    known = [item(text("Tide", "s", "2026-01-01"), A)]
    assert matched([text("Tide", "s", "2026-01-02")], known) == [None]


def test_two_items_of_that_title_and_day_leave_a_third_text_new() -> None:
    known = [
        item(text("Tide", "one", "2026-01-01"), A),
        item(text("Tide", "two", "2026-01-01"), B),
    ]
    assert matched([text("Tide", "three", "2026-01-01")], known) == [None]


def test_two_entries_of_that_title_and_day_are_both_new() -> None:
    known = [item(text("Tide", "s", "2026-01-01"), A)]
    entries = [text("Tide", "one", "2026-01-01"), text("Tide", "two", "2026-01-01")]
    assert matched(entries, known) == [None, None]


def test_an_entry_that_is_settled_by_equality_leaves_the_other_unique() -> None:
    known = [
        item(text("Tide", "It rises by one.", "2026-01-01"), A),
        item(text("Tide", "It rises by two.", "2026-01-01"), B),
    ]
    entries = [
        text("Tide", "It rises by one.", "2026-01-01"),
        text("Tide", "It rises by ten.", "2026-01-01"),
    ]
    assert matched(entries, known) == [A, B]


# --- (c) exactly one of them has a date ----------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "shown"),
    [("s", "s"), ("s", "s longer"), ("s longer", "s"), ("", "s"), ("s", ""), ("", "")],
)
def test_an_undated_twin_with_an_agreeing_summary_is_the_same_item(known: str, shown: str) -> None:
    dated, undated = text("Tide", known, "2026-01-01"), text("Tide", shown)
    assert matched([undated], [item(dated, A)]) == [A]
    assert matched([dated], [item(undated, A)]) == [A]


def test_an_undated_twin_with_other_words_is_another_item() -> None:
    dated, undated = text("Tide", "s", "2026-01-01"), text("Tide", "other")
    assert matched([undated], [item(dated, A)]) == [None]
    assert matched([dated], [item(undated, A)]) == [None]


def test_an_undated_twin_of_a_series_is_never_guessed() -> None:
    series = [item(text("Tide", "s", "2026-01-01"), A), item(text("Tide", "s", "2026-01-02"), B)]
    assert matched([text("Tide", "s")], series) == [None]


def test_two_dated_entries_never_share_an_undated_item() -> None:
    entries = [text("Tide", "s", "2026-01-01"), text("Tide", "s", "2026-01-02")]
    assert matched(entries, [item(text("Tide", "s"), A)]) == [None, None]


def test_a_twin_may_agree_with_what_another_source_says() -> None:
    dated = text("Tide", "corrected words", "2026-01-01")
    old = sighting(A, text("Tide", "s", "2026-01-01"), path="b.txt")
    known = [replace(item(dated, A), sources=(old,))]
    assert matched([text("Tide", "s longer")], known) == [A]


# --- (d) corrections -----------------------------------------------------------------------------


def test_a_corrected_title_is_the_same_item() -> None:
    before = [ANCHOR, text("Labour makret opens", "It opened.", "2026-01-05")]
    after = [ANCHOR, text("Labour market opens", "It opened.", "2026-01-05")]
    assert reread(before, after) == ["item 0", "item 1"]


def test_a_corrected_date_is_the_same_item() -> None:
    before = [ANCHOR, text("Market opens", "It opened.", "2026-01-05")]
    after = [ANCHOR, text("Market opens", "It opened.", "2026-01-06")]
    assert reread(before, after) == ["item 0", "item 1"]


def test_a_corrected_summary_is_the_same_item() -> None:
    before = [ANCHOR, text("Market opens", "It opened.", "2026-01-05")]
    after = [ANCHOR, text("Market opens", "Nothing of that was true.", "2026-01-05")]
    assert reread(before, after) == ["item 0", "item 1"]


def test_an_undated_entry_is_corrected_when_its_words_are_nearly_the_same() -> None:
    before = [ANCHOR, text("Market opens", "It opened on the old square, at nine.")]
    after = [ANCHOR, text("Market opens", "It opened on the new square, at nine.")]
    assert reread(before, after) == ["item 0", "item 1"]


def test_an_undated_entry_of_many_words_is_corrected_like_one_of_few() -> None:
    many = "It opened on the old square, at nine. " * 9
    assert len(many) > 200
    before = [ANCHOR, text("Market opens", many)]
    after = [ANCHOR, text("Market opens", many.replace("old", "new", 1))]
    assert reread(before, after) == ["item 0", "item 1"]


def test_an_undated_entry_with_other_words_is_a_new_item() -> None:
    before = [ANCHOR, text("Market opens", "It opened on the old square, at nine.")]
    after = [ANCHOR, text("Market opens", "Stalls were sold out within the hour.")]
    assert reread(before, after) == ["item 0", None]


def test_an_undated_entry_whose_title_had_a_typo_is_corrected() -> None:
    before = [ANCHOR, text("Labour makret opens", "It opened.")]
    after = [ANCHOR, text("Labour market opens", "It opened.")]
    assert reread(before, after) == ["item 0", "item 1"]


def test_an_undated_entry_under_another_title_is_a_new_item() -> None:
    before = [ANCHOR, text("Labour market opens", "It opened.")]
    after = [ANCHOR, text("Harbour bridge closes", "It opened.")]
    assert reread(before, after) == ["item 0", None]


def test_an_undated_entry_that_gains_a_summary_stays_the_same_item() -> None:
    before = [ANCHOR, text("Market opens", "")]
    after = [ANCHOR, text("Market opens", "Stalls were sold out within the hour.")]
    assert reread(before, after) == ["item 0", "item 1"]


def test_an_empty_summary_never_counts_as_equal() -> None:
    dated = [text("Labour makret opens", "", "2026-01-05"), text("Market", "", "2026-01-05")]
    assert reread([ANCHOR, dated[0]], [ANCHOR, replace(dated[0], title="Labour market opens")]) == [
        "item 0",
        None,
    ]
    moved = text("Market", "", "2026-01-06")
    assert reread([ANCHOR, dated[1]], [ANCHOR, moved]) == ["item 0", None]


def test_a_title_that_is_not_alike_is_another_item() -> None:
    before = [ANCHOR, text("Labour market opens", "It opened.", "2026-01-05")]
    after = [ANCHOR, text("Crane falls into the sea", "It opened.", "2026-01-05")]
    assert reread(before, after) == ["item 0", None]


@pytest.mark.parametrize(("title", "known"), [("abcdefgh12", True), ("abcdefg123", False)])
def test_a_title_must_be_at_least_four_fifths_alike(title: str, known: bool) -> None:
    before = [ANCHOR, text("abcdefghij", "It opened.", "2026-01-05")]
    after = [ANCHOR, text(title, "It opened.", "2026-01-05")]
    assert reread(before, after) == ["item 0", "item 1" if known else None]


def test_title_and_date_corrected_at_once_is_too_much() -> None:
    before = [ANCHOR, text("Labour makret opens", "It opened.", "2026-01-05")]
    after = [ANCHOR, text("Labour market opens", "It opened.", "2026-01-06")]
    assert reread(before, after) == ["item 0", None]


def test_the_first_entry_of_a_file_can_be_corrected() -> None:
    before = [text("Labour makret opens", "It opened.", "2026-01-05"), ANCHOR]
    after = [text("Labour market opens", "It opened.", "2026-01-05"), ANCHOR]
    assert reread(before, after) == ["item 0", "item 1"]


@pytest.mark.parametrize(
    "after",
    [
        text("Labour market opens", "It opened.", "2026-01-05"),
        text("Labour makret opens | Office", "It opened.", "2026-01-05"),
        text("News: Labour makret opens", "It opened.", "2026-01-05"),
        text("Labour makret opens", "It opened.", "2026-01-06"),
        text("Labour makret opens", "Stalls were sold out within the hour.", "2026-01-05"),
    ],
)
def test_the_only_entry_of_a_file_needs_no_neighbour(after: Text) -> None:
    assert reread([text("Labour makret opens", "It opened.", "2026-01-05")], [after]) == ["item 0"]


@pytest.mark.parametrize(
    "after",
    [
        text("Crane falls into the sea", "It opened.", "2026-01-05"),
        text("Labour market opens", "Stalls were sold out.", "2026-01-05"),
        text("Labour market opens", "It opened.", "2026-01-06"),
    ],
)
def test_the_only_entry_of_a_file_may_be_another_one(after: Text) -> None:
    assert reread([text("Labour makret opens", "It opened.", "2026-01-05")], [after]) == [None]


def test_two_neighbours_can_be_corrected_at_once() -> None:
    before = [
        ANCHOR,
        text("Labour makret opens", "It opened.", "2026-01-05"),
        text("Crane fals", "It fell.", "2026-01-04"),
        OTHER,
    ]
    after = [
        ANCHOR,
        text("Labour market opens", "It opened.", "2026-01-05"),
        text("Crane falls", "It fell.", "2026-01-04"),
        OTHER,
    ]
    assert reread(before, after) == ["item 0", "item 1", "item 2", "item 3"]


def test_all_titles_of_a_file_can_be_corrected_at_once() -> None:
    before = [
        text("Labour makret opens", "It opened.", "2026-01-05"),
        text("Crane fals", "It fell.", "2026-01-04"),
        text("Boats colide", "Two did.", "2026-01-03"),
    ]
    after = [
        text("Labour market opens", "It opened.", "2026-01-05"),
        text("Crane falls", "It fell.", "2026-01-04"),
        text("Boats collide", "Two did.", "2026-01-03"),
    ]
    assert reread(before, after) == ["item 0", "item 1", "item 2"]


def moved(entries: Sequence[Text], days: int) -> list[Text]:
    return [replace(each, date=each.date and each.date + timedelta(days)) for each in entries]


def retitled(entries: Sequence[Text], form: str) -> list[Text]:
    return [replace(each, title=form.format(each.title)) for each in entries]


def resummed(entries: Sequence[Text], form: str) -> list[Text]:
    return [replace(each, summary=form.format(n, each.summary)) for n, each in enumerate(entries)]


NEWS = [
    text("Labour market opens", "It opened on the old square.", "2026-01-05"),
    text("Crane falls", "It fell into the dock at noon.", "2026-01-04"),
    text("Boats collide", "Two of them did, and nobody was hurt.", "2026-01-04"),
    text("Boats are repaired", "Both of them, in the hall.", "2026-01-02"),
]
BARE = [replace(each, summary="") for each in NEWS]
UNDATED = [replace(each, date=None) for each in NEWS]
ONLY_TITLES = [replace(each, summary="", date=None) for each in NEWS]
OF_ALL = {
    "a part behind each title": lambda said: retitled(said, "{} | Ministry of Labour"),
    "a part before each title": lambda said: retitled(said, "News: {}"),
    "a part on both sides": lambda said: retitled(said, "News: {} | Ministry of Labour"),
    "two letters behind": lambda said: retitled(said, "{} »"),
}


@pytest.mark.parametrize("change", OF_ALL.values(), ids=OF_ALL)
@pytest.mark.parametrize("said", [NEWS, BARE, UNDATED, ONLY_TITLES])
@pytest.mark.parametrize("which", [slice(0, 4), slice(0, 3), slice(1, 3)])
def test_a_part_that_all_titles_gain_or_lose_makes_no_new_item(
    said: list[Text], change: Callable[[Sequence[Text]], list[Text]], which: slice
) -> None:
    some = said[which]
    everyone = [f"item {at}" for at in range(len(some))]
    assert reread(some, change(some)) == everyone
    assert reread(change(some), some) == everyone


@pytest.mark.parametrize("summary", ["", "See the page."])
def test_titles_that_are_alike_are_told_apart_by_the_part_that_all_gained(summary: str) -> None:
    said = [text(f"Vacancy {n} in Limón", summary, "2026-01-05") for n in range(150)]
    found = reread(said, retitled(said, "{} | Office"))
    assert found == [f"item {at}" for at in range(150)]


def test_a_long_list_of_bare_titles_gains_a_part_in_no_time() -> None:
    titles = [text(f"Number {n} of a list that has nothing but titles") for n in range(1_500)]
    found = reread(titles, retitled(titles, "{} | Office"))
    assert found == [f"item {at}" for at in range(1_500)]


@pytest.mark.parametrize("said", [NEWS, UNDATED])
def test_a_part_of_all_titles_can_be_exchanged(said: list[Text]) -> None:
    was, now = retitled(said, "{} | Ministry"), retitled(said, "{} – Press office")
    assert reread(was, now) == [f"item {at}" for at in range(4)]
    was, now = retitled(said, "2025: {}"), retitled(said, "Archive: {}")
    assert reread(was, now) == [f"item {at}" for at in range(4)]


def test_a_page_that_scrolls_while_all_its_titles_gain_a_part_brings_what_is_new() -> None:
    fresh = text("Harbour opens", "The harbour is open.", "2026-01-10")
    now = retitled([fresh, *NEWS[:3]], "{} | Office")
    assert reread(NEWS, now) == [None, "item 0", "item 1", "item 2"]
    assert reread(BARE, retitled([fresh, *BARE[:3]], "{} | Office")) == [
        None, "item 0", "item 1", "item 2",
    ]  # fmt: skip


@pytest.mark.parametrize("said", [NEWS, BARE])
def test_other_titles_of_the_same_days_are_new(said: list[Text]) -> None:
    others = ["Rain floods the hall", "Ferry sinks", "Choir sings", "Mayor resigns"]
    now = [replace(each, title=title) for each, title in zip(said, others, strict=True)]
    assert reread(said, now) == [None] * 4


OF_ALL_ELSE = {
    "other words in each summary": lambda said: resummed(said, "Number {0} was told anew today"),
    "more in each summary": lambda said: resummed(said, "{1} Read more in number {0}."),
    "each a day later": lambda said: moved(said, 1),
    "each a year later": lambda said: moved(said, 365),
}


@pytest.mark.parametrize("change", OF_ALL_ELSE.values(), ids=OF_ALL_ELSE)
def test_whatever_changes_in_every_entry_of_a_file_corrects_them(
    change: Callable[[Sequence[Text]], list[Text]],
) -> None:
    assert reread(NEWS, change(NEWS)) == ["item 0", "item 1", "item 2", "item 3"]
    assert reread(NEWS[:2], change(NEWS[:2])) == ["item 0", "item 1"]


def test_a_neighbour_that_is_corrected_vouches_for_a_correction() -> None:
    before = [ANCHOR, text("Crane falls", "It fell.", "2026-01-04"), *NEWS[2:]]
    after = [
        text("Rain", "It rains.", "2026-01-11"),
        text("Crane falls", "It fell.", "2026-01-05"),
        text("Boats collide!", NEWS[2].summary, "2026-01-04"),
        text("Sun", "It shines.", "2026-01-01"),
    ]
    assert reread(before, after) == [None, "item 1", "item 2", None]


def test_two_entries_that_could_be_the_one_that_went_are_both_new() -> None:
    said = "It opened."
    before = [ANCHOR, text("Labour makret 1", said, "2026-01-05"), OTHER]
    after = [
        ANCHOR,
        text("Labour market 2", said, "2026-01-05"),
        text("Labour market 3", said, "2026-01-05"),
        OTHER,
    ]
    assert reread(before, after) == ["item 0", None, None, "item 2"]


def test_one_entry_that_could_be_either_of_two_that_went_is_new() -> None:
    said = "It opened."
    before = [
        ANCHOR,
        text("Labour makret 1", said, "2026-01-05"),
        text("Labour makret 2", said, "2026-01-05"),
        OTHER,
    ]
    after = [ANCHOR, text("Labour market 3", said, "2026-01-05"), OTHER]
    assert reread(before, after) == ["item 0", None, "item 3"]


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (text("Labour market opens", "It opened.", "2026-01-05"), "item 1"),
        (text("Labour makret opens", "It opened.", "2026-01-06"), None),
        (text("Labour makret opens", "Quite other words.", "2026-01-05"), None),
    ],
)
def test_without_a_neighbour_only_an_equal_date_and_summary_vouch(
    now: Text, found: str | None
) -> None:
    before = [ANCHOR, text("Labour makret opens", "It opened.", "2026-01-05"), OTHER]
    after = [
        ANCHOR,
        text("First", "1", "2026-01-08"),
        now,
        text("Second", "2", "2026-01-07"),
        OTHER,
    ]
    assert reread(before, after) == ["item 0", None, found, None, "item 2"]


def test_an_entry_that_still_stands_in_the_file_was_not_corrected() -> None:
    old = text("Labour makret opens", "It opened.", "2026-01-05")
    new = text("Labour market opens", "It opened.", "2026-01-05")
    assert reread([ANCHOR, old], [ANCHOR, old, new]) == ["item 0", "item 1", None]


def test_an_entry_that_went_long_ago_was_not_corrected() -> None:
    old = text("Labour makret opens", "It opened.", "2026-01-05")
    known, seen = carried(ANCHOR, old)
    gone = [seen[0], replace(seen[1], position=None)]
    new = text("Labour market opens", "It opened.", "2026-01-05")
    assert matched([ANCHOR, new], known, gone) == ["item 0", None]


def test_a_file_never_corrects_the_entries_of_another_file() -> None:
    old = text("Labour makret opens", "It opened.", "2026-01-05")
    new = text("Labour market opens", "It opened.", "2026-01-05")
    known, _ = carried(ANCHOR, old)
    assert matched([ANCHOR, new], known) == ["item 0", None]


def test_a_series_that_moves_through_a_page_stays_a_series() -> None:
    page = [text(f"News {n}", f"Body {n}", f"2026-01-0{n}") for n in range(5, 1, -1)]
    old = text("Tide bulletin", "All tides of the week.", "2026-01-01")
    new = text("Tide bulletin", "All tides of the week.", "2026-01-08")
    assert reread([*page, old], [new, *page]) == [None, *(f"item {n}" for n in range(4))]


def test_what_scrolls_off_below_an_entry_is_not_what_comes_above_it() -> None:
    older = text("Tide bulletin", "All tides of the week.", "2026-01-01")
    newer = text("Tide bulletin", "All tides of the week.", "2026-01-08")
    assert reread([ANCHOR, older], [newer, ANCHOR]) == [None, "item 0"]


def test_an_entry_that_moved_is_itself() -> None:
    entries = [ANCHOR, OTHER, text("Third", "3", "2026-01-01")]
    for order in permutations(range(3)):
        assert reread(entries, [entries[n] for n in order]) == [f"item {n}" for n in order]


def test_an_entry_that_comes_back_is_itself() -> None:
    known, seen = carried(ANCHOR, OTHER)
    gone = [seen[0], replace(seen[1], position=None)]
    assert matched([OTHER, ANCHOR], known, gone) == ["item 1", "item 0"]


def test_texts_too_long_to_compare_are_not_alike() -> None:
    long = "word " * 2_000
    before, after = text("Market", long), text("Market", long + "more")
    assert reread([ANCHOR, before], [ANCHOR, after]) == ["item 0", None]


def test_neither_the_order_of_items_nor_of_entries_decides() -> None:
    known = [
        item(text("Tide", "s", "2026-01-01"), A),
        item(text("Tide", "other"), B),
        item(text("Ebb", "s"), C),
    ]
    entries = [
        text("Tide", "s longer", "2026-01-01"),
        text("Tide", "other", "2026-01-03"),
        text("Ebb", "", "2026-01-02"),
    ]
    expected = dict(zip(entries, [A, B, C], strict=True))
    for order in permutations(entries):
        for items in permutations(known):
            assert dict(zip(order, matched(order, items), strict=True)) == expected


DAY = date(2026, 12, 5)


@dataclass(frozen=True)
class Entry:
    """An entry at a line."""

    line: int
    title: str
    summary: str = ""
    day: date | None = None

    @property
    def text(self) -> Text:
        return Text(self.title, self.summary, self.day)


def paired(old: list[Entry], new: list[Entry], *others: Entry) -> list[str | None]:
    """The old titles (of `others` in another file, too) that the new entries are the items of."""
    seen = [
        SourceEntry(SeedRef("a.txt", each.line), each.text, each.title, MONDAY, position)
        for position, each in enumerate(old)
    ]
    known = [
        replace(item(each.text, each.title), history=(Revision(0, each.text, MONDAY, ""),))
        for each in (*old, *others)
    ]
    listings = [Listing(each.text, SeedRef("a.txt", each.line)) for each in new]
    return [each.item_id for each in match_again(listings, seen, known)]


def test_the_line_tells_where_titles_are_told_otherwise() -> None:
    old = [Entry(1, "Sale", day=DAY), Entry(5, "Sale today", day=DAY)]
    assert paired(old, [Entry(1, "Sale today"), Entry(5, "Sale")]) == ["Sale", "Sale today"]


def test_a_title_that_is_found_at_another_line_is_the_same_item() -> None:
    assert paired([Entry(1, "Sale"), Entry(4, "Fair")], [Entry(3, "Fair")]) == ["Fair"]


def test_of_a_title_that_is_there_twice_the_nearest_is_the_same_item() -> None:
    new = [Entry(5, "Sale", "A."), Entry(9, "Sale", "B.")]
    assert paired([Entry(1, "Sale", "One.")], new) == ["Sale", None]


def test_a_place_that_was_taken_for_the_headline_becomes_the_headline() -> None:
    old = [Entry(2, "Town hall", "Sew a book.", DAY), Entry(7, "Old school", "Mend it.", DAY)]
    new = [Entry(1, "Bookbinding", "Sew a book.", DAY), Entry(6, "Repair café", "Mend it.", DAY)]
    assert paired(old, new) == ["Town hall", "Old school"]


def test_an_entry_that_swallowed_others_is_the_nearest_of_them() -> None:
    old = [Entry(1, "News", "Boat sinks. It was old. Port opens. It is new.")]
    new = [Entry(2, "Boat sinks.", "It was old."), Entry(5, "Port opens.", "It is new.")]
    assert paired(old, new) == ["News", None]


def test_what_only_stands_beside_an_entry_is_not_that_entry() -> None:
    old = [Entry(1, "Boat sinks", "It was old."), Entry(9, "Share this page")]
    new = [Entry(1, "Boat sinks", "It was old."), Entry(6, "Port opens", "It is new.")]
    assert paired(old, new) == ["Boat sinks", None]


def test_an_item_that_another_file_has_rightly_comes_before_the_line() -> None:
    old, right = [Entry(1, "Town hall", "Sew.", DAY)], Entry(1, "Bookbinding", "Sew.", DAY)
    assert paired(old, [right], right) == ["Bookbinding"]


def test_an_entry_that_is_as_it_was_stays_beside_its_double() -> None:
    same = Entry(1, "Bookbinding", "Sew.", DAY)
    known = Entry(1, "double")
    assert paired([same], [same], known) == ["Bookbinding"]


def test_many_entries_that_all_moved_are_told_apart() -> None:
    old = [Entry(3 * n + 2, f"Place {n}", f"Text {n}!", DAY) for n in range(3000)]
    new = [Entry(3 * n + 1, f"Title {n}", f"Text {n}!") for n in range(3000)]
    assert paired(old, new) == [f"Place {n}" for n in range(3000)]
