"""Candidate layouts. Each tries to explain every line of a file; how well it does is its score.

A new layout is a function from lines to explanations, added to `_LAYOUTS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from tidings.core.listings.clearing import without_lines
from tidings.core.listings.entries import Explanation, is_label
from tidings.core.listings.layouts.dated import after, before, last
from tidings.core.listings.layouts.undated import alternating, grouped
from tidings.core.listings.likeness import is_prose
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


def _named(explain: Callable[..., Iterator[Explanation]], name: str, **options: float) -> _Layout:
    def layout(lines: Sequence[Line]) -> Iterator[Explanation]:
        return explain(lines, name, **options)

    return layout


_ALONE: Final[tuple[_Layout, ...]] = (
    _named(before, "dated-before"),
    _named(after, "dated-after"),
    grouped,
    alternating,
    _named(before, "dated-before", details=1),
    _named(after, "dated-after", details=1),
    _named(last, "dated-last", trust=_RARE),
)
# Of equal scores the first wins: the layouts with the firmest marks stand first.
_LAYOUTS: Final[Mapping[str, tuple[_Layout, ...]]] = MappingProxyType(
    {
        "alone": _ALONE,
        "repeated": _ALONE,
        "detailed": _ALONE,
        "beside": (
            _named(before, "dated-before", trust=_CLOSE),
            _named(after, "dated-after", trust=_CLOSE),
            _named(last, "dated-last", trust=_RARE),
        ),
        "in front": (_named(before, "date-and-title"), _named(after, "title-and-dated-text")),
        "close in front": (
            _named(before, "date-and-title", trust=_CLOSE),
            _named(after, "title-and-dated-text", trust=_CLOSE),
        ),
        "behind": (
            _named(after, "title-and-date", trust=_CLOSE),
            _named(last, "dated-last", trust=_CLOSE),
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
