"""Choosing among readings, and how sure the choice is: by made-up weights."""

from __future__ import annotations

from dataclasses import replace
from math import log

import pytest

from tests.undecided_weights import UNDECIDED, linear
from tests.unit.core.listings.pages import page
from tidings.core.listings.ranking import Ranked, Weights, among, chosen, loaded, ranked, said

TIED = "".join(
    f"{title}\n\n{day} May 2021\n\n{words}\n\n"
    for day, title, words in (
        (9, "A hub opens", "It is open at night"),
        (8, "A study of wages", "Of three countries"),
        (7, "Rest days for crews", "From July on"),
    )
)


def found(weights: Weights = UNDECIDED) -> Ranked:
    page_ = page(TIED)
    return ranked(page_.units, page_.known, weights)


def test_readings_come_by_their_scores_and_the_likeliest_is_chosen() -> None:
    ranking = found()
    assert list(ranking.scores) == sorted(ranking.scores, reverse=True)
    assert chosen(ranking, UNDECIDED).found == ranking.found[0]


def test_odds_are_of_the_scores() -> None:
    ranking = found()
    assert ranking.odds[0] == 1.0
    assert [log(odds) for odds in ranking.odds] == pytest.approx(
        [score - ranking.scores[0] for score in ranking.scores]
    )


def test_the_rival_says_something_else() -> None:
    choice = chosen(found(), UNDECIDED)
    assert choice.rival
    assert said(choice.rival) != said(choice.found)
    assert 0 < choice.beside <= 1


def test_the_confidence_is_that_of_its_model_and_none_beside() -> None:
    for bias, sure in ((0.0, 0.5), (log(9), 0.9)):
        weights = replace(UNDECIDED, confidence=linear({}, bias=bias))
        assert chosen(found(), weights).confidence == pytest.approx(sure)


def test_a_lead_on_what_says_something_else_makes_surer() -> None:
    by_lead = replace(UNDECIDED, confidence=linear({"lead": 1.0}))
    one = among(found(), [place == 0 for place in range(len(found().found))])
    assert chosen(one, by_lead).confidence > chosen(found(), by_lead).confidence
    assert chosen(one, by_lead).rival is None


def test_a_figure_far_out_counts_as_one_less_far() -> None:
    model = linear({"lead": 1.0})
    assert model.score({"lead": 1_000.0}) == model.score({"lead": 4.0}) == 4.0


def test_weights_of_another_reader_are_refused() -> None:
    with pytest.raises(ValueError, match="not of this reader"):
        loaded({"version": 1, "roles": ["title"], "tagger": {}, "ranker": {}, "confidence": {}})
