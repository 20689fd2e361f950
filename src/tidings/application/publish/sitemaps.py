"""The sitemap of a publication, with every page that has something to say.

A small site has one file. A larger one has an index, a file for the pages besides those of items,
and files with the items in the order of arrival; of these only those are made anew in which an item
changed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import datetime
from urllib.parse import urlsplit

from tidings.application.ports import Outlet
from tidings.application.publish.pages import Batch, PageRenderer
from tidings.application.publish.plan import EVERYTHING
from tidings.core.feeds import write
from tidings.core.feeds.model import PAGES_SITEMAP, ROBOTS, SITEMAP
from tidings.core.feeds.write import Address, items_path
from tidings.core.pages import site as pages
from tidings.core.pages.items import path_of, topic_path
from tidings.state import Transaction

# When the files with items last changed, by their numbers.
PUBLISHED_SITEMAPS = "published sitemaps of items"

Dates = Mapping[int, datetime | None]


def item_dates(renderer: PageRenderer) -> Dates | None:
    """When the items of each file with items last changed, by its number.

    Without those of which the last item was merged into another; empty for a site so small that
    it has a single file; None if no sitemap has to be renderer.
    """
    plan, state = renderer.plan, renderer.state
    if not plan.moved and not plan.editions:
        return None
    last = state.lists.last_arrival()
    if last <= write.SHARED:
        return {}
    dates = dict(_noted(state))
    for number in _changed(renderer, dates, last):
        dates[number] = _last(_items(renderer, number))
    return {number: dates[number] for number in sorted(dates) if dates[number]}


def sitemaps(renderer: PageRenderer, dates: Dates | None) -> Iterator[Batch]:
    """What search engines read, as far as it has changed; the index, which leads to all, last.

    `dates` are the `item_dates`.
    """
    if dates is None:
        return
    if not dates:
        addresses = [*_pages(renderer), *_items(renderer, 1)]
        yield [(SITEMAP, write.sitemap(addresses))]
        return
    for number in _changed(renderer, _noted(renderer.state), renderer.state.lists.last_arrival()):
        if number in dates:
            yield [(items_path(number), write.sitemap(_items(renderer, number)))]
    yield _lists(renderer, dates)


def stale_sitemaps(renderer: PageRenderer, dates: Dates | None) -> Set[str]:
    """The paths of files of which the last item was merged into another."""
    if dates is None:
        return frozenset()
    return {items_path(each) for each in _noted(renderer.state).keys() - dates.keys()}


def robots(renderer: PageRenderer, outlet: Outlet) -> Iterator[Batch]:
    """What search engines ask a host for first, if the site is all that the host serves.

    What somebody put there themselves is what they want, and stays.
    """
    site = renderer.settings.site
    data = write.robots(site.url + SITEMAP)
    theirs = outlet.differs(ROBOTS, data) and not _ours(renderer, outlet)
    if not theirs and urlsplit(site.url).path == "/":
        yield [(ROBOTS, data)]


def left(renderer: PageRenderer, outlet: Outlet) -> Set[str]:
    """What was ours, is no longer, and stays: somebody has put their own in its place."""
    ours = ROBOTS not in renderer.plan.ours or _ours(renderer, outlet)
    return frozenset() if ours else {ROBOTS}


def _ours(renderer: PageRenderer, outlet: Outlet) -> bool:
    file = renderer.plan.ours.get(ROBOTS)
    return file is not None and outlet.stands(file)


def remember(state: Transaction, dates: Dates) -> None:
    """Note when the files with items last changed."""
    noted = {each: at.isoformat() for each, at in dates.items() if at}
    state.remember(PUBLISHED_SITEMAPS, json.dumps(noted))


def _noted(state: Transaction) -> Dates:
    found: dict[str, str] = json.loads(state.note(PUBLISHED_SITEMAPS) or "{}")
    return {int(each): datetime.fromisoformat(at) for each, at in found.items()}


def _changed(renderer: PageRenderer, noted: Dates, last: int) -> Collection[int]:
    """Which files with items have to be renderer."""
    if renderer.plan.whole or not noted:
        return range(1, write.number_of(last) + 1)
    arrivals = renderer.state.lists.arrivals(renderer.plan.touched)
    return sorted({write.number_of(each) for each in arrivals})


def _items(renderer: PageRenderer, number: int) -> Sequence[Address]:
    begin, arrived = renderer.settings.site.url, write.arrivals_in(number)
    return [
        Address(begin + path_of(slug), updated)
        for slug, updated in renderer.state.lists.arrived(*arrived)
    ]


def _last(addresses: Sequence[Address]) -> datetime | None:
    return max((each.changed_at for each in addresses if each.changed_at), default=None)


def _pages(renderer: PageRenderer) -> Iterator[Address]:
    """The first page, topics, corrections, digests and their issues. Lists by year are left out:
    they lead to items alone, and all of these are named."""
    site, records = renderer.settings.site, renderer.state.topics.records()
    yield Address(site.url, records[EVERYTHING].changed_at)
    for topic in renderer.settings.topics:
        yield Address(site.url + topic_path(topic), records[topic.slug].changed_at)
    yield Address(site.url + pages.CORRECTIONS_PATH)
    for digest in renderer.settings.digests:
        if not digest.public:
            continue
        issues = renderer.state.editions.issues(digest.slug)
        opened = issues[0].edition.opened_at if issues else None
        yield Address(site.url + pages.digest_path(digest), opened)
        for issue in issues:
            path = pages.issue_path(digest, issue.edition.number)
            yield Address(site.url + path, issue.edition.opened_at)


def _lists(renderer: PageRenderer, dates: Dates) -> Batch:
    """The sitemap of pages, and the index of all sitemaps."""
    begin, addresses = renderer.settings.site.url, tuple(_pages(renderer))
    parts = [
        Address(begin + PAGES_SITEMAP, _last(addresses)),
        *(Address(begin + items_path(each), at) for each, at in dates.items()),
    ]
    return [
        (PAGES_SITEMAP, write.sitemap(addresses)),
        (SITEMAP, write.sitemap_index(parts)),
    ]
