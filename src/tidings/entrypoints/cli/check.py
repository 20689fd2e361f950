"""`tidings check`: every problem in the configuration, at once, and what is likely a mistake."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.exits import Exit

if TYPE_CHECKING:
    from tidings.entrypoints.examination import Examination


def check(
    context: typer.Context,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail as well.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Name every problem in the configuration, rules and templates. Touches nothing."""
    from tidings.entrypoints.cli import present
    from tidings.entrypoints.examination import examine

    root: Path = context.obj
    found = examine(root, os.environ)
    if json:
        shown = [present.problem_json(each) for each in found.findings]
        present.as_json({"problems": shown, "topics": found.topics, "rule_tests": found.rule_tests})
    else:
        _tell(found, root)
    if found.of("problem") or (strict and found.of("warning")):
        raise typer.Exit(Exit.USAGE)


def _tell(found: Examination, root: Path) -> None:
    from tidings.entrypoints.cli import present
    from tidings.entrypoints.cli.excerpts import Excerpts

    out = present.console()
    excerpts = Excerpts(root)
    for each in found.findings:
        excerpts.show(out, each)
    present.headline(out, _summary(found))


def _summary(found: Examination) -> str:
    from tidings.entrypoints.cli.present import count

    problems, warnings = found.of("problem"), found.of("warning")
    if problems:
        files = len({problem.path for problem in problems})
        told = f"{count(len(problems), 'problem')} in {count(files, 'file')}"
        return f"{told}, {count(len(warnings), 'warning')}." if warnings else f"{told}."
    counted = f"{count(found.topics, 'topic')}, {count(found.rule_tests, 'rule test')}"
    but = f", {count(len(warnings), 'warning')}" if warnings else ""
    return f"Nothing to mend{but}: 4 files, {counted}."
