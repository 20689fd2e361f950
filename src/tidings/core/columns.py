"""Plain text in columns: lines of at most 72 characters that continue where they began."""

from __future__ import annotations

import re
import textwrap
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
    words = line.lstrip(" ")
    hang = _HANG.match(line)
    return "\n".join(
        textwrap.wrap(
            words,
            WIDTH,
            initial_indent=" " * (len(line) - len(words)),
            subsequent_indent=" " * (hang.end() if hang else 0),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
