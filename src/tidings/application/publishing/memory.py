"""What a process keeps from one publication to the next, of one state as one configuration has it.

Most of what a worker needs for one more item is as it was for the one before: the figures of most
topics, and nearly all entries of feeds. None of it is needed: whoever starts anew asks the state.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field

from tidings.application.publishing.entry_cache import EntryCache
from tidings.core.pages import Census
from tidings.state import Transaction


class CensusCache:
    """The figures of topics, by their slugs, as they were after a run."""

    def __init__(self) -> None:
        self._kept: dict[str, Census] = {}
        self._run = 0

    def get(
        self, state: Transaction, slugs: Collection[str], changed: Set[str], since: int, run: int
    ) -> Mapping[str, Census]:
        """The figures of these topics after `run`; `changed` are those of which some may be others
        than after the run `since`."""
        before = self._kept
        if self._run != since:  # somebody else has published, or we have failed to
            before = {}
        kept = {slug: before[slug] for slug in slugs if slug in before and slug not in changed}
        missing = [slug for slug in slugs if slug not in kept]
        self._kept, self._run = {**kept, **state.lists.censuses(missing)}, run
        return self._kept


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is kept."""

    entries: EntryCache = field(default_factory=EntryCache)
    censuses: CensusCache = field(default_factory=CensusCache)
