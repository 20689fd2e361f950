"""Candidate layouts. Each tries to explain every line of a file; how well it does is its score.

A new layout is a function from lines to explanations, added to `_LAYOUTS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from tidings.core.listings.clearing import without_lines
from tidings.core.listings.entries import (
    Entry,
    Explanation,
    explained,
    heads,
    is_label,
)
from tidings.core.listings.likeness import is_clearly_title, is_prose
from tidings.core.listings.lines import Line
from tidings.core.listings.views import views

_Layout = Callable[[Sequence[Line]], Iterable[Explanation]]
_Way = tuple[bool, str, int]  # without refrain; the view; the number of the layout in it
_MANY: Final = 4000  # lines: in a longer file
_SAMPLE: Final = 1500  # so many lines decide which layouts are tried on the whole,
_FEW: Final = 3  # and that is so many
_RARE: Final = 0.9  # what a layout is worth that is seldom met
_CLOSE: Final = 0.98  # what an explanation is worth that needs more assumptions than another


def best_explanation(lines: Sequence[Line]) -> Explanation | None:
    """The explanation with the highest score; of equals the one whose layout is listed first."""
    return max(explanations(lines), key=lambda found: found.score, default=None)


def explanations(lines: Sequence[Line], layout: str | None = None) -> list[Explanation]:
    """All that the layouts make of these lines, or only the one that is named.

    Of a very long file only the layouts are weighed that explain its beginning best.
    """
    ways = None
    if len(lines) > _MANY:
        tried = sorted(_explained(lines[:_SAMPLE]), key=lambda pair: -pair[1].score)
        fit = [way for way, one in tried if layout is None or one.layout == layout]
        ways = frozenset(list(dict.fromkeys(fit))[:_FEW])
    found = [one for _, one in _explained(lines, ways)]
    return [one for one in found if layout is None or one.layout == layout]


def _explained(
    lines: Sequence[Line], ways: frozenset[_Way] | None = None
) -> Iterator[tuple[_Way, Explanation]]:
    """What every layout makes of every view of the file, with and without what it repeats."""
    refrain = _refrain(lines)
    for bare in (False, True) if refrain else (False,):
        shown = without_lines(lines, lambda line: line.bare in refrain) if bare else lines
        wanted = None if ways is None else {view for dropped, view, _ in ways if dropped == bare}
        for view in views(shown, wanted):
            for number, explain in enumerate(_LAYOUTS[view.name]):
                way = (bare, view.name, number)
                if ways is None or way in ways:
                    for one in explain(view.lines):
                        yield way, replace(one, score=_CLOSE * one.score) if bare else one


def _refrain(lines: Sequence[Line]) -> frozenset[str]:
    """Labels that come again and again in the file: as a rule, links to the full text."""
    often = Counter(
        line.bare
        for line, below in zip(lines, [*lines[1:], None], strict=False)
        if is_label(line) and not line.dates and not (below and is_prose(below.text))
    )
    dates = sum(bool(line.stamp or line.dates) for line in lines)
    least = max(3, 0.5 * dates if dates > 2 else 0.15 * len(lines))
    return frozenset(text for text, count in often.items() if count >= least)


def _dated(lines: Sequence[Line]) -> list[int]:
    return [index for index, line in enumerate(lines) if line.stamp]


def _before(
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
    trust *= _detail_trust(entries) if details else 1.0
    yield explained(name, lines, entries, left_over, trust=trust)


def _after(
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


def _last(lines: Sequence[Line], name: str, *, trust: float = 1.0) -> Iterator[Explanation]:
    """A title, below it any number of paragraphs, the date at the very end."""
    dates = _dated(lines)
    if not dates:
        return
    entries = []
    head = _head_of(lines, [[*lines[start + 1 : end]] for start, end in pairwise([-1, *dates])])
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


def _head_of(lines: Sequence[Line], groups: Sequence[Sequence[Line]]) -> int:
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


def _detail_trust(entries: Sequence[Entry]) -> float:
    """How likely the lines between date and title are categories or numbers of the entries."""
    texts = [line.bare for entry in entries for line in entry.details]
    labels = [line for entry in entries for line in entry.details if is_label(line)]
    if not texts or len(texts) < 0.7 * len(entries):
        return 0.3
    lettered = [text for text in texts if any(sign.isalpha() for sign in text)]
    repeated = not lettered or len(set(lettered)) <= 0.75 * len(lettered)
    return (_CLOSE if repeated else 0.85) * (len(labels) / len(texts)) ** 2


def _grouped(lines: Sequence[Line]) -> Iterator[Explanation]:
    """Entries set apart by wider gaps than those within: a title and its paragraphs.

    Some or all entries may have a date line above their title.
    """
    dated = any(line.stamp for line in lines)
    for width in sorted({line.gap for line in lines} - {0}):
        entries: list[Entry] = []
        left_over: list[Line] = []
        groups = _groups(lines, width)
        head = 0 if dated else _head_of(lines, groups)
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
        yield explained(name, lines, entries, left_over, trust=_mixed_trust(entries))


def _mixed_trust(entries: Sequence[Entry]) -> float:
    """Less than 1 where dates head one and the same text: that is no title, and they belong to
    the entries above."""
    titles = [entry.title.bare for entry in entries if entry.date and entry.title]
    most = Counter(titles).most_common(1)
    return (
        0.5 if most and most[0][1] >= 3 and most[0][1] > len(titles) / 2 < len(entries) / 2 else 1.0
    )


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


def _alternating(lines: Sequence[Line]) -> Iterator[Explanation]:
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


def _named(explain: Callable[..., Iterator[Explanation]], name: str, **options: float) -> _Layout:
    def layout(lines: Sequence[Line]) -> Iterator[Explanation]:
        return explain(lines, name, **options)

    return layout


_ALONE: Final[tuple[_Layout, ...]] = (
    _named(_before, "dated-before"),
    _named(_after, "dated-after"),
    _grouped,
    _alternating,
    _named(_before, "dated-before", details=1),
    _named(_after, "dated-after", details=1),
    _named(_last, "dated-last", trust=_RARE),
)
# Of equal scores the first wins: the layouts with the firmest marks stand first.
_LAYOUTS: Final[Mapping[str, tuple[_Layout, ...]]] = MappingProxyType(
    {
        "alone": _ALONE,
        "repeated": _ALONE,
        "detailed": _ALONE,
        "beside": (
            _named(_before, "dated-before", trust=_CLOSE),
            _named(_after, "dated-after", trust=_CLOSE),
            _named(_last, "dated-last", trust=_RARE),
        ),
        "in front": (_named(_before, "date-and-title"), _named(_after, "title-and-dated-text")),
        "close in front": (
            _named(_before, "date-and-title", trust=_CLOSE),
            _named(_after, "title-and-dated-text", trust=_CLOSE),
        ),
        "behind": (
            _named(_after, "title-and-date", trust=_CLOSE),
            _named(_last, "dated-last", trust=_CLOSE),
        ),
    }
)

LAYOUTS: Final = (
    "dated-before",
    "dated-after",
    "dated-last",
    "date-and-title",
    "title-and-date",
    "title-and-dated-text",
    "mixed",
    "undated",
    "undated-even",
)
