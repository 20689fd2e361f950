from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.undecided_weights import read_by_undecided_weights
from tidings.entrypoints.cli import app

LISTING = "".join(
    f"12 May 2021 | News\n{title}\nIt gives advice to people who look for work.\n\n\n"
    for title in ("A hub opens", "How fair work pays", "Employers trained in Mexico")
)


@pytest.fixture
def listing(tmp_path: Path) -> Path:
    file = tmp_path / "a.txt"
    file.write_text(LISTING, encoding="utf-8")
    return file


def test_each_line_stands_beside_what_it_was_taken_for(listing: Path) -> None:
    result = CliRunner().invoke(app, ["parse", str(listing)])
    assert result.exit_code == 0
    rows = [line.split() for line in result.output.splitlines()]
    assert ["1", "12", "May", "2021", "|", "News", "date"] in [row[:7] for row in rows]
    assert any(row[:1] == ["2"] and "2021-05-12" in row and "[News]" in row for row in rows)


def test_a_layout_can_be_tried(listing: Path) -> None:
    result = CliRunner().invoke(app, ["parse", "--layout", "title-and-date", str(listing)])
    assert result.exit_code == 1
    assert "does not fit" in " ".join(result.output.split())


def test_an_unknown_layout_is_a_usage_error(listing: Path) -> None:
    assert CliRunner().invoke(app, ["parse", "--layout", "sideways", str(listing)]).exit_code == 2


def test_json_of_one_file_is_the_plain_array(listing: Path) -> None:
    result = CliRunner().invoke(app, ["parse", "--json", str(listing)])
    entries = json.loads(result.stdout)
    assert [entry["published"] for entry in entries] == ["2021-05-12"] * 3
    assert set(entries[0]) == {"published", "title", "summary", "url", "category", "line"}


TIED = "".join(
    f"{title}\n\n{day} March 2026\n\n{text}\n\n"
    for day, title, text in (
        (3, "Two towns open information points for workers", "It is open at night"),
        (2, "Ministries agree on one form for work permits", "Forty beds and a canteen"),
        (1, "Ferry crews agree on rest days", "From July on"),
    )
)


def test_a_file_with_two_readings_shows_both_and_what_settles_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_by_undecided_weights(monkeypatch)
    file = tmp_path / "tied.txt"
    file.write_text(TIED, encoding="utf-8")
    result = CliRunner().invoke(app, ["parse", str(file)])
    assert result.exit_code == 1
    shown = " ".join(result.output.split())
    assert "best guess 3 entries, not published" in shown
    for said in (
        "dated-after (",
        "dated-before (",
        "--first 'It is open at night' --date 2026-03-03",
    ):
        assert said in shown
    assert CliRunner().invoke(app, ["parse", "--layout", "dated-after", str(file)]).exit_code == 0


def test_json_of_a_file_with_two_readings_is_an_empty_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_by_undecided_weights(monkeypatch)
    file = tmp_path / "tied.txt"
    file.write_text(TIED, encoding="utf-8")
    result = CliRunner().invoke(app, ["parse", "--json", str(file)])
    assert (result.exit_code, json.loads(result.stdout)) == (1, [])
    assert "dated-after" in result.stderr
    assert "dated-before" in result.stderr
