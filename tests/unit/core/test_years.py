"""Years that are likely mistyped are remarked on; an archive is not."""

from __future__ import annotations

from datetime import date

import pytest

from tidings.core.years import remarks
from tidings.model import SeedRef

TODAY = date(2026, 11, 30)


def remarked(*days: str | None, path: str = "seeds/a.txt") -> list[int]:
    places = [
        (SeedRef(path, line), date.fromisoformat(day) if day else None)
        for line, day in enumerate(days, start=1)
    ]
    found = remarks(places, TODAY)
    assert {problem.severity for problem in found} <= {"warning"}
    return [problem.line for problem in found]


@pytest.mark.parametrize(
    "day", ["2062-11-20", "2036-01-01", "2027-12-02", "1926-11-20", "1970-1-1"]
)
def test_a_year_far_off_is_remarked_on_with_its_line(day: str) -> None:
    year, month, rest = day.split("-")
    day = f"{year}-{month:0>2}-{rest:0>2}"
    assert remarked("2026-11-20", day, "2026-11-18") == [2]
    assert remarked(day) == [1]
    assert remarked(day, day) == [1, 2]


@pytest.mark.parametrize("day", ["2026-11-30", "2027-11-30", "1996-05-01", "1976-01-01", None])
def test_a_year_that_may_be_right_is_not(day: str | None) -> None:
    assert remarked("2026-11-20", day) == []


def test_an_archive_is_left_in_peace_but_for_what_is_ahead() -> None:
    old = ["1926-01-01", "1926-02-01", "1927-01-01"]
    assert remarked(*old, "2062-01-01") == [4]
    assert remarked(*old, *["2026-01-01"] * 9) == [1, 2, 3]


def test_there_may_be_nothing_to_remark_on() -> None:
    assert remarks([], TODAY) == []
