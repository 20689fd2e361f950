"""Choosing among explanations, and how sure the choice is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tidings.core.listings.entries import Explanation

_SAME: Final = 0.5  # share of entries on which two explanations agree when they are but variants
_CLEAR: Final = 0.08  # the lead over the best different explanation that leaves no doubt
_TIED: Final = 0.6  # what is left of the confidence when two different explanations are equal


@dataclass(frozen=True, slots=True)
class Verdict:
    """The best explanation, and from 0 to 1 how sure it is."""

    explanation: Explanation
    confidence: float


def weighed(found: Sequence[Explanation]) -> Verdict | None:
    """The explanation with the highest score; of equals the one that was proposed first.

    A file of which two explanations read different entries equally well is a doubtful one: the
    confidence is the score, less for a narrow lead.
    """
    if not found:
        return None
    best = max(found, key=lambda explanation: explanation.score)
    floor = best.score - _CLEAR
    ours = _pairs(best)
    rivals = [
        other.score
        for other in found
        if other is not best and other.score > floor and _differs(ours, _pairs(other))
    ]
    lead = best.score - max(rivals, default=floor)
    confidence = best.score * (_TIED + (1 - _TIED) * min(1.0, lead / _CLEAR))
    return Verdict(best, confidence)


_Pairs = frozenset[tuple[int, str, int]]


def _pairs(found: Explanation) -> _Pairs:
    """Which title goes with which date: line numbers, and the words where lines were split."""
    return frozenset(
        (entry.title.number, entry.title.bare, entry.date.number if entry.date else 0)
        for entry in found.entries
        if entry.title
    )


def _differs(ours: _Pairs, theirs: _Pairs) -> bool:
    return len(ours & theirs) < _SAME * max(len(ours), len(theirs))
