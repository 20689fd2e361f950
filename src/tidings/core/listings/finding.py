"""Finding dates within a line. Only what can be one day is found; nothing is completed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tidings.core.listings.names import Names, plain
from tidings.core.listings.stamps import Broken, Dated, Numeric, Stamp, calendar_day

_LONGEST_WHOLE: Final = 240  # longer lines are looked at only at their ends
_HEAD, _TAIL = 120, 100

_WORD = r"[^\W\d_]{3,14}"
_ORDINAL = r"(?:st|nd|rd|th|er|[.ºª°])?"
_DASH = r"[-\u2010-\u2015]"
_BEFORE_YEAR = r"(?:,?\s+(?:of |de |del )?|\s?[-–/.]\s?|,)"
_DAY_MONTH_YEAR = re.compile(
    rf"(?<!\d)(?<!\d[.,:/])(?P<day>\d{{1,2}}){_ORDINAL}(?:\s?[-–/.]\s?|\s*,?\s?(?:of |de |d['’])?)"
    rf"(?P<month>{_WORD})\.?{_BEFORE_YEAR}(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_MONTH_DAY_YEAR = re.compile(
    rf"(?<![^\W_])(?P<month>{_WORD})(?:\.\s?|\s+|[-/])(?P<day>\d{{1,2}}){_ORDINAL}"
    rf"(?P<range>\s?(?:{_DASH})\s?\d{{1,2}}{_ORDINAL}(?!\d))?"
    rf"{_BEFORE_YEAR}(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_YEAR_MONTH_DAY = re.compile(
    rf"(?<![\d-])(?P<year>\d{{4}})(?:\.?\s|[-/])(?P<month>{_WORD})\.?(?:\s|[-/])"
    rf"(?P<day>\d{{1,2}})(?!\d)",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<![\d/.-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d/]|-\d|\.\d)")
_NUMBERS = re.compile(
    r"(?<![\d/.-])(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4})(?!\d|[/-]\d|\.\d)(?![^\W\d_])"
)
_SIGNS = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")

_TIME = re.compile(
    r"(?:\s?[,|@·]\s?|\s[-–]\s|\s?\(|t|,?\s+(?:at|um|kl\.?|ore|om|à|às|a las|в|o|saat)\s|\s+)"
    r"\d{1,2}(?:[:.]\d{2}|\s?[hч]\s?(?:\d{2})?(?![^\W\d_]))?(?::\d{2})?(?:[.,]\d{1,9})?"
    r"(?P<half>\s?[ap]\.?\s?m\.?(?![^\W\d_]))?"
    r"\s?(?P<zone>uhr|hrs?|z|utc|gmt|c?est|cet|[ecmp][sd]t|ist|bst|msk)?\b"
    r"(?:\s?[+-−]\d{2}:?\d{2}(?!\d))?\)?",
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
_WEEKDAY_BEFORE = re.compile(
    r"(?<![^\W_])(?P<word>[^\W\d_]{2,14}(?:-feira)?)(?P<mark>\.,|[.,])?\s?"
    r"(?:(?:den|the|d\.|le|el|il|dia|día|on)\s)?$",
    re.IGNORECASE,
)
_WEEKDAY_BEHIND = re.compile(
    r",?\s?(?:\((?P<inside>[^\W\d_]{1,14})\.?\)|(?P<word>[^\W\d_]{4,14})(?![^\W\d_]))"
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
    if len(text) <= _LONGEST_WHOLE:
        return _merged(text, sorted(_cores(text, names), key=lambda found: found.start), names)
    offset = len(text) - _TAIL
    head = find_dates(text[:_HEAD], names)
    tail = find_dates(text[offset:], names)
    return head + tuple(
        Found(found.start + offset, found.end + offset, found.stamp) for found in tail
    )


def _cores(text: str, names: Names) -> Iterator[Found]:
    for form in (_DAY_MONTH_YEAR, _MONTH_DAY_YEAR, _YEAR_MONTH_DAY):
        for match in form.finditer(text):
            month = names.months.get(plain(match["month"]))
            if month is not None:
                stamp = calendar_day(int(match["year"]), month, int(match["day"]))
                yield Found(match.start(), match.end(), stamp)
    for match in _ISO.finditer(text):
        stamp = calendar_day(int(match[1]), int(match[3]), int(match[4]))
        yield Found(match.start(), match.end(), stamp)
    for match in _NUMBERS.finditer(text):
        numeric = Numeric(int(match[1]), int(match[3]), int(match[4]))
        yield Found(match.start(), match.end(), numeric)
    for match in _SIGNS.finditer(text):
        stamp = calendar_day(int(match[1]), int(match[2]), int(match[3]))
        yield Found(match.start(), match.end(), stamp)


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
    if match := _WEEKDAY_BEHIND.match(text, end):
        word = plain(match["inside"] or match["word"])
        if word in names.weekdays:
            end = match.end()
    start, stamp = _ranged(text, start, stamp, names)
    above = text[max(0, start - 40) : start]
    if match := _TIME_BEFORE.search(above):
        start -= len(above) - match.start()
        above = text[max(0, start - 40) : start]
    weekday = _WEEKDAY_BEFORE.search(above)
    if weekday and _is_weekday(weekday, names):
        start -= len(above) - weekday.start()
    elif article := _ARTICLE_BEFORE.search(above):
        start -= len(above) - article.start()
    return Found(start, end, stamp)


def _is_weekday(match: re.Match[str], names: Names) -> bool:
    """True for a weekday's name; two letters alone are as often another word ("so", "do")."""
    word = plain(match["word"])
    return word in names.weekdays and (len(word) > 2 or match["mark"] is not None)


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
