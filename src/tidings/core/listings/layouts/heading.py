"""Whether a file begins with the heading of its page."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.core.listings.entries import is_label
from tidings.core.listings.likeness import is_prose
from tidings.core.listings.lines import Line


def head_of(lines: Sequence[Line], groups: Sequence[Sequence[Line]]) -> int:
    """1 if the first line is the heading of the page, else 0.

    The first of `groups`, which begin with titles, is then parted from it by a wider gap than
    titles are from what is below them, or it has just one line more than all the others.
    """
    if len(groups) < 3 or len(groups[0]) < 2 or lines[0].stamp:
        return 0
    if is_prose(lines[0].text) or is_prose(lines[1].text):
        return 0
    sizes = {len(group) for group in groups[1:]}
    if len(sizes) == 1 and len(groups[0]) - 1 in sizes and is_label(lines[0]):
        return 1
    gaps = sorted(group[1].gap for group in groups[1:] if len(group) > 1)
    return int(bool(gaps) and groups[0][1].gap > gaps[len(gaps) // 2])
