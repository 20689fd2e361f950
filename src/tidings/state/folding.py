"""Brings a state to keys by which one mailbox is one person.

Before, addresses were compared case-folded alone, so that one with a domain in another script and
its form in ASCII were two people. Where two become one, a departure or a pause of either wins, and
what either had counts as had.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from tidings.core.audience import both_chose
from tidings.model import DeliveryState, RecipientState, address_key
from tidings.state import rows
from tidings.state.choices import Choices
from tidings.state.schema import (
    applications,
    choices,
    deliveries,
    owed_items,
    owed_sets,
    people,
    subscriptions,
)

_HOLDING = (RecipientState.LEFT, RecipientState.PAUSED, RecipientState.BOUNCED, None)
_HAD = (DeliveryState.SENT, DeliveryState.IN_DOUBT, DeliveryState.SENDING)

Values = dict[str, Any]
Merge = Callable[[Values, Values], Values]


def fold_addresses(connection: Connection) -> None:
    """Give every row the key that its address has now."""
    merges: tuple[tuple[Table, Merge], ...] = (
        (people, _one_record),
        (applications, lambda one, other: max(one, other, key=lambda row: row["asked_at"])),
        (subscriptions, _one_subscription),
    )
    for table, merge in merges:
        _fold(connection, table, merge)
    _fold_choices(connection)
    _fold_deliveries(connection)


def _moved(connection: Connection, table: Table) -> Mapping[str, str]:
    keys = connection.scalars(select(table.c.address_key).distinct())
    moved = {key: address_key(key) for key in keys if not key.isascii()}
    return {old: new for old, new in moved.items() if old != new}


def _fold(connection: Connection, table: Table, merge: Merge) -> None:
    others = [column for column in table.primary_key.columns if column.name != "address_key"]
    for old, new in _moved(connection, table).items():
        for row in connection.execute(select(table).where(table.c.address_key == old)).all():
            values = row._asdict() | {"address_key": new}
            there = table.c.address_key == new
            for column in others:
                there &= column == values[column.name]
            if twin := connection.execute(select(table).where(there)).first():
                values = merge(twin._asdict(), values)
            connection.execute(rows.upsert(table), values)
        connection.execute(delete(table).where(table.c.address_key == old))


def _one_record(one: Values, other: Values) -> Values:
    ranks = {state: rank for rank, state in enumerate(_HOLDING)}
    first, second = sorted((one, other), key=lambda row: ranks[row["state"]])
    return first | {"refusals": max(first["refusals"], second["refusals"])}


def _one_subscription(one: Values, other: Values) -> Values:
    first, second = sorted((one, other), key=lambda row: row["first_seen_at"])
    return first | {key: min(first[key], second[key]) for key in ("off", "returned")}


def _fold_choices(connection: Connection) -> None:
    moved, chosen = _moved(connection, choices), Choices(connection)
    for old, new in moved.items():
        there = {choice.digest: choice for choice in chosen.of(new)}
        for choice in chosen.of(old):
            other = there.get(choice.digest)
            chosen.save(both_chose(other, choice) if other else choice)
        connection.execute(delete(choices).where(choices.c.address_key == old))


def _fold_deliveries(connection: Connection) -> None:
    """Let both forms' deliveries be one person's. Of two of one edition, that which was sent
    stands, with what the other brought; where both were, the other keeps its key, to be seen."""
    for old, new in _moved(connection, deliveries).items():
        of_old = select(deliveries).where(deliveries.c.address_key == old)
        for row in connection.execute(of_old).all():
            here = deliveries.c.id == row.id
            twin = connection.execute(
                select(deliveries).where(
                    deliveries.c.edition_id == row.edition_id, deliveries.c.address_key == new
                )
            ).first()
            if twin is None:
                connection.execute(update(deliveries).where(here).values(address_key=new))
                continue
            stands, other = _by_what_was_had(row, twin)
            if other.state in _HAD and other.owed_set not in (None, stands.owed_set):
                joined = _join(connection, [stands.owed_set, other.owed_set])
                values = {"owed_set": joined}
                at = deliveries.c.id == stands.id
                connection.execute(update(deliveries).where(at).values(values))
            elif other.state not in _HAD:
                connection.execute(delete(deliveries).where(deliveries.c.id == other.id))
                kept = deliveries.c.id == stands.id
                connection.execute(update(deliveries).where(kept).values(address_key=new))


def _by_what_was_had(row: Row[Any], twin: Row[Any]) -> tuple[Row[Any], Row[Any]]:
    return (row, twin) if row.state in _HAD and twin.state not in _HAD else (twin, row)


def _join(connection: Connection, sets: Sequence[int | None]) -> int:
    """A new owed set with what these hold; of an item in both the newest revision."""
    wanted = [each for each in sets if each is not None]
    first = connection.execute(select(owed_sets).where(owed_sets.c.id == wanted[0])).one()
    values = {key: value for key, value in first._asdict().items() if key != "id"}
    joined = rows.key_of(connection.execute(insert(owed_sets).values(values)))
    newest: dict[str, Values] = {}
    for row in connection.execute(select(owed_items).where(owed_items.c.owed_set.in_(wanted))):
        known = newest.get(row.item_id)
        if known is None or known["revision"] < row.revision:
            newest[row.item_id] = row._asdict() | {"owed_set": joined}
    connection.execute(insert(owed_items), list(newest.values()))
    return joined
