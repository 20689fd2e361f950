"""`tidings check`: every problem in the configuration, at once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.exits import Exit
from tidings.errors import ConfigError, TemplateError
from tidings.model import Problem

if TYPE_CHECKING:
    from rich.console import Console

    from tidings.adapters.templates import Templates
    from tidings.entrypoints.wiring import Instance


def check(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Name every problem in the configuration, rules and templates. Touches nothing."""
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import present

    root: Path = context.obj
    problems: list[Problem] = []
    topics = tests = 0
    try:
        instance = wiring.load_instance(root, os.environ)
        topics = len(instance.settings.topics)
        tests = sum(len(topic.tests) for topic in instance.settings.topics)
        templates = wiring.templates(instance)
        problems += templates.check()
        problems += _missing_templates(instance, templates)
        problems += _failing_tests(instance)
    except ConfigError as error:
        problems += error.problems
    except TemplateError as error:
        problems.append(Problem(wiring.OVERRIDES, 0, 0, str(error)))
    if json:
        shown = [present.problem_json(problem) for problem in problems]
        present.as_json({"problems": shown, "topics": topics, "rule_tests": tests})
    else:
        _tell(problems, topics, tests, root)
    if problems:
        raise typer.Exit(Exit.USAGE)


def _missing_templates(instance: Instance, templates: Templates) -> list[Problem]:
    """Digests that name a folder of templates in which one of the three is missing."""
    wanted = [
        (digest, f"{digest.template}/{part}.j2")
        for digest in instance.settings.digests
        for part in ("subject.txt", "body.txt", "body.html")
    ]
    return [
        Problem(
            "config/digests.yaml",
            0,
            0,
            f"the digest {digest.slug} needs the template {name}, which is not there",
            f"write templates/{name}, or leave out `template`",
        )
        for digest, name in wanted
        if not templates.has(name)
    ]


def _failing_tests(instance: Instance) -> list[Problem]:
    from tidings.core.topics import run_tests

    settings = instance.settings
    return [
        Problem("config/topics.yaml", 0, 0, f"a rule test fails: {failure}")
        for failure in run_tests(settings.topics, settings.aliases)
    ]


def _tell(problems: list[Problem], topics: int, tests: int, root: Path) -> None:
    from tidings.entrypoints.cli import present

    out = present.console()
    if not problems:
        counted = (present.count(topics, "topic"), present.count(tests, "rule test"))
        present.headline(out, f"Nothing to mend: 4 files, {', '.join(counted)}.")
        return
    for problem in problems:
        _show(out, problem, root)
    files = len({problem.path for problem in problems})
    told = f"{present.count(len(problems), 'problem')} in {present.count(files, 'file')}."
    present.headline(out, told)


def _show(out: Console, problem: Problem, root: Path) -> None:
    """The place, the line as it stands, and a caret under what is wrong with it."""
    from rich.text import Text

    place = problem.path
    if problem.line:
        place += f":{problem.line}"
    if problem.line and problem.column:
        place += f":{problem.column}"
    told = f"{place}: {problem.message}" + (f" ({problem.hint})" if problem.hint else "")
    out.print(Text(told[: len(place)], style="bold") + Text(told[len(place) :]))
    source = _source_line(root / problem.path, problem.line)
    if source:
        number = f"{problem.line:>5} | "
        out.print(Text(number + source, style="dim"))
        if problem.column:
            caret = " " * (len(number) + problem.column - 1) + "^" * max(1, len(problem.excerpt))
            out.print(Text(caret, style="red"))
    out.print()


def _source_line(path: Path, line: int) -> str:
    try:
        lines = path.read_text(encoding="utf-8").split("\n") if line else []
    except (OSError, UnicodeDecodeError):
        return ""
    shown = lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else ""
    return re.sub(r"(//[^/\s:@]*):[^/\s@]+@", r"\1:…@", shown)  # never a password
