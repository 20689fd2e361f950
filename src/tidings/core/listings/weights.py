"""What was learned of listings: the weights of the reader, as `make train` wrote them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from tidings.core.listings.grammar import ROLES

_FOREIGN: Final = "these weights are not of this reader"


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear model: for each figure its mean, its standard deviation and its weight."""

    names: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float = 0.0

    def score(self, figures: Mapping[str, float]) -> float:
        """The sum of the weighted figures, each brought to the same scale and kept within it."""
        rows = zip(self.names, self.means, self.deviations, self.weights, strict=True)
        return self.bias + sum(
            weight * max(-4.0, min(4.0, (figures[name] - mean) / deviation))
            for name, mean, deviation, weight in rows
        )


@dataclass(frozen=True, slots=True)
class Weights:
    """All that was learned: the roles of units, the choice among readings, and its confidence."""

    version: int
    tagger: Mapping[str, Sequence[float]]
    ranker: Linear
    confidence: Linear


@cache
def learned() -> Weights:
    """The weights that the package brings."""
    text = files("tidings.core.listings").joinpath("weights.json").read_text(encoding="utf-8")
    return loaded(json.loads(text))


def loaded(plain: Mapping[str, object]) -> Weights:
    """The weights from their plain form: hundredths for the tagger, numbers for the others."""
    match plain:
        case {
            "version": int(version),
            "roles": list(roles),
            "tagger": dict(tagger),
            "ranker": dict(ranker),
            "confidence": dict(confidence),
        } if tuple(roles) == ROLES:
            rows = {name: tuple(x / 100 for x in row) for name, row in tagger.items()}
            return Weights(version, rows, _linear(ranker), _linear(confidence))
    raise ValueError(_FOREIGN)


def _linear(plain: Mapping[str, object]) -> Linear:
    match plain:
        case {"figures": dict(figures), "bias": int(bias) | float(bias)}:
            means, deviations, weights = zip(*figures.values(), strict=True)
            return Linear(tuple(figures), means, deviations, weights, float(bias))
    raise ValueError(_FOREIGN)
