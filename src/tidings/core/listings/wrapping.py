"""Hard-wrapped text: joining again what a fixed page width has cut apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from tidings.core.listings.lines import Line

_NARROWEST_PAGE: Final = 40
WIDEST_PAGE: Final = 110  # characters; beyond this nobody wraps by hand or by `fold`
_FEWEST_CUTS: Final = 3
_SHARE_OF_CUTS: Final = 0.6


def unwrapped(lines: Sequence[Line]) -> tuple[Line, ...]:
    """`lines` with wrapped ones joined, if the file as a whole is wrapped at a fixed width.

    A break was made by wrapping when the first word below would not have fitted above; any
    other break was made by a person and stays.
    """
    width = max((_reach(line) for line in lines if not line.stamp), default=0)
    neighbours = sum(_adjoin(above, line) for above, line in pairwise(lines))
    if not _NARROWEST_PAGE <= width <= WIDEST_PAGE or neighbours < _FEWEST_CUTS:
        return tuple(lines)
    cut = [
        _adjoin(above, line) and _was_full(above, line, width) for above, line in pairwise(lines)
    ]
    if sum(cut) < max(_FEWEST_CUTS, _SHARE_OF_CUTS * neighbours):
        return tuple(lines)
    runs = [[lines[0]]]
    for line, joins in zip(lines[1:], cut, strict=True):
        if joins:
            runs[-1].append(line)
        else:
            runs.append([line])
    return tuple(_joined(run) for run in runs)


def _joined(run: Sequence[Line]) -> Line:
    """One line of a run: its texts joined, the dates of all moved to where they now stand."""
    if len(run) == 1:
        return run[0]
    dates = list(run[0].dates)
    reached = len(run[0].bare)
    for line in run[1:]:
        dates += [
            replace(found, start=found.start + reached + 1, end=found.end + reached + 1)
            for found in line.dates
        ]
        reached += 1 + len(line.text)
    return replace(run[0], text=" ".join(line.text for line in run), dates=tuple(dates))


def _adjoin(above: Line, line: Line) -> bool:
    return line.gap == 0 and not line.mark and above.stamp is None and line.stamp is None


def _reach(line: Line) -> int:
    return line.column - 1 + len(line.text)


def _was_full(above: Line, line: Line, width: int) -> bool:
    return _reach(above) + 1 + len(line.text.split(" ", 1)[0]) > width
