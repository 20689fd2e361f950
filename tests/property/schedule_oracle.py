"""What must be opened when, by the contract: code that shares nothing with core.schedule.

Slots are found by reading the clock on the wall of a zone, five minutes after five minutes; what
was opened is kept in sets. It is slow and simple, so that it may judge.
"""

from __future__ import annotations

from calendar import monthcalendar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tidings.model import Cadence, Digest

STEP = timedelta(minutes=5)
DAY = timedelta(days=1)
REACH = {"day": 3, "week": 10, "2 weeks": 20, "month": 40}  # days within which there must be a slot
PERIODS = {"day": "%Y-%m-%d", "week": "%G-W%V", "2 weeks": "%G-W%V", "month": "%Y-%m"}


@dataclass(frozen=True)
class Had:
    """A slot that a digest had: the day it was for, its instant, and when somebody saw to it."""

    day: date
    at: datetime
    seen_to: datetime
    at_once: bool


@dataclass
class Book:
    """What a digest has been through: its periods with the titles that each brought."""

    first_seen: datetime
    known: set[str]
    periods: dict[str, frozenset[str]] = field(default_factory=dict)
    had: list[Had] = field(default_factory=list)
    numbers: int = 0
    last_opened: datetime | None = None


@dataclass
class ScheduleOracle:
    """The books of all digests of a site in one zone."""

    zone: ZoneInfo
    books: dict[str, Book] = field(default_factory=dict)
    _instants: dict[tuple[str, datetime], datetime] = field(default_factory=dict)

    def look(self, digest: Digest, titles: set[str], now: datetime, send: str) -> str | None:
        """What somebody who looks `now` must see opened: "number period titles", or nothing."""
        if digest.slug not in self.books:
            passed_over = set(titles) if digest.history == "skip" else set()
            self.books[digest.slug] = Book(now, passed_over)
        book = self.books[digest.slug]
        period, had = None, None
        if send == "now":
            period = f"manual-{book.numbers + 1}"
        elif send == "due" and (owed := self._owed(digest, book, now)):
            period, had = owed
        if period is None or period in book.periods:
            return None
        news = frozenset(titles - book.known)
        if news or (send == "due" and digest.cadence.every != "immediate"):
            book.periods[period] = news
            book.had += [had] if had else []
        if not news:
            return None
        book.numbers += 1
        book.last_opened = now
        book.known |= news
        return f"{book.numbers} {period} {' '.join(sorted(news))}"

    def _owed(self, digest: Digest, book: Book, now: datetime) -> tuple[str, Had] | None:
        if digest.cadence.every == "immediate":
            return self._owed_at_once(digest, book, now)
        slots = self.slots(digest.cadence, now)
        at, day = max((at, day) for at, _, day in slots if at <= now)
        if digest.catch_up and now > at + digest.catch_up:
            return None
        seen_by_a_wrong_clock = book.first_seen > now + DAY
        if at < book.first_seen and not seen_by_a_wrong_clock:
            return None
        for had in book.had:
            here = had.at.astimezone(self.zone).date()
            brought_near = here == day and abs((at - had.at).total_seconds()) < 12 * 3600
            made_up_for = at <= had.seen_to <= now
            if had.day == day or made_up_for or (brought_near and not had.at_once):
                return None
        return _period(digest.cadence, day), Had(day, at, now, at_once=False)

    def _owed_at_once(self, digest: Digest, book: Book, now: datetime) -> tuple[str, Had] | None:
        today = now.astimezone(self.zone).date()
        if book.last_opened and abs((now - book.last_opened).total_seconds()) < 15 * 60:
            return None
        if today in digest.cadence.but:
            return None
        if any(had.day == today and not had.at_once for had in book.had):
            return None
        minute = now.astimezone(UTC).replace(second=0)
        return f"{minute:%Y-%m-%dT%H:%M}Z", Had(today, minute, now, at_once=True)

    def slots(self, cadence: Cadence, now: datetime) -> list[tuple[datetime, str, date]]:
        """The slots around `now`, with the periods and days that they are for."""
        today = now.astimezone(self.zone).date()
        reach = REACH[cadence.every] * (1 + len(cadence.but))
        days = [today + timedelta(days=away) for away in range(-reach, reach + 1)]
        return [
            (
                self.instant(datetime.combine(day, time(*cadence.at))),
                _period(cadence, day),
                day,
            )
            for day in days
            if comes_on(cadence, day)
        ]

    def instant(self, wall: datetime) -> datetime:
        """When clocks first show `wall`; if they leap over it, as if they had not leapt."""
        key = self.zone.key, wall
        if key not in self._instants:
            at = wall.replace(tzinfo=UTC) - timedelta(hours=26)
            shown = self._shown(at)
            while shown < wall:
                before, at = at, at + STEP
                shown_before, shown = shown, self._shown(at)
            self._instants[key] = at if shown == wall else before + (wall - shown_before)
        return self._instants[key]

    def _shown(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(tzinfo=None)


def comes_on(cadence: Cadence, day: date) -> bool:
    """Whether it comes on a day, as a calendar on the wall tells it."""
    if day in cadence.but:
        return False
    if cadence.every == "month":
        return day.day == _day_of_month(cadence, day)
    right_day = day.isoweekday() - 1 in (cadence.weekday, *cadence.also)
    if cadence.every == "2 weeks":
        # In a week that is whole fortnights away from the one that `week_of` is in.
        return right_day and abs(_monday(cadence.week_of) - _monday(day)).days % 14 == 0
    return right_day or cadence.every == "day"


def _monday(day: date) -> date:
    while day.isoweekday() != 1:
        day -= DAY
    return day


def _day_of_month(cadence: Cadence, day: date) -> int:
    weeks = monthcalendar(day.year, day.month)
    if cadence.nth:
        column = [week[cadence.weekday] for week in weeks if week[cadence.weekday]]
        return column[cadence.nth - 1 if cadence.nth > 0 else -1]
    numbers = [number for week in weeks for number in week if number]
    most = 31 if cadence.day == "last" else cadence.day
    return max(number for number in numbers if number <= most)


def _period(cadence: Cadence, day: date) -> str:
    if cadence.every in ("week", "2 weeks") and cadence.also:
        return day.isoformat()
    return day.strftime(PERIODS[cadence.every])
