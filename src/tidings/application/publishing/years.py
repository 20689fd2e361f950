"""The pages of the years of topics, and of the months of those years that are full."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set

from tidings.application.publishing.press import Batch, Press, folder_of
from tidings.core import moved, topic_pages
from tidings.core.entries import Head
from tidings.core.pages import Census
from tidings.model import Topic

Month = tuple[int, int]


def years_of_topics(press: Press) -> Iterator[Batch]:
    """The pages of each touched year: those of its months, if it is full, then its own."""
    touched = _touched(press)
    missing = _missing(press, touched)
    for (slug, year), months in touched.items():
        topic, census = press.topic(slug), press.scope.censuses[slug]
        if year in census.years:
            with press.apart(folder_of(slug)):
                batch = _year(press, topic, census, year, months, missing)
                yield [*batch, *(file for path, _ in batch for file in _old(press, topic, path))]


def _year(
    press: Press,
    topic: Topic,
    census: Census,
    year: int | None,
    months: Set[Month],
    missing: Set[str],
) -> Batch:
    """The page of a year, and of those of its months that changed or are missing."""
    batch: Batch = []
    heads: Sequence[Head] = ()
    if topic_pages.is_full(census, year):
        for month in sorted(_months(press, topic.slug, year), reverse=True):
            path = topic_pages.month_path(topic, month)
            if month in months or path in missing:
                within = press.state.lists.of_month(topic.slug, month)
                page = topic_pages.month_page(press.frame, topic, month, within)
                batch.append(press.page("site/year.html.j2", page))
    else:
        heads = press.state.lists.of_year(topic.slug, year)
    page = topic_pages.year_page(press.frame, topic, census, year, heads)
    batch.append(press.page("site/year.html.j2", page))
    return batch


def gone(press: Press) -> Set[str]:
    """The paths of our pages of years and months that have lost their last item, and of months of
    years that are full no more."""
    paths: set[str] = set()
    for slug, year in _touched(press):
        topic = press.topic(slug)
        pages = {topic_pages.year_path(topic, year)}
        if year:
            pages |= {topic_pages.month_path(topic, (year, month)) for month in range(1, 13)}
        for page in pages - _paths(press, topic, year):
            paths |= {page, *(_at(page, topic, old) for old in topic.was)}
    return press.state.files.known(paths)


def _touched(press: Press) -> dict[tuple[str, int | None], set[Month]]:
    """Topics and years of which a page has to be made, each with the months that changed."""
    found: dict[tuple[str, int | None], set[Month]] = defaultdict(set)
    for slug, month in sorted(press.scope.months, key=lambda each: (each[0], each[1] or (0, 0))):
        of_year = found[slug, month[0] if month else None]
        if month:
            of_year.add(month)
    return found


def _missing(press: Press, touched: dict[tuple[str, int | None], set[Month]]) -> Set[str]:
    """The pages of months that there should be and are not: the year has just become full."""
    if press.scope.whole:
        return frozenset()  # all are made
    wanted = {
        topic_pages.month_path(press.topic(slug), month)
        for slug, year in touched
        if topic_pages.is_full(press.scope.censuses[slug], year)
        for month in _months(press, slug, year)
    }
    return wanted - press.state.files.known(wanted)


def _paths(press: Press, topic: Topic, year: int | None) -> Set[str]:
    """The pages that a year of a topic consists of."""
    census = press.scope.censuses[topic.slug]
    paths = {topic_pages.year_path(topic, year)} if year in census.years else set()
    if topic_pages.is_full(census, year):
        months = _months(press, topic.slug, year)
        paths |= {topic_pages.month_path(topic, month) for month in months}
    return paths


def _months(press: Press, slug: str, year: int | None) -> Set[Month]:
    """The months of a year in which a topic has items."""
    return {month for month in press.scope.censuses[slug].months if month[0] == year}


def _old(press: Press, topic: Topic, path: str) -> Iterator[tuple[str, bytes]]:
    """What stands at the topic's old addresses of a page."""
    for old in topic.was:
        page = moved.renamed_page(press.frame, _at(path, topic, old), topic.title, path)
        yield press.page("site/moved.html.j2", page)


def _at(path: str, topic: Topic, old: str) -> str:
    return path.replace(f"/{topic.slug}/", f"/{old}/", 1)
