"""All verbs: listed without being imported; the same problems of an instance, whoever asks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tidings.adapters.config import load
from tidings.entrypoints import wiring
from tidings.entrypoints.cli import VERBS, VerbGroup, app, commands, load_verb
from tidings.entrypoints.examination import examine
from tidings.errors import ConfigError
from tidings.model import Problem

ROOT = Path(__file__).parents[4]

# They need no instance; `check` and `doctor` show what they find instead of failing with it, and
# `bounce` reads its report first.
WITHOUT = {"init", "demo", "parse", "version", "schema", "check", "doctor", "bounce", "help"}
BAD = {
    "tidings.yaml": ("limit: 50", "limit: fifty"),
    "topics.yaml": ("    any:\n", "    anny:\n"),
    "digests.yaml": ("lists: [staff]", "lists: [stuff]"),
    "recipients.yaml": ("ethical-recruitment]", "ethical-recruitement]"),
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with a mistake in each of its files."""
    folder = tmp_path_factory.mktemp("broken")
    for name in ("config", "seeds", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    for name, (right, wrong) in BAD.items():
        file = folder / "config" / name
        text = file.read_text(encoding="utf-8")
        assert right in text
        file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def told_by_check(broken: Path) -> list[str]:
    """The problems that `check` finds in it."""
    return places(examine(broken, {}).of("problem"))


def _called() -> Iterator[tuple[str, ...]]:
    """Every verb that needs an instance, with arguments that it takes."""
    for words, command in commands().items():
        if WITHOUT & {*words.split()}:
            continue
        parameters = [each for each in command.params if each.param_type_name == "argument"]
        given = [word for each in parameters for word in _anything(each)]
        for each in command.params:
            if {"--reason", "--test"} & {*each.opts} or (each.required and each not in parameters):
                given += [each.opts[0], "x@example.org"]
        yield (*words.split(), *given)


def _anything(argument: object) -> list[str]:
    """What a verb may be given: some verbs take numbers, anything will do for the others."""
    word = "1" if getattr(argument, "name") == "numbers" else "x"  # noqa: B009
    return [word] * max(1, getattr(argument, "nargs"))  # noqa: B009


def places(problems: tuple[Problem, ...]) -> list[str]:
    return [str(problem) for problem in problems]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("width", [45, 200])
def test_a_verb_is_listed_with_the_first_sentence_of_its_help(verb: str, width: int) -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, VerbGroup)
    listed, called = group.commands[verb], load_verb(verb)
    assert listed.get_short_help_str(width) == called.get_short_help_str(width)


def test_a_verb_that_is_not_is_told_with_what_comes_near() -> None:
    result = CliRunner().invoke(app, ["stats"])
    assert result.exit_code == 2
    assert "No such command 'stats'. Did you mean 'status'" in " ".join(result.output.split())


def test_check_names_the_mistake_in_each_file(told_by_check: list[str]) -> None:
    assert [line.split(":")[0] for line in told_by_check] == [f"config/{name}" for name in BAD]
    assert all("did you mean" in line for line in told_by_check[1:])


@pytest.mark.parametrize("words", list(_called()), ids=" ".join)
def test_every_verb_names_the_same_problems_as_check(
    words: tuple[str, ...],
    broken: Path,
    told_by_check: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tidings.entrypoints.cli.serve.to_stderr", lambda *_: None)
    command = typer.main.get_command(app)
    with pytest.raises(ConfigError) as caught:
        command.main(["-C", str(broken), *words], standalone_mode=False)
    assert places(caught.value.problems) == told_by_check


def test_a_reload_names_the_same_problems_as_check(broken: Path, told_by_check: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        wiring.load_instance(broken, {})
    assert places(caught.value.problems) == told_by_check


def test_a_warning_stops_no_verb(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    file = tmp_path / "config/topics.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("    any:\n", "    any:\n      - ILO\n", 1), encoding="utf-8")
    found = examine(tmp_path, {})
    assert [each.severity for each in found.findings] == ["warning"]
    assert load(tmp_path, {}).topics
