"""Every message of `status`, `doctor` and `check` has its section in "What to do when"."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.docs import pages
from tests.docs.pages import ROOT
from tidings import errors
from tidings.entrypoints.cli import VERBS, app
from tidings.entrypoints.doctor import examine
from tidings.model import Help

PAGE = "docs/how-to/what-to-do-when.md"
SOURCE = ROOT / "src/tidings"
# Whose problems are all of one kind, that of listings, and are kept in the state without it.
ABOUT_LISTINGS = {"core/listings", "adapters/seeds.py", "application/record.py", "state/files.py"}


def run(*words: str) -> str:
    return CliRunner().invoke(app, list(words)).stdout


def sections() -> list[str]:
    headings = re.findall(r"^### (.+)$", pages.read(PAGE), re.MULTILINE)
    return [heading.lower().replace(" ", "-") for heading in headings]


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Each call of a function or class in the package, with the module."""
    for path in sorted(SOURCE.rglob("*.py")):
        module = path.relative_to(SOURCE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield module, node


def test_every_kind_of_message_has_a_section_and_every_section_a_kind() -> None:
    assert sorted(sections()) == sorted(map(str, Help))


@pytest.mark.parametrize("kind", Help)
def test_every_section_leads_to_the_page_that_says_more(kind: Help) -> None:
    told = run("help", kind.address)
    assert told.startswith("### ")
    assert re.search(r"More:\s+\[[^]]+\]\([^)]+\.md", told), told


@pytest.mark.parametrize("kind", Help)
def test_every_kind_is_one_of_some_message(kind: Help) -> None:
    sources = [
        path.read_text("utf-8") for path in SOURCE.rglob("*.py") if path.parts[-2] != "model"
    ]
    assert any(re.search(rf"\bHelp\.{kind.name}\b|section = \"{kind}\"", text) for text in sources)


def test_every_error_says_which_section_helps() -> None:
    waiting = list(errors.TidingsError.__subclasses__())
    while waiting:
        kind = waiting.pop()
        assert kind.section in {str(each) for each in Help}, kind
        waiting += kind.__subclasses__()


def test_every_problem_that_is_not_of_a_listing_says_which_section_helps() -> None:
    silent = [
        f"{module}:{call.lineno}"
        for module, call in calls("Problem")
        if not any(module.startswith(part) for part in ABOUT_LISTINGS)
        and "help" not in {keyword.arg for keyword in call.keywords}
    ]
    assert silent == []


def test_only_what_is_fine_is_without_a_section() -> None:
    silent = [
        (module, ast.unparse(call))
        for module, call in calls("Finding")
        for keyword in call.keywords
        if keyword.arg == "help" and ast.unparse(keyword.value) == "None"
    ]
    assert silent == [("core/doctor.py", "Finding(check, message, level=Level.FINE, help=None)")]


def test_every_rule_of_what_is_likely_a_mistake_says_which_section_helps() -> None:
    tree = ast.parse((SOURCE / "core/settings/lint.py").read_text(encoding="utf-8"))
    rules = [
        node.value
        for function in tree.body
        if isinstance(function, ast.FunctionDef) and function.name in ("lint", "lint_against")
        for node in ast.walk(function)
        if isinstance(node, ast.YieldFrom)
    ]
    assert len(rules) > 5
    assert {getattr(rule.func, "id", "") for rule in rules if isinstance(rule, ast.Call)} == {
        "about"
    }


def sample(folder: Path, **lines: str) -> Path:
    """The sample, with a line more at the end of some of its files."""
    for name in ("config", "seeds", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    for name, line in lines.items():
        with (folder / "config" / f"{name}.yaml").open("a", encoding="utf-8") as file:
            file.write(line)
    return folder


MISTAKES = {"tidings": "titel: News\n", "topics": "  mexico-again: {any: [IT]}\n"}
WARNINGS = {"topics": "  more:\n    title: More\n    any: [IT]\n", "recipients": "  none: []\n"}


@pytest.mark.parametrize("lines", [MISTAKES, WARNINGS])
def test_check_ends_each_message_with_its_section(lines: dict[str, str], tmp_path: Path) -> None:
    root = str(sample(tmp_path, **lines))
    told = run("-C", root, "check").rstrip()
    messages = told.split("\n\n")[:-1]
    assert len(messages) > 1
    for message in messages:
        assert re.search(r"more: tidings help what-to-do-when#[\w-]+$", message), message
    found = json.loads(run("-C", root, "check", "--json"))["problems"]
    named = re.findall(r"what-to-do-when#[\w-]+", told)
    assert [each["help"] for each in found] == named
    for annotation in run("-C", root, "check", "--format", "github").splitlines():
        assert re.search(r"; more: tidings help what-to-do-when#[\w-]+$", annotation), annotation


def test_doctor_ends_each_message_with_its_section(tmp_path: Path) -> None:
    root = str(sample(tmp_path, **MISTAKES))
    told = run("-C", root, "doctor")
    found = json.loads(run("-C", root, "doctor", "--json"))["findings"]
    assert "more: tidings help what-to-do-when#unknown-setting" in told
    for each in found:
        assert bool(each["help"]) == bool(each["remedy"]), each


def test_nothing_that_doctor_has_a_remedy_for_is_without_a_section(tmp_path: Path) -> None:
    sample(tmp_path)
    found = list(examine(tmp_path, {}, datetime(2001, 1, 1, tzinfo=UTC), deep=True))
    assert Help.CLOCK in [each.help for each in found]
    assert Help.STATE_MISSING in [each.help for each in found]
    assert [each for each in found if bool(each.help) != bool(each.remedy)] == []


def test_status_ends_with_the_sections_of_what_it_names(tmp_path: Path) -> None:
    sample(tmp_path)
    (tmp_path / "seeds/today.txt").write_text("Nothing here is a listing", encoding="utf-8")
    run("-C", str(tmp_path), "run", "--send", "none")
    told = run("-C", str(tmp_path), "status")
    assert told.rstrip().endswith("more       tidings help what-to-do-when#listing")
    answer = json.loads(run("-C", str(tmp_path), "status", "--json"))
    assert [each["help"] for each in answer["findings"]] == ["what-to-do-when#listing"]
    assert {each["help"] for each in answer["problems"]} == {"what-to-do-when#listing"}


def test_a_failure_ends_with_its_section(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["-C", str(tmp_path), "run"])
    error = outcome.exception
    assert isinstance(error, errors.ConfigError)
    from tidings.entrypoints.cli.exits import told

    assert told(error.problems).endswith("\nmore: tidings help what-to-do-when#no-instance")


# --- Pages in the terminal -----------------------------------------------------------------------


def names() -> list[str]:
    return [Path(page).stem for page in pages.PAGES if page.startswith("docs/")]


def test_no_two_pages_have_one_name_and_none_that_of_a_verb_or_of_a_kind() -> None:
    assert len(set(names())) == len(names())
    assert not {*names()} & {*VERBS, *map(str, Help)}


@pytest.mark.parametrize("page", [page for page in pages.PAGES if page.startswith("docs/")])
def test_help_prints_every_page_by_its_name_and_by_its_path(page: str) -> None:
    whole = pages.read(page).strip()
    assert run("help", Path(page).stem).strip() == whole
    assert run("help", page).strip() == whole


def test_help_prints_a_section_of_a_page_and_no_more() -> None:
    told = run("help", "write-a-topic#terms")
    assert (
        told.strip() == f"## Terms{pages.section('docs/how-to/write-a-topic.md', 'Terms')}".strip()
    )


def test_help_takes_a_link_as_it_stands_on_a_page() -> None:
    told = run("help", "../how-to/run-it-for-good.md#the-worker")
    assert told.startswith("## The worker\n")


def test_a_kind_alone_is_enough() -> None:
    assert run("help", "disk") == run("help", "what-to-do-when#disk")


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [("tutorail", '"tutorial"'), ("statsu", '"status"'), ("write-a-topic#term", '"terms"')],
)
def test_a_page_that_there_is_not_is_refused_with_the_nearest(asked: str, nearest: str) -> None:
    outcome = CliRunner().invoke(app, ["help", asked])
    assert isinstance(outcome.exception, errors.ConfigError)
    assert f"did you mean {nearest}?" in str(outcome.exception)
