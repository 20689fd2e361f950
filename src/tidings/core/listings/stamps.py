"""What a line can be as a date, and how day and month of numeric dates are told apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Order = Literal["dmy", "mdy"]
ShortOrder = Literal["dmy", "mdy", "ymd"]
SHORT_ORDERS: Final[tuple[ShortOrder, ...]] = ("dmy", "mdy", "ymd")
ORDERS: Final[tuple[Order, ...]] = ("dmy", "mdy")
LEFT_OUT_HINT: Final = "the entry is left out until its date is mended"
_PIVOT: Final = 69
_SHORT: Final = "the year of this date has only two digits, and the file leaves open which they are"
_SHORT_HINT: Final = "write all four digits, or set date_order to DMY or MDY for this source"
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
class Short:
    """Three numbers of at most two figures, as in 04/30/13: which is which is the file's to say."""

    first: int
    second: int
    third: int

    def day(self, order: ShortOrder) -> date | None:
        """The day by that order, None if there is no such day. 69 to 99 are of the last century
        (POSIX, strptime's %y)."""
        numbers = {"dmy": (self.third, self.second, self.first),
                   "mdy": (self.third, self.first, self.second),
                   "ymd": (self.first, self.second, self.third)}[order]  # fmt: skip
        year, month, day = numbers
        try:
            return date(year + (1900 if year >= _PIVOT else 2000), month, day)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is meant as a date and is not one certain day: why, and what to do.

    `heads` is true for a month with its year, which above other dates is a heading.
    """

    message: str
    hint: str
    heads: bool = False


UNKNOWN: Final = Broken(
    "this looks like a date in a language or a form that is not known here",
    "write the date as 2022-02-16",
)
Stamp = Dated | Numeric | Short | Broken


def settled(
    stamp: Stamp, order: Order | None, short_order: ShortOrder | None = None
) -> Dated | Broken:
    """`stamp` once the file's orders of day, month and year are known (None: they are not)."""
    if isinstance(stamp, Short):
        known = stamp.day(short_order) if short_order else None
        return Dated(known) if known else Broken(_SHORT, _SHORT_HINT)
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


def short_order_of(
    stamps: Iterable[Stamp], order: Order | None, years: Collection[int], *, is_english: bool
) -> ShortOrder | None:
    """How this file writes dates whose year has two figures, None if that stays open.

    All of them have to be days by it. If several orders are left: the `order` of the file's other
    dates, else the one by which all are of the `years` that the file names, else day first in any
    language but English.
    """
    shorts = {stamp for stamp in stamps if isinstance(stamp, Short)}
    days = {way: [short.day(way) for short in shorts] for way in SHORT_ORDERS}
    valid = [way for way in SHORT_ORDERS if shorts and all(days[way])]
    named = [way for way in valid if all(day and day.year in years for day in days[way])]
    if len(valid) == 1:
        return valid[0]
    if order in valid:
        return order
    if len(named) == 1:
        return named[0]
    return "dmy" if "dmy" in valid and not is_english else None


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
