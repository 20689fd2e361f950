"""What `tidings run` shows while it sends mail, and says at its end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from tests.pressroom import Pressroom
from tidings.entrypoints.cli import app
from tidings.entrypoints.cli.run import pace, progress


@pytest.mark.parametrize(
    ("speed", "left", "said"),
    [
        (None, None, ""),
        (0.0, None, ""),
        (250.4, None, "250 per second"),
        (1234.0, 8.0, "1,234 per second, 0:08 left"),
        (2.0, 125.0, "2 per second, 2:05 left"),
        (0.1, 7260.0, "6 per minute, 2 h 01 min left"),
    ],
)
def test_pace_and_time_left_are_in_units_that_people_use(
    speed: float | None, left: float | None, said: str
) -> None:
    assert pace(speed, left) == said


def test_without_a_terminal_telling_the_progress_writes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress() as told:
        told(1, 10)
    assert capsys.readouterr() == ("", "")


ALERTS = """  alerts:
    title: Alerts
    topics: all
    cadence: {every: immediate}
    lists: [crew]
"""


def run(room: Pressroom, *words: str) -> str:
    """What `tidings run` says, at the instant of the room."""
    at = room.now.isoformat()
    told = CliRunner().invoke(
        app, ["-C", str(room.root), *words, "--now", at], env={"NO_COLOR": "1", "COLUMNS": "80"}
    )
    assert told.exit_code == 0, told.output
    return told.stdout


def test_the_last_line_names_the_next_date_of_every_digest(room: Pressroom) -> None:
    room.write("config/digests.yaml", (room.root / "config/digests.yaml").read_text() + ALERTS)
    last = run(room, "run").splitlines()[-1]
    assert last == (
        "All done. 2 items in 2 topics. Next: Harbour weekly Monday 11 May 2026, 08:00;"
        " Boats every day Monday 11 May 2026, 07:00; Alerts as soon as there is anything new."
    )


def test_how_long_an_immediate_digest_waits_is_said_wherever_one_looks(room: Pressroom) -> None:
    room.write("config/digests.yaml", "digests:\n" + ALERTS)
    run(room, "run")
    room.write("seeds/more.txt", "10 May, 2026\n\nA boat sinks\n\nNobody was on it.\n")
    assert "The next digest comes as soon as there is anything new, not before 10:15." in run(
        room, "run"
    )
    room.now += timedelta(minutes=3)
    room.write("seeds/most.txt", "10 May, 2026\n\nA boat is raised\n\nIt is wet.\n")
    assert "not before 10:15" in run(room, "run")
    planned = run(room, "plan")
    assert "10:15, Alerts, No. 2" in planned
    epoch = {"SOURCE_DATE_EPOCH": str(int(room.now.timestamp())), "NO_COLOR": "1"}
    told = CliRunner().invoke(app, ["-C", str(room.root), "status"], env=epoch).stdout
    assert (
        "Alerts: No. 1 of Sunday 10 May 2026, 10:00, next as soon as there is anything new," in told
    )
    assert "not before 10:15" in told
    room.now += timedelta(minutes=12)
    assert "Alerts, No. 2: 1 item for 3 recipients" in run(room, "run")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://localhost:8000/", "http://localhost:8000/ while `tidings -C {} serve` runs"),
        (
            "http://127.0.0.1:8123/news/",
            "http://127.0.0.1:8123/news/ while `tidings -C {} serve --port 8123` runs",
        ),
        ("http://[::1]/", "http://[::1]/ while `tidings -C {} serve --port 80` runs"),
        ("https://localhost/", ""),
        ("https://harbour.example.org/", ""),
    ],
)
def test_an_address_on_this_machine_comes_with_the_verb_that_answers_there(
    room: Pressroom, url: str, shown: str
) -> None:
    room.edit("config/tidings.yaml", "https://harbour.example.org/", url)
    told = run(room, "run")
    assert told.count(" serve") == bool(shown)
    assert shown.format(room.root) in " ".join(told.split())
    assert " serve" not in run(room, "run")


def test_a_declared_encoding_is_told_by_the_run_that_reads_the_file_and_is_no_problem(
    room: Pressroom,
) -> None:
    source = "sources:\n  - {path: seeds/*.txt, encoding: cp1252}\n"
    settings = room.root / "config/tidings.yaml"
    room.write("config/tidings.yaml", settings.read_text("utf-8") + source)
    old = "9 May, 2026\n\nA caf\xe9 opens on the quay\n\nIt is open from dawn.\n"
    (room.root / "seeds/old.txt").write_bytes(old.encode("cp1252"))
    first = run(room, "run")
    assert "   encoding   seeds/old.txt is not UTF-8: read as cp1252, as its source says\n" in first
    assert "seeds/may.txt" not in first
    assert "encoding" not in run(room, "run")
    said = run_status(room)
    assert said.startswith("No problems found.")


def test_a_run_after_a_decision_says_what_it_did_and_nothing_of_news(room: Pressroom) -> None:
    run(room, "run")
    told = CliRunner().invoke(
        app,
        ["-C", str(room.root), "retract", "the-ferry", "--reason", "It never left"],
        env={"SOURCE_DATE_EPOCH": str(int(room.now.timestamp()))},
    )
    assert told.exit_code == 0, told.output
    room.now += timedelta(minutes=1)
    said = run(room, "run")
    assert "0 new" not in said
    assert "files changed" in said


def run_status(room: Pressroom) -> str:
    epoch = {"SOURCE_DATE_EPOCH": str(int(room.now.timestamp())), "NO_COLOR": "1"}
    return CliRunner().invoke(app, ["-C", str(room.root), "status"], env=epoch).stdout
