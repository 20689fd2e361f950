"""What somebody should mend: problems of inputs, and findings of a look at an instance.

It stands alone since items, topics and mail have no part in it, and all layers name problems.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Severity = Literal["problem", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an administrator should mend: where it is, what it is, and what to do.

    A value, not an exception, so that one bad entry never stops the good ones.
    `path` is relative to the instance; `line` and `column` count from 1, 0 means the whole file.
    `excerpt` is the offending text as it stands on its line, where a caret can be drawn.
    `severity` tells what must be mended from a warning, which is likely a mistake, and from a note.
    """

    path: str
    line: int
    column: int
    message: str
    hint: str = ""
    excerpt: str = ""
    severity: Severity = "problem"

    def __str__(self) -> str:
        place = self.path
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class Level(StrEnum):
    """How much a finding matters: not at all, worth knowing, or to be mended."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `check` names it in a word or two, `message` says how it is,
    `remedy` what to do about it, "" where there is nothing to do."""

    check: str
    message: str
    remedy: str = ""
    level: Level = Level.WRONG
