"""Layouts without dates, or with dates on some entries: gaps and the look tell entries apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tidings.core.listings.entries import Entry, Explanation, explained, heads
from tidings.core.listings.layouts.heading import head_of
from tidings.core.listings.likeness import is_clearly_title, is_prose
from tidings.core.listings.lines import Line


def grouped(lines: Sequence[Line]) -> Iterator[Explanation]:
    """Entries set apart by wider gaps than those within: a title and its paragraphs.

    Some or all entries may have a date line above their title.
    """
    dated = any(line.stamp for line in lines)
    for width in sorted({line.gap for line in lines} - {0}):
        entries: list[Entry] = []
        left_over: list[Line] = []
        groups = _groups(lines, width)
        head = 0 if dated else head_of(lines, groups)
        left_over += lines[:head]
        for group in [groups[0][head:], *groups[1:]]:
            date = group[0] if group[0].stamp else None
            rest = group[1:] if date else group
            if any(line.stamp for line in rest) or _is_heading(group, lines, dated):
                left_over += group
            elif rest and (date or not is_prose(rest[0].text)):
                entries.append(Entry(date, rest[0], tuple(rest[1:])))
            else:
                entries.append(Entry(date, None, tuple(rest)))
        name = "mixed" if dated else "undated"
        trust = _mixed_trust(entries) if dated else _uncut_trust(entries)
        yield explained(name, lines, entries, left_over, trust=trust)


def _mixed_trust(entries: Sequence[Entry]) -> float:
    """Less than 1 where dates head one and the same text: that is no title, and they belong to
    the entries above."""
    titles = [entry.title.bare for entry in entries if entry.date and entry.title]
    most = Counter(titles).most_common(1)
    return (
        0.5 if most and most[0][1] >= 3 and most[0][1] > len(titles) / 2 < len(entries) / 2 else 1.0
    )


def _uncut_trust(entries: Sequence[Entry]) -> float:
    """Less than 1 where entries go on below a line that is closer to the text it heads."""
    swallowed = sum(
        line.gap > below.gap and not is_prose(line.text) and is_prose(below.text)
        for entry in entries
        for line, below in pairwise(entry.body)
    )
    return 1 / (1 + swallowed / (2 * max(1, len(entries))))


def _is_heading(group: Sequence[Line], lines: Sequence[Line], dated: bool) -> bool:
    """True for a line by itself that is more likely of the page than the title of an entry."""
    if len(group) > 1 or group[0].stamp or is_prose(group[0].text):
        return False
    return dated or (group[0] is lines[0] and not is_clearly_title(group[0].text))


def _groups(lines: Sequence[Line], width: int) -> list[list[Line]]:
    """`lines` cut at every gap of `width` or more, save where a cut leaves half an entry."""
    groups: list[list[Line]] = []
    for line in lines:
        above = groups[-1] if groups else []
        lone_date = len(above) == 1 and above[0].stamp is not None
        lone_title = len(above) == 1 + (above[0].stamp is not None) if above else False
        if not above or (
            line.gap >= width
            and not (lone_date and not line.stamp)
            and not (lone_title and not lone_date and not line.stamp and is_prose(line.text))
        ):
            groups.append([line])
        else:
            above.append(line)
    return groups


def alternating(lines: Sequence[Line]) -> Iterator[Explanation]:
    """Undated titles and paragraphs with the same gap everywhere: only the look tells them."""
    if any(line.stamp for line in lines):
        return
    starts = [index for index in range(len(lines) - 1) if heads(lines, index)]
    if not starts:
        return
    entries = [
        Entry(None, lines[start], tuple(lines[start + 1 : end]))
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]
    yield explained("undated-even", lines, entries, lines[: starts[0]], trust=0.95)
