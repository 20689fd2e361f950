"""A newsroom: a site on a real state, whose clock, worker and listings are moved by hand.

Whatever it opens is compared with what the oracle says must be opened.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import text

from tests.builders import SITE
from tests.desk import services
from tests.property.schedule_oracle import ScheduleOracle
from tidings.application.announce import Opened, Send, announce
from tidings.application.record import Recording, record
from tidings.core.listings import Reading
from tidings.core.schedule import is_steady
from tidings.core.settings import Settings
from tidings.model import (
    NONE,
    Cadence,
    Digest,
    Listing,
    ReadError,
    Scan,
    SeedRef,
    SeedStat,
    SeedText,
    Text,
)
from tidings.state import Store, open_store

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY = timedelta(days=1)
FAR = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
WEEKLY = Cadence("week", 0, (8, 0))
DAILY = Cadence("day", at=(7, 30))
NOW = Cadence("immediate")
FORTNIGHTLY = Cadence("2 weeks", 3, (9, 0), week_of=date(2026, 11, 25))
TWICE_A_WEEK = Cadence("week", 0, (8, 0), also=(3,))
# One of each kind, with the days that do not count.
CADENCES = (
    NOW,
    DAILY,
    replace(DAILY, but=frozenset({date(2026, 10, 26), date(2026, 4, 24)})),
    WEEKLY,
    TWICE_A_WEEK,
    FORTNIGHTLY,
    Cadence("2 weeks", 1, (9, 0), also=(4, 6)),
    Cadence("month", at=(6, 0), day=15),
    Cadence("month", at=(6, 0), day=31),
    Cadence("month", at=(6, 0), day="last"),
    Cadence("month", 0, (6, 0), nth=1),
    Cadence("month", 4, (6, 0), nth=-1),
)


def site(hour: int, minute: int) -> tuple[Digest, ...]:
    """Digests of all cadences, those that can at an hour that the zone skips or repeats."""
    at = (hour, minute)
    return (
        digest("at-once", NOW),
        digest("daily", Cadence("day", at=at)),
        digest("prompt", Cadence("day", at=(20, 0)), catch_up=2 * HOUR),
        digest("weekly", WEEKLY, history="skip"),
        digest("sunday", Cadence("week", 6, at)),
        digest("fortnightly", Cadence("2 weeks", 2, at)),
        digest("monthly", Cadence("month", at=at, day="last")),
        digest("twice", Cadence("week", 2, at, also=(6,))),
        digest("second-friday", Cadence("month", 4, at, nth=2)),
    )


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def digest(slug: str, cadence: Cadence, history: str = "mail", **more: timedelta) -> Digest:
    made = Digest(slug, slug.title(), None, cadence, ("staff",), "mail", 40, "en", "digest")
    return replace(made, history=history, **more)  # type: ignore[arg-type]


class Arrivals:
    """A seed box in memory: a file for each arrival, a title on each line."""

    def __init__(self) -> None:
        self._files: list[SeedText] = []

    def put(self, titles: list[str]) -> None:
        stat = SeedStat(f"{len(self._files)}.txt", 1, 1, 1, len(self._files))
        self._files.append(SeedText(stat.path, stat, "\n".join(titles), ""))

    def scan(self, known: Mapping[str, SeedStat] = NONE) -> Scan:
        looks = {seed.path: seed.stat for seed in self._files}
        return Scan(looks.keys(), {p: look for p, look in looks.items() if known.get(p) != look})

    def read(self, path: str) -> SeedText | ReadError:
        return next(seed for seed in self._files if seed.path == path)


def titles_only(written: str, path: str) -> Reading:
    entries = [
        Listing(Text(title), SeedRef(path, line))
        for line, title in enumerate(written.splitlines(), start=1)
    ]
    return Reading(tuple(entries), (), "titles", 1.0)


def settings(zone: ZoneInfo, *digests: Digest) -> Settings:
    place = SITE.model_copy(update={"time_zone": zone.key})
    return Settings(site=place, digests=digests, lists={"staff": ()})


class Newsroom:
    """A site whose clock, worker and listings are moved by hand, under the oracle's eye."""

    def __init__(self, root: Path, zone: ZoneInfo, now: datetime, *digests: Digest) -> None:
        self.zone, self.now = zone, now
        self.digests = list(digests)
        self.oracle = ScheduleOracle(zone)
        self.log: list[str] = []
        self.path = root / "state.db"
        self._store = open_store(self.path)
        self._seeds = Arrivals()
        self._titles: list[str] = []
        self._unread = True
        self._last_tick: datetime | None = None
        self._astray = False

    def arrive(self, number: int = 1) -> None:
        """So many new items come in."""
        titles = [f"Title{len(self._titles) + more}" for more in range(number)]
        self._titles += titles
        self._seeds.put(titles)
        self._unread = True

    def edit(self, index: int, hour: int) -> None:
        """Somebody has a digest come at another hour."""
        edited = replace(self.digests[index].cadence, at=(hour, 30))
        self.digests[index] = replace(self.digests[index], cadence=edited)

    def change(self, index: int, cadence: Cadence) -> None:
        """Somebody gives a digest another cadence."""
        self.digests[index] = replace(self.digests[index], cadence=cadence, catch_up=None)

    def move(self, zone: ZoneInfo) -> None:
        """Somebody gives the site another time zone."""
        self.zone = self.oracle.zone = zone

    def add(self, cadence: Cadence) -> None:
        """Somebody adds a digest, until there are two more."""
        if len(self.digests) < 11:
            self.digests.append(digest(f"late-{len(self.digests)}", cadence))

    def restart(self) -> None:
        """The process ends and another begins."""
        self._store.close()
        self._store = open_store(self.path)
        self._last_tick = None

    def tick(self) -> list[str]:
        """The worker looks at the clock, and at what is due."""
        steady = is_steady(self._last_tick, self.now)
        must_be = self._last_tick is not None and self._last_tick - self.now <= 5 * MINUTE
        assert steady == must_be
        self._last_tick = self.now
        return self.look("due" if steady else "none")

    def look(self, send: Send = "due") -> list[str]:
        """A cycle, as `run --send` has it; the oracle says what must come of it."""
        joined = services(settings(self.zone, *self.digests), self._store)
        if self._unread:
            how = Recording("news.example.org,2026", self.zone, titles_only)
            record(self._store, self._seeds, joined.classifier, how, self.now)
            self._unread = False
        found = [announce(joined, each, send, self.now) for each in self.digests]
        opened = [told(self._store, each) for each in found if each]
        expected = []
        for each in self.digests:
            edition = self.oracle.look(each, set(self._titles), self.now, send)
            expected += [f"{each.slug} {edition}"] if edition else []
        self.log += [f"{self.now:%Y-%m-%dT%H:%M:%SZ} {line}" for line in opened]
        self._astray = opened != expected
        assert opened == expected, "\n".join([f"at {self.now}, send {send}, after", *self.log])
        return opened

    def close(self) -> None:
        """Send what is left, and compare the state as a whole with the oracle."""
        if self._astray:
            self._store.close()
            return  # told already
        self.look("now")
        self._store.close()
        books = self.oracle.books
        with sqlite3.connect(self.path) as state:
            slots = state.execute("SELECT digest, period FROM editions").fetchall()
            announced = state.execute("SELECT digest, item_id FROM announcements").fetchall()
        state.close()
        periods = [(slug, period) for slug, book in books.items() for period in book.periods]
        assert sorted(slots) == sorted(periods)
        assert len(set(announced)) == len(announced) == len(books) * len(self._titles)


def told(store: Store, opened: Opened) -> str:
    edition = opened.edition
    query = text("SELECT item_id FROM announcements WHERE edition_id = :edition")
    with store.reading() as state:
        here = list(state._db.scalars(query, {"edition": edition.id}))
        titles = sorted(item.title for item in state.items.get(here).values())
    assert opened.items == len(titles)
    return f"{edition.digest} {edition.number} {edition.period} {' '.join(titles)}"
