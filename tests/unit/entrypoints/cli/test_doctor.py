"""`tidings doctor` in a terminal: one line when all is well, and more for who asks or must act."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from tests.pressroom import Pressroom
from tests.unit.entrypoints.cli.conftest import call
from tidings.entrypoints.cli import doctor as verb
from tidings.model import Finding, Help, Level

FINE = (
    Finding("clock", "it is right", level=Level.FINE, help=None),
    Finding("worker", "none runs", "start one, or leave it", Level.FINE, help=Help.NO_WORKER),
)
NOTE = Finding("disk", "50 MiB free", "look again soon", Level.NOTE, help=Help.DISK)
WRONG = Finding("state", "it is torn", "restore it", help=Help.STATE_DAMAGED)


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    logger = logging.getLogger("tidings")
    before = logger.handlers, logger.level, logger.propagate
    yield
    logger.handlers, logger.level, logger.propagate = before


def found(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    """Have it find this, whatever machine it is on."""
    monkeypatch.setattr(verb, "examine", lambda *_, **__: findings)


def test_when_all_is_well_it_is_one_line(room: Pressroom, monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, *FINE)
    told = call(room, "doctor")
    assert (told.exit_code, told.stdout) == (0, "No problems found: 2 checks.\n")


def test_what_is_worth_knowing_is_told_even_so(
    room: Pressroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, *FINE, NOTE)
    told = call(room, "doctor")
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        "No problems found: 3 checks.",
        "",
        "   note   disk  50 MiB free",
        "                look again soon",
        "                more: tidings help what-to-do-when#disk",
    ]


@pytest.mark.parametrize("option", ["--deep", "-v", "--verbose"])
def test_who_asks_sees_every_check(
    room: Pressroom, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    found(monkeypatch, *FINE, NOTE)
    told = call(room, "doctor", option).stdout
    for word in ("it is right", "none runs", "start one, or leave it", "50 MiB free"):
        assert word in told


def test_beside_what_is_wrong_every_check_stands(
    room: Pressroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, *FINE, WRONG)
    told = call(room, "doctor")
    assert told.exit_code == 1
    assert told.stdout.splitlines() == [
        "1 problem found.",
        "",
        "   fine   clock   it is right",
        "   fine   worker  none runs",
        "                  start one, or leave it",
        "                  more: tidings help what-to-do-when#no-worker",
        "   wrong  state   it is torn",
        "                  restore it",
        "                  more: tidings help what-to-do-when#state-damaged",
    ]


def test_a_real_instance_is_told_in_short_and_the_number_is_that_of_its_checks(
    room: Pressroom,
) -> None:
    room.run()
    findings = json.loads(call(room, "doctor", "--json").stdout)["findings"]
    told = call(room, "doctor").stdout.splitlines()
    assert told[0] == f"No problems found: {len(findings)} checks."
    assert not any(line.startswith("   fine") for line in told)
