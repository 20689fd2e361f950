"""How the seed files look that need not be read, kept from round to round of a process.

The state knows it, too. But to ask it for ten thousand rows takes half as long as looking at so
many files does, in every round of a worker, and nearly always all of them are as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tidings.model import Scan, SeedStat
from tidings.state import Transaction

Settings = Callable[[str], str]


class KnownFiles:
    """The settled stats of one state, by path. What another process reads is noticed by a mark."""

    def __init__(self) -> None:
        self._stats: dict[str, SeedStat] = {}
        self._mark = ""
        # By which settings all files were read, once that was seen.
        self._read_by: Settings | None = None

    def ask(self, state: Transaction) -> Mapping[str, SeedStat]:
        """The stats as they are; those of the last time are not to be used any more."""
        mark = state.sources.mark()
        if not mark or mark != self._mark:
            self._stats, self._mark = dict(state.sources.stats()), mark
            self._read_by = None
        return self._stats

    def read_otherwise(self, state: Transaction, scan: Scan, settings: Settings) -> list[SeedStat]:
        """The files that look as they are known to, but were read by other settings than they would
        be now, by path."""
        if self._read_by is settings:
            return []
        wanted = set(map(settings, scan.paths))
        usual = min(wanted, default="")
        others = state.sources.settings_besides(usual)
        if not others and len(wanted) < 2:
            # A file that is away now may come back as it was.
            if self._stats.keys() <= scan.paths:
                self._read_by = settings
            return []
        standing = scan.paths - scan.changed.keys()
        return sorted(
            SeedStat(*look)
            for path, look in self._stats.items()
            if path in standing and others.get(path, usual) != settings(path)
        )

    def take(self, changed: Mapping[str, SeedStat | None], mark: str) -> None:
        """Follow what we have saved ourselves since, with nobody else at it; None is forgotten.
        `mark` is the one that the state has come to bear by that."""
        for path, stat in changed.items():
            self._stats.pop(path, None)
            if stat:
                self._stats[path] = stat
        self._mark = mark
