"""Up to where nothing of a digest is owed to somebody any more, so that an opening need not go
through all that they ever had.

Triggers of the database drop what is noted when a delivery counts otherwise, something is announced
late, an item is merged or told in another language, or an address changes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, Connection, Index, Integer, String, Table, delete, func, select

from tidings.state import rows
from tidings.state.schema import (
    announcements,
    editions,
    items,
    memberships,
    metadata,
    owed_items,
    topics,
)

cleared = Table(
    "cleared",
    metadata,
    Column("digest", String, primary_key=True),
    Column("address_key", String, primary_key=True),
    Column("before_edition", Integer, nullable=False),
    Column("run", Integer, nullable=False),
    Column("choices", String, nullable=False),
    Index("cleared_by_address", "address_key"),
    Index("cleared_by_edition", "digest", "before_edition"),
)


class Clearance(NamedTuple):
    """Of editions `before` this one nothing was owed, as of a `run`, by `choices`."""

    before: int
    run: int
    choices: str


class Cleared:
    """Up to where nothing of a digest is owed to somebody any more, and what decides that."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def note(self, digest: str, found: Mapping[str, Clearance]) -> None:
        """Note this of these people, in the place of what was noted."""
        values = [(digest, key, *each) for key, each in found.items()]
        rows.pour(self._db, cleared, values, replacing=True)

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
