"""Titles of one day that are nearly the same: perhaps one piece of news under two spellings.

Only a suggestion comes of it. Letters are compared for few: a title that is at least 0.8 like
another by one change begins or ends like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date

from tidings.core.identity import normalise
from tidings.core.matching import alike
from tidings.model import Item

LENGTH = 10
WHY = "much the same title on the same day"
# A day with more than this brings series, not spellings.
MOST = 50

_NUMBERS = re.compile(r"\d+")


def ends(items: Iterable[Item]) -> Set[str]:
    """How the titles of dated items begin and end, `LENGTH` characters each."""
    titles = [normalise(item.title) for item in items if item.date]
    return {end for title in titles for end in (title[:LENGTH], title[-LENGTH:])}


def nearly(
    items: Iterable[Item], others: Sequence[tuple[str, str, date]], here: Set[str]
) -> Mapping[str, str]:
    """By the id of a new item: one of `others` (id, normalised title, day) that is nearly it.

    What stands `here`, in the same reading, is another item. Numbers tell titles apart.
    """
    found: dict[str, str] = {}
    by_day: dict[date, list[tuple[str, str]]] = {}
    for item_id, title, day in others:
        if item_id not in here:
            by_day.setdefault(day, []).append((item_id, title))
    for item in items:
        rivals = by_day.get(item.date, []) if item.date else []
        title = normalise(item.title)
        for item_id, other in rivals if len(rivals) <= MOST else ():
            same_numbers = _NUMBERS.findall(title) == _NUMBERS.findall(other)
            if title != other and same_numbers and alike(title, other):
                found[item.id] = item_id
                break
    return found
