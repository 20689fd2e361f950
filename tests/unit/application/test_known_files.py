"""What is kept of the seed files from round to round: the state is asked only if it knows more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.builders import HOUR, MONDAY
from tests.desk import Desk
from tidings.application.known_files import KnownFiles
from tidings.application.record import RecordReport, record
from tidings.model import SeedStat
from tidings.state.sources import Sources

BOAT = "2026-01-05 | A boat | It floats."
PORT = "2026-01-06 | A port | It waits."


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files the state told of, each time that it was asked for all of them."""
    found: list[int] = []
    real = Sources.stats

    def spy(self: Sources) -> Mapping[str, SeedStat]:
        stats = real(self)
        found.append(len(stats))
        return stats

    monkeypatch.setattr(Sources, "stats", spy)
    return found


def another_process(desk: Desk) -> RecordReport:
    """It reads what there is."""
    return Desk(desk.root, desk.store).record(MONDAY + HOUR)


def test_what_we_read_ourselves_need_not_be_asked_for(desk: Desk, asked: list[int]) -> None:
    desk.file("a.txt", BOAT)
    desk.file("b.txt", PORT)
    desk.file("a.txt", BOAT, PORT)
    assert desk.record().files == 0
    assert asked == [0]


def test_what_another_process_has_read_is_not_read_again(desk: Desk, asked: list[int]) -> None:
    desk.file("a.txt", BOAT)
    desk.write("b.txt", PORT)
    assert another_process(desk).files == 1
    assert desk.record().files == 0
    assert asked == [0, 1, 2]


def test_what_another_process_has_forgotten_is_read_when_it_is_back_as_it_was(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    with desk.store.writing() as state:
        state.sources.forget(["seeds/a.txt"])
    assert desk.record().files == 1


def test_a_round_that_fails_is_not_taken_for_one_that_has_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.file("a.txt", BOAT)
    desk.write("b.txt", PORT)
    with monkeypatch.context() as patch:
        patch.setattr(Sources, "forget_problems", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            desk.record()
    with desk.store.writing() as state:
        state.sources.forget(["seeds/b.txt"])
    assert desk.record().files == 1


def test_files_are_read_again_by_other_settings_once(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    known = KnownFiles()

    def read(settings: str) -> int:
        how = replace(desk.recording, settings=lambda _path: settings)
        rounds = (
            record(desk.store, desk.seeds, desk.classifier, how, MONDAY, known_files=known)
            for _ in range(3)
        )
        return sum(done.files for done in rounds)

    assert [read("one"), read("one"), read("another")] == [1, 0, 1]
