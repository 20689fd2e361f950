"""The sitemap of a publication, with every page that has something to say.

A small site has one file. A larger one has an index, a file for the pages besides those of items,
and files with the items; of these only those are made anew in which an item changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime
from urllib.parse import urlsplit

from tidings.application.ports.world import Outlet
from tidings.application.publishing.catalogue import EVERYTHING
from tidings.application.publishing.press import Batch, Press
from tidings.core import feeds, pages
from tidings.core.entries import path_of
from tidings.core.feeds import Address

# When the files with items last changed, by the beginning of the ids in them.
PUBLISHED_SITEMAPS = "published sitemaps"


def sitemaps(press: Press) -> Iterator[Batch]:
    """What search engines read, as far as it has changed; the index, which leads to all, last."""
    scope = press.scope
    if not scope.moved and not scope.editions:
        return
    noted = _noted(press)
    digits = _digits(press, noted)
    changed: dict[str, datetime | None] = {}
    if digits == 0:
        addresses = _items(press, "")
        changed[""] = _last(addresses)
        yield [(feeds.SITEMAP, feeds.sitemap([*_pages(press), *addresses]))]
    else:
        for beginning in _changed(press, digits, noted):
            addresses = _items(press, beginning)
            changed[beginning] = _last(addresses)
            if addresses:
                yield [(feeds.items_path(beginning), feeds.sitemap(addresses))]
    latest = {each: at for each, at in noted.items() if len(each) == digits} | changed
    press.sitemaps = {each: at for each, at in sorted(latest.items()) if at}
    if digits:
        yield _lists(press)


def gone(press: Press) -> Set[str]:
    """The paths of files with items that are no longer there: their last item was merged into
    another, or there are so many items now that they are spread over more files."""
    if press.sitemaps is None:
        return frozenset()
    old = {feeds.items_path(each) for each in _noted(press) if each}
    return old - {feeds.items_path(each) for each in press.sitemaps}


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


def note(sitemaps: Mapping[str, datetime]) -> str:
    """What to remember under `PUBLISHED_SITEMAPS`."""
    return json.dumps({each: at.isoformat() for each, at in sitemaps.items()})


def _noted(press: Press) -> Mapping[str, datetime]:
    found: dict[str, str] = json.loads(press.state.note(PUBLISHED_SITEMAPS) or "{}")
    return {each: datetime.fromisoformat(at) for each, at in found.items()}


def _digits(press: Press, noted: Mapping[str, datetime]) -> int:
    """By how many digits items are spread. Never fewer than before, lest they go back and forth."""
    before = 0 if press.scope.whole else max((len(each) for each in noted), default=0)
    return max(before, feeds.digits_for(press.state.places.census(EVERYTHING).total))


def _changed(press: Press, digits: int, noted: Mapping[str, datetime]) -> Sequence[str]:
    """Which files with items have to be made."""
    scope = press.scope
    if scope.moved and (scope.whole or not any(len(each) == digits for each in noted)):
        return tuple(feeds.beginnings(digits))
    return sorted({item_id[:digits] for item_id in scope.touched})


def _items(press: Press, beginning: str) -> Sequence[Address]:
    site = press.catalogue.publication
    return [
        Address(site.url + path_of(slug), updated)
        for slug, updated in press.state.places.beginning(beginning)
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
