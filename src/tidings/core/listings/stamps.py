"""What a line can be as a date, and how day and month of numeric dates are told apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Order = Literal["dmy", "mdy"]
ORDERS: Final[tuple[Order, ...]] = ("dmy", "mdy")
LEFT_OUT_HINT: Final = "the entry is left out until its date is mended"
_FIRST_YEAR, _LAST_YEAR = 1800, 2200  # beyond these it is a number, or a slip of the hand


@dataclass(frozen=True, slots=True)
class Dated:
    """A line that is one certain day."""

    day: date


@dataclass(frozen=True, slots=True)
class Numeric:
    """Two numbers and a year, as in 04/06/2020: which one is the month is the file's to say."""

    first: int
    second: int
    year: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is meant as a date and is not one certain day: why, and what to do.

    `heads` is true for a month with its year, which above other dates is a heading.
    """

    message: str
    hint: str
    heads: bool = False


Stamp = Dated | Numeric | Broken


def settled(stamp: Stamp, order: Order | None) -> Dated | Broken:
    """`stamp` once the file's order of day and month is known (None: it is not)."""
    if not isinstance(stamp, Numeric):
        return stamp
    own = _own_order(stamp) or order
    if own is None:
        if stamp.first == stamp.second:
            own = "dmy"
        else:
            return Broken(
                "day and month of this date could be either way round",
                "write the month as a word, or set date_order to DMY or MDY for this source",
            )
    day, month = (stamp.first, stamp.second) if own == "dmy" else (stamp.second, stamp.first)
    return calendar_day(stamp.year, month, day)


def order_of(stamps: Iterable[Stamp], *, is_english: bool, date_order: str | None) -> Order | None:
    """How this file writes its numeric dates, from the strongest evidence there is.

    Its own dates with a number above 12 come first; where they contradict one another nothing
    else is believed. Then its language: all but English put the day first. Then `date_order`.
    """
    seen = {_own_order(stamp) for stamp in stamps if isinstance(stamp, Numeric)} - {None}
    if seen:
        return seen.pop() if len(seen) == 1 else None
    if not is_english:
        return "dmy"
    return next((order for order in ORDERS if order == date_order), None)


def _own_order(stamp: Numeric) -> Order | None:
    if stamp.first > 12 >= stamp.second:
        return "dmy"
    if stamp.second > 12 >= stamp.first:
        return "mdy"
    return None


def calendar_day(year: int, month: int, day: int) -> Dated | Broken:
    """That day, or why there is none."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return Broken(f"{year} cannot be the year of this date", LEFT_OUT_HINT)
    try:
        return Dated(date(year, month, day))
    except ValueError:
        return Broken("there is no such day in the calendar", LEFT_OUT_HINT)
