"""What is seen of units: how they look, where they stand, how they compare; never their words."""

from __future__ import annotations

import pytest

from tests.unit.core.listings.pages import page
from tidings.core.listings.features import Look, features, quarter

TEXT = "".join(
    f"{day} May 2021\n{title}\nIt is told at some length in number {day}, and at the end of it.\n\n"
    for day, title in ((9, "A hub opens"), (8, "A study of wages"), (7, "New rules for agencies"))
)


def look(text: str, at: int = 0) -> Look:
    return page(text).known.looks[at]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("A hub opens", "A", "a"),
        ("it goes on.", "a", "."),
        ("GREAT NEWS", "AA", "a"),
        ("3 hubs open!", "9", "!"),
        ("What is fair?", "A", "?"),
        ("More to come …", "A", "…"),
        ("More to come...", "A", "…"),
        ("“Fair” is the word.", "'", "."),
        ("新しい港が開く。", "x", "."),
    ],
)
def test_a_unit_begins_and_ends_in_some_way(text: str, start: str, end: str) -> None:
    assert (look(text).start, look(text).end) == (start, end)


def test_a_sign_of_a_script_without_spaces_counts_for_two() -> None:
    assert (look("新港が開く").size, look("abcde").size) == (10, 5)


def test_what_stands_behind_another_unit_has_no_gap_of_its_own() -> None:
    date, title, text = page("9 May 2021 | A hub opens\nIt opens.").known.looks[:3]
    assert date.gap > 0
    assert (title.gap, text.gap) == (-1, 0)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Read more »", "more"),
        ("1 2 3 … Next", "pager"),
        ("-----------", "rule"),
        ("12 comments", "aside"),
        ("By Ana Mora", "byline"),
        ("photo.jpg", "path"),
        ("Published on", "dating"),
        ("2021", "heading"),
    ],
)
def test_boilerplate_is_known_by_its_words_or_form(text: str, flag: str) -> None:
    assert flag in look(text).flags


def test_a_title_is_no_boilerplate() -> None:
    assert look("New rules for agencies").flags == ()


def test_a_survey_knows_how_far_dates_are_and_what_a_block_is() -> None:
    known = page(TEXT).known
    assert known.dates == 3
    assert known.before[:6] == (6, 1, 2, 3, 1, 2)
    assert known.after[:6] == (3, 2, 1, 3, 2, 1)
    assert known.blocks[:6] == ((0, 3),) * 3 + ((3, 6),) * 3
    assert known.style == "alone"


def test_units_that_stand_alike_have_one_shape_and_others_another() -> None:
    shapes = page(TEXT).known.shapes
    assert shapes[4] == shapes[7] != shapes[3]


def test_no_word_of_a_text_is_among_its_features() -> None:
    other = TEXT.replace("hub", "pub").replace("wages", "games").replace("length", "extent")
    one, two = page(TEXT), page(other)
    assert list(features(one.units, one.known)) == list(features(two.units, two.known))


def test_features_tell_the_first_and_the_last_from_the_others() -> None:
    found = list(features(page(TEXT).units, page(TEXT).known))
    assert "-1edge" in found[0]
    assert "1edge" in found[-1]
    assert "-1edge" not in found[4]


def test_quarters_are_rounded_and_of_nothing_there_are_none() -> None:
    assert [quarter(part, 8) for part in (0, 1, 3, 8)] == [0, 1, 2, 4]
    assert quarter(1, 0) == 0
