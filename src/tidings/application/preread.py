"""The items that the seed files would make on an empty state: matched, but recorded nowhere.

It stands alone since it works without a state: two views of a configuration that is being written
ask for it, and no run does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tidings.application.ports import SeedFolder
from tidings.application.record import Recording
from tidings.core.changes import ItemFactory, decide
from tidings.core.identity import UniqueTimestamps, normalise
from tidings.core.match import distinct, match
from tidings.model import Item, Listing, ReadError


def preread(seeds: SeedFolder, how: Recording, now: datetime) -> tuple[Item, ...]:
    """The items of all seed files that can be read, each with the files that carry it.

    Raises `SeedError` when the folder cannot be read.
    """
    items: dict[str, Item] = {}
    titled: dict[str, set[str]] = defaultdict(set)
    for path in sorted(seeds.scan().paths):
        answer = seeds.read(path)
        if isinstance(answer, ReadError):
            continue
        listings = distinct(how.parse(answer.text, path).listings)
        titles = {normalise(listing.text.title) for listing in listings}
        known = {item_id: items[item_id] for title in titles for item_id in titled[title]}
        for item in _made_of(path, listings, known, set(items), how, now):
            items[item.id] = item
            titled[normalise(item.title)].add(item.id)
    return tuple(items.values())


def _made_of(
    path: str,
    listings: Sequence[Listing],
    known: dict[str, Item],
    taken: set[str],
    how: Recording,
    now: datetime,
) -> list[Item]:
    """The items, new or known, that one file carries."""
    factory = ItemFactory(how.site_id, how.zone, UniqueTimestamps(now), taken)
    changes = decide(path, match(listings, (), tuple(known.values())), (), known, factory)
    there = {item.id: item for item in (*known.values(), *changes.new, *changes.filled)}
    return [
        replace(there[seen.item_id], sources=(*there[seen.item_id].sources, seen))
        for seen in changes.sightings
    ]
