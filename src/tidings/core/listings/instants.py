"""Instants, as machines write them: on which day one was, by the clocks of a place.

It stands alone since tables and texts read dates in ways of their own, and share this.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Final

_OFFSET = re.compile(
    r"(?P<utc>z|utc|gmt)?\s?(?:(?P<sign>[+\u2212-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?)?\)?$",
    re.IGNORECASE,
)
_AFTER_SECONDS = re.compile(r"^\s?t\s?\d|\d{1,2}:\d{2}:\d{2}|[-\u2212]\d{4}\)?$", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})[:.h]?(?P<minute>\d{2})?(?::?\d{2})?(?:[.,]\d{1,9})?"
    r"\s?(?P<half>[ap])?\.?(?:m\.?)?\s*",
    re.IGNORECASE,
)
# Seconds since 1970 of 1973 to 2286, and milliseconds: shorter numbers say something else.
_SECONDS = re.compile(r"\d{9,10}(?:\.\d+)?")
_MILLISECONDS = re.compile(r"\d{12,13}")
_ZONED_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})")
_COMPACT = re.compile(r"(?:18|19|20|21)\d{6}(?:T.*)?")
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
_MOST_HOURS: Final = 15  # no place is further from Greenwich


def site_day(instant: datetime, zone: tzinfo | None) -> date:
    """The day of an instant by the clocks of `zone`; by its own where none is known."""
    if instant.tzinfo is None or zone is None:
        return instant.date()
    try:
        return instant.astimezone(zone).date()
    except OverflowError:
        return instant.date()


def offset_of(text: str) -> timedelta | None:
    """The offset from UTC that a time of day ends with ("10:30Z", "10:30 +02:00", "10:30 GMT").

    "10:30-11:00" is a span of time: an offset of the west stands behind seconds or a "T", or has no
    colon.
    """
    found = _OFFSET.search(text.strip())
    if found is None or not (found["utc"] or found["sign"]):
        return None
    if not found["utc"] and found["sign"] != "+" and not _AFTER_SECONDS.search(text):
        return None
    offset = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    if offset > timedelta(hours=_MOST_HOURS):
        return None
    return -offset if found["sign"] in ("-", "\u2212") else offset


def read_instant(text: str, zone: tzinfo | None, *, is_utc: bool = False) -> date | None:
    """The day, in `zone`, of an instant as ISO 8601, RFC 5322, or seconds since 1970 write it; None
    if the text is none of these. One without an offset is of `zone`, or `is_utc`."""
    found = _iso(text) or _mail(text) or _since_1970(text)
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return None
    if found.tzinfo is None and is_utc:
        found = found.replace(tzinfo=UTC)
    return site_day(found, zone)


def _iso(text: str) -> datetime | None:
    if day := _ZONED_DAY.fullmatch(text):
        return datetime.fromisoformat(day[1])  # a day of XML Schema: its zone moves nothing
    if ":" not in text and not _COMPACT.fullmatch(text):
        return None  # a day alone is read like any other
    try:
        return datetime.fromisoformat(text.replace(" UTC", "Z").replace(" +", "+"))
    except ValueError:
        return None


def _mail(text: str) -> datetime | None:
    if ":" not in text or not text[:3].isalnum() or len(text) > 64:
        return None
    try:
        return parsedate_to_datetime(text)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _since_1970(text: str) -> datetime | None:
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    if _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return None


def moved(day: date, clock: str, zone: tzinfo | None) -> date:
    """The day in `zone` of an instant that a text gives as a day and a `clock` behind it
    ("T03:30:00Z"): the day itself if the clock names no offset."""
    offset = offset_of(clock)
    found = re.search(r"\d", clock)
    if offset is None or found is None or zone is None:
        return day
    time = _CLOCK.match(clock, found.start())
    if time is None:
        return day
    hour, minute = int(time["hour"]), int(time["minute"] or 0)
    if time["half"]:
        hour = hour % 12 + (12 if time["half"].lower() == "p" else 0)
    if hour > 23 or minute > 59:
        return day
    instant = datetime(day.year, day.month, day.day, hour, minute, tzinfo=timezone(offset))
    return site_day(instant, zone)
