"""The short way to values that many tests need: texts, items, topics, a shelf of items."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tidings.core.changes import ItemFactory, Occasion, decide
from tidings.core.feeds.model import NAMES, Member, combine
from tidings.core.identity import UniqueTimestamps
from tidings.core.match import distinct, match
from tidings.core.settings import Author, Mail, Site
from tidings.core.settings.values import mailbox
from tidings.core.topics import parse_term
from tidings.model import (
    Cadence,
    Changes,
    Digest,
    Item,
    ItemSummary,
    Listing,
    Revision,
    Rule,
    SeedRef,
    SourceEntry,
    Text,
    Topic,
)
from tidings.state import Transaction

SITE_ID = "news.example.org,2026"
ZONE = ZoneInfo("America/Costa_Rica")  # UTC-6 all year: noon there is 18:00Z
MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)  # 09:00 in Costa Rica, in 2026-W10
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


# --- Texts and items -----------------------------------------------------------------------------


def text(title: str, summary: str = "", on: str | date | None = None, **more: Any) -> Text:
    """A text; `on` is its day, as a date or in ISO form."""
    day = date.fromisoformat(on) if isinstance(on, str) else on
    return Text(title, summary, day, **more)


def head(of: Item) -> ItemSummary:
    """As much of an item as a link needs."""
    return ItemSummary(of.slug, of.title, of.date, of.arrived_at, of.retraction is not None)


def feed_paths(folder: str) -> tuple[str, ...]:
    """The paths of a feed in all its formats."""
    return tuple(folder + name for name in NAMES)


def listings(path: str, *texts: Text) -> tuple[Listing, ...]:
    """The entries of one reading, each on a line of its own."""
    return tuple(Listing(said, SeedRef(path, line)) for line, said in enumerate(texts, start=1))


def item(said: Text, item_id: str = "0" * 16, *, arrived_at: datetime = MONDAY) -> Item:
    """An item that was read once and never corrected."""
    noon = None
    if said.date:
        noon = datetime(said.date.year, said.date.month, said.date.day, 18, tzinfo=UTC)
    return Item(
        id=item_id,
        slug=f"slug-{item_id[:8]}",
        text=said,
        published=noon,
        arrived_at=arrived_at,
        history=(Revision(0, said, arrived_at, "seeds/a.txt"),),
    )


def sighting(
    item_id: str, said: Text, *, path: str = "a.txt", position: int | None = 0
) -> SourceEntry:
    """What a file says of an item, seen first on Monday."""
    return SourceEntry(SeedRef(path, 1), said, item_id, MONDAY, position)


@dataclass
class Shelf:
    """Matching and deciding on items in memory: what recording does, without a state. `together`
    tells the paths of a source whose newest file corrects the others."""

    zone: ZoneInfo = ZONE
    together: Callable[[str], bool] | None = None
    known: dict[str, Item] = field(default_factory=dict)
    carried: dict[str, tuple[SourceEntry, ...]] = field(default_factory=dict)

    def read(self, path: str, *texts: Text, now: datetime = MONDAY) -> Changes:
        """Read one file, and keep what it changes."""
        entries = distinct(listings(path, *texts))
        previous = self.carried.get(path, ())
        known = {item.id: item for item in self.items()}
        taken: dict[date, set[datetime]] = {}
        for each in known.values():
            if each.date and each.published:
                taken.setdefault(each.date, set()).add(each.published)
        ranks = [i.arrival_rank for i in known.values() if i.arrived_at == now and not i.date]
        moments = UniqueTimestamps(now, {each.updated for each in known.values()})
        undated = max(ranks, default=-1) + 1
        factory = ItemFactory(SITE_ID, self.zone, moments, known.keys(), taken, undated)
        ids = frozenset(known) if self.together else frozenset()
        matches = match(entries, previous, tuple(known.values()), ids)
        occasion = Occasion(together=self.together)
        changes = decide(path, matches, previous, known, factory, occasion)
        for each in (*changes.new, *changes.revised, *changes.filled):
            self.known[each.id] = replace(each, sources=())
        self.carried[path] = changes.sightings
        return changes

    def items(self) -> tuple[Item, ...]:
        """Everything on the shelf, each with what its sources say."""
        said: dict[str, list[SourceEntry]] = {}
        for seen in self.carried.values():
            for each in seen:
                said.setdefault(each.item_id, []).append(each)
        return tuple(
            replace(each, sources=tuple(said.get(each.id, ()))) for each in self.known.values()
        )

    @property
    def only(self) -> Item:
        """The one item there is."""
        (single,) = self.known.values()
        return single

    def titled(self, title: str) -> Item:
        """The one item with that title."""
        (single,) = (each for each in self.known.values() if each.title == title)
        return single


# --- Configuration -------------------------------------------------------------------------------


def topic(slug: str, *terms: str, about: str = "") -> Topic:
    """A topic whose rule is `any` of these terms; without any, the slug itself."""
    rule = Rule(any=tuple(parse_term(term) for term in terms or (slug,)))
    return Topic(slug, slug.capitalize(), about, rule)


def digest(slug: str = "weekly", *, topics: tuple[str, ...] | None = None, **more: Any) -> Digest:
    """A digest that comes on Mondays at 08:00 to the list `staff`."""
    made = Digest(
        slug=slug,
        title="Harbour weekly",
        topics=topics,
        cadence=Cadence("week", 0, (8, 0)),
        lists=("staff",),
        history="mail",
        max_items=40,
        language="en",
        template="digest",
    )
    return replace(made, **more)


SITE = Site(
    id=SITE_ID,
    url="https://news.example.org/",
    title="Harbour news",
    about="All that floats",
    language="en",
    time_zone=ZONE.key,
    author=Author(name="News desk", email="desk@news.example.org"),
)


def record_changes(state: Transaction, path: str, changes: Changes, run: int) -> None:
    """Save what changed, and what a path says as it stands."""
    state.items.amend(changes, run)
    state.items.save_entries({path: changes.sightings})


def mail_from(name: str, address: str = "digest@news.example", **more: object) -> Mail:
    """Settings of mail with that sender."""
    return Mail.model_validate({"from": mailbox(name, address), **more})


def select(
    members: Iterable[Member], *, first_run: int, limit: int, maximum: int
) -> tuple[tuple[str, ...], int]:
    """What a feed of these members holds, by a look at every one."""
    ordered = sorted(members, key=lambda member: member.order)
    runs = sorted((m.changed_run for m in ordered if m.changed_run > first_run), reverse=True)
    since = runs[limit - 1] if len(runs) >= limit else first_run + 1
    changed = [member for member in ordered if member.changed_run >= since]
    return combine(
        ordered[:limit], changed[:maximum], since=since, total=len(changed), maximum=maximum
    )
