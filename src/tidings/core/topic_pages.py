"""The pages of a topic: its front, one for each of its years, one for each month of a full year.

The front holds the newest items only and the others links alone, and a year that would be a long
list leads to its months, so that what one more item costs does not grow with the topic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tidings.core.entries import Entry, Head, Month, by_month, link_of
from tidings.core.pages import (
    Census,
    Frame,
    Page,
    Placed,
    address_of,
    entry_in,
    site_feed,
    topic_feed,
    topic_path,
)
from tidings.core.snippets import RuleWords, rule_words
from tidings.core.tide import Span, Tide, draw
from tidings.model import Topic

# A year of a topic with more items than these is listed on the pages of its months.
FULL_YEAR = 100


@dataclass(frozen=True, slots=True)
class YearRow:
    """A year of a topic, or (None) what has no date: how much it has, where all of it is listed,
    and as many of its entries as are among the topic's newest."""

    year: int | None
    total: int
    path: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage(Page):
    """One topic: its tide, its rule in words, its feed, its newest items, its years."""

    title: str
    about: str
    total: int
    undated: int
    tide: Tide | None
    rule: RuleWords
    years: tuple[YearRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearPage(Page):
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
    tide: Tide | None
    months: tuple[Month, ...]


def year_path(topic: Topic, year: int | None) -> str:
    """Where the page of a topic's year is published; None for what has no date."""
    return f"topics/{topic.slug}/{year or 'undated'}.html"


def month_path(topic: Topic, month: tuple[int, int]) -> str:
    """Where the page of a month, (year, 1 to 12), is published, if its year is full."""
    return f"topics/{topic.slug}/{month[0]}-{month[1]:02}.html"


def topic_page(
    frame: Frame,
    topic: Topic,
    census: Census,
    span: Span | None,
    newest: Sequence[Placed],
    changed_at: datetime | None,
) -> TopicPage:
    """The page of a topic. `span` is that of all items, so that topics can be compared; `newest`
    come in feed order and bring all their topics, this one among them."""
    shown: dict[int | None, list[Entry]] = {}
    for placed in newest:
        entry = entry_in(frame, placed)
        shown.setdefault(entry.day.year if entry.day else None, []).append(entry)
    counts = census.years
    return TopicPage(
        site=frame.site,
        path=topic_path(topic),
        address=address_of(frame, topic_path(topic)),
        root="../../",
        feeds=(topic_feed(frame, topic), site_feed(frame)),
        digests=tuple(d for d in frame.digests if d.topics is None or topic.slug in d.topics),
        service_url=frame.service_url,
        changed_at=changed_at,
        title=topic.title,
        about=topic.about,
        total=census.total,
        undated=census.undated,
        tide=draw(census.months, span) if span and census.total > census.undated else None,
        rule=rule_words(topic.rule),
        years=tuple(
            YearRow(year, counts[year], year_path(topic, year), tuple(shown.get(year, ())))
            for year in (*shown, *(year for year in counts if year not in shown))
        ),
    )


def is_full(census: Census, year: int | None) -> bool:
    """Whether the items of a topic's year stand on the pages of its months."""
    if year is None:
        return False
    return sum(count for (y, _), count in census.months.items() if y == year) > FULL_YEAR


def year_page(
    frame: Frame, topic: Topic, census: Census, year: int | None, heads: Sequence[Head]
) -> YearPage:
    """The page of a topic's year. `heads` are all of its items in feed order; none are needed of a
    full year."""
    counts = {key: count for key, count in census.months.items() if key[0] == year}
    months = by_month(link_of(head, frame.zone) for head in heads)
    if is_full(census, year):
        months = tuple(
            Month(key[1], count, month_path(topic, key))
            for key, count in sorted(counts.items(), reverse=True)
        )
    span = Span((year, 1), (year, 12), 1) if year else None
    tide = _past(draw(counts, span)) if span else None
    return _listing(frame, topic, year_path(topic, year), year, months, tide)


def month_page(
    frame: Frame, topic: Topic, month: tuple[int, int], heads: Sequence[Head]
) -> YearPage:
    """The page of one month, (year, 1 to 12), of a full year; `heads` are its items in feed order.

    It tells nothing of other months, so that it stays as it is while they fill up.
    """
    months = by_month(link_of(head, frame.zone) for head in heads)
    listing = _listing(frame, topic, month_path(topic, month), month[0], months, None)
    return replace(listing, month=month[1])


def _listing(
    frame: Frame,
    topic: Topic,
    path: str,
    year: int | None,
    months: tuple[Month, ...],
    tide: Tide | None,
) -> YearPage:
    return YearPage(
        site=frame.site,
        path=path,
        address=address_of(frame, path),
        root="../../",
        feeds=(topic_feed(frame, topic), site_feed(frame)),
        digests=frame.digests,
        changed_at=None,
        title=topic.title,
        topic_path=topic_path(topic),
        year_path=year_path(topic, year),
        year=year,
        month=None,
        total=sum(month.total for month in months),
        tide=tide,
        months=months,
    )


def _past(tide: Tide) -> Tide:
    """A chart in which no bar is that of the newest month."""
    return replace(tide, bars=tuple(replace(bar, newest=False) for bar in tide.bars))
