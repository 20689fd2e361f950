"""`tidings doctor`: is everything there that an instance needs?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from tidings.entrypoints import wiring
from tidings.entrypoints.cli import VERBOSE
from tidings.entrypoints.cli.common import (
    LABEL,
    MARGIN,
    Json,
    check_in_words,
    console,
    count,
    finding_json,
    fixed_instant,
    print_json,
)
from tidings.entrypoints.cli.exits import Exit, more
from tidings.entrypoints.doctor import examine
from tidings.model import Finding, Level


def doctor(
    context: typer.Context,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every published byte, and the indexes.")
    ] = False,
    json: Json = False,
) -> None:
    """Check the machine, the files, the state and the mail server. Changes nothing.

    Where each message has a return path of its own, a test is sent to one.

    Prints one line when all is well, and what is worth knowing; -v or --deep shows every check.
    """
    root: Path = context.obj
    now = wiring.clock(fixed_instant("", ZoneInfo("UTC"))).now()
    findings = tuple(examine(root, os.environ, now, deep=deep))
    wrong = [finding for finding in findings if finding.level is Level.WRONG]
    if json:
        told = [finding_json(finding) for finding in findings]
        print_json({"ok": not wrong, "findings": told})
    else:
        in_full = bool(wrong) or deep or context.meta.get(VERBOSE, False)
        _tell(findings, len(wrong), in_full=in_full)
    raise typer.Exit(Exit.FAILED if wrong else Exit.DONE)


def _tell(findings: Sequence[Finding], wrong: int, *, in_full: bool) -> None:
    out = console()
    first = f"{count(wrong, 'problem')} found."
    if not wrong:
        first = f"No problems found: {count(len(findings), 'check')}."
    out.print(Text(first, style="bold red" if wrong else "bold"))
    shown = [each for each in findings if in_full or each.level is not Level.FINE]
    if not shown:
        return
    out.print()
    styles = {Level.FINE: "green", Level.NOTE: "yellow", Level.WRONG: "red"}
    width = max(len(check_in_words(finding)) for finding in shown) + 2
    for finding in shown:
        label = Text(f"{MARGIN}{finding.level:<{LABEL // 2 + 2}}", style=styles[finding.level])
        out.print(
            label + Text(f"{check_in_words(finding):<{width}}{finding.message}", style="default")
        )
        if finding.remedy:
            out.print(Text(" " * (len(label) + width) + finding.remedy))
        if finding.help:
            out.print(Text(" " * (len(label) + width) + more(finding.help), style="dim"))
