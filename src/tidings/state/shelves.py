"""What is asked of a topic's items, or of all of them, as statements that are made once.

For one more item a worker asks each of these of some twenty topics, and to make a statement takes
longer than to carry it out. Each takes `slug`, which those on all items pass over.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    func,
    select,
)

from tidings.state.schema import items, memberships

# What was merged into another, or is quietly gone, is in no list.
ALONE = and_(items.c.merged_into.is_(None), items.c.retracted_quietly == 0)
# As much of an item as a link to it needs.
HEAD = (items.c.slug, items.c.title, items.c.date, items.c.arrived_at, items.c.retracted_at)


class Shelf(NamedTuple):
    """Statements on the items of a topic, or on all.

    `newest` are ids, `members` those with place and last change; both take `limit`. `nth_change`
    is the run of the change at `offset` among those in `since` or later, the latest first;
    `changed` are the members changed in `since` or later, the newest `limit`, and `total` is how
    many there are.
    """

    newest: Select[str]
    members: Select[str, datetime, int]
    nth_change: Select[int]
    total: Select[int]
    changed: Select[str, datetime, int]


def by_few(column: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """The column, to sort by what another index has found: the planner, which cannot know that this
    is little, would go through all rows by the index of this one, so as not to sort."""
    return func.coalesce(column, column)


def _given(name: str) -> BindParameter[int]:
    return bindparam(name, type_=Integer)


def _shelf(
    item_id: ColumnElement[str],
    listed_at: ColumnElement[datetime],
    changed_run: ColumnElement[int],
    belongs: ColumnElement[bool],
) -> Shelf:
    changed = changed_run >= _given("since")
    members = select(item_id, listed_at, changed_run).where(belongs)
    newest_first, limit = (listed_at.desc(), item_id), _given("limit")
    return Shelf(
        newest=select(item_id).where(belongs).order_by(*newest_first).limit(limit),
        members=members.order_by(*newest_first).limit(limit),
        nth_change=select(changed_run)
        .where(belongs, changed)
        .order_by(changed_run.desc())
        .limit(1)
        .offset(_given("offset")),
        total=select(func.count()).where(belongs, changed),
        changed=members.where(changed).order_by(by_few(listed_at).desc(), item_id).limit(limit),
    )


_OF_TOPIC = memberships.c.topic == bindparam("slug", type_=String)
EVERYTHING = _shelf(items.c.id, items.c.listed_at, items.c.changed_run, ALONE)
TOPIC = _shelf(memberships.c.item_id, memberships.c.listed_at, memberships.c.changed_run, _OF_TOPIC)
# The heads of a topic's items of some months: from `first` to `last`, as 2026-01.
OF_MONTHS = (
    select(*HEAD)
    .join(memberships, memberships.c.item_id == items.c.id)
    .where(
        _OF_TOPIC,
        memberships.c.month.between(
            bindparam("first", type_=String), bindparam("last", type_=String)
        ),
    )
    .order_by(by_few(memberships.c.listed_at).desc(), items.c.id)
)


def shelf(slug: str) -> Shelf:
    """The statements on a topic's items, or (under "") on all."""
    return TOPIC if slug else EVERYTHING
