"""Which unit of a listing has which role, as its labels tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidings.core.listings.dates import Dated
from tidings.core.listings.units import Unit
from tools.reading.corpus import Label

LONGEST_RUN = 8  # units that a title may be made of
SHORTEST_REST = 20  # letters of a text that more stands behind, in its unit
NEAR = 8  # units between a title and its date


@dataclass(frozen=True)
class Aligned:
    """The role of each unit, and how many labels were found in the units."""

    roles: tuple[str, ...]
    found: int


def key(text: str) -> str:
    """What is compared: the letters and digits."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def aligned(units: Sequence[Unit], labels: Sequence[Label]) -> Aligned:
    """Give each unit its role: other, title, more (of a title), date, text; of those the first of
    an entry with `new `."""
    keys = [key(unit.text) for unit in units]
    titles = _titles(units, keys, labels)
    side = _side(units, titles, labels)
    roles = ["other"] * len(units)
    taken: set[int] = set()
    bounds = [start for start, _ in titles.values()]
    for number, (start, end) in titles.items():
        roles[start] = "title"
        for at in range(start + 1, end):
            roles[at] = "more"
        dated = _date_of(units, start, end, labels[number], side, taken)
        following = min((bound for bound in bounds if bound > start), default=len(units))
        if dated is not None:
            roles[dated] = "date"
            taken.add(dated)
        _mark_text(roles, keys, end, following, key(labels[number].summary))
        first = start if dated is None else min(start, dated)
        roles[first] = f"new {roles[first]}"
    return Aligned(tuple(roles), len(titles))


def _titles(
    units: Sequence[Unit], keys: Sequence[str], labels: Sequence[Label]
) -> dict[int, tuple[int, int]]:
    """Where each label's title stands: from one unit up to another."""
    found: dict[int, tuple[int, int]] = {}
    at = 0
    for number, label in enumerate(labels):
        wanted = key(label.title)
        runs = [run for start in range(at, len(units)) if (run := _run(units, keys, start, wanted))]
        if not runs:
            continue
        near = [run for run in runs[:6] if _has_date(units, run, label)]
        run = (near or runs)[0]
        found[number] = run
        at = run[1]
    return found


def _run(
    units: Sequence[Unit], keys: Sequence[str], start: int, wanted: str
) -> tuple[int, int] | None:
    joined = ""
    for end in range(start, min(len(units), start + LONGEST_RUN)):
        joined += keys[end]
        if joined == wanted:
            return start, end + 1
        if not wanted.startswith(joined):
            return None
    return None


def _has_date(units: Sequence[Unit], run: tuple[int, int], label: Label) -> bool:
    window = units[max(0, run[0] - NEAR) : run[1] + NEAR]
    return label.published is None or any(_is(unit, label) for unit in window)


def _is(unit: Unit, label: Label) -> bool:
    if label.published is None:
        return unit.kind == "weak"
    return isinstance(unit.stamp, Dated) and unit.stamp.day == label.published


def _side(
    units: Sequence[Unit], titles: dict[int, tuple[int, int]], labels: Sequence[Label]
) -> int:
    """Whether dates mostly stand above (-1) or below (1) their titles."""
    score = 0
    for number, (start, end) in titles.items():
        above = any(_is(unit, labels[number]) for unit in units[max(0, start - 3) : start])
        below = any(_is(unit, labels[number]) for unit in units[end : end + 3])
        score += below - above
    return 1 if score > 0 else -1


def _date_of(
    units: Sequence[Unit], start: int, end: int, label: Label, side: int, taken: set[int]
) -> int | None:
    """The date's unit: the nearest that says it, on the side where most are."""
    reach = range(1, 3 * NEAR)
    ways = {-1: [start - step for step in reach], 1: [end - 1 + step for step in reach]}
    limit = 3 if label.published is None else 3 * NEAR
    for way in (side, -side):
        for at in ways[way][:limit]:
            if 0 <= at < len(units) and at not in taken and _is(units[at], label):
                return at
    return None


def _mark_text(roles: list[str], keys: Sequence[str], start: int, end: int, wanted: str) -> None:
    """Mark the units that the summary is made of, in their order."""
    at = 0
    for number in range(start, end):
        if roles[number] != "other" or not keys[number]:
            continue
        rest = wanted[at:]
        if rest.startswith(keys[number]):
            roles[number] = "text"
            at += len(keys[number])
        elif len(rest) >= SHORTEST_REST and keys[number].startswith(rest):
            # The end of the text, and behind it what leads to more of it.
            roles[number] = "text"
            at = len(wanted)
        if at >= len(wanted):
            return
