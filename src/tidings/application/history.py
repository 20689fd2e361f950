"""History: an item's life, from the state alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tidings.application.finding import find_item
from tidings.model import Decision, Item, Problem
from tidings.state import Store


@dataclass(frozen=True, slots=True)
class History:
    """An item with all that is known of it.

    `topics` are slugs; `decisions` those that concern it, undone ones too; `others` the items that
    these name, and the one that it leads to, by id; `held` says why those of its files are held
    that are so now.
    """

    item: Item
    topics: tuple[str, ...]
    decisions: tuple[Decision, ...]
    others: Mapping[str, Item]
    held: tuple[Problem, ...] = ()


def history(store: Store, name: str) -> History:
    """Look at one item; changes nothing. Raises `NoSuchItem`."""
    with store.reading() as state:
        item = find_item(state, name)
        decisions = state.decisions.of([item.id])
        named = {each for d in decisions for each in (d.item_id, d.other_id) if each}
        named |= {seen.item_id for seen in item.sources}
        if item.merged_into:
            named.add(item.merged_into)
        return History(
            item=item,
            topics=state.topics.of([item.id]).get(item.id, ()),
            decisions=decisions,
            others=state.items.get(named - {item.id}),
            held=state.sources.held(sorted({seen.ref.path for seen in item.sources})),
        )
