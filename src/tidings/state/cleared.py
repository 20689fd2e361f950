"""Up to where nothing of a digest is owed to somebody any more, so that opening an edition does not
go through years of editions.

A row says: of what was announced before that edition nothing was owed to them, as of that run and
by those choices. It holds until something of that changes. Triggers drop rows when a delivery of an
older edition counts as had, or does so no more, when an announcement comes or goes late, when items
are merged and when addresses change; of items that changed, or joined a topic, since that run the
whole past is looked at anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from tidings.state import rows
from tidings.state.schema import (
    announcements,
    cleared,
    editions,
    items,
    memberships,
    owed_items,
    topics,
)


class Clearance(NamedTuple):
    """Of editions `before` this one nothing was owed, as of a `run`, by `choices`."""

    before: int
    run: int
    choices: str


class Cleared:
    """Up to where nothing of a digest is owed to somebody any more."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def of(self, digest: str) -> Mapping[str, Clearance]:
        """What is noted of a digest, by address key."""
        c = cleared.c
        query = select(c.address_key, c.before_edition, c.run, c.choices).where(c.digest == digest)
        return {key: Clearance(*noted) for key, *noted in self._db.execute(query).all()}

    def note(self, digest: str, found: Mapping[str, Clearance]) -> None:
        """Note this of these people, in the place of what was noted."""
        if found:
            values = [
                {
                    "digest": digest,
                    "address_key": key,
                    "before_edition": each.before,
                    "run": each.run,
                    "choices": each.choices,
                }
                for key, each in found.items()
            ]
            self._db.execute(rows.upsert(cleared), values)

    def drop(self) -> None:
        """Forget all of it: the next edition of each digest looks at everything."""
        self._db.execute(delete(cleared))

    def recent(self, digest: str, edition_id: int, count: int) -> Set[int]:
        """The ids of an edition and of those of the same digest before it, so many in all."""
        query = select(editions.c.id).where(
            editions.c.digest == digest,
            editions.c.id <= edition_id,
            editions.c.number.is_not(None),
        )
        return set(self._db.scalars(query.order_by(editions.c.number.desc()).limit(count)))

    def first_since(self, digest: str, since: datetime) -> int:
        """The id of the first of a digest's editions that were opened then or later; 0 if there is
        none. A clock may have been ahead: ids tell which came first."""
        query = select(func.min(editions.c.id)).where(
            editions.c.digest == digest, editions.c.opened_at >= since
        )
        return self._db.scalar(query) or 0

    def unsettled(self, digest: str, before: int, run: int | None) -> Collection[str]:
        """The items of which a digest may owe something to whom nothing was owed `before` an
        edition, as of a `run`: announced in it or later, changed since, or in a topic since; (None)
        only the first."""
        later = select(editions.c.id).where(editions.c.id >= before, editions.c.digest == digest)
        announced = select(announcements.c.item_id).where(announcements.c.edition_id.in_(later))
        found = set(self._db.scalars(announced))
        if run is None:
            return found
        touched = select(items.c.id).where(items.c.touched_run >= run)
        joined = select(memberships.c.item_id).where(
            memberships.c.topic.in_(select(topics.c.slug)), memberships.c.changed_run >= run
        )
        return found | set(self._db.scalars(touched)) | set(self._db.scalars(joined))

    def sets_with(
        self, item_ids: Collection[str], merged: Mapping[str, tuple[str, int]]
    ) -> Set[int]:
        """The owed sets that have any of these items, or one that was `merged` into any, directly
        or not."""
        wanted = set(item_ids)
        for item_id in merged:
            passed, at = {item_id}, item_id
            while at in merged:
                at = merged[at][0]
                passed |= {at}
            if not wanted.isdisjoint(passed):
                wanted |= passed
        found = set[int]()
        for portion in rows.chunks(sorted(wanted)):
            query = select(owed_items.c.owed_set).where(owed_items.c.item_id.in_(portion))
            found.update(self._db.scalars(query.distinct()))
        return found
