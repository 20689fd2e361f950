"""Items as pages show them: one by one, under their days, under their years. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from tidings.core.corrections import Correction, corrections
from tidings.core.snippets import Phrase
from tidings.model import Item

# An item that comes in so long after its day is late.
LATE = timedelta(days=14)
# What comes in so soon after a site began is what it began with.
BEGINNING = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Head:
    """As much of an item as a link to it needs."""

    slug: str
    title: str
    date: date | None
    arrived_at: datetime
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an item's page. `day` is None for undated ones: say `first_seen` then."""

    title: str
    path: str
    day: date | None
    first_seen: date
    retracted: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """A topic of an item: where its page is, and because of which phrases."""

    title: str
    path: str
    because: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as pages show it. `day` is None for undated ones: say `first_seen` then.

    `late`: it came in well after its day, which is why old news is among the new. A retracted item
    has a `retraction` and nothing of its text but the title. Corrections come newest first.
    """

    title: str
    path: str
    day: date | None
    first_seen: date
    summary: str = ""
    url: str | None = None
    topics: tuple[Membership, ...] = ()
    corrections: tuple[Correction, ...] = ()
    retraction: str | None = None
    retracted_on: date | None = None
    late: bool = False

    @property
    def retracted(self) -> bool:
        """Whether it was withdrawn."""
        return self.retracted_on is not None


@dataclass(frozen=True, slots=True)
class Day:
    """Neighbouring entries of one day: dated, or undated and first seen on it."""

    day: date | None
    first_seen: date
    year_shown: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """What is of one month (1 to 12) of a year, or (None) without a date: how many items, and all
    of them, or the `path` of the page where they are listed."""

    month: int | None
    total: int
    path: str = ""
    entries: tuple[Link, ...] = ()


def item_path(item: Item | Head) -> str:
    """Where the page of an item is published."""
    return path_of(item.slug)


def path_of(slug: str) -> str:
    """Where the page of the item with this slug is published."""
    return f"items/{slug}.html"


def is_late(item: Item, zone: ZoneInfo, began: datetime | None) -> bool:
    """Whether an item came in long after its day, other than with what its site `began` with."""
    if began is None or item.date is None or item.arrived_at < began + BEGINNING:
        return False
    return item.arrived_at.astimezone(zone).date() - item.date > LATE


def link_of(head: Head, zone: ZoneInfo) -> Link:
    """A link to an item. `zone` says on which day it was first seen."""
    first_seen = head.arrived_at.astimezone(zone).date()
    return Link(head.title, item_path(head), head.date, first_seen, head.retracted)


def entry_of(
    item: Item, topics: tuple[Membership, ...], zone: ZoneInfo, began: datetime | None = None
) -> Entry:
    """An item as pages show it. `zone` says on which day it was first seen, corrected, retracted;
    `began`, when its site did, says whether it is late.

    Of a retracted item the title and the reason are left.
    """
    first_seen = item.arrived_at.astimezone(zone).date()
    late = is_late(item, zone, began)
    if item.retraction:
        return Entry(
            title=item.title,
            path=item_path(item),
            day=item.date,
            first_seen=first_seen,
            retraction=item.retraction.reason,
            retracted_on=item.retraction.at.astimezone(zone).date(),
            late=late,
        )
    return Entry(
        title=item.title,
        path=item_path(item),
        day=item.date,
        first_seen=first_seen,
        summary=item.summary,
        url=item.text.url,
        topics=topics,
        corrections=corrections(item.history, zone),
        late=late,
    )


def by_day(entries: Iterable[Entry]) -> tuple[Day, ...]:
    """Entries under their days; a day names its year when that is not the year just named."""
    days: list[Day] = []
    named: int | None = None
    for key, group in groupby(entries, key=lambda e: (e.day, None if e.day else e.first_seen)):
        together = tuple(group)
        year = (key[0] or together[0].first_seen).year
        days.append(Day(key[0], together[0].first_seen, year != named, together))
        named = year
    return tuple(days)


def by_month(links: Iterable[Link]) -> tuple[Month, ...]:
    """Links under their months, in the order in which they come; undated ones together."""
    months: dict[int | None, list[Link]] = {}
    for link in links:
        months.setdefault(link.day.month if link.day else None, []).append(link)
    return tuple(
        Month(month, len(members), entries=tuple(members)) for month, members in months.items()
    )
