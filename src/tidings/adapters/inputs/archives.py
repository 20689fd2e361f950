"""Looks into the archives that documents and spreadsheets are, before a library unpacks them.

It stands alone, since both formats are the same on the outside. What an archive says of the sizes
of its parts is what Python reads of them at most.
"""

from __future__ import annotations

import io
from typing import Final
from zipfile import BadZipFile, ZipFile

from tidings.errors import InputRefused

_MOST_PARTS: Final = 2_000
_LARGEST_TEXT: Final = 5 * 2**20  # bytes of a part that is parsed, unpacked
_LARGEST: Final = 48 * 2**20  # of all parts, pictures included
_DECLARES: Final = (b"<!DOCTYPE", b"<!ENTITY")


def checked(data: bytes, kind: str) -> io.BytesIO:
    """The archive, ready for a library. Raises `InputRefused` if it is none, or a hostile one."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST:
                raise InputRefused(
                    f"this {kind} unpacks to too much", "save the part that has the news"
                )
            for part in parts:
                if not part.filename.endswith((".xml", ".rels")):
                    continue
                if part.file_size > _LARGEST_TEXT:
                    raise InputRefused(
                        f"this {kind} unpacks to too much text", "save a shorter one"
                    )
                if part.flag_bits & 1:
                    raise InputRefused(f"this {kind} has a password", "save it without")
                with archive.open(part) as opened:
                    head = opened.read(4096)
                if any(mark in head for mark in _DECLARES):
                    raise InputRefused(
                        f"this {kind} declares entities, which are not read", "save it again"
                    )
    except (BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise InputRefused(f"this is no {kind}, or a damaged one", "save it again") from error
    return io.BytesIO(data)
