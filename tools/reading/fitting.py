"""Linear models of whole readings: which is the best of a file, and whether it is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tidings.core.listings.figures import Figures
from tidings.core.listings.ranking import Linear

Table: TypeAlias = NDArray[np.float64]
SHARPNESS = 12.0  # of the target: how much better a reading counts that is more nearly right
LIMIT = 4.0


@dataclass(frozen=True)
class Readings:
    """The readings of one file: their figures, how right each is (F1), and what the file weighs."""

    figures: Sequence[Figures]
    right: Sequence[float]
    weight: float


def fit_ranker(files: Sequence[Readings], *, l2: float = 8.0, steps: int = 300) -> Linear:
    """The weights by which the rightest reading of each file scores highest: a conditional softmax
    whose target is sharp in F1 (ListNet, https://doi.org/10.1145/1273496.1273513)."""
    files = [each for each in files if len(each.right) > 1 and max(each.right) > 0]
    names = tuple(sorted(files[0].figures[0]))
    tables = [_table(each.figures, names) for each in files]
    means, deviations = _scale(np.vstack(tables))
    scaled = [_scaled(table, means, deviations) for table in tables]
    targets = [_softmax(SHARPNESS * np.array(each.right)) for each in files]
    weights = [each.weight for each in files]

    def loss(vector: Table) -> tuple[float, Table]:
        value, slope = 0.5 * l2 * float(vector @ vector), l2 * vector
        for table, target, weight in zip(scaled, targets, weights, strict=True):
            chances = _softmax(table @ vector)
            value -= weight * float(target @ np.log(chances + 1e-300))
            slope = slope + weight * (table.T @ (chances - target))
        return value, slope

    found = minimize(
        loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": steps}
    )
    return _linear(names, means, deviations, found.x, 0.0)


def fit_confidence(
    figures: Sequence[Figures], right: Sequence[bool], weights: Sequence[float], *, l2: float = 3.0
) -> Linear:
    """The logarithm of the odds that a reading holds nothing wrong: a logistic regression."""
    names = tuple(sorted(figures[0]))
    table = _table(figures, names)
    means, deviations = _scale(table)
    scaled = np.hstack([_scaled(table, means, deviations), np.ones((len(table), 1))])
    wanted, weight = np.array(right, dtype=float), np.array(weights)

    def loss(vector: Table) -> tuple[float, Table]:
        scores = scaled @ vector
        inner: Table = np.append(vector[:-1], 0.0)
        value = float((weight * np.logaddexp(0, (1 - 2 * wanted) * scores)).sum())
        slope = scaled.T @ (weight * (1 / (1 + np.exp(-scores)) - wanted))
        return value + 0.5 * l2 * float(inner @ inner), slope + l2 * inner

    found = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B")
    return _linear(names, means, deviations, found.x[:-1], float(found.x[-1]))


def _table(figures: Sequence[Figures], names: Sequence[str]) -> Table:
    return np.array([[each[name] for name in names] for each in figures])


def _scale(table: Table) -> tuple[Table, Table]:
    return table.mean(axis=0), table.std(axis=0) + 1e-9


def _scaled(table: Table, means: Table, deviations: Table) -> Table:
    return np.clip((table - means) / deviations, -LIMIT, LIMIT)


def _softmax(scores: Table) -> Table:
    powers = np.exp(scores - scores.max())
    shares: Table = powers / powers.sum()
    return shares


def _linear(
    names: tuple[str, ...], means: Table, deviations: Table, weights: Table, bias: float
) -> Linear:
    """Rounded, so that the same training gives the same file on every machine."""
    middle, spread, weighed = (
        tuple(round(float(x), 4) for x in row) for row in (means, deviations + 1e-4, weights)
    )
    return Linear(names, middle, spread, weighed, round(bias, 4))
