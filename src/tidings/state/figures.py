"""How many joined and left a digest and got mail: counted as it happens, without naming anybody.

What people decide and who is on lists is kept as it is now, not as it was, so each coming and going
is noted when it comes about. Nothing here says who it was: erasing somebody changes no number.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, and_, exists, func, insert, literal, select

from tidings.model import DeliveryState, RecipientState
from tidings.state import rows
from tidings.state.columns import Instant, written
from tidings.state.schema import (
    choices,
    deliveries,
    editions,
    items,
    memberships,
    notes,
    owed_items,
    people,
    reader_events,
    subscriptions,
)

# The note that says of which times nothing is known, as JSON.
NOT_COUNTED = "not counted"
Event = Literal["joined", "left", "bounced"]
_CHOSEN = (RecipientState.ACTIVE, RecipientState.PAUSED)


@dataclass(frozen=True, slots=True)
class Readership:
    """What decides whether somebody is a reader of a digest: what they chose of it, whether they
    joined by themselves, whether a list has them, and whether they left all digests."""

    chosen: str | None = None
    joined: bool = False
    listed: bool = False
    gone: bool = False
    topics: str | None = None

    @property
    def reads(self) -> bool:
        """Whether they are a reader, paused or not."""
        if self.chosen == RecipientState.LEFT:
            return False
        return (self.joined or self.listed) and (self.chosen in _CHOSEN or not self.gone)


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something came about at one instant: of a digest, for readers of these topics (None
    for all), or of mail with these items."""

    kind: str
    digest: str
    at: datetime
    number: int
    topics: str | None = None
    owed_set: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which the state does not know "all", or only who joined and left ("readers").

    `begin` is None for the beginning, `end` for the first run that the state knows of.
    """

    what: Literal["all", "readers"]
    begin: datetime | None
    end: datetime | None


class Figures:
    """What is counted of readers and of mail."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # --- As it happens ----------------------------------------------------------------------------

    def standing(self, digest: str, keys: Collection[str]) -> dict[str, Readership]:
        """How these people stand to a digest."""
        found: dict[str, Readership] = {}
        for portion in rows.chunks(keys):
            chose, on, mark = (
                {row.address_key: row for row in self._db.execute(query)}
                for query in (
                    select(choices).where(
                        choices.c.digest == digest, choices.c.address_key.in_(portion)
                    ),
                    select(subscriptions).where(
                        subscriptions.c.digest == digest,
                        subscriptions.c.address_key.in_(portion),
                        subscriptions.c.off == 0,
                    ),
                    select(people).where(
                        people.c.address_key.in_(portion), people.c.state == RecipientState.LEFT
                    ),
                )
            )
            for key in portion:
                own, there = chose.get(key), on.get(key)
                found[key] = Readership(
                    chosen=own.state if own else None,
                    joined=bool(own and own.joined),
                    listed=there is not None,
                    gone=key in mark,
                    topics=_topics(own, there),
                )
        return found

    def digests_of(self, key: str) -> Sequence[str]:
        """The digests that somebody has anything to do with."""
        here = (select(t.c.digest).where(t.c.address_key == key) for t in (choices, subscriptions))
        return sorted({digest for query in here for digest in self._db.scalars(query)})

    def moved(
        self,
        digest: str,
        before: Mapping[str, Readership],
        after: Mapping[str, Readership],
        at: datetime,
    ) -> None:
        """Note who became a reader of a digest between two looks, and who is none any more."""
        values = []
        for key, now in after.items():
            was = before.get(key, Readership())
            if was.reads is not now.reads:
                kind: Event = "joined" if now.reads else "left"
                topics = now.topics if now.reads else was.topics
                values.append({"kind": kind, "digest": digest, "at": at, "topics": topics})
        if values:
            self._db.execute(insert(reader_events), values)

    def joined(self, digest: str, topics: Sequence[str | None], at: datetime) -> None:
        """Note that so many became readers of a digest, each with the topics that they want."""
        joined: Event = "joined"
        values = [(joined, digest, written(at), each) for each in topics]
        rows.pour(self._db, reader_events, values, ("kind", "digest", "at", "topics"))

    def bounced(self, delivery_id: int, at: datetime) -> None:
        """Note that a message came back, or was refused since nobody has such a mailbox."""
        known = exists().where(reader_events.c.delivery_id == delivery_id)
        columns = ["kind", "digest", "at", "delivery_id"]
        event = (
            select(literal("bounced"), editions.c.digest, literal(at, Instant()), deliveries.c.id)
            .join(deliveries, deliveries.c.edition_id == editions.c.id)
            .where(deliveries.c.id == delivery_id, ~known)
        )
        self._db.execute(insert(reader_events).from_select(columns, event))

    # --- Afterwards -------------------------------------------------------------------------------

    def gaps(self) -> Sequence[Gap]:
        """The times of which nothing is known."""
        value = self._db.scalar(select(notes.c.value).where(notes.c.name == NOT_COUNTED))
        return [
            Gap(what, *(None if at is None else datetime.fromisoformat(at) for at in times))
            for what, *times in json.loads(value or "[]")
        ]

    def note_gap(self, begin: datetime | None, end: datetime | None) -> None:
        """Note that nothing is known from `begin` (None: the beginning) to `end` (None: the first
        run that this state knows of)."""
        times = [at.isoformat() if at else None for at in (begin, end)]
        known = self._db.scalar(select(notes.c.value).where(notes.c.name == NOT_COUNTED))
        value = json.dumps([*json.loads(known or "[]"), ["all", *times]])
        self._db.execute(rows.upsert(notes), {"name": NOT_COUNTED, "value": value})

    def events(self, begin: datetime, end: datetime) -> Sequence[Counted]:
        """Who joined and left, and what bounced, from `begin` until before `end`."""
        e = reader_events.c
        query = (
            select(e.kind, e.digest, e.at, e.topics, deliveries.c.owed_set, func.count().label("n"))
            .select_from(reader_events.outerjoin(deliveries, deliveries.c.id == e.delivery_id))
            .where(e.at >= begin, e.at < end)
            .group_by(e.kind, e.digest, e.at, e.topics, deliveries.c.owed_set)
        )
        return [
            Counted(row.kind, row.digest, row.at, row.n, row.topics, row.owed_set)
            for row in self._db.execute(query)
        ]

    def sent(self, begin: datetime, end: datetime) -> Sequence[Counted]:
        """The messages that were handed over, from `begin` until before `end`, by their Date."""
        d = deliveries.c
        at = func.coalesce(d.dated_at, d.changed_at, type_=d.changed_at.type)
        query = (
            select(editions.c.digest, at.label("at"), d.owed_set, func.count().label("n"))
            .join(editions, editions.c.id == d.edition_id)
            .where(d.state == DeliveryState.SENT, at >= begin, at < end)
            .group_by(editions.c.digest, at, d.owed_set)
        )
        return [
            Counted("sent", row.digest, row.at, row.n, owed_set=row.owed_set)
            for row in self._db.execute(query)
        ]

    def opened(self, begin: datetime, end: datetime) -> Sequence[Counted]:
        """The editions that were opened, from `begin` until before `end`."""
        here = and_(editions.c.opened_at >= begin, editions.c.opened_at < end)
        query = select(editions.c.digest, editions.c.opened_at).where(
            here, editions.c.number.is_not(None)
        )
        return [Counted("editions", r.digest, r.opened_at, 1) for r in self._db.execute(query)]

    def topics_of(self, owed_sets: Iterable[int]) -> Mapping[int, frozenset[str]]:
        """The topics of the items that messages brought, also of items that are another's now."""
        found: dict[int, set[str]] = {}
        item = func.coalesce(items.c.merged_into, items.c.id)
        for portion in rows.chunks(owed_sets):
            query = (
                select(owed_items.c.owed_set, memberships.c.topic)
                .join(items, items.c.id == owed_items.c.item_id)
                .join(memberships, memberships.c.item_id == item)
                .where(owed_items.c.owed_set.in_(portion), owed_items.c.printed == 1)
                .distinct()
            )
            for row in self._db.execute(query):
                found.setdefault(row.owed_set, set()).add(row.topic)
        return {owed_set: frozenset(topics) for owed_set, topics in found.items()}


def _topics(own: Any, there: Any) -> str | None:
    """The topics that somebody wants: by choice, else as a list says; None for all."""
    for row in (own, there):
        if row is not None and row.topics is not None:
            return None if row.topics == "*" else str(row.topics)
    return None
