"""How the seed files look that need not be read, kept from round to round of a process.

The state knows it, too. But to ask it for ten thousand rows takes half as long as looking at so
many files does, in every round of a worker, and nearly always all of them are as they were.
"""

from __future__ import annotations

from collections.abc import Mapping

from tidings.application.ports.seeds import SeedStat
from tidings.application.ports.store import Transaction


class KnownFiles:
    """The settled stats of one state, by path. What another process reads is noticed by a mark.

    `read_by` is whatever tells by which settings all of them were read, once that was seen.
    """

    def __init__(self) -> None:
        self._stats: dict[str, SeedStat] = {}
        self._mark = ""
        self.read_by: object = None

    def ask(self, state: Transaction) -> Mapping[str, SeedStat]:
        """The stats as they are; those of the last time are not to be used any more."""
        mark = state.sources.mark()
        if not mark or mark != self._mark:
            self._stats, self._mark = dict(state.sources.stats()), mark
            self.read_by = None
        return self._stats

    def take(self, changed: Mapping[str, SeedStat | None], mark: str) -> None:
        """Follow what we have saved ourselves since, with nobody else at it; None is forgotten.
        `mark` is the one that the state has come to bear by that."""
        for path, stat in changed.items():
            self._stats.pop(path, None)
            if stat:
                self._stats[path] = stat
        self._mark = mark
