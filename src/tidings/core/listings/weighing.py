"""Choosing among explanations, and how much doubt the next best leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Final

from tidings.core.listings.doubts import NEAR
from tidings.core.listings.entries import Explanation

_CLEAR: Final = NEAR  # the lead over the best different explanation that leaves no doubt


@dataclass(frozen=True, slots=True)
class Verdict:
    """The best explanation. `lead` says from 0, a tie, to 1, no doubt, how far ahead it is of
    `rival`, the best different one, if any comes near."""

    explanation: Explanation
    lead: float = 1.0
    rival: Explanation | None = None


def weighed(
    found: Sequence[Explanation], entries_of: Callable[[Explanation], Set[object]]
) -> Verdict | None:
    """The explanation with the highest score; of equals the one that was proposed first.

    Explanations are different when they give other entries: `entries_of` tells which. One that
    gives none is no rival.
    """
    if not found:
        return None
    best = max(found, key=lambda one: one.score)
    near = [one for one in found if best.score - one.score < _CLEAR]
    others = [one for one in near if _pairs(one) != _pairs(best)] if len(near) > 1 else []
    ours = entries_of(best) if others else frozenset()
    for other in sorted(others, key=lambda one: -one.score) if ours else ():
        theirs = entries_of(other)
        if theirs and theirs != ours:
            return Verdict(best, (best.score - other.score) / _CLEAR, other)
    return Verdict(best)


def distinct(found: Sequence[Explanation]) -> list[Explanation]:
    """Of explanations that pair titles and dates alike the best, the best of all first."""
    best: dict[Set[object], Explanation] = {}
    for one in sorted(found, key=lambda each: -each.score):
        best.setdefault(frozenset(_pairs(one)), one)
    return list(best.values())


def _pairs(found: Explanation) -> Set[object]:
    """Which title goes with which date, by their lines: where these are equal, entries are."""
    return {
        (entry.title.number, entry.title.text, entry.date and (entry.date.number, entry.date.text))
        for entry in found.entries
        if entry.title
    }
