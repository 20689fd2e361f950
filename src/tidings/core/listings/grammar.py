"""The grammar of a listing: entries one after the other, each with its parts in the same order.

A reading of a file is the most probable way to give each unit a role so that the roles make entries
(Viterbi, https://doi.org/10.1109/TIT.1967.1054010). It knows nothing of how the probabilities came
about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Final, Literal

Order = Literal["date-title-text", "title-date-text", "title-text-date", "title-text"]
ORDERS: Final[tuple[Order, ...]] = (
    "date-title-text",
    "title-date-text",
    "title-text-date",
    "title-text",
)
ROLES: Final = ("other", "title", "more", "date", "text", "new title", "new date")
OTHER, TITLE, MORE, DATE, TEXT, NEW_TITLE, NEW_DATE = range(len(ROLES))

# What it costs that an entry has no date, or no title. These propose, and do not choose.
_NO_DATE: Final = 2.5
_NO_TITLE: Final = 3.5

LogProbabilities = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Record:
    """The units of one entry, by their numbers; `title` is empty for an entry without one."""

    title: tuple[int, ...]
    date: int | None
    text: tuple[int, ...]

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last of its units."""
        ends = [*self.title[:1], *self.title[-1:], *self.text[:1], *self.text[-1:]]
        ends += () if self.date is None else (self.date,)
        return min(ends), max(ends)

    @property
    def units(self) -> tuple[int, ...]:
        """All of them, in their order."""
        dated = () if self.date is None else (self.date,)
        return tuple(sorted((*self.title, *dated, *self.text)))


# From a state, by a role, at a cost.
_Step = tuple[int, int, float]
_NO_WAY: Final[_Step] = (0, OTHER, inf)


@dataclass(frozen=True, slots=True)
class _Machine:
    """States of a reading: nothing yet, then the part of an entry that was placed last, each with
    and without the right to go on with a title."""

    steps: tuple[tuple[_Step, ...], ...]  # by the state that they lead to
    ends: tuple[float, ...]


_PARTS: Final = {
    "date-title-text": (DATE, TITLE, TEXT),
    "title-date-text": (TITLE, DATE, TEXT),
    "title-text-date": (TITLE, TEXT, DATE),
    "title-text": (TITLE, TEXT),
}


@cache
def _machine(order: Order) -> _Machine:
    parts = _PARTS[order]
    cost = {DATE: _NO_DATE, TITLE: _NO_TITLE, TEXT: 0.0}
    # State 0: nothing yet. 1 + n: part n was placed last. `wide` + n: and that was a title, on
    # whose heels more of it may follow.
    count = len(parts) + 1
    wide = {n: count + n for n, part in enumerate(parts) if part == TITLE}
    size = max(wide.values()) + 1
    steps: list[list[_Step]] = [[] for _ in range(size)]

    def missing(first: int, last: int) -> float:
        return sum(cost[part] for part in parts[first:last])

    states = [(0, -1), *((1 + n, n) for n in range(len(parts))), *((s, n) for n, s in wide.items())]
    for state, at in states:
        plain = 0 if at < 0 else 1 + at
        steps[plain].append((state, OTHER, 0.0))
        if at >= 0 and state in wide.values():
            steps[state].append((state, MORE, 0.0))
        if at >= 0 and parts[at] == TEXT:
            steps[plain].append((state, TEXT, 0.0))
        for n, part in enumerate(parts):
            target = wide.get(n, 1 + n)
            if at >= 0 and n > at:
                steps[target].append((state, part, missing(at + 1, n)))
            if part != TEXT:
                role = NEW_DATE if part == DATE else NEW_TITLE
                left = missing(at + 1, len(parts)) if at >= 0 else 0.0
                if n == 0 or (n == 1 and parts[0] == DATE):
                    steps[target].append((state, role, left + missing(0, n)))
    ends = [inf] * size
    ends[0] = 0.0
    for state, at in states[1:]:
        ends[state] = missing(at + 1, len(parts))
    return _Machine(tuple(tuple(each) for each in steps), tuple(ends))


def decode(log: LogProbabilities, order: Order) -> tuple[int, ...]:
    """The most probable roles of the units, in entries of that order.

    `log` has for each unit the logarithm of each role's probability, `-inf` for one that it cannot
    have. Time is linear in the number of units.
    """
    machine = _machine(order)
    size = len(machine.ends)
    scores = [0.0] + [-inf] * (size - 1)
    trail: list[list[_Step]] = []
    for unit in log:
        reached, ways = [], []
        for steps in machine.steps:
            best, way = -inf, _NO_WAY
            for step in steps:
                score = scores[step[0]] + unit[step[1]] - step[2]
                if score > best:
                    best, way = score, step
            reached.append(best)
            ways.append(way)
        scores = reached
        trail.append(ways)
    state = max(range(size), key=lambda each: scores[each] - machine.ends[each])
    roles = []
    for ways in reversed(trail):
        state, role, _ = ways[state]
        roles.append(role)
    return tuple(reversed(roles))


def records(roles: Sequence[int]) -> tuple[Record, ...]:
    """The entries that roles make."""
    found: list[Record] = []
    title: list[int] = []
    text: list[int] = []
    date: int | None = None
    open_ = False

    def close() -> None:
        if open_:
            found.append(Record(tuple(title), date, tuple(text)))

    for unit, role in enumerate(roles):
        if role in (NEW_TITLE, NEW_DATE):
            close()
            title, text, date, open_ = [], [], None, True
        if role in (TITLE, NEW_TITLE, MORE):
            title.append(unit)
        elif role in (DATE, NEW_DATE):
            date = unit
        elif role == TEXT:
            text.append(unit)
    close()
    return tuple(found)
