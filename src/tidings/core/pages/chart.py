"""Charts of items per month: bars on a line. Pure geometry, which templates turn into SVG.

One unit of `x` is one slot (a month, a quarter or a year), one unit of `height` is one item, so a
template draws a chart in a view box of `slots` by `peak` and stretches it to the width it has. A
chart ends at the month of the newest dated item, whatever the time is. Templates know a chart as
`tide`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Month = tuple[int, int]

LEAST_SLOTS = 12
MOST_SLOTS = 60
LEAST_PEAK = 4
BAR_WIDTH = 0.4
LOWEST_BAR = 0.03  # share of the peak: one item beside a thousand is still seen
# A chart seldom ends where a pixel does: by so much of the peak its bars go on below it, where the
# rule covers them, so that there is no gap.
BELOW = 0.02
TICK_DISTANCE = 0.12  # share of the width that the label of a year needs


@dataclass(frozen=True, slots=True)
class ChartRange:
    """The months that charts on one page have in common, both ends included.

    `step` is the number of months that share a bar: 1, 3 or 12; `first` begins such a slot, `last`
    is the newest month itself.
    """

    first: Month
    last: Month
    step: int

    @property
    def slots(self) -> int:
        """How many bars there is room for."""
        return _number(self.last) // self.step - _number(self.first) // self.step + 1


@dataclass(frozen=True, slots=True)
class Bar:
    """The items of one slot, at least one. `month` begins it; `newest` marks the last slot."""

    x: float
    height: float
    count: int
    month: Month
    newest: bool


@dataclass(frozen=True, slots=True)
class YearTick:
    """Where a year begins: `at` is the share of the width, from 0 to 1."""

    year: int
    at: float


@dataclass(frozen=True, slots=True)
class MonthChart:
    """A chart ready to draw. `busiest` is the tallest bar, the latest of several."""

    span: ChartRange
    bars: tuple[Bar, ...]
    ticks: tuple[YearTick, ...]
    peak: int
    bar_width: float = BAR_WIDTH

    @property
    def slots(self) -> int:
        """The width of the view box."""
        return self.span.slots

    @property
    def total(self) -> int:
        """How many items stand in the chart."""
        return sum(bar.count for bar in self.bars)

    @property
    def older(self) -> str:
        """All bars but the newest as one path of SVG, "" if there are none: a page with a chart
        for each topic has some thousand bars."""
        return self._path(newest=False)

    @property
    def newest(self) -> str:
        """The newest bar as a path of SVG, "" if nothing is of the last slot."""
        return self._path(newest=True)

    def _path(self, *, newest: bool) -> str:
        below, width = self.peak * BELOW, self.bar_width
        base = f"{self.peak + below:g}"
        bars = ((bar.x, bar.height + below) for bar in self.bars if bar.newest is newest)
        return "".join(f"M{x:g} {base}v-{up:g}h{width:g}v{up:g}z" for x, up in bars)

    @property
    def busiest(self) -> Bar | None:
        """The tallest bar; of equal ones the latest; None for an empty chart."""
        return max(self.bars, key=lambda bar: (bar.count, bar.x), default=None)


def range_of(months: Iterable[Month]) -> ChartRange | None:
    """The span from the oldest to the newest of `months`, at least a year; None without any.

    Beyond 60 months a bar holds a quarter, beyond 60 quarters a year.
    """
    numbers = sorted({_number(month) for month in months})
    if not numbers:
        return None
    oldest, newest = numbers[0], numbers[-1]
    step = next(
        (step for step in (1, 3) if newest // step - oldest // step < MOST_SLOTS),
        12,
    )
    first = min(oldest // step, newest // step - LEAST_SLOTS + 1) * step
    return ChartRange(first=_month(max(first, 12)), last=_month(newest), step=step)


def peak_of(charts: Iterable[Mapping[Month, int]], span: ChartRange) -> int:
    """The tallest bar among several charts, so that they can be drawn to one scale."""
    return max((max(_slots(months, span).values(), default=0) for months in charts), default=0)


def draw(months: Mapping[Month, int], span: ChartRange, peak: int | None = None) -> MonthChart:
    """The chart of `months` (items by month) over `span`; months outside it are left out.

    `peak` is the common scale of several charts, by default this chart's own tallest bar. A scale
    is never less than four items high, so that a lone item does not look like a flood.
    """
    counts = _slots(months, span)
    scale = max(LEAST_PEAK, peak if peak is not None else max(counts.values(), default=0))
    first, newest = _number(span.first), span.slots - 1
    margin, lowest = (1 - BAR_WIDTH) / 2, round(scale * LOWEST_BAR, 2)
    bars = tuple(
        Bar(
            x=round(slot + margin, 2),
            height=max(float(count), lowest),
            count=count,
            month=_month(first + slot * span.step),
            newest=slot == newest,
        )
        for slot, count in sorted(counts.items())
    )
    return MonthChart(span=span, bars=bars, ticks=_ticks(span), peak=scale)


def _slots(months: Mapping[Month, int], span: ChartRange) -> dict[int, int]:
    counts: dict[int, int] = {}
    (from_year, from_month), step = span.first, span.step
    last = _number(span.last) - _number(span.first)
    for (year, month), count in months.items():
        at = (year - from_year) * 12 + month - from_month
        if count > 0 and 0 <= at <= last:
            counts[at // step] = counts.get(at // step, 0) + count
    return counts


def _ticks(span: ChartRange) -> tuple[YearTick, ...]:
    first, width = _number(span.first), span.slots * span.step
    every = next(
        n for n in (1, 2, 5, 10, 20, 50, 100, 1000, 10000) if 12 * n / width > TICK_DISTANCE
    )
    years = range(span.first[0], span.last[0] + 1)
    return tuple(
        YearTick(year=year, at=round((year * 12 - first) / width, 4))
        for year in years
        if year % every == 0 and year * 12 >= first
    )


def _number(month: Month) -> int:
    year, of_year = month
    return year * 12 + of_year - 1


def _month(number: int) -> Month:
    return number // 12, number % 12 + 1
