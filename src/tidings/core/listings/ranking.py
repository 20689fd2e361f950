"""The learned part: how probable the roles of units are, which reading is best, and how sure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, inf, log
from typing import Final

from tidings.core.listings.candidates import (
    DATE,
    MORE,
    NEW_DATE,
    NEW_TITLE,
    ROLES,
    TITLE,
    Assumption,
    Candidate,
    Given,
    Order,
    candidates,
)
from tidings.core.listings.features import FileContext, Part, feature_parts
from tidings.core.listings.figures import Figures, compared, figures, file_of
from tidings.core.listings.units import Unit

Tagger = Mapping[str, Sequence[float]]
BIAS: Final = "bias"
_DATES: Final = (DATE, NEW_DATE)


def log_probabilities(
    units: Sequence[Unit], known: FileContext, weights: Tagger
) -> list[list[float]]:
    """For each unit the logarithm of each role's probability.

    A text is no date, and a date no title: these get `-inf`.
    """
    # Units share most of their parts, and some all of them. Their weights are added one by one, in
    # one order: two roles may be exactly as probable, and then the rounding decides.
    known_rows: dict[Part, list[Sequence[float]]] = {}
    known_units: dict[tuple[Part, ...], list[float]] = {}
    bias = weights.get(BIAS, (0.0,) * len(ROLES))
    told = []
    for unit, parts in zip(units, feature_parts(units, known), strict=True):
        scores = known_units.get(parts)
        if scores is None:
            rows: list[Sequence[float]] = []
            for part in parts:
                shared = known_rows.get(part)
                if shared is None:
                    front, names = part
                    shared = [weights[n] for name in names if (n := front + name) in weights]
                    known_rows[part] = shared
                rows += shared
            rows.append(bias)
            scores = known_units[parts] = list(map(sum, zip(*rows, strict=True)))
        told.append(_normalised(scores, _banned(unit)))
    return told


def _normalised(scores: Sequence[float], banned: Collection[int]) -> list[float]:
    top = max(scores)
    whole = sum([exp(score - top) for role, score in enumerate(scores) if role not in banned])
    total = log(whole)
    told = [score - top - total for score in scores]
    for role in banned:
        told[role] = -inf
    return told


def _banned(unit: Unit) -> tuple[int, ...]:
    """The roles that a unit cannot have."""
    if unit.kind == "text":
        return _DATES
    if unit.kind == "date":
        # A title may go on with a date, as in "Minutes of 5 May 2021".
        return (TITLE, NEW_TITLE) if unit.piece else (TITLE, NEW_TITLE, MORE)
    return ()


# --- Weights --------------------------------------------------------------------------------------

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
        total = 0.0
        for name, mean, deviation, weight in rows:
            value = (figures[name] - mean) / deviation
            total += weight * (-4.0 if value < -4.0 else 4.0 if value > 4.0 else value)
        return self.bias + total


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


# --- The best reading -----------------------------------------------------------------------------

_SURE: Final = 12.0  # of a lead in score: what is more says no more
_ALIKE: Final = 0.8  # share of entries on which two readings are variants of one
# Of the figures of a reading those that also tell whether it is right.
_TELLING: Final = (
    "tags", "tags worst", "tags title", "tags date", "alike", "kinds", "title and date", "date",
    "dates unused", "entries", "gap alike", "gap wider inside", "starts alike", "title shape",
    "title shape missed", "title distinct", "title stop", "title boilerplate", "title label",
    "dates in order", "others plain", "long left over", "text like title", "text repeated",
    "date nearer", "date gap beyond", "above units", "below units", "date at top", "date at end",
    "first title usual", "last title usual", "first title label", "first title plain",
    "last title plain", "weak used", "one", "two", "repeated taken", "bounds within",
)  # fmt: skip

# What an entry says, so far as readings are compared: title and date, by their units.
Said = frozenset[tuple[tuple[int, ...], int | None]]


@dataclass(frozen=True, slots=True)
class Choice:
    """The reading that is the likeliest, from 0 to 1 how sure it is, and the likeliest of those
    that say something else, with how likely it is beside the first."""

    found: Candidate
    confidence: float
    rival: Candidate | None = None
    beside: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """The readings of a file, the likeliest first, with their figures and scores."""

    found: tuple[Candidate, ...]
    told: tuple[Figures, ...]
    scores: tuple[float, ...]

    @property
    def odds(self) -> list[float]:
        """How likely each is beside the first."""
        return [exp(score - self.scores[0]) for score in self.scores]


def ranked(
    units: Sequence[Unit],
    known: FileContext,
    weights: Weights,
    given: Sequence[Given] = (),
    only: Sequence[tuple[Assumption, Order]] = (),
) -> Ranked:
    """All readings in the order of their scores; see `candidates` for what is `given`, and `only`
    tried."""
    probable = log_probabilities(units, known, weights.tagger)
    found = candidates(known, probable, given, only)
    file = file_of(units, known, probable)
    told = compared([figures(file, each) for each in found], found)
    scores = [weights.ranker.score(each) for each in told]
    order = sorted(range(len(found)), key=lambda at: -scores[at])
    return Ranked(
        tuple(found[at] for at in order),
        tuple(told[at] for at in order),
        tuple(scores[at] for at in order),
    )


def among(given: Ranked, kept: Sequence[bool]) -> Ranked:
    """Those of the readings that are kept."""
    at = [place for place, keep in enumerate(kept) if keep]
    return Ranked(
        tuple(given.found[place] for place in at),
        tuple(given.told[place] for place in at),
        tuple(given.scores[place] for place in at),
    )


def chosen(given: Ranked, weights: Weights) -> Choice:
    """The first of these readings, of which there is at least one."""
    score = weights.confidence.score(doubts(given))
    rival = _rival(given)
    return Choice(
        given.found[0],
        1 / (1 + exp(-score)),
        given.found[rival] if rival else None,
        given.odds[rival] if rival else 0.0,
    )


def said(found: Candidate) -> Said:
    """What a reading says."""
    return frozenset((record.title, record.date) for record in found.records if record.title)


def _agreement(ours: Said, theirs: Said) -> float:
    return 2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours or theirs else 1.0


def _rival(given: Ranked) -> int:
    """The place of the likeliest reading that says something else, 0 if there is none."""
    ours = said(given.found[0])
    return next((at for at, each in enumerate(given.found) if said(each) != ours), 0)


def doubts(given: Ranked) -> Figures:
    """What tells whether the first reading is right: its lead, and its own figures."""
    told, scores = given.told[0], given.scores
    sets = [said(each) for each in given.found]
    agreed = [_agreement(sets[0], each) for each in sets]
    near = next((at for at, each in enumerate(sets) if each != sets[0]), None)
    far = next((at for at, share in enumerate(agreed) if share < _ALIKE), None)
    odds = given.odds
    by_tags = max(range(len(sets)), key=lambda at: given.told[at]["tags"])
    by_code = min(range(len(sets)), key=lambda at: given.told[at]["code"])
    return {
        "lead": (lead := _lead(scores, near)),
        "lead logarithm": log(lead + 0.1),
        "lead on others": (ahead := _lead(scores, far)),
        "lead on others logarithm": log(ahead + 0.1),
        "agreed": sum(o * a for o, a in zip(odds, agreed, strict=True)) / sum(odds),
        "agreed by tags": agreed[by_tags],
        "agreed by code": agreed[by_code],
        **{name: told[name] for name in _TELLING},
    }


def _lead(scores: Sequence[float], rival: int | None) -> float:
    """How far the first reading is ahead of another; `_SURE` if there is no other."""
    return _SURE if rival is None else min(_SURE, scores[0] - scores[rival])
