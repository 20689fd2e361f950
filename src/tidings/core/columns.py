"""Plain text in columns: lines of at most 72 characters that continue where they began."""

from __future__ import annotations

import re
from collections.abc import Collection

WIDTH = 72

# What a continued line is indented by: the line's own indent, or a short label and its gap, so
# that "Topics    Ethical recruitment, ..." goes on under its second column.
_HANG = re.compile(r" *(?:\S(?:\S| (?! )){0,22} {2,})?")
_BLANK_LINES = re.compile(r"\n{4,}")


def fold(text: str, leave: Collection[str] = ()) -> str:
    """Wrap every line that is too long; addresses and other long words stay whole.

    Lines with one of the strings in `leave` wait for `fold_line`. Space at the end of lines goes,
    and never more than two blank lines follow each other.
    """
    lines = (
        line.rstrip() if any(mark in line for mark in leave) else fold_line(line)
        for line in text.strip("\n").split("\n")
    )
    return _BLANK_LINES.sub("\n\n\n", "\n".join(lines)) + "\n"


def fold_line(line: str) -> str:
    """One line, wrapped if it is too long."""
    line = line.rstrip()
    if len(line) <= WIDTH:
        return line
    hanging = _HANG.match(line)
    hang = " " * (hanging.end() if hanging else 0)
    begin = len(line) - len(line.lstrip(" "))
    folded = []
    while len(line) > WIDTH:
        at = line.rfind(" ", begin, WIDTH + 1)
        if at < 0:
            at = line.find(" ", WIDTH)  # a word longer than a line
        if at < 0:
            break
        folded.append(line[:at].rstrip(" "))
        line = hang + line[at:].lstrip(" ")
        begin = len(hang)
    return "\n".join((*folded, line))
