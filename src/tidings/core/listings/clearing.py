"""Taking the page's furniture out of a file before its layout is inferred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tidings.core.listings.furniture import (
    is_aside,
    is_byline,
    is_heading,
    is_more,
    is_pager,
    is_rule,
    link_of,
)
from tidings.core.listings.lines import WIDEST_GAP, Line
from tidings.core.listings.names import Names
from tidings.core.listings.stamps import Broken, Dated

_LONGEST: Final = 160  # characters; furniture is shorter
_WITHIN: Final = 4  # lines: how far below a month's heading its first date stands


@dataclass(frozen=True, slots=True)
class Cleared:
    """The lines that may belong to entries, and the addresses of links taken out, by line."""

    lines: tuple[Line, ...]
    links: tuple[tuple[int, str], ...]


def cleared(lines: Sequence[Line], names: Names) -> Cleared:
    """`lines` without rules, pagers, headings of years and months, counters and "read more".

    What stood around a line taken out counts as one gap.
    """
    often = Counter(line.bare for line in lines if len(line.text) <= _LONGEST)
    furniture = {
        line.number for index, line in enumerate(lines) if _is_furniture(lines, index, often, names)
    }
    gone = [line for line in lines if line.number in furniture]
    links = [(line.number, link[1]) for line in gone if (link := link_of(line.bare))]
    return Cleared(without_lines(lines, lambda line: line.number in furniture), tuple(links))


def without_lines(lines: Sequence[Line], is_out: Callable[[Line], bool]) -> tuple[Line, ...]:
    """`lines` without some of them; what stood around a line taken out counts as one gap."""
    kept: list[Line] = []
    gap = -1
    for line in lines:
        if is_out(line):
            gap += line.gap + 1
        else:
            wide = min(WIDEST_GAP, line.gap + gap + 1) if gap >= 0 else line.gap
            kept.append(replace(line, gap=wide) if wide != line.gap else line)
            gap = -1
    return tuple(kept)


def _is_furniture(lines: Sequence[Line], index: int, often: Counter[str], names: Names) -> bool:
    line = lines[index]
    bare = line.bare
    if len(bare) > _LONGEST:
        return is_rule(bare)
    if line.stamp:
        return isinstance(line.stamp, Broken) and line.stamp.heads and _heads(lines, index)
    if line.dates:
        return False
    repeated = often[bare] > 1
    return (
        is_more(bare)
        or is_heading(bare, names)
        or is_rule(bare)
        or (repeated and not any(sign.isalnum() for sign in bare))
        or is_pager(bare)
        or is_aside(bare)
        or (is_byline(bare) and not bare.endswith((".", "…", "!", "?")))
    )


def _heads(lines: Sequence[Line], index: int) -> bool:
    """True for a month with its year when a date of that month stands soon below it."""
    words = lines[index].text.casefold()
    for line in lines[index + 1 : index + 1 + _WITHIN]:
        for stamp in (line.stamp, *(found.stamp for found in line.dates)):
            if isinstance(stamp, Dated):
                return str(stamp.day.year) in words
    return False
