"""Starting over: everything of items, editions and pages goes; what people decided stays.

All of it is one transaction in the same file, so that whatever interrupts it leaves the old state
or the new one. The manifest of published files stays until these are removed. What tells this state
from an older copy of itself stays, too.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Table, delete, func, or_, select

from tidings.core.audience import PSEUDONYM
from tidings.model import DeliveryState, RecipientState
from tidings.state.editions import OPEN
from tidings.state.health import (
    ACCEPTED,
    BACKUP,
    GENERATION,
    LINEAGE,
    MAIL_HOST,
    ROOT_SECRET,
)
from tidings.state.renames import DIGEST_NAMES, MERGED_DIGESTS
from tidings.state.schema import (
    applications,
    choices,
    deliveries,
    editions,
    files,
    items,
    links,
    metadata,
    notes,
    people,
    subscriptions,
)

# Links in mail that was sent go on opening.
_OF_PEOPLE = (people, choices, subscriptions, applications, links)
_KEPT_NOTES = (
    LINEAGE,
    GENERATION,
    BACKUP,
    ACCEPTED,
    MAIL_HOST,
    ROOT_SECRET,
    DIGEST_NAMES,
    MERGED_DIGESTS,
)


@dataclass(frozen=True, slots=True)
class Tally:
    """How much a state holds. `unsent` are deliveries that are still to be sent, `barred` the
    people who left, bounced or paused, for one digest or for all."""

    items: int
    editions: int
    deliveries: int
    unsent: int
    files: int
    barred: int
    erased: int
    choices: int


class Reset:
    """Empties the state but for what must not be forgotten."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def tally(self) -> Tally:
        """Count what there is."""
        erased = people.c.address_key.startswith(PSEUDONYM)
        barred = select(people.c.address_key).where(people.c.state.is_not(None), ~erased)
        own = select(choices.c.address_key).where(
            choices.c.state.in_((RecipientState.LEFT, RecipientState.PAUSED))
        )
        both = barred.union(own).subquery()
        numbered, unsent = editions.c.number.is_not(None), deliveries.c.state.in_(OPEN)
        return Tally(
            items=self._count(items),
            editions=self._count(editions, numbered),
            deliveries=self._count(deliveries, deliveries.c.state != DeliveryState.EMPTY),
            unsent=self._count(deliveries, unsent),
            files=self._count(files),
            barred=self._db.scalar(select(func.count()).select_from(both)) or 0,
            erased=self._count(people, erased),
            choices=self._count(choices),
        )

    def senders(self) -> frozenset[str]:
        """The processes that are sending, or died while they were."""
        query = select(deliveries.c.lease_owner).where(
            deliveries.c.state == DeliveryState.SENDING, deliveries.c.lease_owner.is_not(None)
        )
        return frozenset(self._db.scalars(query))

    def clear(self, *, people_too: bool) -> None:
        """Forget all but what people decided, and of that, with `people_too`, all but who left or
        was erased."""
        kept = {files, notes, *_OF_PEOPLE}
        for table in reversed(metadata.sorted_tables):
            if table not in kept:
                self._db.execute(delete(table))
        self._db.execute(delete(notes).where(notes.c.name.not_in(_KEPT_NOTES)))
        if people_too:
            for table in (subscriptions, applications):
                self._db.execute(delete(table))
            for table in (people, choices):
                stays = table.c.state == RecipientState.LEFT
                self._db.execute(delete(table).where(or_(table.c.state.is_(None), ~stays)))

    def _count(self, table: Table, *wanted: object) -> int:
        query = select(func.count()).select_from(table).where(*wanted)  # type: ignore[arg-type]
        return self._db.scalar(query) or 0
