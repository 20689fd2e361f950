"""The operator is told once of each incident, and once when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tidings.core.incidents import PAUSE, IncidentState, Notice, due, having_told, observed

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROUND = timedelta(seconds=15)
AFTER = 3


def told(rounds: str, every: timedelta = ROUND) -> list[Notice]:
    """What is told over rounds that fail (F), go well (.), or go well while mail is late (L)."""
    watch, words, now = IncidentState(), [], NOON
    for how in rounds:
        now += every
        failure, late = "disk full" if how == "F" else "", "Weekly is late" if how == "L" else ""
        watch = IncidentState.read(observed(watch, failure, late, now).written())
        if word := due(watch, AFTER, now):
            words.append(word)
            watch = having_told(watch, word, now)
    return words


@pytest.mark.parametrize(
    ("rounds", "words"),
    [
        ("....", []),
        (".F.FF.F.", []),
        (".FFF", ["begun"]),
        (".FFFFFFFFF", ["begun"]),
        ("FFF.....", ["begun", "over"]),
        ("LLLL.", ["begun", "over"]),
        ("LLFFFFL.", ["begun", "over"]),
    ],
)
def test_an_incident_is_told_once_and_its_end_once(rounds: str, words: list[Notice]) -> None:
    assert told(rounds) == words


def test_trouble_that_comes_and_goes_is_told_once_an_hour_at_most() -> None:
    assert told("FFF." * 10) == ["begun", "over"]
    assert told("FFF." * 2, every=PAUSE) == ["begun", "over"] * 2


def test_trouble_that_comes_back_within_the_hour_and_stays_is_told_then() -> None:
    assert told("FFF." + "F" * 240) == ["begun", "over", "begun"]


def test_a_clock_that_goes_back_does_not_silence_it() -> None:
    assert due(IncidentState(failures=3, told_at=NOON + timedelta(days=9)), AFTER, NOON) == "begun"


@pytest.mark.parametrize("note", [None, "", "{", "[]", '{"since": "noon"}', '{"other": 1}'])
def test_a_note_that_cannot_be_read_says_nothing(note: str | None) -> None:
    assert IncidentState.read(note) == IncidentState()
