"""Which items a feed holds.

The newest by publication, together with those of the latest changes: a reader who polls seldom
must find every arrival, correction and retraction, also of an item whose date is long past.
Changes are counted back run by run and a run is never cut, until `limit` changes are in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """An item's place in a topic (or among all): enough to decide whether a feed holds it.

    `order` is `Item.order`; `changed_run` is the run of its last arrival, revision, retraction or
    joining here.
    """

    item_id: str
    order: tuple[float, str]
    changed_run: int


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen ids, newest first, and how many more there would have been without the maximum."""

    item_ids: tuple[str, ...]
    cut: int


def select(members: Iterable[Member], *, first_run: int, limit: int, maximum: int) -> Selection:
    """Choose a feed's entries. `first_run` is the topic's first run: it counts as no change."""
    ordered = sorted(members, key=lambda member: member.order)
    chosen = {member.item_id for member in ordered[:limit]}
    by_run: dict[int, list[str]] = {}
    for member in ordered:
        if member.changed_run > first_run:
            by_run.setdefault(member.changed_run, []).append(member.item_id)
    changes = 0
    for run in sorted(by_run, reverse=True):
        if changes >= limit:
            break
        changes += len(by_run[run])
        chosen.update(by_run[run])
    entries = [member.item_id for member in ordered if member.item_id in chosen]
    return Selection(tuple(entries[:maximum]), max(0, len(entries) - maximum))


def combine(
    newest: Sequence[Member], changed: Sequence[Member], *, since: int, total: int, maximum: int
) -> Selection:
    """The same choice from two short lists: the newest `limit` members, and of the `total` members
    that changed in the run `since` or later the newest `maximum`."""
    members = {member.item_id: member for member in (*newest, *changed)}
    ordered = sorted(members.values(), key=lambda member: member.order)
    chosen = total + sum(member.changed_run < since for member in newest)
    ids = tuple(member.item_id for member in ordered[:maximum])
    return Selection(ids, max(0, chosen - maximum))
