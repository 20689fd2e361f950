"""Entries that a format names itself, as the JSON that `core.listings` reads.

It stands alone, since feeds and calendars share it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tidings.model import Image


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `when` is a day or an instant as ISO 8601 or RFC 5322 write it, "" if none is
    given; `guid` what its source knows it by; `line` where it stands, 0 if that is not known."""

    title: str
    summary: str = ""
    when: str = ""
    url: str = ""
    category: str = ""
    image: Image | None = None
    guid: str = ""
    line: int = 0


def as_text(layout: str, entries: Sequence[Entry]) -> str:
    """The entries as a text, with the name of what they were read from."""
    made = {"layout": layout, "entries": [asdict(entry) for entry in entries]}
    return json.dumps(made, ensure_ascii=False, indent=0)
