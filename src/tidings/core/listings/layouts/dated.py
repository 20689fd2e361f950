"""Layouts of dated entries: the date above the title, below it, or at the very end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from tidings.core.listings.entries import Entry, Explanation, explained, is_label
from tidings.core.listings.layouts.heading import head_of
from tidings.core.listings.likeness import is_prose
from tidings.core.listings.lines import Line

_OFTEN_TOLD: Final = 0.98  # what labels that come again are worth: nearly as much as none

_TOLD_ONCE: Final = 0.78  # what labels that do not are worth: each may as well be a title


def _dated(lines: Sequence[Line]) -> list[int]:
    return [index for index, line in enumerate(lines) if line.stamp]


def before(
    lines: Sequence[Line], name: str, *, details: int = 0, trust: float = 1.0
) -> Iterator[Explanation]:
    """A date, below it the title (after `details` lines), below that any number of paragraphs."""
    starts = _dated(lines)
    if not starts:
        return
    entries: list[Entry] = []
    above = _leading_label(lines[: starts[0]], lines[starts[0]])
    left_over = lines[: starts[0] - len(above)]
    reached = -1
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        inside = lines[start + 1 : end]
        skipped = details if len(inside) > details else 0
        between, title = inside[:skipped], inside[skipped : skipped + 1]
        body = inside[skipped + 1 :]
        following = _leading_label(body, lines[end]) if end < len(lines) else ()
        body = body[: len(body) - len(following)]
        head = title[0] if title else None
        torn = _is_torn(lines, reached, start, start + 1 + skipped)
        entries.append(Entry(lines[start], head, tuple(body), (*above, *between), torn))
        above, reached = following, start + 1 + skipped
    if entries and not any(entry.details for entry in entries[1:]) and not details:
        entries[0] = replace(entries[0], details=())
        left_over = lines[: starts[0]]
    trust *= _detail_trust(entries) if details else _above_trust(lines, starts)
    yield explained(name, lines, entries, left_over, trust=trust)


def after(
    lines: Sequence[Line], name: str, *, details: int = 0, trust: float = 1.0
) -> Iterator[Explanation]:
    """A title, below it the date (after `details` lines), below that any number of paragraphs."""
    dates = _dated(lines)
    if not dates:
        return
    entries: list[Entry] = []
    # What stands behind a date on its line belongs to that date.
    ends = [-1, *(at + 1 if _has_tail(lines, at) else at for at in dates)]
    starts = [max(end + 1, at - 1 - details) for end, at in zip(ends, dates, strict=False)]
    above = _leading_label(lines[: starts[0]], lines[starts[0]])
    left_over = lines[: starts[0] - len(above)]
    reached = -1
    for at, start, end in zip(dates, starts, [*starts[1:], len(lines)], strict=True):
        title = lines[start] if start < at else None
        body = lines[at + 1 : end]
        following = _leading_label(body, lines[end]) if end < len(lines) else ()
        body = body[: len(body) - len(following)]
        details_of = (*above, *lines[start + 1 : at])
        torn = _is_torn(lines, reached, start, at)
        entries.append(Entry(lines[at], title, tuple(body), details_of, torn))
        above, reached = following, at
    if entries and not any(entry.details for entry in entries[1:]) and not details:
        entries[0] = replace(entries[0], details=())
        left_over = lines[: starts[0]]
    trust *= _detail_trust(entries) if details else _tail_trust(lines, dates)
    yield explained(name, lines, entries, left_over, trust=trust)


def last(lines: Sequence[Line], name: str, *, trust: float = 1.0) -> Iterator[Explanation]:
    """A title, below it any number of paragraphs, the date at the very end."""
    dates = _dated(lines)
    if not dates:
        return
    entries = []
    head = head_of(lines, [[*lines[start + 1 : end]] for start, end in pairwise([-1, *dates])])
    for previous, at in pairwise([head - 1, *dates]):
        inside = lines[previous + 1 : at]
        title = inside[0] if inside else None
        torn = _is_torn(lines, previous, previous + 1, at)
        entries.append(Entry(lines[at], title, tuple(inside[1:]), torn=torn))
    yield explained(
        name,
        lines,
        entries,
        [*lines[:head], *lines[dates[-1] + 1 :]],
        trust=trust * _lead_trust(lines, dates),
    )


def _lead_trust(lines: Sequence[Line], dates: Sequence[int]) -> float:
    """Less than 1 where what stands before the dates on their lines are labels, hardly texts."""
    leads = [lines[at - 1] for at in dates if at and lines[at - 1].number == lines[at].number]
    labels = sum(is_label(line) for line in leads)
    return 0.85 if leads and labels > 0.6 * len(leads) else 1.0


def _is_torn(lines: Sequence[Line], before: int, first: int, last: int) -> bool:
    """True when a gap between the lines `first` and `last` is wider than all that lie between
    `first` and the line `before`, where the entry above has its own date and title."""
    if before < 0:
        return False
    inner = max((line.gap for line in lines[first + 1 : last + 1]), default=0)
    return inner > max((line.gap for line in lines[before + 1 : first + 1]), default=0)


def _tail_trust(lines: Sequence[Line], dates: Sequence[int]) -> float:
    """Less than 1 where what stands behind the dates on their lines are labels, hardly texts."""
    tails = [lines[at + 1] for at in dates if _has_tail(lines, at)]
    labels = sum(is_label(line) for line in tails)
    return 0.85 if tails and labels > 0.6 * len(tails) else 1.0


def _has_tail(lines: Sequence[Line], at: int) -> bool:
    return at + 1 < len(lines) and lines[at + 1].number == lines[at].number


def _leading_label(lines: Sequence[Line], below: Line) -> tuple[Line, ...]:
    """The last of `lines` if it is a label that stands closer to `below` than to what is above."""
    if lines and lines[-1].gap > below.gap and is_label(lines[-1]) and not lines[-1].stamp:
        return (lines[-1],)
    return ()


def _above_trust(lines: Sequence[Line], dates: Sequence[int]) -> float:
    """Less than 1 where what stands closer to the dates below never repeats: those are titles."""
    pairs = [(lines[at - 1], lines[at]) for at in dates if at]
    above = [
        line.bare
        for line, date in pairs
        if line.gap > date.gap and not line.stamp and not is_prose(line.text)
    ]
    all_differ = len(set(above)) == len(above) > max(1, 0.6 * len(dates))
    return 0.9 if all_differ else 1.0


def _detail_trust(entries: Sequence[Entry]) -> float:
    """How likely the lines between date and title are categories or numbers of the entries."""
    texts = [line.bare for entry in entries for line in entry.details]
    labels = [line for entry in entries for line in entry.details if is_label(line)]
    if not texts or len(texts) < 0.7 * len(entries):
        return 0.3
    lettered = [text for text in texts if any(sign.isalpha() for sign in text)]
    repeated = not lettered or len(set(lettered)) <= 0.75 * len(lettered)
    return (_OFTEN_TOLD if repeated else _TOLD_ONCE) * (len(labels) / len(texts)) ** 2
