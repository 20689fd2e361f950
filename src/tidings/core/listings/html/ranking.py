"""Which groups of a page are its listing, and how sure that is. All weights are learned.

Of all groups, and of none of them, one is the listing: a conditional logit. A page may show its
news in several groups, such as a large first story above a list of others: each further group is
judged by itself. How sure the whole is, was fitted on pages that the weights had not seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log
from typing import Final

from tidings.core.identity import normalise
from tidings.core.listings.html.features import figures, is_heading
from tidings.core.listings.html.parts import Calendar, Listed
from tidings.core.listings.html.tree import Element, Tree, ancestors

_BIAS: Final = "bias"
_ALSO: Final = 0.5  # a group that is more likely entries than not is taken, too


@dataclass(frozen=True, slots=True)
class Weights:
    """What each figure counts: in the choice of a group, for a further one, and for how sure it all
    is."""

    whole: Mapping[str, float]
    part: Mapping[str, float]
    sure: Mapping[str, float]


@cache
def learned() -> Weights:
    """The weights that come with the package."""
    text = (files("tidings.core.listings.html") / "weights.json").read_text(encoding="utf-8")
    read = json.loads(text)
    return Weights(read["whole"], read["part"], read["sure"])


@dataclass(frozen=True, slots=True)
class Judged:
    """A group with its chance to be the listing, and to be a part of it."""

    listed: Listed
    chance: float
    part: float


@dataclass(frozen=True, slots=True)
class Selection:
    """What is taken for the listing of a page: groups, in the order of the page; how sure that is,
    by the figures in `grounds`."""

    groups: tuple[Judged, ...]
    confidence: float
    grounds: Mapping[str, float]


def judged(
    tree: Tree, found: Sequence[Listed], calendar: Calendar, weights: Weights
) -> list[Judged]:
    """The groups with their chances, the likeliest first."""
    told = [figures(tree, each, calendar) for each in found]
    scores = [_dot(weights.whole, each) for each in told]
    top = max([*scores, 0.0])
    powers = [exp(score - top) for score in scores]
    total = sum(powers) + exp(-top)
    made = [
        Judged(each, power / total, _logistic(_dot(weights.part, seen)))
        for each, power, seen in zip(found, powers, told, strict=True)
    ]
    return sorted(made, key=lambda one: -one.chance)


def chosen(tree: Tree, ranked: Sequence[Judged], weights: Weights) -> Selection | None:
    """The likeliest group with what belongs to it; None if there is no group at all."""
    return with_others(tree, ranked[0], ranked, weights) if ranked else None


def with_others(tree: Tree, best: Judged, ranked: Sequence[Judged], weights: Weights) -> Selection:
    """A group, with the further ones that are likely entries of the page as well."""
    taken = [best]
    left = 0.0
    for each in sorted(ranked, key=lambda one: -one.part):
        if each is best or not all(_apart(each.listed, other.listed) for other in taken):
            continue
        if each.part >= _ALSO and _may_be_part(each.listed, best.listed, taken):
            taken.append(each)
        else:
            left = max(left, each.part)
    same = _titles(best.listed)
    alike = sum(each.chance for each in ranked if _titles(each.listed) == same)
    rival = max((each.chance for each in ranked if _titles(each.listed) != same), default=0.0)
    said = [said for each in taken for said in each.listed.said]
    grounds = {
        "chance": _logit(alike),
        "rival": _logit(rival),
        "part": _logit(min(each.part for each in taken)),
        "left": _logit(left),
        "several": float(len(taken) > 1),
        "few": float(len(said) < 3),
        "dated": sum(each.stamp is not None for each in said) / len(said),
        "mixed": float(0 < sum(each.stamp is None for each in said) < len(said)),
    }
    in_order = sorted(taken, key=lambda one: tree.places[one.listed.said[0].record.title])
    return Selection(tuple(in_order), _logistic(_dot(weights.sure, grounds)), grounds)


def _apart(one: Listed, other: Listed) -> bool:
    """Whether no record of one group is within a record of the other."""
    mine = {part for said in one.said for part in said.record.parts}
    theirs = {part for said in other.said for part in said.record.parts}
    return not (_within(mine, theirs) or _within(theirs, mine))


def _within(some: set[Element], others: set[Element]) -> bool:
    return any(each in others or any(a in others for a in ancestors(each)) for each in some)


def _may_be_part(one: Listed, best: Listed, taken: Sequence[Judged]) -> bool:
    """Whether a group may be a further part: of one title it is only if that is a heading, and has
    a day where the others have one."""
    if len(one.said) == 1:
        said = one.said[0]
        dated = said.stamp is not None or not any(each.stamp for each in best.said)
        if not (is_heading(said.record.title) and dated):
            return False
    return not _repeats(one, taken)


def _repeats(one: Listed, taken: Sequence[Judged]) -> bool:
    """Whether most of a group's titles are there already."""
    known = {title for each in taken for title in _titles(each.listed)}
    titles = _titles(one)
    return 2 * sum(title in known for title in titles) > len(titles)


def _titles(one: Listed) -> tuple[str, ...]:
    return tuple(normalise(said.title) for said in one.said)


def _dot(weights: Mapping[str, float], told: Mapping[str, float]) -> float:
    return weights.get(_BIAS, 0.0) + sum(weights.get(name, 0.0) * x for name, x in told.items())


def _logistic(score: float) -> float:
    return 1 / (1 + exp(-max(min(score, 40.0), -40.0)))


def _logit(chance: float) -> float:
    bounded = max(min(chance, 0.9999), 0.0001)
    return log(bounded / (1 - bounded))
