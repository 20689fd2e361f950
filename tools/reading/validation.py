"""Cross-validation: every listing read by models that have seen neither it nor its site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from tidings.core.listings.ranking import Linear, Weights, doubts
from tools.reading.corpus import folds
from tools.reading.models import Read, confidence_of, ranked_by, ranker_of, read, tagger_of
from tools.reading.preparing import Prepared, made, made_pages, right_of, said

FOLDS = 5
TEXTS = 600  # generated texts for the tagger, and as many for what comes after it
PAGES = 4  # listings of each template of a page


@dataclass
class Outcome:
    """A listing, read without having been seen: how sure, and what came of it."""

    listing: Prepared
    confidence: float
    best: float
    right: int
    read: int
    wanted: int


@dataclass
class Part:
    """A fold, or a share of the texts: its readings, by a tagger that has not seen it."""

    names: set[str]
    tagger: dict[str, list[float]]
    read: list[Read]


@dataclass
class Material:
    """All that is trained on: listings in folds by site, and texts for the tagger and the rest."""

    listings: list[Prepared]
    tagging: list[Prepared]
    later: list[Prepared]


def material(corpora: Sequence[Prepared], seed: int) -> Material:
    """The labelled listings, and generated ones that depend on the seed."""
    first = 100_000 * (seed + 1)
    pages = made_pages(first, PAGES)
    return Material([*corpora, *pages], made(first, TEXTS), made(first + 50_000, TEXTS))


def unseen(given: Material, seed: int) -> list[Part]:
    """The readings of each fold by a tagger that has not seen it, and of a share of the texts."""
    found = []
    for number, part in enumerate(folds(given.listings, FOLDS, seed)):
        tagger = tagger_of([*(p for p in given.listings if p.name not in part), *given.tagging])
        mine = [p for p in given.listings if p.name in part]
        readings = [read(one, tagger) for one in [*mine, *given.later[number::FOLDS]]]
        found.append(Part(part, tagger, readings))
    return found


def without_each(parts: Sequence[Part]) -> list[Weights]:
    """The weights for each fold, all models fitted without it."""
    # The confidence of a fold is fitted on what rankers gave for folds that they had not seen.
    rankers, best = _best(parts)
    return [
        Weights(1, part.tagger, rankers[number], confidence_of(_all(best, but=number)))
        for number, part in enumerate(parts)
    ]


def validated(parts: Sequence[Part], weights: Sequence[Weights]) -> list[Outcome]:
    """What comes of each listing by the weights of its fold."""
    return [
        _outcome(ranked_by(one, without.ranker), without.confidence)
        for part, without in zip(parts, weights, strict=True)
        for one in part.read
        if one.given.found and one.listing.site
    ]


def fitted(given: Material, seed: int) -> Weights:
    """The models from everything, the later ones on readings by taggers that had not seen them."""
    parts = unseen(given, seed)
    _, best = _best(parts)
    return Weights(
        1,
        tagger_of([*given.listings, *given.tagging]),
        ranker_of(_all([part.read for part in parts])),
        confidence_of(_all(best)),
    )


def _best(parts: Sequence[Part]) -> tuple[list[Linear], list[list[Read]]]:
    """A ranker for each part that has not seen it, and the readings of the part in its order."""
    read = [part.read for part in parts]
    rankers = [ranker_of(_all(read, but=number)) for number in range(len(parts))]
    best = [
        [ranked_by(one, ranker) for one in readings if one.given.found]
        for readings, ranker in zip(read, rankers, strict=True)
    ]
    return rankers, best


def _all(parts: Sequence[Sequence[Read]], *, but: int = -1) -> list[Read]:
    return [one for number, part in enumerate(parts) if number != but for one in part]


def _outcome(one: Read, confidence: Linear) -> Outcome:
    got = said(one.listing.page, one.given.found[0])
    sure = 1 / (1 + exp(-confidence.score(doubts(one.given))))
    right = right_of(got, one.listing.wanted)
    return Outcome(one.listing, sure, max(one.right), right, len(got), len(one.listing.wanted))
