"""Listings in files that were opened first: entries of feeds and calendars.

What opens such a file makes JSON of it, whose entries have all their fields. As in tables, any date
but a certain one leaves its entry out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Final

from tidings.core.listings.dates import Broken, Dated, Numeric, read_stamp, settled
from tidings.core.listings.instants import read_instant
from tidings.core.listings.reading import Hints, Reading, quarantined
from tidings.core.listings.text import (
    LONGEST_TITLE,
    WORDLESS,
    WORDLESS_HINT,
    collapse,
    has_words,
    without_controls,
)
from tidings.model import Image, Listing, Problem, SeedRef, Text

_MOST_PROBLEMS: Final = 100


def read_entries(text: str, path: str, hints: Hints) -> Reading:
    """Read the entries that something was opened as."""
    read = json.loads(text)
    layout, found = str(read["layout"]), list(read["entries"])
    if not found:
        return quarantined(path, f"this {layout} has no entries", "remove it, or save it again")
    often = Counter(str(each["guid"]) for each in found)
    listings: list[Listing] = []
    problems: list[Problem] = []
    line = 0
    for each in found:
        # Places tell entries apart: no two have the same.
        line = max(line + 1, int(each["line"]))
        made = _listing(each, path, line, hints, known=often[str(each["guid"])] == 1)
        if isinstance(made, Problem):
            problems.append(made)
        else:
            listings.append(made)
    if len(problems) > _MOST_PROBLEMS:
        more = len(problems) - _MOST_PROBLEMS
        problems[_MOST_PROBLEMS:] = [Problem(path, 0, 0, f"{more} more entries cannot be read")]
    return Reading(tuple(listings), tuple(problems), layout, 1.0 if listings else 0.0)


def _listing(
    each: Mapping[str, object], path: str, line: int, hints: Hints, *, known: bool
) -> Listing | Problem:
    """One entry, or why there is none; `known` if nothing else in the file has its guid."""

    def clean(name: str) -> str:
        return collapse(without_controls(str(each[name]))[0])

    title, when = clean("title"), clean("when")
    if not has_words(title):
        return Problem(path, line, 1, WORDLESS, WORDLESS_HINT)
    if len(title) > LONGEST_TITLE:
        told = f"this is too long for a title ({len(title)} characters)"
        return Problem(path, line, 1, told, "shorten it")
    stamp = _stamp(when, hints) if when else None
    if when and not isinstance(stamp, Dated):
        told = f"the date of this entry cannot be read: {when[:40]!r}"
        return Problem(path, line, 1, told, "correct it where it comes from")
    shown = each["image"]
    image = (
        Image(str(shown["url"]), collapse(str(shown["alt"]))) if isinstance(shown, dict) else None
    )
    day = stamp.day if isinstance(stamp, Dated) else None
    category = clean("category") or hints.category
    text = Text(title, clean("summary"), day, clean("url") or None, category, image)
    return Listing(text, SeedRef(path, line), clean("guid") if known else "")


def _stamp(when: str, hints: Hints) -> Dated | Broken | None:
    if (day := read_instant(when, hints.zone)) is not None:
        return Dated(day)
    stamp = read_stamp(when, names=hints.names())
    if isinstance(stamp, Numeric):
        return settled(stamp, "dmy" if hints.date_order == "dmy" else None)
    return stamp if isinstance(stamp, Dated | Broken) else None
