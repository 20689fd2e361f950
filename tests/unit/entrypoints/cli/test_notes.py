"""What verbs say of files that nobody reads, of odd years, and of columns that nothing took."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tests.pressroom import Pressroom
from tests.unit.entrypoints.cli.conftest import ENVIRON, call
from tidings.entrypoints.cli import app

ODD = "9 May, 2062\n\nThe tide is measured anew\n\nSix poles stand in the bay.\n\n"
LOOKING = ["plan", "check", "status", "doctor"]
NOTE = "`- path: seeds/*.md` below `sources` would read it"


def run(room: Pressroom, *words: str) -> tuple[int, str]:
    """What `tidings run` ends with and says, at the instant of the room."""
    at = room.now.isoformat()
    told = CliRunner().invoke(app, ["-C", str(room.root), "run", *words, "--now", at], env=ENVIRON)
    return told.exit_code, told.stdout


def read_tables(room: Pressroom) -> None:
    """Let the instance read tables alone."""
    sources = "sources:\n  - path: seeds/*.csv\n"
    room.write("config/tidings.yaml", (room.root / "config/tidings.yaml").read_text() + sources)
    (room.root / "seeds/may.txt").unlink()


@pytest.mark.parametrize("verb", LOOKING)
def test_each_verb_names_a_file_that_no_source_names_once(room: Pressroom, verb: str) -> None:
    room.write("seeds/news.md", "x")
    room.run("none")
    told = call(room, verb).stdout
    assert told.count("seeds/news.md") == told.count(NOTE) == 1


@pytest.mark.parametrize("verb", LOOKING)
def test_nothing_is_said_where_all_files_are_read(room: Pressroom, verb: str) -> None:
    room.write("seeds/.DS_Store", "x")
    room.run("none")
    told = call(room, verb).stdout
    assert "no source names" not in told


def test_a_run_names_it_too_and_fails_for_none_of_it(room: Pressroom) -> None:
    room.write("seeds/news.md", "x")
    for _ in range(2):
        code, told = run(room, "--send", "none")
        assert (code, told.count(NOTE)) == (0, 1)
    code, told = run(room, "--send", "none", "--json")
    (note,) = json.loads(told)["problems"]
    assert (code, note["path"], note["severity"]) == (0, "seeds/news.md", "note")


def test_a_year_far_off_is_remarked_by_run_check_and_status(room: Pressroom) -> None:
    text = (room.root / "seeds/may.txt").read_text()
    room.write("seeds/may.txt", ODD + text)
    code, told = run(room, "--send", "none")
    assert code == 0
    for said in (told, call(room, "check").stdout, call(room, "status").stdout):
        assert "seeds/may.txt:3" in said
        assert "2062-05-09" in said
        assert "warning" in said
    found = json.loads(call(room, "status", "--json").stdout)
    assert [(each["line"], each["severity"]) for each in found["problems"]] == [(3, "warning")]
    room.write("seeds/may.txt", ODD.replace("2062", "2026") + text)
    run(room, "--send", "none")
    assert "2062" not in call(room, "status").stdout + call(room, "check").stdout


def test_a_bad_row_fails_the_run_that_reads_it_and_the_rest_is_published(room: Pressroom) -> None:
    read_tables(room)
    room.write(
        "seeds/a.csv",
        'Date,Title,Who\\n2026-05-08,A hub,x\\n2026-05-07,"B,y\\n'.replace("\\n", "\n"),
    )
    code, told = run(room, "--send", "none")
    assert code == 1
    assert "seeds/a.csv:3" in told
    assert '"Who"' in told
    assert "1 new" in told
    code, told = run(room, "--send", "none")
    assert code == 0
    assert "seeds/a.csv:3" in call(room, "status").stdout


def test_columns_are_a_setting_of_the_source_and_read_anew_when_set(room: Pressroom) -> None:
    read_tables(room)
    room.write("seeds/a.csv", "Title,Whenever\nA hub opens,2026-05-08\nA pact,2026-05-07\n")
    code, told = run(room, "--send", "none")
    assert (code, "columns: {date: Whenever}" in told) == (1, True)
    room.edit("config/tidings.yaml", "*.csv", "*.csv\n    columns: {date: Whenever}")
    code, told = run(room, "--send", "none")
    assert (code, "0 new" in told) == (0, True)
    assert "2: 2 with a date" in call(room, "status").stdout
