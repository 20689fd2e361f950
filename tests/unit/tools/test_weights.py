"""The weights of the package: where they come from, and that they still say what they said."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tidings.core.listings import ranking
from tidings.core.listings.candidates import ROLES
from tidings.core.listings.entries import Page, layout_of, title_of
from tidings.core.listings.languages import names_of
from tidings.core.listings.ranking import Ranked, chosen, doubts, ranked
from tidings.core.listings.rows import read_rows
from tidings.core.listings.texts import page_of
from tools.reading.generator import Sample, generate

FILE = Path(ranking.__file__).with_name("weights.json")
RECORD = Path(__file__).with_name("recorded_scores.json")
LARGEST = 150_000
SEEDS = range(900_000, 900_010)


@cache
def plain() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


def read(sample: Sample) -> tuple[Page, Ranked]:
    rows = read_rows(sample.text, limit=150_000, language=None, date_order=None, names=names_of())
    assert rows
    page = page_of(sample.name, rows)
    return page, ranked(page.units, page.known, ranking.learned())


def scores(sample: Sample) -> dict[str, object]:
    """What the reader makes of a text, in figures that a change of any weight moves."""
    page, found = read(sample)
    choice = chosen(found, ranking.learned())
    titles = [title_of(page, record) for record in choice.found.records if record.title]
    wanted = [entry.title for entry in sample.entries]
    return {
        "layout": layout_of(page, choice.found),
        "confidence": round(choice.confidence, 3),
        "score": round(found.scores[0], 2),
        "beside": round(choice.beside, 3),
        "entries": len(choice.found.records),
        "titles": sum(title in wanted for title in titles),
        "labels": len(wanted),
    }


def test_the_weights_score_ten_texts_as_is_recorded(request: pytest.FixtureRequest) -> None:
    """After a training, `make bless` writes the record anew."""
    made = {sample.name: scores(sample) for sample in map(generate, SEEDS)}
    if request.config.getoption("--bless"):
        rows = ",\n".join(f"{json.dumps(name)}:{json.dumps(row)}" for name, row in made.items())
        RECORD.write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")
        return
    assert made == json.loads(RECORD.read_text(encoding="utf-8"))


def test_the_weights_tell_from_what_they_came_and_what_they_reach() -> None:
    told = plain()
    assert isinstance(told["version"], int)
    assert len(told["seeds"]) >= 3
    for name in ("listings", "generated"):
        assert told[name]["number"] > 50
        assert len(told[name]["sha256"]) == 16
    reached = told["figures"]
    assert reached["by the rule, P"] >= 0.9
    assert {
        "everything published, F1",
        "by the rule, F1",
        "by the rule, files with a wrong entry",
        "one entry taught, P",
        "one entry taught, F1",
        "title, day and summary alike",
    } <= set(reached)


def test_the_weights_are_small_and_sorted_by_name() -> None:
    assert FILE.stat().st_size < LARGEST
    told = plain()
    for names in (told["tagger"], told["ranker"]["figures"], told["confidence"]["figures"]):
        assert list(names) == sorted(names)
    assert len(FILE.read_text(encoding="utf-8").splitlines()) > len(told["tagger"])


def test_the_weights_are_of_the_roles_and_the_figures_of_the_code() -> None:
    told = plain()
    assert tuple(told["roles"]) == ROLES
    assert {len(row) for row in told["tagger"].values()} == {len(ROLES)}
    _, found = read(generate(7))
    assert set(told["ranker"]["figures"]) == set(found.told[0])
    assert set(told["confidence"]["figures"]) == set(doubts(found))


@pytest.mark.parametrize("lacking", ["roles", "tagger", "ranker", "confidence", "version"])
def test_weights_of_another_reader_are_refused(lacking: str) -> None:
    other = {name: value for name, value in plain().items() if name != lacking}
    with pytest.raises(ValueError, match="not of this reader"):
        ranking.loaded(other)


def test_weights_with_other_roles_are_refused() -> None:
    with pytest.raises(ValueError, match="not of this reader"):
        ranking.loaded({**plain(), "roles": list(reversed(ROLES))})
