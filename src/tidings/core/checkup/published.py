"""Whether what is published is what the state says was published."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.model import Finding, Level

SHOWN = 3


def standing(missing: Sequence[str], altered: Sequence[str], total: int, how: str) -> Finding:
    """Files that we have written, and how we find them; `how` says what was compared."""
    if not missing and not altered:
        told = f"{total:,} files stand in feeds/ as they were left, by {how}"
        return Finding("published", told, level=Level.FINE)
    wrong = [f"{len(missing):,} gone"] if missing else []
    wrong += [f"{len(altered):,} altered"] if altered else []
    some = [*missing, *altered]
    names = ", ".join(some[:SHOWN]) + (", …" if len(some) > SHOWN else "")
    return Finding(
        "published",
        f"of {total:,} files in feeds/, {' and '.join(wrong)}: {names}",
        "remove what was altered: `tidings run` makes it again. Find out who else writes there",
    )


def behind(recorded: int, published: int, *, worker: bool) -> Finding:
    """Whether the feeds are as new as the state, both counted in runs, or a worker is at it."""
    if ahead := max(recorded - published, 0):
        told = f"the state is {ahead:,} {'change' if ahead == 1 else 'changes'} ahead of the feeds"
        if worker:
            return Finding("published", told, "the worker is about to publish", Level.NOTE)
        return Finding("published", told, "`tidings run` publishes, and says why if it cannot")
    return Finding("published", "the feeds are as new as the state", level=Level.FINE)
