"""Logistic regressions by L-BFGS: of the roles of units, of the choice among readings, of doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from tidings.core.listings.candidates import ROLES
from tidings.core.listings.ranking import BIAS


@dataclass(frozen=True)
class Tagged:
    """The units of one listing: the features of each, its role by number, and what it weighs."""

    features: Sequence[Sequence[str]]
    roles: Sequence[int]
    weight: float


def train_tagger(
    listings: Sequence[Tagged], *, l2: float = 1.0, steps: int = 60, least: int = 3
) -> dict[str, list[float]]:
    """The weights of each feature for each role; features met in fewer than `least` units go."""
    counts = Counter(name for each in listings for names in each.features for name in set(names))
    names = [BIAS, *sorted(name for name, count in counts.items() if count >= least)]
    index = {name: number for number, name in enumerate(names)}
    columns, pointers, roles, weights = [], [0], [], []
    for each in listings:
        for found, role in zip(each.features, each.roles, strict=True):
            columns += [0, *sorted({index[name] for name in found if name in index})]
            pointers.append(len(columns))
            roles.append(role)
            weights.append(each.weight)
    matrix = csr_matrix(
        (np.ones(len(columns)), np.array(columns), np.array(pointers)),
        shape=(len(roles), len(names)),
    )
    target = np.zeros((len(roles), len(ROLES)))
    target[np.arange(len(roles)), roles] = 1.0
    weight = np.array(weights)[:, None]
    transposed = matrix.T.tocsr()

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        table = flat.reshape(len(names), len(ROLES))
        scores = matrix @ table
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        total = powers.sum(axis=1, keepdims=True)
        given = weight * target
        value = float((given * (np.log(total) - scores)).sum() + 0.5 * l2 * (flat**2).sum())
        slope = transposed @ (weight * (powers / total) - given)
        return value, (slope + l2 * table).ravel()

    start = np.zeros(len(names) * len(ROLES))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps})
    table = found.x.reshape(len(names), len(ROLES))
    return {name: [float(x) for x in row] for name, row in zip(names, table, strict=True)}
