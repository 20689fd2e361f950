"""Hard-wrapped text: joining again what a fixed page width has cut apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from tidings.core.listings.finding import Found
from tidings.core.listings.furniture import is_aside, is_more
from tidings.core.listings.likeness import columns, is_unspaced
from tidings.core.listings.rows import Row

_NARROWEST_PAGE: Final = 40
_WIDEST_PAGE: Final = 110  # characters; beyond this nobody wraps by hand or by `fold`
_FEWEST_CUTS: Final = 3
_WORD_OF_UNSPACED: Final = 6  # characters, where no blank ends a word
_SHARE_OF_CUTS: Final = 0.6


def unwrapped(rows: Sequence[Row]) -> tuple[Row, ...]:
    """`rows` with wrapped ones joined, if the file as a whole is wrapped at a fixed width.

    A break was made by wrapping when the first word below would not have fitted above; any
    other break was made by a person and stays.
    """
    width = max((_reach(row) for row in rows if not is_date_alone(row)), default=0)
    neighbours = sum(_adjoin(above, row) for above, row in pairwise(rows))
    if not _NARROWEST_PAGE <= width <= _WIDEST_PAGE or neighbours < _FEWEST_CUTS:
        return tuple(rows)
    cut = [_adjoin(above, row) and _was_full(above, row, width) for above, row in pairwise(rows)]
    if sum(cut) < max(_FEWEST_CUTS, _SHARE_OF_CUTS * neighbours):
        return tuple(rows)
    runs = [[rows[0]]]
    for row, joins in zip(rows[1:], cut, strict=True):
        if joins:
            runs[-1].append(row)
        else:
            runs.append([row])
    return tuple(_joined(run) for run in runs)


def wrapped_rows(rows: Sequence[Row]) -> frozenset[int]:
    """The rows, by their place, whose first word would not have fitted on the row above: there a
    line may have been wrapped. None where the file is wider than any page."""
    width = max((_reach(row) for row in rows if not is_date_alone(row)), default=0)
    if not _NARROWEST_PAGE <= width <= _WIDEST_PAGE:
        return frozenset()
    return frozenset(
        at + 1
        for at, (above, row) in enumerate(pairwise(rows))
        if _adjoin(above, row) and _was_full(above, row, width)
    )


def is_date_alone(row: Row) -> bool:
    """True for a row with a date and nothing else."""
    return bool(row.dates) and (row.dates[0].start, row.dates[0].end) == (0, len(row.text))


def _joined(run: Sequence[Row]) -> Row:
    """One row of a run: its texts joined, the dates of all moved to where they now stand."""
    if len(run) == 1:
        return run[0]
    dates, reached = list(run[0].dates), len(run[0].text)
    for row in run[1:]:
        shift = reached + 1
        dates += [Found(found.start + shift, found.end + shift, found.stamp) for found in row.dates]
        reached += 1 + len(row.text)
    return replace(
        run[0],
        raw=" ".join(row.raw for row in run),
        text=" ".join(row.text for row in run),
        dates=tuple(dates),
        url=next((row.url for row in run if row.url), ""),
    )


def _adjoin(above: Row, row: Row) -> bool:
    # The lines of a wrapped heading may all have its mark.
    begins = bool(row.mark) and not (row.mark[0] == "#" and row.mark == above.mark)
    begins = begins or is_date_alone(row) or row.weak == ((0, len(row.text)),)
    # A date in front of both begins both, one behind both ends both; by itself it may have been
    # wrapped to there.
    begins = begins or any(place(above) and place(row) for place in (_begins_dated, _ends_dated))
    begins = begins or bool(above.cells) or is_aside(row.text) or is_more(row.text)
    return row.gap == 0 and not begins and not is_date_alone(above)


def _begins_dated(row: Row) -> bool:
    marks = [found.start for found in row.dates] or [start for start, _ in row.weak]
    return marks[:1] == [0]


def _ends_dated(row: Row) -> bool:
    return bool(row.dates) and not any(map(str.isalnum, row.text[row.dates[-1].end :]))


def _reach(row: Row) -> int:
    return row.column - 1 + columns(row.raw)


def _was_full(above: Row, row: Row, width: int) -> bool:
    """True if the first word, or signs of a script without spaces, would not have fitted above."""
    word = row.raw.split(" ", 1)[0]
    unspaced = is_unspaced(word[0])
    word = word[:_WORD_OF_UNSPACED] if unspaced else f" {word}"
    return _reach(above) + columns(word) > width
