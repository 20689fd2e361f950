"""Lines of a file with what is to be said of them: remarks beside them, problems below them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidings.model import Problem

TAB = "    "
WIDEST = 400  # a line beyond this is cut: nobody reads on, and a page need not carry it


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line as it stands, a remark beside it, and what is wrong with it."""

    number: int
    text: str
    remark: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding with its line taken apart: before the mistake, the mistake, after it.

    `caret` stands below the mistake; it is "" where only the line, or nothing, is known.
    """

    problem: Problem
    place: str
    above: str = ""
    before: str = ""
    wrong: str = ""
    after: str = ""
    caret: str = ""

    @property
    def has_line(self) -> bool:
        """Whether there is a line to show."""
        return bool(self.before or self.wrong or self.after)


def block_of(lines: Sequence[str], slug: str) -> tuple[int, int]:
    """The first and last number of the lines in which a topic is written; (0, 0) if in none.

    Goes by indentation alone, so that it finds its way in a file that is broken elsewhere.
    """
    begin = re.compile(rf"^(\s+)(['\"]?){re.escape(slug)}\2\s*:(\s|$)")
    for at, line in enumerate(lines):
        if found := begin.match(line):
            return at + 1, _end(lines, at, len(found[1]))
    return 0, 0


def _end(lines: Sequence[str], at: int, depth: int) -> int:
    """The last line that belongs to what begins at `at`, without comments and space at the end."""
    last = at + 1
    for number, line in enumerate(lines[at + 1 :], at + 2):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if len(line) - len(line.lstrip()) <= depth:
            break
        last = number
    return last


def remarks_on(
    lines: Sequence[str],
    block: tuple[int, int],
    remarks: Mapping[str, str],
    problems: Sequence[Problem],
) -> tuple[FileLine, ...]:
    """The lines of a block; `remarks` go by a line's text, so that they stay while it moves."""
    first, last = block
    return tuple(
        FileLine(
            number,
            lines[number - 1].replace("\t", TAB)[:WIDEST],
            remarks.get(lines[number - 1].strip(), ""),
            tuple(each for each in problems if each.line == number),
        )
        for number in range(first, last + 1)
        if first
    )


def shown(problem: Problem, lines: Sequence[str]) -> Shown:
    """A finding beside its line; without one where the file no longer has it."""
    place = problem.path
    if problem.line:
        place += f":{problem.line}" + (f":{problem.column}" if problem.column else "")
    if not 0 < problem.line <= len(lines):
        return Shown(problem, place)
    line = lines[problem.line - 1]
    above = lines[problem.line - 2] if problem.line > 1 else ""
    at = max(problem.column - 1, 0)
    marked = (problem.excerpt.splitlines() or [""])[0]
    length = len(marked) if marked and line[at:].startswith(marked) else 0
    start = max(0, at - WIDEST // 2)
    before = line[start:at].replace("\t", TAB)
    wrong = line[at : at + length].replace("\t", TAB)[:WIDEST]
    caret = " " * len(before) + "^" * max(1, len(wrong)) if problem.column else ""
    after = line[at + length :].replace("\t", TAB)[:WIDEST]
    return Shown(problem, place, above.replace("\t", TAB)[:WIDEST], before, wrong, after, caret)
