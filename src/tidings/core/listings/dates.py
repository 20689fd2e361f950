"""Dates as people type them. A date is read only if it can be one day and no other.

Explicit forms come first. python-dateutil is asked for the rest, and believed only when its answers
from two different defaults agree, because it fills in whatever a text leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, Literal

from dateutil import parser as dateutil_parser

from tidings.core.listings.instants import offset_of
from tidings.core.listings.languages import (
    Names,
    find_unknown,
    languages_of,
    month_of,
    months_named,
    names_of,
)
from tidings.core.listings.text import INVISIBLE, MARKS, plain

Order = Literal["dmy", "mdy"]
ShortOrder = Literal["dmy", "mdy", "ymd"]
SHORT_ORDERS: Final[tuple[ShortOrder, ...]] = ("dmy", "mdy", "ymd")
LEFT_OUT_HINT: Final = "the entry is left out until its date is corrected"
_PIVOT: Final = 69
_YEAR_OPEN: Final = (
    "the year of this date has only two digits, and the file leaves open which they are"
)
_YEAR_OPEN_HINT: Final = "write all four digits, or set date_order to DMY or MDY for this source"
_FIRST_YEAR, _LAST_YEAR = 1800, 2200  # beyond these it is a number, or a slip of the hand


@dataclass(frozen=True, slots=True)
class Dated:
    """A line that is one certain day; `clock` is the time behind it, if that names its offset."""

    day: date
    clock: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Numeric:
    """Two numbers and a year, as in 04/06/2020: which one is the month is the file's to say."""

    first: int
    second: int
    year: int
    clock: str = field(default="", compare=False)


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
        return Dated(known) if known else Broken(_YEAR_OPEN, _YEAR_OPEN_HINT)
    if not isinstance(stamp, Numeric):
        return stamp
    own = _own_order(stamp) or order
    if own is None:
        if stamp.first == stamp.second:
            own = "dmy"
        else:
            return Broken(
                "day and month of this date could be in either order",
                "write the month as a word, or set date_order to DMY or MDY for this source",
            )
    day, month = (stamp.first, stamp.second) if own == "dmy" else (stamp.second, stamp.first)
    found = calendar_day(stamp.year, month, day)
    return replace(found, clock=stamp.clock) if isinstance(found, Dated) else found


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
    return "dmy" if date_order == "dmy" else "mdy" if date_order == "mdy" else None


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


# --- Dates within a line --------------------------------------------------------------------------

_LONGEST_WHOLE: Final = 240  # longer lines are looked at only at their ends
_HEAD, _TAIL = 120, 100

_LETTER = rf"(?:[^\W\d_]|[{MARKS}])"
_WORD = rf"(?:{_LETTER}{{3,24}}|[\u0e00-\u0e7f]{{1,4}}\.[\u0e00-\u0e7f]{{1,4}}(?=\.))"
_ORDINAL = r"(?:st|nd|rd|th|er|[.ºª°])?"
_DASH = r"[-\u2010-\u2015]"
_BEFORE_YEAR = r"(?:,?\s+(?:of |de |del |[คพ]\.ศ\. ?)?|\s?[-–/.]\s?|,)"
_DAY_MONTH_YEAR = re.compile(
    rf"(?<!\d)(?<!\d[.,:/])(?P<day>\d{{1,2}}){_ORDINAL}(?:\s?[-–/.]\s?|\s*,?\s?(?:of |de |d['’])?)"
    rf"(?P<month>{_WORD})\.?{_BEFORE_YEAR}(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_MONTH_DAY_YEAR = re.compile(
    rf"(?<![^\W_])(?P<month>{_WORD})(?:\.\s?|,?\s+|[-/])(?P<day>\d{{1,2}}){_ORDINAL}"
    rf"(?P<range>\s?(?:{_DASH})\s?\d{{1,2}}{_ORDINAL}(?!\d))?"
    rf"{_BEFORE_YEAR}(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_YEAR_MONTH_DAY = re.compile(
    rf"(?<![\d-])(?P<year>\d{{4}})(?:\.?\s|[-/])(?P<month>{_WORD})\.?(?:\s|[-/])"
    rf"(?P<day>\d{{1,2}})(?!\d)",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<![\d/.-])(\d{4})([-/.]|\.\s)(\d{1,2})\2(\d{1,2})(?![\d/]|-\d|\.\d)\.?")
_NUMBERS = re.compile(
    r"(?<![\d/.-])(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4})(?!\d|[/-]\d|\.\d)(?![^\W\d_])"
)
_SIGNS = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_NUMBERED_MONTH = re.compile(
    r"(?<!\d)(?:ngày\s)?(?P<day>\d{1,2})\s(?:tháng|thg)\s(?P<month>\d{1,2}),?\s(?:năm\s)?(?P<year>\d{4})(?!\d)",
    re.IGNORECASE,
)
_BUDDHIST: Final = 543
_DAY = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_ANY_WORD = re.compile(rf"(?:[\u0e00-\u0e7f]{{1,4}}\.){{1,3}}|{_LETTER}+(?:[’'ʼ॰-]{_LETTER}*)*")
_BESIDE: Final = 60  # characters at either end of a line that may be a date's
_LONGEST_MONTH: Final = 7  # words
_SHORT_MONTH: Final = 3  # characters
_BESIDE_SPELT: Final = 30  # characters in which the rest of a date stands
# Such as "abenduaren", and "2024 ж.", "27(a)", "31 d." if the line ends with it.
_ENDING = re.compile(rf"{_LETTER}{{0,5}}(?!{_LETTER})")
_REST = rf"(?:\s?\(?{_LETTER}{{1,3}}\)?\.?(?=\s*(?:$|[)\]|])))?"
_A_DAY, _A_YEAR = r"(?<!\d)(?P<day>\d{1,2})(?!\d)", r"(?<!\d)(?P<year>\d{4})(?!\d)"
_BESIDE_MONTH = tuple(
    (re.compile(rf"{left}$" if left else f"(?<!{_LETTER})$"), re.compile(right + _REST))
    for left, right in (
        (rf"{_A_DAY}\D{{1,8}}?", rf"\D{{1,12}}?{_A_YEAR}"),
        ("", rf"\D{{1,8}}?{_A_DAY}\D{{1,10}}?{_A_YEAR}"),
        (rf"{_A_YEAR}\D{{1,16}}?", rf"\D{{1,8}}?{_A_DAY}"),
        (rf"{_A_YEAR}\D{{1,16}}?{_A_DAY}\D{{1,6}}?", ""),
    )
)

_TIME = re.compile(
    r"(?:\s?[,|@·]\s?|\s[-–]\s|\s?\(|t|,?\s+(?:at|um|kl\.?|ore|om|à|às|a las|в|o|saat)\s|\s+)"
    r"\d{1,2}(?:[:.]\d{2}|\s?[hч]\s?(?:\d{2})?(?![^\W\d_]))?(?::\d{2})?(?:[.,]\d{1,9})?"
    r"(?P<half>\s?[ap]\.?\s?m\.?(?![^\W\d_]))?"
    r"\s?(?P<zone>uhr|hrs?|z|utc|gmt|c?est|cet|[ecmp][sd]t|ist|bst|msk)?\b"
    r"(?:\s?[+-−]\d{2}:?\d{2}(?!\d)|(?:(?<=utc)|(?<=gmt))[+−-]\d{1,2}(?!\d))?\)?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d[:.hч]\s?\d{2}|[ap]\.?\s?m|uhr", re.IGNORECASE)
_OF_THE_YEAR = re.compile(r"\s?(?:г(?:ода)?|р|r|roku)(?![^\W\d_])\.?", re.IGNORECASE)
_RANGE_FROM_DAY = re.compile(
    rf"(?<!\d)(?<!\d[.,:/])(\d{{1,2}}){_ORDINAL}\s?(?:{_DASH}|to|al?|bis|au|do|t/m)\s?$",
    re.IGNORECASE,
)
_RANGE_FROM_MONTH = re.compile(
    rf"(?<!\d)(?<!\d[.,:/])(\d{{1,2}}){_ORDINAL}\s(?:de )?({_WORD})\.?"
    rf"\s?(?:{_DASH}|to|al?|bis|au|do)\s?$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(rf"\s?(?:{_DASH}|to|al?|bis|au|do|until)\s?", re.IGNORECASE)
_BETWEEN_WEEKDAY = re.compile(
    rf"(?P<mark>\.,|[.,፣،፡፥]| -)?\s?(?:ที่\s?|(?<!{_LETTER}){_LETTER}{{1,3}}[.\s]\s?)?$",
    re.IGNORECASE,
)
_WORD_BEGINS = re.compile(rf"(?<![\w{MARKS}]){_LETTER}")
_NO_WEEKDAY: Final = '…!?»”"'  # what ends a title whose last word is one, such as "thứ hai…"
_WORDS_OF_WEEKDAY: Final = 4
_WEEKDAY_BEHIND = re.compile(
    rf",?\s?(?:\((?P<inside>(?:{_LETTER}|[ -]){{1,24}})\.?\)"
    rf"|(?P<word>{_LETTER}{{4,20}})(?!{_LETTER}))"
)
_ARTICLE_BEFORE = re.compile(r"(?<![^\W_])(?:den|d\.|le|el)\s$", re.IGNORECASE)
_TIME_BEFORE = re.compile(
    r"(?<![\d:.])\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\.?)?\s?[,|·–-]?\s?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Found:
    """A date at `text[start:end]`, with its weekday, time and, of a range, its other end.

    Of a range the day is the first."""

    start: int
    end: int
    stamp: Stamp


def find_dates(text: str, names: Names) -> tuple[Found, ...]:
    """The full dates in `text` (one collapsed line), from left to right.

    Of a very long line only the two ends are looked at.
    """
    if not _YEAR.search(text[: _HEAD + 20]) and not _YEAR.search(text[-_TAIL - 20 :]):
        return ()
    return tuple(
        Found(begin + found.start, begin + found.end, found.stamp)
        for begin, part in _ends(text)
        for found in _merged(part, sorted(_cores(part, names), key=lambda each: each.start), names)
    )


def _cores(text: str, names: Names) -> Iterator[Found]:
    for form in (_DAY_MONTH_YEAR, _MONTH_DAY_YEAR, _YEAR_MONTH_DAY):
        for match in form.finditer(text):
            named = month_of(match["month"], names)
            if named is not None:
                month, skipped = named
                stamp = calendar_day(_year(match["year"]), month, int(match["day"]))
                start = match.start() + (skipped if match.start("month") == match.start() else 0)
                yield Found(start, match.end(), stamp)
    if names.spelt:
        yield from _spelt_out(text, names)
    for match in _NUMBERED_MONTH.finditer(text) if "th" in text.lower() else ():
        stamp = calendar_day(int(match["year"]), int(match["month"]), int(match["day"]))
        yield Found(match.start(), match.end(), stamp)
    for match in _ISO.finditer(text):
        stamp = calendar_day(int(match[1]), int(match[3]), int(match[4]))
        yield Found(match.start(), match.end(), stamp)
    for match in _NUMBERS.finditer(text):
        numeric = Numeric(int(match[1]), int(match[3]), int(match[4]))
        yield Found(match.start(), match.end(), numeric)
    for match in () if text.isascii() else _SIGNS.finditer(text):
        stamp = calendar_day(int(match[1]), int(match[2]), int(match[3]))
        yield Found(match.start(), match.end(), stamp)


def other_languages(unread: Sequence[str], others: Iterable[str], names: Names) -> tuple[str, ...]:
    """The languages, beside those of `names`, in whose months the dates of unread lines are, such
    as those of the other lines may be."""
    unknown = [
        phrases
        for line in [each for each in unread if find_unknown(each)] or unread
        if (phrases := [each for each in _phrases(line) if month_of(each, names) is None])
    ]
    return languages_of(unknown, map(_phrases, others)) if unknown else ()


def _phrases(line: str) -> Iterator[str]:
    """Words in a row that may be the month of a date: of a line with a day and a year, or of what
    stands beside a day."""
    part = line if len(line) <= _HEAD else f"{line[:_BESIDE]} | {line[-_BESIDE:]}"
    if not (_YEAR.search(part) and _DAY.search(part)):
        yield from months_named(line)
        return
    words = list(_ANY_WORD.finditer(part))
    for count in range(1, _LONGEST_MONTH + 1):
        for first in range(len(words) - count + 1):
            yield part[words[first].start() : words[first + count - 1].end()]


@lru_cache(maxsize=16)
def _spelt_form(spelt: tuple[tuple[str, int], ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(name) for name, _ in spelt), re.IGNORECASE)


def _spelt_out(text: str, names: Names) -> Iterator[Found]:
    """The dates in the language that the file was found to be in: day, month and year in any order
    in which the year is not between, with a few words of the language beside them."""
    months = {name.casefold(): month for name, month in names.spelt}
    form, taken = _spelt_form(names.spelt), 0
    for match in form.finditer(text):
        long = len(match[0]) > _SHORT_MONTH
        before, behind = (
            text[max(taken, match.start() - _BESIDE_SPELT) : match.start()],
            text[match.end() :],
        )
        if not (ending := _ENDING.match(behind)) or (ending[0] and not long):
            continue
        behind = behind[ending.end() : _BESIDE_SPELT + ending.end()]
        for left, right in _BESIDE_MONTH:
            if (first := left.search(before)) and (last := right.match(behind)):
                if form.search(last[0]):
                    continue  # this is a weekday with the name of a month ("Mawrth")
                told = first.groupdict() | last.groupdict()
                stamp = calendar_day(
                    _year(told["year"]), months[match[0].casefold()], int(told["day"])
                )
                start = match.start() - len(before) + first.start()
                taken = match.end() + ending.end() + last.end()
                yield Found(start, taken, stamp)
                break


def _year(text: str) -> int:
    """The year; of the Buddhist era, which Thai dates count by, that of ours."""
    year = int(text)
    return year - _BUDDHIST if _BUDDHIST + 1900 <= year < _BUDDHIST + 2100 else year


def _merged(text: str, cores: list[Found], names: Names) -> tuple[Found, ...]:
    """The dates grown by what belongs to them, without overlaps, ranges made one."""
    kept: list[Found] = []
    for core in cores:
        if kept and core.start < kept[-1].end:
            continue
        grown = _grown(text, core, names)
        if kept and grown.start >= kept[-1].end:
            between = text[kept[-1].end : grown.start]
            if _BETWEEN.fullmatch(between):
                kept[-1] = Found(kept[-1].start, grown.end, kept[-1].stamp)
                continue
        elif kept:
            grown = Found(kept[-1].end, grown.end, grown.stamp)
        kept.append(grown)
    return tuple(kept)


def _grown(text: str, core: Found, names: Names) -> Found:
    start, end, stamp = core.start, core.end, core.stamp
    if match := _OF_THE_YEAR.match(text, end):
        end = match.end()
    if (match := _TIME.match(text, end)) and _CLOCK.search(match[0]):
        end = match.end()
        if isinstance(stamp, Dated | Numeric) and offset_of(match[0]) is not None:
            stamp = replace(stamp, clock=match[0])
    if match := _WEEKDAY_BEHIND.match(text, end):
        word = plain(match["inside"] or match["word"])
        if word in names.weekdays:
            end = match.end()
    start, stamp = _ranged(text, start, stamp, names)
    above = text[max(0, start - 40) : start]
    if match := _TIME_BEFORE.search(above):
        start -= len(above) - match.start()
        above = text[max(0, start - 40) : start]
    weekday = _weekday_before(above, names)
    if weekday is not None:
        start -= len(above) - weekday
    elif article := _ARTICLE_BEFORE.search(above):
        start -= len(above) - article.start()
    return Found(start, end, stamp)


def _weekday_before(text: str, names: Names) -> int | None:
    """Where the weekday begins that a text ends with; None if there is none. Two letters alone are
    as often another word ("so", "do")."""
    between = _BETWEEN_WEEKDAY.search(text)
    if between is None:
        return None
    begins = [match.start() for match in _WORD_BEGINS.finditer(text, 0, between.start())]
    for start in begins[-_WORDS_OF_WEEKDAY:]:
        word = plain(text[start : between.start()])
        if text[between.start() - 1] in _NO_WEEKDAY:
            return None
        if word in names.weekdays and (len(word) > 2 or between["mark"]):
            return start
    return None


def _ranged(text: str, start: int, stamp: Stamp, names: Names) -> tuple[int, Stamp]:
    """The beginning of a range that ends with this date ("16-18 May 2022"): its first day."""
    if not isinstance(stamp, Dated):
        return start, stamp
    above = text[max(0, start - 40) : start]
    offset = start - len(above)
    day = stamp.day
    if (match := _RANGE_FROM_DAY.search(above)) and 1 <= int(match[1]) < day.day:
        first = calendar_day(day.year, day.month, int(match[1]))
        return offset + match.start(), first
    if match := _RANGE_FROM_MONTH.search(above):
        month = names.months.get(plain(match[2]))
        if month is not None and month < day.month:
            return offset + match.start(), calendar_day(day.year, month, int(match[1]))
        if month is not None:
            broken = Broken("the year in which this range begins is not given", "add the year")
            return offset + match.start(), broken
    return start, stamp


# --- Dates whose year has two figures -------------------------------------------------------------

_SHORT = re.compile(
    r"(?<![\d/.,:-])(?P<a>\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{2})(?![\d/-]|\.\d)"
)
_SHORT_NAMED = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}}){_ORDINAL}(?:\.?\s|[-/.])(?P<month>{_WORD})\.?(?:,?\s|[-/.]|\s?['’])"
    r"(?P<year>\d{2})(?![\d:.])",
    re.IGNORECASE,
)


def find_short(text: str, names: Names) -> tuple[Found, ...]:
    """Dates whose year has two figures; of a very long line only its ends are looked at."""
    found = []
    for begin, part in _ends(text):
        for match in _SHORT.finditer(part):
            stamp = Short(int(match["a"]), int(match["b"]), int(match["c"]))
            found.append(Found(begin + match.start(), begin + match.end(), stamp))
        for match in _SHORT_NAMED.finditer(part):
            month = names.months.get(plain(match["month"]))
            if month and 1 <= int(match["day"]) <= 31:
                # The month is known: whatever the file's order, this is day, month, year.
                day = Short(int(match["day"]), month, int(match["year"])).day("dmy")
                if day:
                    found.append(Found(begin + match.start(), begin + match.end(), Dated(day)))
    found.sort(key=lambda each: each.start)
    return tuple(
        _grown(text, each, names)
        for before, each in zip([None, *found], found, strict=False)
        if before is None or each.start >= before.end
    )


def _ends(text: str) -> tuple[tuple[int, str], ...]:
    if len(text) <= _LONGEST_WHOLE:
        return ((0, text),)
    return ((0, text[:_HEAD]), (len(text) - _TAIL, text[-_TAIL:]))


# --- A line that is a date alone ------------------------------------------------------------------

LONGEST_DATE: Final = 64
_YEAR_GROUP = r"(?P<year>\d{4})"
_DAY_GROUP = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|[.º°ª])?"
_MONTH = r"(?P<month>[^\W\d_]{3,})\.?"
_WEEKDAY = r"(?:(?P<weekday>[^\W\d_]{2,})\.?,? )?"
_UNKNOWN_MONTH = (
    re.compile(
        rf"{_WEEKDAY}{_DAY_GROUP}(?: of | de | |[-/.]){_MONTH}(?:, ?| del? | |[-/.]){_YEAR_GROUP}"
    ),
    re.compile(rf"{_WEEKDAY}{_MONTH}(?: |[-/.]){_DAY_GROUP}(?:, ?| del? | |[-/.]){_YEAR_GROUP}"),
)
_WITHOUT_DAY = re.compile(rf"{_MONTH}(?:, ?| del? | |[-/.]){_YEAR_GROUP}")
_FOUR_DIGITS = re.compile(r"(?<!\d)\d{4}(?!\d)")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_JOINING = "and to at st nd rd th am pm y al de del a"
_CONNECTORS: Final = frozenset(_JOINING.split())

_BRACKETS: Final = INVISIBLE + " ()[].,:;|*•·–—-_+>#"  # brackets, bullets, rules beside a date


def may_be_date(text: str) -> bool:
    """A cheap test that every date passes: short, and a digit in it."""
    return len(text) <= LONGEST_DATE and any(map(str.isdigit, text))


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
    bare = text.strip(_BRACKETS)
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
        if match is None or (match["weekday"] and plain(match["weekday"]) not in names.weekdays):
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
