"""Paths of seed files: where they may lead, and how they are shown and stored."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath
from typing import Final

_UNPRINTABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def stays_inside(path: str) -> bool:
    """Whether a path or a pattern leads to a place below the folder that it is relative to."""
    pure = PurePosixPath(path)
    inside = bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts
    return inside and "\0" not in path


def shown(path: str) -> str:
    """`path` with what cannot be printed or stored (bytes that are not UTF-8, controls) escaped."""
    if path.isascii() and path.isprintable():
        return path
    return "".join(
        ascii(character)[1:-1] if unicodedata.category(character) in _UNPRINTABLE else character
        for character in path
    )
