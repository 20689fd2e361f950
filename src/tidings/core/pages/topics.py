"""The pages of a topic: its front, one for each of its years, one for each month of a full year.

The front holds the newest items only and the others links alone, and a year that would be a long
list leads to its months, so that what one more item costs does not grow with the topic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tidings.core.corrections import RuleWords, rule_words
from tidings.core.pages.items import (
    Charted,
    ChartRange,
    ClassifiedItem,
    ItemView,
    MonthChart,
    Period,
    SiteContext,
    by_month,
    draw,
    topic_path,
)
from tidings.core.pages.site import FeedLink, Page, feed_link, language_feed_link, shared
from tidings.core.tags import readings_of
from tidings.model import ItemSummary, Topic, TopicCounts

# A year of a topic with more items than these is listed on the pages of its months.
FULL_YEAR = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage(Page, Charted):
    """One topic: its chart, its rule in words, its feed, its newest items, its years; and its feeds
    of one language each, where it has items in several."""

    slug: str
    title: str
    about: str
    total: int
    undated: int
    chart: MonthChart | None
    rule: RuleWords
    years: tuple[Period, ...]
    language_feeds: tuple[FeedLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class YearPage(Page, Charted):
    """Everything of one topic in one year, or (None) without a date, month by month.

    The months of a full year are pages of their own, of the same kind: these say which `month` of
    the year they are, and have no chart.
    """

    title: str
    topic_path: str
    year_path: str
    year: int | None
    month: int | None
    total: int
    chart: MonthChart | None
    months: tuple[Period, ...]


def year_path(topic: Topic, year: int | None) -> str:
    """Where the page of a topic's year is published; None for what has no date."""
    return f"topics/{topic.slug}/{year or 'undated'}.html"


def month_path(topic: Topic, month: tuple[int, int]) -> str:
    """Where the page of a month, (year, 1 to 12), is published, if its year is full."""
    return f"topics/{topic.slug}/{month[0]}-{month[1]:02}.html"


def topic_page(
    context: SiteContext,
    topic: Topic,
    counts: TopicCounts,
    span: ChartRange | None,
    newest: Sequence[ClassifiedItem],
    changed_at: datetime | None,
    languages: Sequence[str] = (),
) -> TopicPage:
    """The page of a topic, with a feed for each of the `languages` if there are several.

    `span` is that of all items, so that topics can be compared; `newest` come in feed order and
    bring all their topics, this one among them.
    """
    shown: dict[int | None, list[ItemView]] = {}
    for found in newest:
        entry = context.view(found)
        shown.setdefault(entry.day.year if entry.day else None, []).append(entry)
    years = counts.years
    digests = tuple(d for d in context.digests if d.topics is None or topic.slug in d.topics)
    tags = readings_of(languages)
    spoken = tuple(language_feed_link(context, topic, tag) for tag in tags) if len(tags) > 1 else ()
    return TopicPage(
        **shared(context, topic_path(topic), feed_link(context, topic), *spoken)
        | {"digests": digests, "changed_at": changed_at},
        slug=topic.slug,
        title=topic.title,
        about=topic.about,
        total=counts.total,
        undated=counts.undated,
        chart=draw(counts.months, span) if span and counts.total > counts.undated else None,
        rule=rule_words(topic.rule),
        years=tuple(
            Period(
                year=year,
                total=years[year],
                path=year_path(topic, year),
                entries=tuple(shown.get(year, ())),
            )
            for year in (*shown, *(year for year in years if year not in shown))
        ),
        language_feeds=spoken,
    )


def is_full(counts: TopicCounts, year: int | None) -> bool:
    """Whether the items of a topic's year stand on the pages of its months."""
    if year is None:
        return False
    return sum(count for (y, _), count in counts.months.items() if y == year) > FULL_YEAR


def year_page(
    context: SiteContext,
    topic: Topic,
    counts: TopicCounts,
    year: int | None,
    items: Sequence[ItemSummary],
) -> YearPage:
    """The page of a topic's year. `items` are all of its items in feed order; none are needed of a
    full year."""
    of_year = {key: count for key, count in counts.months.items() if key[0] == year}
    months = by_month(map(context.link, items))
    if is_full(counts, year):
        months = tuple(
            Period(*key, count, month_path(topic, key))
            for key, count in sorted(of_year.items(), reverse=True)
        )
    span = ChartRange((year, 1), (year, 12), 1) if year else None
    chart = _past(draw(of_year, span)) if span else None
    return _listing(context, topic, year_path(topic, year), year, months, chart)


def month_page(
    context: SiteContext, topic: Topic, month: tuple[int, int], items: Sequence[ItemSummary]
) -> YearPage:
    """The page of one month, (year, 1 to 12), of a full year; `items` are its items in feed order.

    It tells nothing of other months, so that it stays as it is while they fill up.
    """
    months = by_month(map(context.link, items))
    listing = _listing(context, topic, month_path(topic, month), month[0], months, None)
    return replace(listing, month=month[1])


def _listing(
    context: SiteContext,
    topic: Topic,
    path: str,
    year: int | None,
    months: tuple[Period, ...],
    chart: MonthChart | None,
) -> YearPage:
    return YearPage(
        **shared(context, path, feed_link(context, topic)),
        title=topic.title,
        topic_path=topic_path(topic),
        year_path=year_path(topic, year),
        year=year,
        month=None,
        total=sum(month.total for month in months),
        chart=chart,
        months=months,
    )


def _past(chart: MonthChart) -> MonthChart:
    """A chart in which no bar is that of the newest month."""
    return replace(chart, bars=tuple(replace(bar, newest=False) for bar in chart.bars))
