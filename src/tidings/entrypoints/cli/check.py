"""`tidings check`: every problem in the configuration, at once, and what is likely a mistake."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Literal

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tidings.entrypoints.cli.common import Json, console, count, headline, print_json, problem_json
from tidings.entrypoints.cli.exits import Exit, more
from tidings.entrypoints.examination import Examination, examine, source_lines
from tidings.model import Problem, Severity

_STYLES: dict[Severity, str] = {"problem": "red", "warning": "red", "note": "dim"}
_TAB = 4
_WIDEST = 66
_SCREEN = 80


def check(
    context: typer.Context,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail as well.")] = False,
    json: Json = False,
    format: Annotated[  # noqa: A002
        Literal["text", "json", "github"],
        typer.Option("--format", help="github: annotations of a workflow's files."),
    ] = "text",
) -> None:
    """Name every problem in the configuration, rules and templates. Touches nothing."""
    root: Path = context.obj
    found = examine(root, os.environ, beyond=True)
    if format == "github":
        for each in found.findings:
            print(_annotation(each, root))
    elif json or format == "json":
        shown = [problem_json(each) for each in found.findings]
        print_json({"problems": shown, "topics": found.topics, "rule_tests": found.rule_tests})
    else:
        _tell(found, root)
    if found.of("problem") or (strict and found.of("warning")):
        raise typer.Exit(Exit.USAGE)


def _tell(found: Examination, root: Path) -> None:
    out = console()
    excerpts = Excerpts(root)
    for each in found.findings:
        excerpts.show(out, each)
    headline(out, _summary(found))


def _annotation(finding: Problem, root: Path) -> str:
    """A finding as GitHub Actions takes it: at its line, in the list of what changed."""
    kinds = {"problem": "error", "warning": "warning", "note": "notice"}
    given = {
        "file": str(root / finding.path),
        "line": str(finding.line or ""),
        "col": str(finding.column or ""),
    }
    place = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in given.items() if value)
    told = f"{finding.message} ({finding.hint})" if finding.hint else finding.message
    told += f"; {more(finding.help)}"
    return f"::{kinds[finding.severity]} {place}::{_escaped(told)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in "%\r\n" + more else char for char in text)


def _summary(found: Examination) -> str:
    problems, warnings = found.of("problem"), found.of("warning")
    if problems:
        files = len({problem.path for problem in problems})
        told = f"{count(len(problems), 'problem')} in {count(files, 'file')}"
        return f"{told}, {count(len(warnings), 'warning')}." if warnings else f"{told}."
    counted = f"{count(found.topics, 'topic')}, {count(found.rule_tests, 'rule test')}"
    but = f", {count(len(warnings), 'warning')}" if warnings else ""
    return f"No problems found{but}: 4 files, {counted}."


# --- A finding where it stands -------------------------------------------------------------------


class Excerpts:
    """Shows findings at their place: the line as it is, and a caret under the mistake.

    Reads each file of the instance once.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, list[str]] = {}

    def show(self, out: Console, finding: Problem) -> None:
        """Print a finding: beside its line, or in a line of its own where there is none."""
        kind = "" if finding.severity == "problem" else f"{finding.severity}: "
        line = self._line(finding.path, finding.line)
        place = Text(_place(finding), style="bold")
        if line is None:
            out.print(place + Text(f": {kind}{finding.message}") + _bracketed(finding.hint))
            out.print(Text(more(finding.help), style="dim"))
            out.print()
            return
        out.print(place)
        above = self._line(finding.path, finding.line - 1)
        if above and above.strip():
            out.print(Text(_numbered(finding.line - 1, _caret(above, 1, "")[0]), style="dim"))
        shown, start, length = _caret(line, finding.column, finding.excerpt)
        out.print(Text(_numbered(finding.line, shown), style="dim"))
        caret = " " * start + "^" * length if finding.column else ""
        _under(out, caret, f"{kind}{finding.message}", finding)
        out.print(Text(" " * 6 + "| " + more(finding.help), style="dim"))
        out.print()

    def _line(self, path: str, number: int) -> str | None:
        if not number:
            return None
        if path not in self._files:
            self._files[path] = source_lines(self._root / path)
        lines = self._files[path]
        return lines[number - 1] if number <= len(lines) else None


def _place(finding: Problem) -> str:
    place = finding.path
    if finding.line:
        place += f":{finding.line}"
        if finding.column:
            place += f":{finding.column}"
    return place


def _bracketed(hint: str) -> Text:
    return Text(" (") + Text(hint, style="green") + Text(")") if hint else Text("")


def _numbered(line: int, text: str) -> str:
    return f"{line:>5} | {text}"


def _under(out: Console, caret: str, message: str, finding: Problem) -> None:
    """Print the caret with message and hint beside it, or below it where they are too long."""
    style, hint = _STYLES[finding.severity], finding.hint
    gutter = Text(" " * 6 + "| ", style="dim")
    beside = f"{caret} {message}" if caret else message
    left = _SCREEN - len(gutter) - cell_len(beside)
    below = [(message, style), (hint, "green")]
    if left >= cell_len(f"; {hint}"):
        joined = Text("; ") + Text(hint, style="green") if hint else Text("")
        out.print(gutter + Text(beside, style=style) + joined)
        return
    if left >= 0:
        out.print(gutter + Text(beside, style=style))
        below = below[1:]
    elif caret:
        out.print(gutter + Text(caret, style=style))
    for text, colour in below:
        for part in wrap(text, _SCREEN - len(gutter), break_long_words=False):
            out.print(gutter + Text(part, style=colour))


def _caret(line: str, column: int, excerpt: str) -> tuple[str, int, int]:
    """Return the line as printed, the cell in which the caret begins, and its length in cells.

    Columns count characters; on a terminal some are two cells wide, some none, and a tab is shown
    as spaces. A long line is cut around the mistake.
    """
    at = max(column - 1, 0)
    first = max(0, at - _WIDEST // 2) if len(line) > _WIDEST else 0
    before, after = _printable(line[first:at]), line[at : first + _WIDEST]
    marked = (excerpt.splitlines() or [""])[0]
    length = len(marked) if line[at:].startswith(marked) else 0
    under, rest = _printable(after[:length]), _printable(after[length:])
    lead = "… " if first else ""
    tail = " …" if len(line) > first + _WIDEST else ""
    start = cell_len(lead) + cell_len(before)
    return f"{lead}{before}{under}{rest}{tail}".rstrip(), start, max(1, cell_len(under))


def _printable(text: str) -> str:
    """Return the text with tabs as spaces and without characters that a terminal would obey."""
    return "".join(
        " " * _TAB if char == "\t" else char if char.isprintable() else "\ufffd" for char in text
    )
