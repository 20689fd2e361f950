"""By what a file was read: a version of the reader, and settings of the file's source.

It stands alone, apart from the reader itself, which most runs need not load: they find nothing new
to read.
"""

from __future__ import annotations

from typing import Final

# Raised with every change of what is made of a file (CONTRIBUTING.md says how to tell): files are
# then read again, and nobody is told of what is read otherwise.
READER: Final = 4

# States of the versions before had settings alone.
_FIRST: Final = 1


def mark(settings: str, reader: int = READER) -> str:
    """What tells by which reader a file was read, and by which `settings`, in few letters."""
    return f"{reader}:{settings}"


def reader_of(mark: str) -> int:
    """The version of the reader in a mark."""
    version, colon, _ = mark.partition(":")
    return int(version) if colon and version.isdecimal() else _FIRST
