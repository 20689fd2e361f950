"""Dates as people type them. A date is read only when it can be one day and no other.

Explicit forms come first. python-dateutil is asked for the rest, and believed only when its answers
from two different defaults agree, because it fills in whatever a text leaves out.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final

from dateutil import parser as dateutil_parser

from tidings.core.listings.cleaning import INVISIBLE
from tidings.core.listings.finding import find_dates
from tidings.core.listings.names import Names, names_of, plain
from tidings.core.listings.stamps import Broken, Stamp, calendar_day

LONGEST_DATE: Final = 64
_YEAR = r"(?P<year>\d{4})"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|[.º°ª])?"
_MONTH = r"(?P<month>[^\W\d_]{3,})\.?"
_WEEKDAY = r"(?:(?P<weekday>[^\W\d_]{2,})\.?,? )?"
_UNKNOWN_MONTH = (
    re.compile(rf"{_WEEKDAY}{_DAY}(?: of | de | |[-/.]){_MONTH}(?:, ?| del? | |[-/.]){_YEAR}"),
    re.compile(rf"{_WEEKDAY}{_MONTH}(?: |[-/.]){_DAY}(?:, ?| del? | |[-/.]){_YEAR}"),
)
_WITHOUT_DAY = re.compile(rf"{_MONTH}(?:, ?| del? | |[-/.]){_YEAR}")
_FOUR_DIGITS = re.compile(r"(?<!\d)\d{4}(?!\d)")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_JOINING = "and to at st nd rd th am pm y al de del a"
_CONNECTORS: Final = frozenset(_JOINING.split())

_AROUND: Final = INVISIBLE + " ()[].,:;|*•·–—-_+>#"  # brackets, bullets, rules beside a date


def may_be_date(text: str) -> bool:
    """A cheap test that every date passes: short, and a digit in it."""
    return len(text) <= LONGEST_DATE and any(character.isdigit() for character in text)


def read_stamp(text: str, *, thorough: bool = True, names: Names | None = None) -> Stamp | None:
    """What `text` (one collapsed line) is as a date; None when it is not a date alone.

    A line with anything but a date in it is never a stamp. A line that is meant as a date but
    cannot be taken for one day is `Broken`: it starts an entry all the same. Unless `thorough`,
    neither dateutil nor the spelling of months is consulted; both are slow. Months and weekdays
    are those of `names`, by default of `DEFAULT_LANGUAGES`.
    """
    if not may_be_date(text):
        return None
    names = names or names_of()
    bare = text.strip(_AROUND)
    if (found := find_dates(bare, names)) and (found[0].start, found[0].end) == (0, len(bare)):
        return found[0].stamp
    folded = bare.casefold()
    return (
        _misspelt(folded, names, thorough)
        or _incomplete(folded, names)
        or _other(folded, names, thorough)
    )


def _misspelt(text: str, names: Names, thorough: bool) -> Broken | None:
    for form in _UNKNOWN_MONTH:
        match = form.fullmatch(text)
        if match is None or not _weekday_or_none(match, names):
            continue
        word = plain(match["month"])
        if word in names.months:
            continue
        alike = get_close_matches(word, names.months, n=1, cutoff=0.84) if thorough else ()
        if alike or form is _UNKNOWN_MONTH[0]:
            hint = f"did you mean {alike[0]}?" if alike else "write the date as 2022-02-16"
            return Broken(f'"{match["month"]}" is no month known here', hint)
    return None


def _incomplete(text: str, names: Names) -> Broken | None:
    """A month with its year, or a date with a part that cannot be: never completed."""
    match = _WITHOUT_DAY.fullmatch(text)
    if match and plain(match["month"]) in names.months:
        return Broken("this date has no day", "add the day; it is never guessed", heads=True)
    return None


def _other(text: str, names: Names, thorough: bool) -> Stamp | None:
    """What dateutil makes of a rarer form, if it has a month by name and one year in full."""
    words = [plain(word) for word in _WORDS.findall(text)]
    if len(words) < 2 or names.months.keys().isdisjoint(words):
        return None
    years = _FOUR_DIGITS.findall(text)
    if len(years) == 1 and thorough:
        day = _agreed(text)
        if day is not None and day.year == int(years[0]):
            return calendar_day(day.year, day.month, day.day)
    if all(
        w.isdigit() or w in names.months or w in names.weekdays or w in _CONNECTORS for w in words
    ):
        return Broken("this cannot be read as one day", "write the date as 2022-02-16")
    return None


def _agreed(text: str) -> date | None:
    """The day in `text` if dateutil comes to the same one from whatever it fills gaps with."""
    answers = set()
    for default in (datetime(2000, 1, 1), datetime(2003, 11, 27)):  # noqa: DTZ001 - only a filler
        try:
            answers.add(dateutil_parser.parse(text, default=default, ignoretz=True).date())
        except (ValueError, OverflowError):
            return None
    return answers.pop() if len(answers) == 1 else None


def _weekday_or_none(match: re.Match[str], names: Names) -> bool:
    return match["weekday"] is None or plain(match["weekday"]) in names.weekdays
