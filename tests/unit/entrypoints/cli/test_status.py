"""`tidings status` lists what the newest file of a source says otherwise, with what takes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.fault.crashing import run_once
from tests.pressroom import SUNDAY, Pressroom
from tests.unit.entrypoints.cli.conftest import ENVIRON, call
from tidings.application.record import record
from tidings.entrypoints import wiring
from tidings.entrypoints.cli import app
from tidings.errors import StoreBusy, StoreError
from tidings.state import Store

DUMP = """\
Ferry to the islands runs on Sundays from May
4 May 2026
It leaves the landing below the mill at ten and at four, and bicycles go along without a ticket.

Salmon are counted again at the old weir
2 May 2026
Volunteers saw more than two hundred of them in one week, twice as many as last year.
"""


def saved(root: Path, name: str, text: str) -> None:
    (root / "seeds" / name).write_text(text, encoding="utf-8")


def test_a_correction_in_a_file_of_another_name_is_listed_until_the_setting_takes_it(
    room: Pressroom,
) -> None:
    saved(room.root, "000_9f.txt", DUMP)
    run_once(room.root, now=SUNDAY)
    assert json.loads(call(room, "status", "--json").stdout)["differing"] == []
    saved(room.root, "000_10a.txt", DUMP.replace("at ten", "at nine"))
    run_once(room.root, now=SUNDAY)
    (found,) = json.loads(call(room, "status", "--json").stdout)["differing"]
    assert (found["file"], found["line"]) == ("seeds/000_10a.txt", 1)
    assert (found["source"], found["setting"]) == ("seeds/*.txt", "newest: corrects")
    told = call(room, "status").stdout
    assert "1 item of which the newest file says another thing than what is published" in told
    assert "Ferry to the islands runs on Sundays from May" in told
    assert "`newest: corrects`" in told
    configured = room.root / "config" / "tidings.yaml"
    with configured.open("a", encoding="utf-8") as stream:
        stream.write("sources:\n  - path: seeds/*.txt\n    newest: corrects\n")
    plan = json.loads(call(room, "plan", "--json").stdout)
    assert ["at nine" in each["after"]["summary"] for each in plan["items"]["revised"]] == [True]
    report = run_once(room.root, now=SUNDAY)
    assert (report.recorded.new, report.recorded.revised) == (0, 1)
    assert json.loads(call(room, "status", "--json").stdout)["differing"] == []


# --- How the last run went ------------------------------------------------------------------------


def run_verb(room: Pressroom, *words: str) -> int:
    """`tidings run`, as a timer does it."""
    return CliRunner().invoke(app, ["-C", str(room.root), "run", *words], env=ENVIRON).exit_code


def told(room: Pressroom) -> tuple[int, list[str]]:
    """The exit code of `status`, and the kinds of what it found."""
    result = call(room, "status", "--json")
    return result.exit_code, [each["check"] for each in json.loads(result.stdout)["findings"]]


def test_a_run_that_failed_is_told_until_one_is_good(room: Pressroom) -> None:
    assert (run_verb(room), told(room)) == (0, (0, []))
    away = (room.root / "seeds").rename(room.root / "away")
    for message in ("the last run failed", "the last 2 runs failed"):
        assert run_verb(room) == 1
        assert told(room) == (1, ["rounds"])
        first = call(room, "status").stdout.splitlines()[0]
        assert first.startswith(f"{message} (")
        assert "does not exist" in first
    away.rename(room.root / "seeds")
    assert (run_verb(room), told(room)) == (0, (0, []))


def test_a_run_that_ends_in_an_error_is_told(
    room: Pressroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_verb(room)

    def fail(*_: object, **__: object) -> None:
        raise StoreError("disk I/O error")

    monkeypatch.setattr("tidings.entrypoints.cli.run.run_cycle", fail)
    assert run_verb(room) == 1
    assert told(room) == (1, ["rounds"])


def test_a_run_that_found_another_at_work_is_no_failure(
    room: Pressroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise StoreBusy("another process records and publishes")

    run_verb(room)
    monkeypatch.setattr("tidings.entrypoints.cli.run.run_cycle", busy)
    run_verb(room)
    assert told(room) == (0, [])


def test_what_was_recorded_and_not_published_is_told(room: Pressroom) -> None:
    run_once(room.root, now=SUNDAY)
    saved(room.root, "000_9f.txt", DUMP)
    room.decide(lambda store, _: record_alone(room, store))
    assert told(room) == (75, ["feeds"])
    run_once(room.root, now=SUNDAY)
    assert told(room) == (0, [])


def record_alone(room: Pressroom, store: Store) -> None:
    """A run that was killed before it published."""
    instance = wiring.load_instance(room.root, room.environ)
    s = wiring.services(instance, store, wiring.clock(SUNDAY))
    record(store, s.seeds, s.classifier, s.recording, SUNDAY)
