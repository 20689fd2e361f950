"""How probable each role is for each unit: a multinomial logistic regression, already trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import exp, inf, log
from typing import Final

from tidings.core.listings.grammar import DATE, MORE, NEW_DATE, NEW_TITLE, ROLES, TITLE
from tidings.core.listings.units import Unit

Weights = Mapping[str, Sequence[float]]
BIAS: Final = "bias"
_DATES: Final = (DATE, NEW_DATE)


def log_probabilities(
    units: Sequence[Unit], features: Iterable[Sequence[str]], weights: Weights
) -> list[list[float]]:
    """For each unit the logarithm of each role's probability.

    A text is no date, and a date no title: these get `-inf`.
    """
    nothing = [0.0] * len(ROLES)
    told = []
    for unit, names in zip(units, features, strict=True):
        rows = [weights[name] for name in names if name in weights]
        rows.append(weights.get(BIAS, nothing))
        told.append(_normalised([sum(column) for column in zip(*rows, strict=True)], unit))
    return told


def _normalised(scores: Sequence[float], unit: Unit) -> list[float]:
    banned = _banned(unit)
    top = max(scores)
    total = log(sum(exp(score - top) for role, score in enumerate(scores) if role not in banned))
    return [-inf if role in banned else score - top - total for role, score in enumerate(scores)]


def _banned(unit: Unit) -> tuple[int, ...]:
    """The roles that a unit cannot have."""
    if unit.kind == "text":
        return _DATES
    if unit.kind == "date":
        # A title may go on with a date, as in "Minutes of 5 May 2021".
        return (TITLE, NEW_TITLE) if unit.piece else (TITLE, NEW_TITLE, MORE)
    return ()
