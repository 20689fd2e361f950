"""Why a file is not read: ends the reading of one file, and never leaves this package."""

from __future__ import annotations

from typing import Final

REGULAR_HINT: Final = "put a plain text file in its place, or remove it"


class RefusedError(Exception):
    """What is wrong with a file, and what to do; `transient` if the next look may find it well."""

    def __init__(
        self, message: str, hint: str, *, line: int = 0, column: int = 0, transient: bool = False
    ) -> None:
        self.message, self.hint = message, hint
        self.line, self.column = line, column
        self.transient = transient
        super().__init__(message)
