"""The places that decide what a feed holds: few, however many items there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select

from tidings.adapters.store.schema import items
from tidings.core.selection import Member

# The columns of a query of places: id, listed at, changed run, touched run.
Places = Select[str, datetime, int, int]


def window(
    db: Connection, places: Places, touched: ColumnElement[int], first_run: int, limit: int
) -> Iterator[Member]:
    """The newest `limit` places, and those of the latest changes, back until `limit` are in.

    Runs are read from the newest on by when an item was `touched`, never before it was changed:
    once all that was touched after a run is read, so is all that was changed after it.
    """
    found: dict[str, Member] = {}
    newest = places.order_by(items.c.listed_at.desc(), items.c.id).limit(limit)
    for item_id, listed_at, changed_run, _ in db.execute(newest):
        found[item_id] = _member(item_id, listed_at, changed_run)
    later: list[int] = []
    reached: int | None = None
    latest = places.where(touched > first_run).order_by(touched.desc())
    with db.execute(latest.execution_options(yield_per=500)) as rows:
        for item_id, listed_at, changed_run, run in rows:
            if run != reached and sum(changed > run for changed in later) >= limit:
                break
            reached = run
            later.append(changed_run)
            found[item_id] = _member(item_id, listed_at, changed_run)
    yield from found.values()


def _member(item_id: str, listed_at: datetime, changed_run: int) -> Member:
    return Member(item_id, (-listed_at.timestamp(), item_id), changed_run)
