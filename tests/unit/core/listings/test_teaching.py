"""An entry as it should be read chooses between the readings of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from tests.undecided_weights import UNDECIDED
from tidings.core.listings import Hints, Reading, example_of, nearest_title, parse
from tidings.core.listings.teaching import folded
from tidings.core.listings.texts import read_text
from tidings.model import Example

TITLES = (
    "Bookbinding workshop",
    "An evening of harbour songs",
    "Repair café",
    "Stories for the youngest",
)
DAYS = ("5 December 2026", "11 December 2026", "12 December 2026", "19 December 2026")
PLACES = ("Town library", "St Mary's Hall", "Old customs house", "Reading room")
BOOKBINDING = date(2026, 12, 5)


def listing(titles: Sequence[str] = TITLES, days: Sequence[str] = DAYS) -> str:
    """Title, date and place with one blank line everywhere: nothing tells which date is whose."""
    return "".join(
        f"{title}\n\n{day}\n\n{place}\n\n"
        for title, day, place in zip(titles, days, PLACES, strict=False)
    )


def read(text: str, example: Example | None, threshold: float = 0.5) -> Reading:
    return parse(text, "seeds/events.txt", hints=Hints(example=example, threshold=threshold))


def undecided(text: str, example: Example | None, threshold: float = 0.4) -> Reading:
    """By weights that leave it open to which date a title belongs; no reading is more than half
    sure."""
    hints = Hints(example=example, threshold=threshold)
    return read_text(text, "seeds/events.txt", hints, UNDECIDED)


def titles(reading: Reading) -> list[str]:
    return [one.text.title for one in reading.listings]


def test_a_file_that_is_held_without_an_example_is_read_with_it() -> None:
    assert undecided(listing(), None, threshold=0.6).listings == ()
    reading = undecided(listing(), Example("Bookbinding workshop", BOOKBINDING))
    assert titles(reading) == list(TITLES)
    assert reading.taught
    other = undecided(listing(), Example("Town library", BOOKBINDING))
    assert titles(other) == list(PLACES)


@pytest.mark.parametrize(
    "title",
    [
        "  bookbinding   WORKSHOP ",
        "**Bookbinding workshop**",
        "[Bookbinding workshop](http://a.b/)",
    ],
)
def test_white_space_case_and_markup_of_the_title_make_no_difference(title: str) -> None:
    assert titles(read(listing(), Example(title, BOOKBINDING))) == list(TITLES)
    marked = listing((f"## *{TITLES[0]}*", *(f"## {each}" for each in TITLES[1:])))
    assert read(marked, Example(title, BOOKBINDING)).listings[0].text.title == TITLES[0]


def test_quotes_dashes_and_entities_make_no_difference() -> None:
    assert folded("“Fair” – what’s next &amp; why") == folded('"fair" - what\'s next & why')


def test_what_is_confirmed_is_published_at_any_confidence_and_a_title_alone_is_not() -> None:
    alone = Example("Bookbinding workshop", BOOKBINDING)
    reading = undecided(listing(), alone)
    assert reading.confidence > 0.5
    assert undecided(listing(), alone, threshold=0.95).listings == ()
    whole = example_of(reading.listings)
    assert whole == Example("Bookbinding workshop", BOOKBINDING, TITLES[-1], 4)
    assert titles(undecided(listing(), whole, threshold=0.95)) == list(TITLES)


WHOLE = Example("Bookbinding workshop", BOOKBINDING, TITLES[-1], 4)


def test_a_file_that_grows_on_top_goes_on_being_read() -> None:
    text = listing(("Night of the archives", *TITLES), ("1 December 2026", *DAYS))
    more = text + "Stories for the youngest\n\n19 December 2026\n\nReading room\n\n"
    reading = read(more, WHOLE)
    assert titles(reading) == ["Night of the archives", *TITLES]


def test_a_file_that_grows_below_goes_on_being_read() -> None:
    text = listing() + "New year swim\n\n1 January 2027\n\nHarbour steps\n\n"
    assert titles(read(text, WHOLE)) == [*TITLES, "New year swim"]


@pytest.mark.parametrize("example", [WHOLE, Example("Bookbinding workshop", BOOKBINDING)])
def test_a_page_that_scrolls_goes_on_being_read(example: Example) -> None:
    text = listing(("Night of the archives", *TITLES[:3]), ("1 December 2026", *DAYS[:3]))
    assert titles(read(text, example)) == ["Night of the archives", *TITLES[:3]]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("more", [1, 2, 5])
def test_of_a_long_page_all_that_came_on_top_is_read(more: int, *, whole: bool) -> None:
    entries = [
        (f"{day} March 2026", f"Two towns open information point {day}", f"It is number {day}.")
        for day in range(25, 5, -1)
    ]
    text = "".join(f"{day}\n{title}\n{words}\n\n" for day, title, words in entries)
    read_ = read(text, None).listings
    one = example_of(read_[more:])
    example = one if whole else Example(one.title, one.published)
    assert read(text, example, threshold=0).listings == read_


def test_a_file_that_is_cut_is_held_and_the_problem_names_what_differs() -> None:
    reading = read(listing(TITLES[:3]), WHOLE)
    assert reading.listings == ()
    (problem,) = reading.problems
    assert "3 entries, not 4" in problem.message
    assert 'the last one is "Repair café", not "Stories for the youngest"' in problem.message
    assert [one.text.title for one in reading.guess] == list(TITLES[:3])


def test_an_entry_put_in_between_holds_the_file() -> None:
    text = listing(
        (*TITLES[:2], "Choir rehearsal", *TITLES[2:]), (*DAYS[:2], "11 December 2026", *DAYS[2:])
    )
    text += "Stories for the youngest\n\n19 December 2026\n\nReading room\n\n"
    reading = read(text, WHOLE)
    assert reading.listings == ()
    assert "5 entries, not 4" in reading.problems[0].message


def test_a_day_that_no_reading_gives_the_title_holds_the_file() -> None:
    reading = read(listing(), Example("Bookbinding workshop", date(2026, 12, 19)))
    assert reading.listings == ()
    assert "it is of 2026-12-05, not of 2026-12-19" in reading.problems[0].message


def test_another_entry_of_a_series_is_not_the_example() -> None:
    text = listing((TITLES[0], *TITLES[2:]), ("7 January 2027", "8 January 2027", "9 January 2027"))
    plain, taught = read(text, None), read(text, WHOLE)
    assert (taught.listings, taught.taught) == (plain.listings, False)


def test_a_line_of_the_file_that_no_reading_takes_for_a_title_holds_it() -> None:
    text = "".join(
        f"2{day} March 2026\nTwo towns open information point {day}\n"
        "It answers questions on contracts and wages, in three languages.\nRead more\n\n"
        for day in (3, 4, 5)
    )
    assert len(read(text, None).listings) == 3
    reading = read(text, Example("Read more"))
    assert reading.listings == ()
    assert reading.problems


def test_a_title_within_running_text_says_nothing_of_the_file() -> None:
    text = "".join(
        f"{day} March 2026\nTwo towns open information point {day}\n"
        f"After the Repair café it answers questions on contracts and wages, every day.\n\n"
        for day in (2, 3, 4)
    )
    assert read(text, Example("Repair café")) == read(text, None)


def test_an_undated_entry_is_confirmed_as_one() -> None:
    whole = replace(WHOLE, published=None)
    text = "".join(
        f"{title}\n{place}, free of charge.\n\n"
        for title, place in zip(TITLES, PLACES, strict=True)
    )
    reading = read(text, whole)
    assert titles(reading) == list(TITLES)
    assert all(one.text.date is None for one in reading.listings)


def test_an_example_without_a_day_says_nothing_of_days() -> None:
    reading = read(listing(), Example("Bookbinding workshop"))
    assert [one.text.date for one in reading.listings][:1] == [BOOKBINDING]


def test_a_title_that_repeats_is_no_text_between_entries() -> None:
    text = listing(("Market day",) * 4)
    whole = Example("Market day", BOOKBINDING, "Market day", 4)
    assert titles(read(text, whole, threshold=1)) == ["Market day"] * 4


def test_a_table_that_no_longer_yields_what_was_confirmed_is_held() -> None:
    table = "date,title\n2026-12-05,Bookbinding workshop\n2026-12-11,Repair café\n"
    example = Example("Bookbinding workshop", BOOKBINDING, "Repair café", 2)
    kept = parse(table, "a.csv", hints=Hints(example=example))
    assert (len(kept.listings), kept.taught) == (2, True)
    cut = parse(table.rsplit("2026", 1)[0], "a.csv", hints=Hints(example=example))
    assert cut.listings == ()
    assert "1 entry, not 2" in cut.problems[0].message


def test_a_held_file_has_its_nearest_different_reading_beside_the_guess() -> None:
    reading = undecided(listing(), None, threshold=0.6)
    assert reading.best is not None
    assert reading.rival is not None
    assert reading.best.listings == reading.guess
    assert reading.best.confidence >= reading.rival.confidence > 0
    assert titles(reading.rival) == list(PLACES)
    poor = undecided(listing(), Example("Bookbinding workshop", BOOKBINDING), threshold=0.99)
    assert poor.rival is not None
    assert "Town library" in poor.problems[0].hint


def test_the_nearest_title_is_told_of_a_typo() -> None:
    assert nearest_title("Bokbinding Workshop", TITLES) == "Bookbinding workshop"
    assert nearest_title("Something else altogether", TITLES) is None
