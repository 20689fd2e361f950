"""What is known of a person, and how it is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, or_, select, update

from tidings.core.audience import PSEUDONYM
from tidings.model import DeliveryState, RecipientState
from tidings.state.deliveries import OPEN
from tidings.state.schema import (
    applications,
    choices,
    deliveries,
    editions,
    people,
    subscriptions,
)


@dataclass(frozen=True, slots=True)
class Trace:
    """A message that was made for somebody: of which edition, and what became of it."""

    digest: str
    number: int
    state: str
    at: datetime
    subject: str


class Privacy:
    """What is known of a person, and how it is forgotten."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def trace(self, key: str) -> Sequence[Trace]:
        """The messages that were made for an address."""
        query = (
            select(deliveries, editions.c.digest, editions.c.number, editions.c.subject)
            .join(editions, editions.c.id == deliveries.c.edition_id)
            .where(deliveries.c.address_key == key)
            .order_by(deliveries.c.id)
        )
        return [
            Trace(row.digest, row.number, row.state, row.changed_at, row.subject)
            for row in self._db.execute(query)
        ]

    def erase(self, key: str, pseudonym: str, at: datetime) -> bool:
        """Put the pseudonym in the place of the address wherever it stands, and forget the rest.

        What was still to be sent is not; whoever has the pseudonym gets nothing more. Returns
        whether anything was known.
        """
        unsent = deliveries.c.state.in_((*OPEN, DeliveryState.IN_DOUBT))
        here = deliveries.c.address_key == key
        self._db.execute(
            update(deliveries)
            .where(here, unsent)
            .values(state=DeliveryState.SUPPRESSED, lease_owner=None, lease_until=None, held=0)
        )
        # One who came back after being erased, and is erased again, may stand in an edition twice.
        again = deliveries.alias()
        twice = exists().where(
            again.c.edition_id == deliveries.c.edition_id, again.c.address_key == pseudonym
        )
        self._db.execute(delete(deliveries).where(here, twice))
        found = self._db.execute(
            update(deliveries)
            .where(here)
            .values(address_key=pseudonym, address="", name="", detail="erased")
        ).rowcount
        for table in (choices, applications, people, subscriptions):
            found += self._db.execute(delete(table).where(table.c.address_key == key)).rowcount
        values = {
            "address_key": pseudonym,
            "state": RecipientState.LEFT.value,
            "refusals": 0,
            "changed_at": at,
            "detail": "",
        }
        self._db.execute(insert(people).prefix_with("OR REPLACE").values(values))
        return found > 0

    def stale(self, before: datetime) -> Sequence[str]:
        """The keys of those who have left, and of whom nothing else was recorded since."""
        left = (
            select(choices.c.address_key)
            .where(choices.c.state == RecipientState.LEFT)
            .union(
                select(people.c.address_key).where(
                    people.c.state == RecipientState.LEFT,
                    ~people.c.address_key.startswith(PSEUDONYM),
                )
            )
            .subquery()
        )
        key = left.c.address_key
        query = select(key).where(
            ~exists().where(people.c.address_key == key, people.c.changed_at >= before),
            ~exists().where(
                choices.c.address_key == key,
                or_(
                    choices.c.changed_at >= before,
                    choices.c.state.is_(None),
                    choices.c.state != RecipientState.LEFT,
                ),
            ),
            ~exists().where(deliveries.c.address_key == key, deliveries.c.changed_at >= before),
        )
        return sorted(self._db.scalars(query))

    def forget_applications(self, before: datetime) -> int:
        """Forget what was asked for before that and never confirmed; returns how many."""
        old = delete(applications).where(applications.c.asked_at < before)
        return self._db.execute(old).rowcount
