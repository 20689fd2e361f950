"""All titles by year, for who looks for something: a page that leads to the years, and a page for
each of them, or for each month of one that would be a long list.

They need neither a script nor a server. A page tells nothing of other years, so that it stays as it
is while these fill up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tidings.core.pages.items import Period, SiteContext, by_month
from tidings.core.pages.site import Page, shared
from tidings.model import ItemSummary, TopicCounts

YEARS_PATH: Final = "years/index.html"
# A year with more items than these is listed on the pages of its months.
LONGEST: Final = 500

Month = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearsPage(Page):
    """The years that there are items of, and a form to search where there is a service."""

    total: int
    years: tuple[Period, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TitlesPage(Page):
    """The titles of a year, or of what has no date (None); of a `month` of a year that is a long
    list. Such a year has `months` with a path each, and no entries."""

    year: int | None
    month: int | None
    total: int
    months: tuple[Period, ...]
    year_path: str


def titles_path(year: int | None, month: int | None = None) -> str:
    """Where the titles of a year are, or of one month of it; None for what has no date."""
    return f"years/{year or 'undated'}{f'-{month:02}' if month else ''}.html"


def months_apart(counts: TopicCounts, year: int | None) -> tuple[Month, ...]:
    """The months of a year that have pages of their own, the newest first: none, unless the year
    would be a long list."""
    months = sorted((each for each in counts.months if each[0] == year), reverse=True)
    return tuple(months) if counts.years.get(year, 0) > LONGEST else ()


def years_page(context: SiteContext, counts: TopicCounts) -> YearsPage:
    """The page that leads to all years, the newest first."""
    return YearsPage(
        **shared(context, YEARS_PATH),
        total=counts.total,
        years=tuple(
            Period(year=year, total=total, path=titles_path(year))
            for year, total in counts.years.items()
        ),
    )


def titles_page(
    context: SiteContext,
    counts: TopicCounts,
    year: int | None,
    items: Iterable[ItemSummary],
    month: int | None = None,
) -> TitlesPage:
    """The page of a year, or of one of its months; `items` are what it lists, in the order of
    lists, and none are needed of a year whose months have pages of their own."""
    apart = () if month else months_apart(counts, year)
    months = by_month(map(context.link, items))
    if apart:
        months = tuple(Period(*each, counts.months[each], titles_path(*each)) for each in apart)
    return TitlesPage(
        **shared(context, titles_path(year, month)),
        year=year,
        month=month,
        total=sum(each.total for each in months),
        months=months,
        year_path=titles_path(year),
    )
