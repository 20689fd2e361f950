"""What must be opened when, by the contract: code that shares nothing with core.schedule.

Slots are found by reading the clock on the wall of a zone, five minutes after five minutes; what
was opened is kept in sets. It is slow and simple, so that it may judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tidings.model import Cadence, Digest

STEP = timedelta(minutes=5)
DAY = timedelta(days=1)
REACH = {"day": 3, "week": 10, "2 weeks": 20, "month": 40}  # days within which there must be a slot
PERIODS = {"day": "%Y-%m-%d", "week": "%G-W%V", "2 weeks": "%G-W%V", "month": "%Y-%m"}


@dataclass
class Book:
    """What a digest has been through: its periods with the titles that each brought."""

    first_seen: datetime
    known: set[str]
    periods: dict[str, frozenset[str]] = field(default_factory=dict)
    numbers: int = 0
    last_opened: datetime | None = None


@dataclass
class ScheduleOracle:
    """The books of all digests of a site in one zone."""

    zone: ZoneInfo
    books: dict[str, Book] = field(default_factory=dict)
    _instants: dict[datetime, datetime] = field(default_factory=dict)

    def look(self, digest: Digest, titles: set[str], now: datetime, send: str) -> str | None:
        """What somebody who looks `now` must see opened: "number period titles", or nothing."""
        if digest.slug not in self.books:
            passed_over = set(titles) if digest.history == "skip" else set()
            self.books[digest.slug] = Book(now, passed_over)
        book = self.books[digest.slug]
        period = None
        if send == "now":
            period = f"manual-{book.numbers + 1}"
        elif send == "due":
            period = self._owed(digest, book, now)
        if period is None or period in book.periods:
            return None
        news = frozenset(titles - book.known)
        if news or (send == "due" and digest.cadence.every != "immediate"):
            book.periods[period] = news
        if not news:
            return None
        book.numbers += 1
        book.last_opened = now
        book.known |= news
        return f"{book.numbers} {period} {' '.join(sorted(news))}"

    def _owed(self, digest: Digest, book: Book, now: datetime) -> str | None:
        if digest.cadence.every == "immediate":
            if book.last_opened and abs((now - book.last_opened).total_seconds()) < 15 * 60:
                return None
            return f"{now.astimezone(UTC):%Y-%m-%dT%H:%M}Z"
        at, period = max(slot for slot in self.slots(digest.cadence, now) if slot[0] <= now)
        if digest.catch_up and now > at + digest.catch_up:
            return None
        seen_by_a_wrong_clock = book.first_seen > now + DAY
        return period if at >= book.first_seen or seen_by_a_wrong_clock else None

    def slots(self, cadence: Cadence, now: datetime) -> list[tuple[datetime, str]]:
        """The slots around `now`, with the periods that they are for."""
        today = now.astimezone(self.zone).date()
        reach = REACH[cadence.every]
        days = [today + timedelta(days=away) for away in range(-reach, reach + 1)]
        return [
            (self.instant(datetime.combine(day, time(*cadence.at))), _period(cadence, day))
            for day in days
            if _comes_on(cadence, day)
        ]

    def instant(self, wall: datetime) -> datetime:
        """When clocks first show `wall`; if they leap over it, as if they had not leapt."""
        if wall not in self._instants:
            at = wall.replace(tzinfo=UTC) - timedelta(hours=26)
            shown = self._shown(at)
            while shown < wall:
                before, at = at, at + STEP
                shown_before, shown = shown, self._shown(at)
            self._instants[wall] = at if shown == wall else before + (wall - shown_before)
        return self._instants[wall]

    def _shown(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(tzinfo=None)


def _comes_on(cadence: Cadence, day: date) -> bool:
    if cadence.every == "month" and cadence.day == "last":
        return (day + DAY).day == 1
    right_day = day.isoweekday() == cadence.weekday + 1
    if cadence.every == "2 weeks":
        # The same day of the week that `week_of` is in: whole fortnights lie between the two.
        first = cadence.week_of
        while first.isocalendar()[:2] == (first - DAY).isocalendar()[:2]:
            first -= DAY
        return right_day and abs(first + cadence.weekday * DAY - day).days % 14 == 0
    wanted = {"day": True, "week": right_day}
    return wanted.get(cadence.every, day.day == cadence.day)


def _period(cadence: Cadence, day: date) -> str:
    return day.strftime(PERIODS[cadence.every])
