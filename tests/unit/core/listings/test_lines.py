from __future__ import annotations

from datetime import date

import pytest

from tidings.core.listings.lines import WIDEST_GAP, Line, read_lines
from tidings.core.listings.stamps import Broken, Dated


def lines_of(text: str, language: str | None = None) -> tuple[Line, ...]:
    lines = read_lines(text, limit=1000, language=language)
    assert lines is not None
    return lines


def test_lines_carry_number_column_and_the_gap_above() -> None:
    assert lines_of("\n  one\n\n\n\ttwo\r\nthree") == (
        Line(2, 3, "one", WIDEST_GAP),
        Line(5, 2, "two", 2),
        Line(6, 1, "three", 0),
    )


def test_wide_gaps_are_all_alike() -> None:
    assert lines_of("one" + "\n" * 500 + "two")[1].gap == WIDEST_GAP


def test_a_line_that_is_only_a_date_is_stamped() -> None:
    assert lines_of("16 February, 2022")[0].stamp == Dated(date(2022, 2, 16))


def test_too_many_lines_are_not_looked_at() -> None:
    assert read_lines("a\nb\n\nc", limit=2) is None
    assert read_lines("a\n\n\nb", limit=2) is not None


def test_numeric_dates_are_settled_by_the_whole_file() -> None:
    settled = lines_of("04/06/2020\nOne\n05/25/2020\nTwo")
    assert settled[0].stamp == Dated(date(2020, 4, 6))


def test_numeric_dates_are_settled_by_the_files_language() -> None:
    assert lines_of("04/06/2020\nUno", language="es")[0].stamp == Dated(date(2020, 6, 4))
    assert isinstance(lines_of("04/06/2020\nOne", language="en")[0].stamp, Broken)


SPACED = "16 February 2022\n\nTitle\n\nSummary.\n\n15 February 2022\n\nTitle\n\n"


@pytest.mark.parametrize(
    "paragraph",
    [
        "The workshop was held on\n14 February 2022\nin the town hall",
        "The workshop was held on\n14 February 2022.",
    ],
)
def test_a_date_left_alone_by_a_wrapped_sentence_is_no_date(paragraph: str) -> None:
    assert [line.number for line in lines_of(SPACED + paragraph) if line.stamp] == [1, 7]


def test_a_date_below_a_finished_sentence_is_a_date() -> None:
    text = SPACED + "The workshop was a success.\n14 February 2022\nnew hub opens"
    assert [line.number for line in lines_of(text) if line.stamp] == [1, 7, 12]


def test_where_dates_always_stand_tight_they_stay_dates() -> None:
    text = "16 February 2022\nTitle\n15 February 2022\nanother\n14 February 2022\nthird"
    assert [line.number for line in lines_of(text) if line.stamp] == [1, 3, 5]


def test_years_and_months_above_a_date_are_headings() -> None:
    text = "2022\nFebruary 2022\n16 February 2022\nTitle\nJanuary 2022\n5 January 2022\nTitle"
    assert [line.number for line in lines_of(text)] == [3, 4, 6, 7]


def test_a_month_above_anything_else_is_a_broken_date() -> None:
    assert isinstance(lines_of("February 2022\nTitle")[0].stamp, Broken)
