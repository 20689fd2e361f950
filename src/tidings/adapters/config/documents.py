"""A configuration file as read: plain data, where each part of it stands, and what is wrong."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from tidings.core.settings import Path, Plain
from tidings.model import Problem

# What YAML 1.2 section 5.1 calls not printable, and the lone surrogates of undecodable variables.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file: line and column count from 1, 0 is "as a whole"; `text` stands there."""

    file: str
    line: int = 0
    column: int = 0
    text: str = ""

    def problem(self, message: str, hint: str = "") -> Problem:
        """Say what is wrong here."""
        return Problem(self.file, self.line, self.column, message, hint, self.text)

    def unprintable(self, found: re.Match[str]) -> Problem:
        """Say which character has no business here."""
        return self.problem(f"holds the control character U+{ord(found[0]):04X}", "remove it")


@dataclass(slots=True)
class Document:
    """One file's plain data under construction.

    `plain` is None also when nothing could be read; then `unreadable` is true. `values` and `keys`
    map the path of every part to where its value and its key stand.
    """

    file: str
    plain: Plain = None
    unreadable: bool = False
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def fail(self, problem: Problem) -> None:
        """Note a problem that leaves nothing to judge."""
        self.problems.append(problem)
        self.plain = None
        self.unreadable = True

    def place(self, path: Path, *, at_key: bool = False) -> Place:
        """Where a path stands; the nearest thing around it, if it isn't there."""
        while path:
            found = self.values.get(path)
            if at_key or found is None:
                found = self.keys.get(path, found)
            if found is not None:
                return found
            path, at_key = path[:-1], True
        whole = self.values.get((), Place(self.file))
        return replace(whole, text="") if at_key else whole


def read_text(path: FilePath, name: str, *, most: int) -> str | Problem:
    """Read a configuration file as UTF-8, at most `most` bytes.

    Returns a problem instead if it is missing, no regular file, too large, not UTF-8, or holds
    characters that no text has. Links are followed: configuration is often mounted that way.
    """
    try:
        raw = _read_bytes(path, most + 1)
    except FileNotFoundError:
        return Problem(name, 0, 0, "there is no such file", "`tidings init` writes one")
    except OSError as error:
        return Problem(name, 0, 0, f"cannot be read: {error.strerror or error}")
    if raw is None:
        return Problem(name, 0, 0, "is not a regular file")
    if len(raw) > most:
        return Problem(name, 0, 0, f"is larger than {most // 2**20} MiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _line_and_column(raw[: error.start].decode("utf-8-sig"), error.start)
        return Problem(name, line, column, f"byte {error.start} is not UTF-8", "save it as UTF-8")
    found = unprintable(text)
    if found:
        line, column = _line_and_column(text, found.start())
        return Place(name, line, column).unprintable(found)
    return text


def unprintable(text: str) -> re.Match[str] | None:
    """Find the first character that has no business in a text."""
    return _UNPRINTABLE.search(text)


def _read_bytes(path: FilePath, most: int) -> bytes | None:
    # O_NONBLOCK: opening a named pipe must not wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def _line_and_column(text: str, index: int) -> tuple[int, int]:
    """The place of a character, counted from 1; lines end as YAML ends them."""
    before = re.split(r"\r\n|\r|\n", text[:index])
    return len(before), len(before[-1]) + 1
