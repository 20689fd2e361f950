"""What people and their mail servers did: it wins over the lists that name them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from tidings.model import RecipientState
from tidings.state import rows
from tidings.state.schema import people

BLOCKING = (RecipientState.PAUSED, RecipientState.LEFT, RecipientState.BOUNCED)


class People:
    """What people and their mail servers did: it wins over the lists that name them."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def blocked(self, keys: Collection[str]) -> Set[str]:
        """Those of these addresses that may get no mail, whatever a list says."""
        found: set[str] = set()
        for portion in rows.chunks(keys):
            found.update(
                self._db.scalars(
                    select(people.c.address_key).where(
                        people.c.address_key.in_(portion), people.c.state.in_(BLOCKING)
                    )
                )
            )
        return found

    def refused(self, key: str, at: datetime, detail: str) -> int:
        """Count a refusal for good of an address; returns how many there are in a row."""
        known = self._db.scalar(select(people.c.refusals).where(people.c.address_key == key))
        values = {"refusals": (known or 0) + 1, "changed_at": at, "detail": detail}
        if known is None:
            self._db.execute(insert(people).values(address_key=key, **values))
        else:
            self._db.execute(update(people).where(people.c.address_key == key).values(values))
        return (known or 0) + 1

    def refusing(self) -> Set[str]:
        """The addresses whose last mail was refused for good."""
        return set(self._db.scalars(select(people.c.address_key).where(people.c.refusals > 0)))

    def counted(self) -> Mapping[str, int]:
        """How many refusals in a row are counted against each of these addresses."""
        query = select(people.c.address_key, people.c.refusals).where(people.c.refusals > 0)
        return {row.address_key: row.refusals for row in self._db.execute(query)}

    def count(self, key: str, refusals: int) -> None:
        """Correct how many refusals in a row are counted against an address."""
        here = people.c.address_key == key
        self._db.execute(update(people).where(here).values(refusals=refusals))

    def accepted(self, keys: Collection[str]) -> None:
        """Mail reached these addresses: refusals before it do not count any more."""
        for portion in rows.chunks(keys):
            here = people.c.address_key.in_(portion)
            self._db.execute(update(people).where(here, people.c.refusals > 0).values(refusals=0))

    def mark(self, key: str, state: RecipientState, at: datetime, detail: str) -> None:
        """Record what became of an address."""
        values = {"state": state.value, "changed_at": at, "detail": detail}
        known = update(people).where(people.c.address_key == key).values(values)
        if self._db.execute(known).rowcount == 0:
            self._db.execute(insert(people).values(address_key=key, refusals=0, **values))
