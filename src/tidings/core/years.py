"""Which days of entries are likely slips of the hand: years far ahead, or long gone.

It stands alone since a run judges listings by it, `check` items, and `status` the state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from tidings.model import Help, Problem, SeedRef

_AHEAD: Final = timedelta(days=366)  # a fair or a law is announced a year before
_BEHIND: Final = 50  # years
# Of so many old entries, most of a file, nobody has mistyped the years: it is an archive.
_ARCHIVE: Final = 3
_HINT: Final = "correct the year, if it was mistyped; if it is right, nothing needs to be done"


def usual_days(today: date) -> tuple[date, date]:
    """The first and the last of the days that need no remark."""
    return date(today.year - _BEHIND, 1, 1), today + _AHEAD


def remarks(entries: Iterable[tuple[SeedRef, date | None]], today: date) -> list[Problem]:
    """A warning for each entry, given by its place and its day, whose year is likely mistyped. Of a
    file all entries are given."""
    first, last = usual_days(today)
    dated = [(ref, day) for ref, day in entries if day is not None]
    all_ = Counter(ref.path for ref, _ in dated)
    old = Counter(ref.path for ref, day in dated if day < first)
    archives = {path for path, number in old.items() if _ARCHIVE <= number > all_[path] / 2}
    return [
        Problem(
            ref.path,
            ref.line,
            1,
            f"{day.isoformat()}, the day of this entry, is {_how_far(day, today)}",
            _HINT,
            severity="warning",
            help=Help.YEAR_FAR_OFF,
        )
        for ref, day in dated
        if day > last or (day < first and ref.path not in archives)
    ]


def _how_far(day: date, today: date) -> str:
    years = abs(day.year - today.year)
    if day < today:
        return f"{years} years ago"
    return f"{years} years ahead" if years > 1 else "more than a year ahead"
