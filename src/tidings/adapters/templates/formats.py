"""How templates write dates, numbers and lists in a language, by way of Babel."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache, partial
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, get_day_names, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_decimal

# What does not tell of a year is written by the days of this one, so that there are few of them.
LEAP_YEAR = 2000


class Formats:
    """Dates and numbers in the page's language, by way of Babel. Filters for templates.

    A language that Babel does not know is written as English; plain `en` is British in its dates.
    """

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.zone = zone
        self.locale = _locale(language)
        self.direction: str = self.locale.text_direction  # ltr or rtl
        # A mail or a page says the same few days and numbers over and over.
        self._written = lru_cache(maxsize=4096)(partial(format_date, locale=self.locale))
        self._skeleton = lru_cache(maxsize=4096)(partial(format_skeleton, locale=self.locale))
        self._number = lru_cache(maxsize=1024)(partial(format_decimal, locale=self.locale))
        self.place = get_timezone_location(zone, locale=self.locale, return_city=True)

    def day_of(self, value: date | datetime) -> date:
        """The day itself, or the local day of an instant."""
        return value.astimezone(self.zone).date() if isinstance(value, datetime) else value

    def long_date(self, value: date | datetime) -> str:
        """10 December 2021."""
        return self._first(self._written(self.day_of(value), "long"))

    def full_date(self, value: date | datetime) -> str:
        """Friday, 10 December 2021."""
        return self._first(self._written(self.day_of(value), "full"))

    def day_month(self, value: date | datetime) -> str:
        """10 December."""
        day = self.day_of(value)
        return self._first(self._skeleton("MMMMd", date(LEAP_YEAR, day.month, day.day)))

    def month_year(self, value: date | datetime | tuple[int, int]) -> str:
        """December 2021, from a day, an instant or (year, month)."""
        day = date(*value, 1) if isinstance(value, tuple) else self.day_of(value)
        return self._skeleton("yMMMM", date(day.year, day.month, 1))

    def month_name(self, value: date | datetime | tuple[int, int]) -> str:
        """December, from a day, an instant or (year, month)."""
        day = date(*value, 1) if isinstance(value, tuple) else self.day_of(value)
        return self._written(date(LEAP_YEAR, day.month, 1), "LLLL")

    def _first(self, written: str) -> str:
        """In French the first of a month is the 1er, which Babel's patterns cannot say."""
        if self.locale.language != "fr":
            return written
        return re.sub(r"(?<!\d)1 (?=\w)", "1er ", written, count=1)

    def weekday(self, value: date | datetime | int) -> str:
        """Monday, from a day, an instant or a number that counts from 0 for Monday."""
        number = value if isinstance(value, int) else self.day_of(value).weekday()
        return str(get_day_names("wide", "stand-alone", self.locale)[number])

    def number(self, value: int) -> str:
        """1,234."""
        return self._number(value)

    def listed(self, words: Iterable[str]) -> str:
        """Boats, ports and tides."""
        return format_list(list(words), locale=self.locale)


def upper_first(text: str) -> str:
    """With a capital at its beginning: months and days have none in most languages."""
    return text[:1].upper() + text[1:]


def language_name(tag: str) -> str:
    """What a language is called in itself: español."""
    locale = _locale(tag)
    return locale.get_language_name(locale.language) or tag


def safe_url(value: str | None) -> str:
    """The address if it is one of the web or of a mailbox, else ""; never a script."""
    if not value:
        return ""
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return ""
    web = parts.scheme in ("http", "https") and bool(parts.netloc)
    mailbox = parts.scheme == "mailto" and bool(parts.path)
    return parts.geturl() if web or mailbox else ""


def css_text(value: str) -> str:
    """A string of CSS with its quotes (CSS Syntax §4.3.5)."""
    line = " ".join(value.split())
    return '"' + re.sub(r'["\\]', lambda found: f"\\{ord(found[0]):x} ", line) + '"'


def clock(value: tuple[int, int]) -> str:
    """08:00, from (hour, minute)."""
    hour, minute = value
    return f"{hour:02d}:{minute:02d}"


def _locale(language: str) -> Locale:
    for tag in (language, language.split("-")[0]):
        try:
            return Locale.parse("en_GB" if tag == "en" else tag, sep="_" if tag == "en" else "-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en", "GB")
