"""The ledger: one row per edition and recipient, and who is sending it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from tidings.model import Delivery, DeliveryState, Owed, OwedSet
from tidings.state import rows
from tidings.state.schema import (
    deliveries,
    editions,
    items,
    owed_items,
    owed_sets,
    subscriptions,
)

OPEN = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.SENDING)
# A row found "sending" may have reached its recipient: it counts as had until it is settled.
HAD = (DeliveryState.SENT, DeliveryState.IN_DOUBT, DeliveryState.SENDING)


def put_off(at: datetime) -> ColumnElement[bool]:
    """Which deliveries wait for their next attempt. Those that were put off later than `at` were so
    while the clock was ahead: their time lies as far ahead, and is not waited for."""
    return and_(
        deliveries.c.state == DeliveryState.DEFERRED,
        deliveries.c.next_attempt_at.is_not(None),
        deliveries.c.next_attempt_at > at,
        deliveries.c.changed_at <= at,
    )


def delivery_of(row: Row[Any]) -> Delivery:
    """A delivery from its row."""
    return Delivery(
        id=row.id,
        edition_id=row.edition_id,
        address=row.address,
        name=row.name,
        language=row.language,
        owed_set=row.owed_set,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        message_id=row.message_id,
        detail=row.detail,
        crashes=row.crashes,
        held=bool(row.held),
    )


class Deliveries:
    """The ledger: one row per edition and recipient."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def subscribed(self, digest: str, keys: Collection[str], at: datetime) -> dict[str, datetime]:
        """Since when each address is known to the digest; those met for the first time: `at`."""
        known = {
            row.address_key: row.first_seen_at
            for row in self._db.execute(
                select(subscriptions).where(subscriptions.c.digest == digest)
            )
        }
        new = [key for key in keys if key not in known]
        if new:
            self._db.execute(
                insert(subscriptions),
                [{"digest": digest, "address_key": key, "first_seen_at": at} for key in new],
            )
        return {key: known.get(key, at) for key in keys}

    def had(self, digest: str) -> dict[str, tuple[int, ...]]:
        """By address key: the owed sets that somebody got of a digest, or may have got."""
        query = (
            select(deliveries.c.address_key, deliveries.c.owed_set)
            .join(editions, editions.c.id == deliveries.c.edition_id)
            .where(
                editions.c.digest == digest,
                deliveries.c.state.in_(HAD),
                deliveries.c.owed_set.is_not(None),
            )
            .order_by(deliveries.c.owed_set)
        )
        found: dict[str, list[int]] = defaultdict(list)
        for row in self._db.execute(query):
            found[row.address_key].append(row.owed_set)
        return {key: tuple(sets) for key, sets in found.items()}

    def contents(self, sets: Collection[int]) -> dict[str, int]:
        """The newest revision of each item in these owed sets.

        Whoever had an item that was merged since has had the item that it leads to.
        """
        newest: dict[str, int] = {}
        for portion in rows.chunks(sets):
            query = (
                select(owed_items.c.item_id, func.max(owed_items.c.revision).label("revision"))
                .where(owed_items.c.owed_set.in_(portion))
                .group_by(owed_items.c.item_id)
            )
            for row in self._db.execute(query):
                newest[row.item_id] = max(row.revision, newest.get(row.item_id, 0))
        merged = self._merged()
        for item_id in list(newest):
            at = item_id
            while at in merged:
                at, revision = merged[at]
                newest[at] = max(revision, newest.get(at, 0))
        return newest

    def _merged(self) -> Mapping[str, tuple[str, int]]:
        """What was merged: into which item, and which revision of that counts as had."""
        query = select(items.c.id, items.c.merged_into, items.c.merged_revision).where(
            items.c.merged_into.is_not(None)
        )
        return {
            row.id: (row.merged_into, row.merged_revision or 0) for row in self._db.execute(query)
        }

    def supersede(self, digest: str, at: datetime) -> int:
        """Close what still waits of the digest's older editions: it moves into the new one."""
        waiting = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
        of_digest = select(editions.c.id).where(editions.c.digest == digest)
        return self._db.execute(
            update(deliveries)
            .where(deliveries.c.edition_id.in_(of_digest), deliveries.c.state.in_(waiting))
            .values(state=DeliveryState.SUPERSEDED, changed_at=at)
        ).rowcount

    def add_owed_set(self, edition_id: int, owed_set: OwedSet) -> int:
        """Save what several readers are owed alike; returns its id."""
        follows = None if owed_set.follows is None else " ".join(owed_set.follows)
        values = {"edition_id": edition_id, "follows": follows, "subject": owed_set.subject}
        key = rows.key_of(self._db.execute(insert(owed_sets).values(values)))
        self._db.execute(
            insert(owed_items),
            [
                {
                    "owed_set": key,
                    "item_id": each.item_id,
                    "revision": each.revision,
                    "had_revision": each.had_revision,
                }
                for each in owed_set.owed
            ],
        )
        return key

    def add(self, added: Sequence[Delivery], at: datetime) -> None:
        """Add rows; their ids are given here."""
        for portion in rows.chunks(added):
            self._db.execute(
                insert(deliveries),
                [
                    {
                        "edition_id": each.edition_id,
                        "address_key": each.address.casefold(),
                        "address": each.address,
                        "name": each.name,
                        "language": each.language,
                        "owed_set": each.owed_set,
                        "state": each.state.value,
                        "attempts": 0,
                        "message_id": each.message_id,
                        "changed_at": at,
                        "detail": each.detail,
                    }
                    for each in portion
                ],
            )

    def owed_sets(self, keys: Collection[int]) -> Mapping[int, OwedSet]:
        """What the readers of each of these variants are owed."""
        found: dict[int, OwedSet] = {}
        for portion in rows.chunks(keys):
            owed: dict[int, list[Owed]] = defaultdict(list)
            of_these = select(owed_items).where(owed_items.c.owed_set.in_(portion))
            for row in self._db.execute(of_these.order_by(*owed_items.primary_key)):
                owed[row.owed_set].append(Owed(row.item_id, row.revision, row.had_revision))
            for row in self._db.execute(select(owed_sets).where(owed_sets.c.id.in_(portion))):
                follows = None if row.follows is None else tuple(row.follows.split())
                found[row.id] = OwedSet(tuple(owed[row.id]), follows, row.subject)
        return found

    def tally(self) -> Mapping[DeliveryState, int]:
        """How many rows stand in each state."""
        query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        return {DeliveryState(state): count for state, count in self._db.execute(query)}

    def waiting(self) -> int:
        """How many messages are still to be sent."""
        query = select(func.count()).where(deliveries.c.state.in_(OPEN))
        return self._db.scalar(query) or 0
