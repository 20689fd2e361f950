"""Carries a state from a file to a server or back, row by row, and looks whether all came through.

The tables are those of `schema`, in the order in which one refers to another. What triggers count
beside them while rows come in is put in place of that at the end. Nothing of the first state is
changed before all of it stands in the second, and then only that it was moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, Integer, RowMapping, Table, delete, func, insert, select

from tidings.errors import StoreError
from tidings.state.health import MOVED, remember
from tidings.state.presence import cleared
from tidings.state.schema import metadata, months

_PORTION = 1_000


def carry(source: Connection, target: Connection) -> Mapping[str, int]:
    """Put all rows of one state into another, which holds none; returns how many of each table.

    Both are in a transaction. Raises `StoreError` if the other has rows already, or what came
    through is not what was sent: then nothing of it is to be committed.
    """
    # These two last: what comes into the others changes them.
    late = (months, cleared)
    tables = [*(each for each in metadata.sorted_tables if each not in late), *late]
    for table in tables:
        if target.execute(select(table).limit(1)).first():
            raise StoreError(
                f"there is a state already, with rows in its table {table.name}: move to an empty "
                "database, or to a file that does not exist"
            )
    counted: dict[str, int] = {}
    for table in tables:
        if table is months:
            target.execute(delete(months))
        counted[table.name] = 0
        for rows in _rows(source, table):
            target.execute(insert(table), [dict(row) for row in rows])
            counted[table.name] += len(rows)
        _go_on_counting(target, table)
    for table in tables:
        if _fingerprint(source, table) != _fingerprint(target, table):
            raise StoreError(
                f"the rows of the table {table.name} did not come through as they were: nothing was"
                " moved"
            )
    return counted


def leave_word(source: Connection, place: object) -> None:
    """Note in the first state where it was moved to: nothing is done with it from then on."""
    remember(source, MOVED, str(place))


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[RowMapping]]:
    keys = list(table.primary_key.columns)
    found = connection.execute(select(table).order_by(*keys))
    yield from found.mappings().partitions(_PORTION)


def _fingerprint(connection: Connection, table: Table) -> str:
    """A hash of all rows of a table, in the order of their keys."""
    seen = hashlib.sha256()
    for rows in _rows(connection, table):
        for row in rows:
            seen.update(repr(sorted(row.items())).encode())
    return seen.hexdigest()


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Let the server give out numbers after those that came with the rows."""
    keys = list(table.primary_key.columns)
    if connection.dialect.name != "postgresql" or len(keys) > 1:
        return
    key = keys[0]
    if isinstance(key.type, Integer) and (last := connection.scalar(select(func.max(key)))):
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        connection.execute(select(func.setval(sequence, last)))
