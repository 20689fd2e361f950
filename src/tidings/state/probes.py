"""Probes: the messages that ask whether an address takes mail, before it is marked as bounced."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from tidings.model import address_key
from tidings.state import rows
from tidings.state.schema import probes


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe to an address: `asked_at` is when it became due, `sent_at` None before it was handed
    over, `message_id` "" likewise."""

    id: int
    address: str
    language: str
    asked_at: datetime
    message_id: str = ""
    sent_at: datetime | None = None

    @property
    def key(self) -> str:
        """The form in which addresses are compared."""
        return address_key(self.address)


class Probes:
    """The probes that are under way, at most one for each address."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def ask(self, address: str, language: str, at: datetime) -> bool:
        """Let a probe go to this address; False if one is under way."""
        key = address_key(address)
        if self.of(key):
            return False
        values = {"address_key": key, "address": address, "language": language}
        self._db.execute(insert(probes).values(message_id="", asked_at=at, **values))
        return True

    def all(self) -> Sequence[Probe]:
        """All probes, the oldest first."""
        return [_probe_of(row) for row in self._db.execute(select(probes).order_by(probes.c.id))]

    def of(self, key: str) -> Probe | None:
        """The probe to an address."""
        return self._one(select(probes).where(probes.c.address_key == key))

    def numbered(self, number: int) -> Probe | None:
        """The probe of that number."""
        return self._one(select(probes).where(probes.c.id == number))

    def named(self, message_id: str) -> Probe | None:
        """The probe with that Message-ID."""
        return self._one(select(probes).where(probes.c.message_id == message_id))

    def sent(self, number: int, message_id: str, at: datetime | None) -> None:
        """Note that a probe is handed over; None takes that back."""
        values = {"message_id": message_id, "sent_at": at}
        self._db.execute(update(probes).where(probes.c.id == number).values(values))

    def drop(self, keys: Collection[str]) -> None:
        """Forget the probes to these addresses."""
        for portion in rows.chunks(keys):
            self._db.execute(delete(probes).where(probes.c.address_key.in_(portion)))

    def _one(self, query: Any) -> Probe | None:
        row = self._db.execute(query).one_or_none()
        return _probe_of(row) if row else None


def _probe_of(row: Row[Any]) -> Probe:
    return Probe(row.id, row.address, row.language, row.asked_at, row.message_id, row.sent_at)
