"""The entries of feeds, as printed: kept from one publication of a process to its next.

Most feeds that change gain an entry or two and keep some hundred, so that a worker would print, for
one more item, a thousand entries as they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tidings.application.publishing.catalogue import Catalogue
from tidings.core.pages import Placed, Placement
from tidings.state import Transaction
from tidings.state.topics import TopicRecord

if TYPE_CHECKING:
    from tidings.core.feeds import Printed

# At some 4 kB each.
MOST = 5_000


class EntryCache:
    """Entries by the ids of their items, of one state, as one configuration has them.

    What an entry says is its item and the topics that this is in. Either changes with a run that
    touches the item, or with a rule, of which `fingerprints` tell.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Printed] = {}
        self._run = 0
        self._fingerprints: Mapping[str, str] = {}

    def renew(self, state: Transaction, run: int, records: Mapping[str, TopicRecord]) -> None:
        """Forget what may have changed since the last time; `run` is the latest of the state, and
        `records` are its topics."""
        fingerprints = {slug: record.fingerprint for slug, record in records.items()}
        if fingerprints != self._fingerprints or run < self._run:
            self._kept.clear()
        if self._kept:
            for item_id in state.items.changed_since(self._run):
                self._kept.pop(item_id, None)
        self._run, self._fingerprints = run, fingerprints

    def get(self, state: Transaction, catalogue: Catalogue, ids: Sequence[str]) -> list[Printed]:
        """The entries of these items, in the order of `ids`."""
        missing = [item_id for item_id in ids if item_id not in self._kept]
        made = _print(state, catalogue, missing) if missing else {}
        entries = {item_id: made.get(item_id) or self._kept.pop(item_id) for item_id in ids}
        # What was asked for last is the last to go.
        self._kept |= entries
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        return list(entries.values())


def _print(state: Transaction, catalogue: Catalogue, ids: Sequence[str]) -> dict[str, Printed]:
    # Here, since it takes two libraries along, and most runs have no feed to make.
    from tidings.core import feeds

    site = catalogue.publication
    items, slugs = state.items.get(ids), state.topics.of(ids)
    entries = []
    for item_id in ids:
        within = slugs.get(item_id, ())
        placements = tuple(Placement(t, ()) for t in catalogue.topics if t.slug in within)
        entries.append(feeds.entry_of(site, Placed(items[item_id], placements)))
    return dict(zip(ids, feeds.printed(entries, feeds.author_of(site)), strict=True))
