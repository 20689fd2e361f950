"""`tidings check`: every problem at once, where it stands, with a caret under it."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len
from rich.console import Console

from tests.fork_server import call as call_fork
from tests.pressroom import Pressroom
from tidings.entrypoints.cli import app
from tidings.entrypoints.cli.check import Excerpts
from tidings.entrypoints.examination import examine
from tidings.model import Help, Problem

ROOT = Path(__file__).parents[4]


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    for name in ("config", "seeds"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


Edit = Callable[[str, str, str], None]


@pytest.fixture
def edit(instance: Path) -> Edit:
    """Replaces the first occurrence of a text in a configuration file."""

    def edit(file: str, old: str, new: str) -> None:
        path = instance / "config" / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_bytes(text.replace(old, new, 1).encode())

    return edit


def shown(root: Path, finding: Problem) -> list[str]:
    stream = io.StringIO()
    Excerpts(root).show(Console(file=stream, soft_wrap=True, highlight=False), finding)
    return stream.getvalue().splitlines()


def found(instance: Path) -> list[str]:
    return [f"{each.severity} {each}" for each in examine(instance, {}).findings]


# --- What is found --------------------------------------------------------------------------------


def test_the_sample_has_nothing_to_find(instance: Path) -> None:
    assert found(instance) == []


def test_one_mistake_does_not_hide_another(instance: Path, edit: Edit) -> None:
    edit("tidings.yaml", "limit: 50", "limit: 600\n  maxx: 5")
    edit("digests.yaml", 'every: week, on: monday, at: "08:00"', "every: week, at: 8 o'clock")
    edit(
        "topics.yaml", "    tests:\n", "    after: 2026\n    before: 2025\n    pin: x\n    tests:\n"
    )
    edit("topics.yaml", "  - [labour, labor]\n", "  - [labour]\n")
    edit("topics.yaml", "        - Two countries sign", "        - Nobody signs\n        - Two")
    folder = instance / "templates/site"
    folder.mkdir(parents=True)
    (folder / "index.html.j2").write_text("{% if %}\n", encoding="utf-8")
    (instance / "config/recipients.yaml").write_text(
        "lists: {staff: [nobody], more: {from: more.csv}}\n", encoding="utf-8"
    )
    (instance / "config/more.csv").write_text("address,paused\na@example.org,maybe\n")
    assert [line.split(" (")[0].split(": ", 1)[1] for line in found(instance)] == [
        'unknown setting "maxx"',
        "max: 500 is below limit, which is 600",
        "aliases: needs at least two words that mean the same",
        "before: no day is after 2026-01-01 and before 2025-01-01",
        'pin: "x" is not an item',
        "on: is missing",
        'at: "8 o\'clock" is not a time of day',
        'address: "nobody" is not a mail address',
        "paused: expected true or false",
        "Expected an expression, got 'end of statement block'",
    ]


def test_a_failing_rule_test_has_the_line_of_its_text_also_beside_other_mistakes(
    instance: Path, edit: Edit
) -> None:
    edit("topics.yaml", "        - Two countries sign", "        - Nobody signs\n        - Two")
    edit("tidings.yaml", "limit: 50", "limit: fifty")
    rule_test = found(instance)[1]
    assert "a rule test fails: labour-migration: should match “Nobody signs”" in rule_test
    line = int(rule_test.split(":")[1])
    lines = (instance / "config/topics.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[line - 1].strip() == "- Nobody signs"


def test_a_template_that_a_digest_lacks_has_the_line_of_the_setting(
    instance: Path, edit: Edit
) -> None:
    edit("digests.yaml", "    # template: digest", "    template: monthly")
    assert [line.split(":")[0] for line in found(instance)] == ["problem config/digests.yaml"] * 3
    assert all(each.line for each in examine(instance, {}).findings)


def test_what_is_likely_a_mistake_comes_after_what_is_one(instance: Path, edit: Edit) -> None:
    edit("topics.yaml", "    any:\n", "    any:\n      - ILO\n")
    edit("digests.yaml", "lists: [staff]", "lists: []")
    severities = [each.severity for each in examine(instance, {}).findings]
    assert severities == ["warning", "warning", "warning"]
    edit("topics.yaml", "        - Two countries sign", "        - Nobody signs\n        - Two")
    severities = [each.severity for each in examine(instance, {}).findings]
    assert severities == ["problem", "warning", "warning", "warning"]


def test_looking_leaves_the_instance_as_it_is(instance: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in instance.rglob("*")}
    examine(instance, {})
    assert {path: path.stat().st_mtime_ns for path in instance.rglob("*")} == before


def test_a_group_that_is_on_no_list_and_gets_mail_is_named_until_a_list_says_what_it_is(
    room: Pressroom,
) -> None:
    room.run()
    for address in ("info@example.org", "staff@example.org", "luz@example.org"):
        added = call_fork(["-C", room.root, "recipients", "add", address, "--digest", "weekly"], {})
        assert added.returncode == 0, added.stderr
    left = call_fork(["-C", room.root, "recipients", "remove", "staff@example.org"], {})
    assert left.returncode == 0, left.stderr
    told = "info@example.org looks like a group address, and gets mail without being on a list"
    groups = [each for each in found(room.root) if "group address" in each]
    assert len(groups) == 1
    assert groups[0].startswith(f"warning config/recipients.yaml:2:1: {told}")
    entry = "    - {address: info@example.org, shared: true}\n"
    room.edit("config/recipients.yaml", "    - ana@", f"{entry}    - ana@")
    assert [each for each in found(room.root) if "group address" in each] == []


def test_seeds_that_cannot_be_looked_through_are_a_warning(instance: Path) -> None:
    shutil.rmtree(instance / "seeds")
    (told,) = examine(instance, {}).findings
    assert (told.severity, told.path) == ("warning", "seeds")


# --- How it is shown ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "    nonee: [harvest]",
        "    ñandú: é, nonee: x",
        "    日本語: 学校, nonee: x",
        "    \tnonee: x",
        "    a\u0301e\u0301 nonee: x",
        "    " + "word " * 40 + "nonee " + "more " * 40,
    ],
    ids=["plain", "accents", "wide", "tab", "combining", "long"],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_caret_is_below_the_mistake(tmp_path: Path, line: str, ending: str, mark: str) -> None:
    (tmp_path / "a.yaml").write_bytes(f"{mark}first: 1{ending}{line}{ending}".encode())
    column = line.index("nonee") + 1
    place, above, source, caret = shown(tmp_path, Problem("a.yaml", 2, column, "no", "", "nonee"))[
        :4
    ]
    assert (place, above) == (f"a.yaml:2:{column}", "    1 | first: 1")
    start = caret.index("^")
    before = source.partition("nonee")[0]
    assert cell_len(before) == start
    assert caret[start:].startswith("^^^^^ no")
    assert cell_len(source) <= 80


def test_a_long_reason_stands_below_the_caret_within_the_screen(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x: 1\n", encoding="utf-8")
    lines = shown(tmp_path, Problem("a.yaml", 1, 1, "reason " * 20, "remedy " * 20, "x"))
    assert lines[:3] == ["a.yaml:1:1", "    1 | x: 1", "      | ^"]
    assert len(lines) > 6
    assert all(len(line) <= 80 for line in lines)


def test_a_problem_without_a_line_is_told_on_one(tmp_path: Path) -> None:
    message, kind = "there is no such setting", Help.UNKNOWN_SETTING
    lines = shown(tmp_path, Problem("TIDINGS_X", 0, 0, message, "remove it", help=kind))
    assert lines == [
        "TIDINGS_X: there is no such setting (remove it)",
        "more: tidings help what-to-do-when#unknown-setting",
        "",
    ]


def test_a_terminal_is_not_at_the_mercy_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x: \x1b[2J\n", encoding="utf-8")
    assert "\x1b" not in "".join(shown(tmp_path, Problem("a.yaml", 1, 1, "no")))


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x: smtp://me:hunter2@host\n", encoding="utf-8")
    assert "hunter2" not in "".join(shown(tmp_path, Problem("a.yaml", 1, 4, "no")))


# --- The verb -------------------------------------------------------------------------------------


def told(instance: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    command = typer.main.get_command(app)
    code = command.main(["-C", str(instance), "check", *arguments], standalone_mode=False)
    return int(code or 0), capsys.readouterr().out


def test_a_warning_fails_only_where_that_is_asked_for(
    instance: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("topics.yaml", "    any:\n", "    any:\n      - ILO\n")
    code, text = told(instance, capsys)
    assert code == 0
    assert "warning: `ILO` also finds “ilo” in small letters" in text
    assert "No problems found, 1 warning: 4 files" in text
    assert told(instance, capsys, "--strict")[0] == 2


def test_programs_are_told_the_severity(
    instance: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("topics.yaml", "    any:\n", "    any:\n      - ILO\n")
    code, text = told(instance, capsys, "--json")
    (each,) = json.loads(text)["problems"]
    assert (code, each["severity"], each["path"]) == (0, "warning", "config/topics.yaml")
    edit("tidings.yaml", "limit: 50", "limit: fifty")
    code, text = told(instance, capsys, "--json")
    assert [each["severity"] for each in json.loads(text)["problems"]] == ["problem"]
    assert code == 2
