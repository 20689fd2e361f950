"""The lines of an instance's files, to show where something is wrong."""

from __future__ import annotations

import re
from pathlib import Path

_LARGEST = 16 * 2**20


def lines_of(path: Path) -> list[str]:
    """The lines of a file as editors count them, passwords left out; none if it is no text file."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return []
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return []
    return [
        re.sub(r"(//[^/\s:@]*):[^/\s@]+@", r"\1:…@", line) for line in re.split(r"\r\n|\r|\n", text)
    ]
