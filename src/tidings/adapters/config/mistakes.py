"""Finds what an administrator most likely did wrong where YAML cannot be read, or reads otherwise.

The parser says where it gave up, which is seldom where the mistake is: a missing space is noticed a
line later, and a no-break space not at all. What is here looks at the lines themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

NO_BREAK = "\N{NO-BREAK SPACE}"
# How many lines above the one where the parser gave up may hold the mistake.
ABOVE = 3
NO_SPACE_AFTER_DASH = "a space is missing behind the dash"

_SPACE = f"[{NO_BREAK}\N{FIGURE SPACE}\N{NARROW NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}]"
# Where a space means something: before a line, behind a dash, behind a colon.
_NO_BREAK = re.compile(rf"^ *(?:- +)*(?:[\w.-]+: *|- *)?({_SPACE})")
_NO_SPACE = re.compile(r"^( *(?:- +)*)([A-Za-z][\w-]*):(?!//)([^\s:].*)$")
_NO_SPACE_DASH = re.compile(r"^( *)-([^\s-].*)$")
_KEY = re.compile(r"^( *(?:- +)*)[\w.\"'-]+:(?:\s|$)")
_VALUE = re.compile(r"^ *(?:- +)*[\w.\"'-]+: +(?![#>|])\S")


class Mistake(NamedTuple):
    """What is wrong at a place; line and column count from 1."""

    line: int
    column: int
    message: str
    hint: str


def find(lines: Sequence[str], line: int) -> Mistake | None:
    """Find the mistake for which the parser gave up in this line; None if it is another."""
    near = list(_upwards(lines, line))
    for number, text in near:
        if found := no_break_space(text, number) or no_space(text, number):
            return found
    return _without_colon(near, line) or _indentation(lines, line)


def _without_colon(near: Sequence[tuple[int, str]], line: int) -> Mistake | None:
    """A line above a setting, indented as that, which is neither a setting nor an entry."""
    if len(near) < 2 or near[0][0] != line or not _KEY.match(near[0][1]):
        return None
    number, text = near[1]
    if ":" in text or text.lstrip().startswith("-") or _depth(text) != _depth(near[0][1]):
        return None
    message = 'a line without ": " among settings'
    return Mistake(number, _depth(text) + 1, message, "indent it, or write key: value")


def no_break_space(text: str, line: int) -> Mistake | None:
    """A space that no YAML reader takes for one, where one is needed."""
    found = _NO_BREAK.match(text)
    if not found:
        return None
    message = "a no-break space, which looks like a space and is none"
    return Mistake(line, found.start(1) + 1, message, "type a plain space in its place")


def no_space(text: str, line: int) -> Mistake | None:
    """A key without a space behind its colon, or an entry without one behind its dash."""
    if found := _NO_SPACE.match(text):
        column = found.end(2) + 2
        hint = f"write {found[2]}: {found[3].rstrip()}"
        return Mistake(line, column, "a space is missing behind the colon", hint)
    if found := _NO_SPACE_DASH.match(text):
        hint = f"write - {found[2].rstrip()}"
        return Mistake(line, found.end(1) + 2, NO_SPACE_AFTER_DASH, hint)
    return None


def _upwards(lines: Sequence[str], line: int) -> Iterator[tuple[int, str]]:
    """The line and those above it that say something, with their numbers."""
    left = ABOVE
    for number in range(min(line, len(lines)), 0, -1):
        text = lines[number - 1]
        if text.strip() and not text.lstrip().startswith("#"):
            yield number, text
            left -= 1
        if not left:
            return


def _indentation(lines: Sequence[str], line: int) -> Mistake | None:
    """A line that is indented as none above it is, or deeper than one that has a value already."""
    if not 0 < line <= len(lines) or not (_KEY.match(lines[line - 1]) or _is_entry(lines, line)):
        return None
    text = lines[line - 1]
    if text.count(": ") > 1:
        return None
    above = [each for each in _upwards(lines, line) if each[0] < line]
    depth = _depth(text)
    if above and _VALUE.match(above[0][1]) and depth > _depth(above[0][1]):
        number, other = above[0]
        message = f"is indented deeper than line {number}, which has a value already"
        return Mistake(line, depth + 1, message, _as_above(other, number))
    fitting = [each for each in _all_above(lines, line) if _depth(each[1]) != depth]
    depths = {_depth(other) for _, other in _all_above(lines, line)}
    if depth in depths or not fitting:
        return None
    number, other = min(fitting, key=lambda each: abs(_depth(each[1]) - depth))
    message = f"does not fit the lines above: no line there is indented by {_spaces(depth)}"
    return Mistake(line, depth + 1, message, _as_above(other, number))


def _all_above(lines: Sequence[str], line: int) -> list[tuple[int, str]]:
    """The lines above that say something, the nearest first."""
    said = enumerate(lines[: line - 1], start=1)
    return [each for each in said if each[1].strip() and not each[1].lstrip().startswith("#")][::-1]


def _is_entry(lines: Sequence[str], line: int) -> bool:
    return lines[line - 1].lstrip(" ").startswith("- ")


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _as_above(text: str, line: int) -> str:
    return f"indent it by {_spaces(_depth(text))}, as line {line}"


def _spaces(number: int) -> str:
    return f"{number} space{'' if number == 1 else 's'}" if number else "no space"
