"""Trains the choice of the listing in a saved page: `python -m tools.reading.train_pages`.

Pages are those of `sites`. A group is right if nearly all its titles are entries, and it has about
as many of them as any group of its page; it is a part if nearly all its titles are entries. How
sure the whole is, is fitted on pages whose template the weights had not seen.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from tidings.core.identity import normalise
from tidings.core.listings import Hints
from tidings.core.listings.html import ranking
from tidings.core.listings.html.features import figures
from tidings.core.listings.html.parts import Calendar, Listed, listed
from tidings.core.listings.html.ranking import Weights, judged, with_others
from tidings.core.listings.html.records import groups
from tidings.core.listings.html.saved import calendar_of
from tidings.core.listings.html.tree import Tree, read_tree
from tools.reading.sites import SavedPage, all_pages

WEIGHTS = Path(ranking.__file__).with_name("weights.json")
PURE, MOST = 0.95, 0.9  # of a group's titles; of the entries that any group of the page has
FOLDS = 4
L2 = 1.0


@dataclass(frozen=True)
class Told:
    """A page's groups: the figures of each, its precision and its recall."""

    name: str
    figures: Sequence[Mapping[str, float]]
    precision: Sequence[float]
    recall: Sequence[float]

    @property
    def template(self) -> str:
        """What folds keep together."""
        return self.name.partition("-site")[0].rpartition("-")[0]


def read(page: SavedPage) -> tuple[Tree, Calendar, list[Listed]]:
    """A page with its groups."""
    tree = read_tree(page.html)
    if tree is None:
        raise ValueError(page.name)
    calendar = calendar_of(tree, Hints())
    return tree, calendar, [listed(tree, group, calendar) for group in groups(tree)]


def told(page: SavedPage) -> Told:
    """What is told of a page's groups."""
    tree, calendar, found = read(page)
    wanted = Counter(normalise(entry.title) for entry in page.entries)
    precision, recall = [], []
    for each in found:
        titles = Counter(normalise(said.title) for said in each.said)
        hits = (titles & wanted).total()
        precision.append(hits / titles.total())
        recall.append(hits / max(wanted.total(), 1))
    return Told(page.name, [figures(tree, each, calendar) for each in found], precision, recall)


def right(page: Told) -> list[bool]:
    """Which groups of a page are its listing, or the largest part of it."""
    pure = [r for p, r in zip(page.precision, page.recall, strict=True) if p >= PURE]
    most = max(pure, default=0.0)
    return [
        p >= PURE and most > 0 and r >= MOST * most
        for p, r in zip(page.precision, page.recall, strict=True)
    ]


def _fit(loss: Callable[[np.ndarray], tuple[float, np.ndarray]], size: int) -> np.ndarray:
    found = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    made: np.ndarray = found.x
    return made


def _raw(
    names: Sequence[str], flat: np.ndarray, mean: np.ndarray, spread: np.ndarray
) -> dict[str, float]:
    """Weights of figures as they are, from those of figures that were brought to one scale."""
    weights = flat[:-1] / spread
    bias = float(flat[-1] - (weights * mean).sum())
    kept = {name: round(float(x), 4) for name, x in zip(names, weights, strict=True)}
    return {"bias": round(bias, 4), **kept}


def train_whole(pages: Sequence[Told]) -> dict[str, float]:
    """A conditional logit of the group that is the listing, none being one of the choices."""
    pages = [page for page in pages if page.figures]
    names = sorted(pages[0].figures[0])
    table = np.array([[each[n] for n in names] for page in pages for each in page.figures])
    mean, spread = table.mean(0), table.std(0) + 1e-3
    table = np.hstack([(table - mean) / spread, np.ones((len(table), 1))])
    of: np.ndarray = np.repeat(np.arange(len(pages)), [len(page.figures) for page in pages])
    starts = np.searchsorted(of, np.arange(len(pages)))
    good = np.array([float(x) for page in pages for x in right(page)])
    has = np.add.reduceat(good, starts) > 0

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        scores = table @ flat
        top = np.maximum(np.maximum.reduceat(scores, starts), 0)
        powers = np.exp(scores - top[of])
        total = np.add.reduceat(powers, starts) + np.exp(-top)
        chance = powers / total[of]
        hit = np.where(has, np.add.reduceat(chance * good, starts), np.exp(-top) / total) + 1e-12
        wanted = np.where(has[of], good * chance / hit[of], 0)
        slope = table.T @ (chance - wanted)
        slope[:-1] += L2 * flat[:-1]
        return float(-np.log(hit).sum() + 0.5 * L2 * (flat[:-1] ** 2).sum()), slope

    return _raw(names, _fit(loss, len(names) + 1), mean, spread)


def train_logistic(
    rows: Sequence[Mapping[str, float]], good: Sequence[bool], l2: float = L2
) -> dict[str, float]:
    """A logistic regression."""
    names = sorted(rows[0])
    table = np.array([[each[n] for n in names] for each in rows])
    mean, spread = table.mean(0), table.std(0) + 1e-3
    table = np.hstack([(table - mean) / spread, np.ones((len(table), 1))])
    wanted = np.array(good, float)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        scores = np.clip(table @ flat, -40, 40)
        chance = 1 / (1 + np.exp(-scores))
        value = -(wanted * np.log(chance + 1e-12) + (1 - wanted) * np.log(1 - chance + 1e-12)).sum()
        slope = table.T @ (chance - wanted)
        slope[:-1] += l2 * flat[:-1]
        return float(value + 0.5 * l2 * (flat[:-1] ** 2).sum()), slope

    return _raw(names, _fit(loss, len(names) + 1), mean, spread)


def train_part(pages: Sequence[Told]) -> dict[str, float]:
    """How likely a group is entries of its page, whatever else there is."""
    rows = [each for page in pages for each in page.figures]
    return train_logistic(rows, [p >= PURE for page in pages for p in page.precision])


def grounds(page: SavedPage, weights: Weights) -> tuple[Mapping[str, float], bool] | None:
    """What the choice for a page is judged by, and whether all that it takes is right."""
    tree, calendar, found = read(page)
    ranked = judged(tree, found, calendar, weights)
    if not ranked:
        return None
    choice = with_others(tree, ranked[0], ranked, weights)
    titles = Counter(normalise(s.title) for g in choice.groups for s in g.listed.said)
    wanted = Counter(normalise(entry.title) for entry in page.entries)
    hits = (titles & wanted).total()
    return choice.grounds, hits >= PURE * titles.total() and hits >= MOST * wanted.total()


def main() -> None:
    """Train on generated pages, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6, help="pages of each template")
    given = parser.parse_args()
    pages = list(all_pages(range(given.seeds)))
    with Pool() as pool:
        figured = pool.map(told, pages, chunksize=8)
        templates = sorted({page.template for page in figured})
        fold = {name: at % FOLDS for at, name in enumerate(templates)}
        doubts = []
        for number in range(FOLDS):
            others = [page for page in figured if fold[page.template] != number]
            weights = Weights(train_whole(others), train_part(others), {})
            mine = [
                page for page, seen in zip(pages, figured, strict=True)
                if fold[seen.template] == number
            ]  # fmt: skip
            doubts += pool.map(partial(grounds, weights=weights), mine, chunksize=8)
    kept = [each for each in doubts if each is not None]
    sure = train_logistic([told for told, _ in kept], [ok for _, ok in kept])
    print(f"{len(pages)} pages, {sum(ok for _, ok in kept)} read right by weights unaware of them")
    made = {"whole": train_whole(figured), "part": train_part(figured), "sure": sure}
    WEIGHTS.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
