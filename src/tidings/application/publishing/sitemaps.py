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
from tidings.application.publishing.catalogue import EVERYTHING
from tidings.application.publishing.press import Batch, Press
from tidings.core import feeds, pages
from tidings.core.entries import path_of
from tidings.core.feeds import Address

# When the files with items last changed, by their numbers.
PUBLISHED_SITEMAPS = "published sitemaps of items"


def sitemaps(press: Press) -> Iterator[Batch]:
    """What search engines read, as far as it has changed; the index, which leads to all, last."""
    scope, lists = press.scope, press.state.lists
    if not scope.moved and not scope.editions:
        return
    last, noted = lists.last_arrival(), _noted(press)
    if last <= feeds.SHARED:
        press.sitemaps = {}
        addresses = _items(press, 1)
        yield [(feeds.SITEMAP, feeds.sitemap([*_pages(press), *addresses]))]
        return
    changed: dict[int, datetime | None] = {}
    for number in _changed(press, noted, last):
        addresses = _items(press, number)
        changed[number] = _last(addresses)
        if addresses:
            yield [(feeds.items_path(number), feeds.sitemap(addresses))]
    press.sitemaps = {each: at for each, at in sorted((noted | changed).items()) if at}
    yield _lists(press)


def gone(press: Press) -> Set[str]:
    """The paths of files of which the last item was merged into another."""
    if press.sitemaps is None:
        return frozenset()
    return {feeds.items_path(each) for each in _noted(press).keys() - press.sitemaps.keys()}


def robots(press: Press, outlet: Outlet) -> Iterator[Batch]:
    """What search engines ask a host for first, if the site is all that the host serves.

    What somebody put there themselves is what they want, and stays.
    """
    site = press.catalogue.publication
    data = feeds.robots(site.url + feeds.SITEMAP)
    theirs = outlet.differs(feeds.ROBOTS, data) and not _ours(press, outlet)
    if not theirs and urlsplit(site.url).path == "/":
        yield [(feeds.ROBOTS, data)]


def left(press: Press, outlet: Outlet) -> Set[str]:
    """What was ours, is no longer, and stays: somebody has put their own in its place."""
    ours = feeds.ROBOTS not in press.scope.ours or _ours(press, outlet)
    return frozenset() if ours else {feeds.ROBOTS}


def _ours(press: Press, outlet: Outlet) -> bool:
    file = press.scope.ours.get(feeds.ROBOTS)
    return file is not None and outlet.stands(file)


def note(sitemaps: Mapping[int, datetime]) -> str:
    """What to remember under `PUBLISHED_SITEMAPS`."""
    return json.dumps({each: at.isoformat() for each, at in sitemaps.items()})


def _noted(press: Press) -> dict[int, datetime | None]:
    found: dict[str, str] = json.loads(press.state.note(PUBLISHED_SITEMAPS) or "{}")
    return {int(each): datetime.fromisoformat(at) for each, at in found.items()}


def _changed(press: Press, noted: Collection[int], last: int) -> Collection[int]:
    """Which files with items have to be made."""
    if press.scope.whole or not noted:
        return range(1, feeds.number_of(last) + 1)
    arrivals = press.state.lists.arrivals(press.scope.touched)
    return sorted({feeds.number_of(each) for each in arrivals})


def _items(press: Press, number: int) -> Sequence[Address]:
    begin, arrived = press.catalogue.publication.url, feeds.arrivals_in(number)
    return [
        Address(begin + path_of(slug), updated)
        for slug, updated in press.state.lists.arrived(*arrived)
    ]


def _last(addresses: Sequence[Address]) -> datetime | None:
    return max((each.changed_at for each in addresses if each.changed_at), default=None)


def _pages(press: Press) -> Iterator[Address]:
    """The first page, topics, corrections, digests and their issues. Lists by year are left out:
    they lead to items alone, and all of these are named."""
    site, records = press.catalogue.publication, press.state.topics.records()
    yield Address(site.url, records[EVERYTHING].changed_at)
    for topic in press.catalogue.topics:
        yield Address(site.url + pages.topic_path(topic), records[topic.slug].changed_at)
    yield Address(site.url + pages.CORRECTIONS_PATH)
    for digest in press.frame.digests:
        if not digest.public:
            continue
        issues = press.state.editions.issues(digest.slug)
        opened = issues[0].edition.opened_at if issues else None
        yield Address(site.url + pages.digest_path(digest), opened)
        for issue in issues:
            path = pages.issue_path(digest, issue.edition.number)
            yield Address(site.url + path, issue.edition.opened_at)


def _lists(press: Press) -> Batch:
    """The sitemap of pages, and the index of all sitemaps."""
    site = press.catalogue.publication
    addresses = tuple(_pages(press))
    parts = [
        Address(site.url + feeds.PAGES_SITEMAP, _last(addresses)),
        *(
            Address(site.url + feeds.items_path(each), at)
            for each, at in (press.sitemaps or {}).items()
        ),
    ]
    return [
        (feeds.PAGES_SITEMAP, feeds.sitemap(addresses)),
        (feeds.SITEMAP, feeds.sitemap_index(parts)),
    ]
