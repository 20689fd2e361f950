"""Changes of address: what was asked for, where people were written to before, and how what is on
record of them follows.

What was sent to the old address stays under it, since what comes back of it speaks of that mailbox;
it counts as had at the new one, up to the last delivery before the change.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from tidings.model import DeliveryState, address_key
from tidings.state import rows
from tidings.state.columns import Instant
from tidings.state.schema import (
    address_changes,
    choices,
    deliveries,
    editions,
    former_addresses,
    subscriptions,
)
from tidings.state.sending import WAITING

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
_OF_A_PERSON: Mapping[str, Table] = {"choices": choices, "subscriptions": subscriptions}


@dataclass(frozen=True, slots=True)
class AddressChange:
    """A change from one address to another, asked for on the page of a digest.

    Once it is `due_at`, a mail about it waits: to the new address before it is done, to the old one
    afterwards. `before` is what was on record of either address, by key and table (nothing
    where one address is only written otherwise), and `former`
    what is noted of the addresses before the old one.
    """

    id: str
    digest: str
    old: str
    new: str
    language: str
    asked_at: datetime
    done_at: datetime | None = None
    undone_at: datetime | None = None
    due_at: datetime | None = None
    before: Mapping[str, Rows] = field(default_factory=dict)
    former: Sequence[Mapping[str, Any]] = ()

    @property
    def old_key(self) -> str:
        """The form in which the old address is compared."""
        return address_key(self.old)

    @property
    def new_key(self) -> str:
        """The form in which the new address is compared."""
        return address_key(self.new)

    def digests_before(self, key: str) -> Set[str]:
        """The digests that anything was on record of for one of the addresses."""
        found = self.before.get(key, {}).values()
        return {row["digest"] for some in found for row in some}


class Addresses:
    """Who gets mail at another address than before."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # --- What was asked for -----------------------------------------------------------------------

    def ask(self, change: AddressChange) -> None:
        """Record a change that is asked for, in the place of one that was not confirmed."""
        unconfirmed = address_changes.c.done_at.is_(None)
        theirs = address_changes.c.old_key == change.old_key
        self._db.execute(delete(address_changes).where(theirs, unconfirmed))
        self.save(change)

    def save(self, change: AddressChange) -> None:
        """Record what became of a change."""
        values = {
            "id": change.id,
            "digest": change.digest,
            "old_key": change.old_key,
            "old_address": change.old,
            "new_key": change.new_key,
            "new_address": change.new,
            "language": change.language,
            "asked_at": change.asked_at,
            "done_at": change.done_at,
            "undone_at": change.undone_at,
            "due_at": change.due_at,
            "memo": json.dumps({"before": change.before, "former": list(change.former)}),
        }
        self._db.execute(rows.upsert(address_changes), values)

    def get(self, change_id: str) -> AddressChange | None:
        """The change of that id."""
        query = select(address_changes).where(address_changes.c.id == change_id)
        row = self._db.execute(query).first()
        return None if row is None else _change_of(row)

    def waiting(self, due: datetime) -> Sequence[AddressChange]:
        """The changes that a mail is to be sent about, the first first."""
        query = select(address_changes).where(address_changes.c.due_at <= due)
        return [
            _change_of(row) for row in self._db.execute(query.order_by(address_changes.c.due_at))
        ]

    def of(self, key: str) -> Sequence[AddressChange]:
        """The changes from or to an address, in their order."""
        here = or_(address_changes.c.old_key == key, address_changes.c.new_key == key)
        query = select(address_changes).where(here).order_by(address_changes.c.asked_at)
        return [_change_of(row) for row in self._db.execute(query)]

    def any_old(self, asked_before: datetime, done_before: datetime) -> bool:
        """Whether there is any change to forget."""
        old = select(address_changes.c.id).where(_old(asked_before, done_before)).limit(1)
        return self._db.scalar(old) is not None

    def forget(self, asked_before: datetime, done_before: datetime) -> None:
        """Forget what was never confirmed, and what can no longer be undone."""
        self._db.execute(delete(address_changes).where(_old(asked_before, done_before)))

    # --- Where people are now ---------------------------------------------------------------------

    def now(self, key: str) -> str | None:
        """The key of the address that somebody's mail goes to since they changed it; None if they
        did not."""
        query = (
            select(former_addresses.c.new_key)
            .where(former_addresses.c.old_key == key)
            .order_by(former_addresses.c.since.desc())
            .limit(1)
        )
        return self._db.scalar(query)

    def former(self, key: str) -> Set[str]:
        """The keys of the addresses that somebody had before this one."""
        query = select(former_addresses.c.old_key).where(former_addresses.c.new_key == key)
        return set(self._db.scalars(query))

    def moved(self, old: str, new: str, at: datetime) -> None:
        """Note that whoever was at one address is at another now, with all that they had before."""
        c = former_addresses.c
        last = self._db.scalar(select(func.max(deliveries.c.id))) or 0
        for row in self._db.execute(select(former_addresses).where(c.new_key == old)).all():
            if row.old_key != new:
                self._db.execute(rows.upsert(former_addresses), row._asdict() | {"new_key": new})
        self._db.execute(delete(former_addresses).where(c.new_key == old))
        values = {"old_key": old, "new_key": new, "since": at, "upto": last}
        self._db.execute(rows.upsert(former_addresses), values)

    def before(self, key: str) -> Sequence[Mapping[str, Any]]:
        """The addresses that somebody had before this one, as plain values."""
        query = select(former_addresses).where(former_addresses.c.new_key == key)
        found = self._db.execute(query.order_by(former_addresses.c.old_key))
        return [{n: _plain(value) for n, value in row._asdict().items()} for row in found]

    def moved_back(
        self, at: str, keys: Collection[str], former: Sequence[Mapping[str, Any]]
    ) -> None:
        """Note that whoever had these addresses is no longer `at` another, and had the `former`
        ones before that where they are again."""
        c = former_addresses.c
        self._db.execute(delete(former_addresses).where(c.new_key == at, c.old_key.in_(keys)))
        for row in former:
            values = _values(former_addresses, row)
            self._db.execute(rows.upsert(former_addresses), values)

    # --- What follows -----------------------------------------------------------------------------

    def person(self, key: str) -> Rows:
        """What is on record of an address for each digest, as plain values."""
        return {
            name: [
                {column: _plain(value) for column, value in row._asdict().items()}
                for row in self._db.execute(
                    select(table).where(table.c.address_key == key).order_by(table.c.digest)
                )
            ]
            for name, table in _OF_A_PERSON.items()
        }

    def put(self, before: Rows, digests: Collection[str]) -> None:
        """Put back what was on record of these digests."""
        for name, table in _OF_A_PERSON.items():
            for row in before.get(name, ()):
                if row["digest"] in digests:
                    self._db.execute(rows.upsert(table), _values(table, row))

    def drop(self, key: str, digests: Collection[str]) -> None:
        """Forget what is on record of an address for these digests."""
        for table in _OF_A_PERSON.values():
            here = and_(table.c.address_key == key, table.c.digest.in_(digests))
            self._db.execute(delete(table).where(here))

    def respell(self, key: str, address: str) -> None:
        """Let what waits for an address go to it as it is written now."""
        here = and_(deliveries.c.address_key == key, deliveries.c.state.in_(WAITING))
        self._db.execute(update(deliveries).where(here).values(address=address))

    def redirect(self, at: datetime) -> None:
        """Let what still waits for somebody at an old address go to the one that they have now."""
        c = former_addresses.c
        waiting = and_(
            deliveries.c.address_key == c.old_key,
            deliveries.c.id <= c.upto,
            deliveries.c.state.in_(WAITING),
        )
        query = select(deliveries.c.id, deliveries.c.edition_id, c.new_key).where(waiting)
        for row in self._db.execute(query).all():
            self._send_to(row.id, row.edition_id, row.new_key, at)

    def give_back(self, new: str, old: str, digests: Collection[str], at: datetime) -> None:
        """Let what waits at the new address of an edition of these digests go to the old one."""
        query = (
            select(deliveries.c.id, deliveries.c.edition_id)
            .join(editions, editions.c.id == deliveries.c.edition_id)
            .where(
                deliveries.c.address_key == new,
                deliveries.c.state.in_(WAITING),
                editions.c.digest.in_(digests),
            )
        )
        for row in self._db.execute(query).all():
            self._send_to(row.id, row.edition_id, old, at)

    def _send_to(self, delivery_id: int, edition_id: int, key: str, at: datetime) -> None:
        """Let a delivery go to an address; where that has one of the edition, that one stands, and
        what it does not bring is owed."""
        here, to = deliveries.c.id == delivery_id, self._address(key)
        doubt, stopped = DeliveryState.IN_DOUBT.value, DeliveryState.SUPPRESSED.value
        there = and_(deliveries.c.edition_id == edition_id, deliveries.c.address_key == key)
        nothing = and_(there, deliveries.c.state == DeliveryState.EMPTY)
        self._db.execute(delete(deliveries).where(nothing))
        if self._db.scalar(select(deliveries.c.id).where(there)) is None:
            values: dict[str, Any] = {"address_key": key, "address": to}
        else:
            values = {
                "state": case((deliveries.c.doubted == 1, doubt), else_=stopped),
                "changed_at": at,
                "detail": "the address was changed",
            }
        self._db.execute(update(deliveries).where(here).values(values))

    def _address(self, key: str) -> str:
        """An address as it is written, by its key."""
        query = select(choices.c.address).where(choices.c.address_key == key).limit(1)
        return self._db.scalar(query) or key


def _old(asked_before: datetime, done_before: datetime) -> ColumnElement[bool]:
    c = address_changes.c
    lost = and_(c.done_at.is_(None), c.asked_at < asked_before)
    return or_(lost, c.done_at < done_before)


def _change_of(row: Row[Any]) -> AddressChange:
    memo = json.loads(row.memo)
    return AddressChange(
        id=row.id,
        digest=row.digest,
        old=row.old_address,
        new=row.new_address,
        language=row.language,
        asked_at=row.asked_at,
        done_at=row.done_at,
        undone_at=row.undone_at,
        due_at=row.due_at,
        before=memo.get("before", {}),
        former=memo.get("former", ()),
    )


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _values(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value)
        if value is not None and isinstance(table.c[name].type, Instant)
        else value
        for name, value in row.items()
    }
