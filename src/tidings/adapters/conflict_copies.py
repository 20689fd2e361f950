"""Copies of a listing that a program made because two people saved it, or because it was there.

Such a copy is read like any listing, since what somebody saved must not be lost; people are told of
it, since it and its original go their own ways from then on. It counts as a copy only where the
file stands beside it that it is called after. This stands alone, since no cycle depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Set
from pathlib import PurePosixPath

from tidings.model import Help, Problem

# What programs put behind the name of a file:
_MARKS = tuple(
    re.compile(mark, re.IGNORECASE)
    for mark in (
        r" ?\(\d{1,3}\)",  # browsers, Windows, Google Drive: news (1).txt
        r" ?\([^()]*\bconflict(?:ed copy)?\b[^()]*\)",  # Dropbox, Nextcloud, ownCloud
        r"[ _-]conflict(?:ed)?[ _-][\w-]+",  # older ownCloud
        r"\.sync-conflict-\d{8}-\d{6}-\w+",  # Syncthing
        r" ?\[conflict(?:ed)?[^\]]*\]",  # Google Drive
        r"(?: -)? (?:copy|copia|copie)(?: ?\(?\d{1,3}\)?)?",  # Windows and macOS, by hand
    )
)
# OneDrive and SharePoint: the name of a computer (NetBIOS: up to 15 characters, in capitals).
_COMPUTER = re.compile(r"-(?=[A-Z0-9-]*[A-Z])[A-Z0-9][A-Z0-9-]{0,14}")


def conflict_copies(read: Set[str]) -> list[Problem]:
    """A note for each file among those that are `read` that looks like a copy of another."""
    found = ((path, original_of(path, read)) for path in sorted(read))
    return [_note(path, original) for path, original in found if original]


def original_of(path: str, read: Set[str]) -> str:
    """The file that another looks like a copy of, among those that are read; "" for none."""
    pure = PurePosixPath(path)
    stem, ending = pure.stem, pure.suffix
    for mark in (*_MARKS, _COMPUTER):
        for found in mark.finditer(stem):
            if found.end() == len(stem) and found.start() > 0:
                original = str(pure.with_name(stem[: found.start()] + ending))
                if original in read:
                    return original
    return ""


def _note(path: str, original: str) -> Problem:
    told = (
        f"looks like a copy that a program made of {original}: it is read as a listing of its own"
    )
    hint = (
        f"bring into {original} what only this one has, and delete it; or give it another name if"
        " it is another listing"
    )
    return Problem(path, 0, 0, told, hint, severity="note", help=Help.CONFLICT_COPY)
