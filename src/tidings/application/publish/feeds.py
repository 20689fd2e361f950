"""The feeds of a publication, of each topic, of everything and of each digest; and its sitemap.

A small site has one sitemap. A larger one has an index, a file for the pages besides those of
items, and files of items in order of arrival, so that what is new changes the last one only.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence, Set
from datetime import datetime
from urllib.parse import urlsplit

from tidings.application.ports import Outlet
from tidings.application.publish.pages import Batch, PageRenderer, folder_of, renewed_digests
from tidings.application.publish.plan import EVERYTHING
from tidings.core.audience import words_for
from tidings.core.feeds import write
from tidings.core.feeds.model import (
    ATOM,
    OPML,
    PAGES_SITEMAP,
    ROBOTS,
    SITEMAP,
    FeedStrings,
    entry_of,
    in_language,
    of_editions,
    of_items,
)
from tidings.core.feeds.write import Address, documents, items_path, opml
from tidings.core.pages import site as pages
from tidings.core.pages.items import path_of, topic_path
from tidings.core.tags import may_be, readings_of
from tidings.model import Digest, Edition, Item, Topic
from tidings.state import Transaction

# Of the path of a feed of one language: topics/<slug>/<tag>/atom.xml.
_STEPS = 4
# How many editions the feed of a digest holds: a quarter of a year of weekly ones.
FEED_LENGTH = 13


def strings_of(renderer: PageRenderer, language: str = "") -> FeedStrings:
    """What feeds say in words of their own, in a language if there are words for it, else in that
    of the site."""
    known = bool(language) and words_for(language, renderer.templates.languages) is not None
    render = renderer.templates.speaking(language) if known else renderer.templates.render
    return FeedStrings(*render("feed/words.txt.j2", {}).splitlines())


def feeds(renderer: PageRenderer) -> Iterator[Batch]:
    """The feeds that have changed, each also at the old addresses of its topic, then OPML."""
    plan, settings = renderer.plan, renderer.settings
    if not plan.topics and not plan.moved:
        return
    strings = strings_of(renderer)
    for topic in plan.topics:
        with renderer.apart(folder_of(topic.slug)):
            batch = [*_feed(renderer, strings, topic), *_language_feeds(renderer, topic)]
            yield [*batch, *(copy for old in topic.was for copy in _copies(batch, topic, old))]
    if plan.moved:
        yield _feed(renderer, strings, None)
    # It says nothing of items; whatever it says is among the inputs that make a plan a whole one.
    if plan.whole:
        yield [(OPML, opml(settings.site, settings.topics))]


def digest_feeds(renderer: PageRenderer) -> Iterator[Batch]:
    """The feeds of public digests of which the list of issues changed, once they have any."""
    for digest in renewed_digests(renderer):
        with renderer.apart(f"digests/{digest.slug}"):
            if listed := renderer.state.editions.issues(digest.slug)[:FEED_LENGTH]:
                yield _digest_feed(renderer, digest, [issue.edition for issue in listed])


def _digest_feed(renderer: PageRenderer, digest: Digest, editions: Sequence[Edition]) -> Batch:
    """The feed of a digest's latest editions, newest first, in all its formats."""
    published = [(edition, tuple(_announced(renderer, edition))) for edition in editions]
    renderer.report.feeds += 1
    first, languages = editions[-1].opened_at, {}
    for item in (item for _, items in published for item in items):
        if language := renderer.context.language_of(item):
            languages[item.id] = language
    site, strings = renderer.settings.site, strings_of(renderer)
    return documents(of_editions(site, strings, digest, published, first, languages))


def _copies(batch: Batch, topic: Topic, old: str) -> Batch:
    """The files of a topic at one of its old addresses."""
    here, there = f"{folder_of(topic.slug)}/", f"{folder_of(old)}/"
    return [(path.replace(here, there, 1), data) for path, data in batch]


def _feed(renderer: PageRenderer, strings: FeedStrings, topic: Topic | None) -> Batch:
    """A feed in all its formats."""
    slug, limits = topic.slug if topic else EVERYTHING, renderer.settings.feeds
    record = renderer.plan.records[slug]
    ids, cut = renderer.state.lists.selection(
        slug, first_run=record.first_run, limit=limits.limit, maximum=limits.max
    )
    site = renderer.settings.site
    entries = [
        entry_of(
            site,
            strings,
            found,
            renderer.context.language_of(found.item),
            image=renderer.context.picture_of(found.item),
        )
        for found in renderer.classified(ids)
    ]
    feed = documents(of_items(site, topic, record.changed_at, entries))
    if cut:
        renderer.report.cut[feed[0][0]] = cut
    renderer.report.feeds += 1
    return feed


def _language_feeds(renderer: PageRenderer, topic: Topic) -> Batch:
    """A topic's feeds of one language each: where it has items in several, and wherever there was
    one before, since somebody may follow it. What may be in any language is in all of them."""
    spoken = renderer.state.lists.languages(topic.slug)
    tags = readings_of(spoken)
    tags = tags if len(tags) > 1 else ()
    batch: Batch = []
    for tag in sorted({*tags, *_published_languages(renderer, topic)}):
        batch += _language_feed(renderer, topic, tag, [s for s in spoken if may_be(s, tag)])
    return batch


def _published_languages(renderer: PageRenderer, topic: Topic) -> Set[str]:
    """The languages of the topic's feeds that stand from before, also at its old addresses."""
    folders = tuple(f"{folder_of(slug)}/" for slug in (topic.slug, *topic.was))
    feeds = (path.split("/") for path in renderer.plan.ours if path.startswith(folders))
    return {steps[2] for steps in feeds if len(steps) == _STEPS and steps[-1] == ATOM}


def _language_feed(
    renderer: PageRenderer, topic: Topic, tag: str, languages: Sequence[str]
) -> Batch:
    record, limits = renderer.plan.records[topic.slug], renderer.settings.feeds
    ids, cut = renderer.state.lists.selection(
        topic.slug,
        first_run=record.first_run,
        limit=limits.limit,
        maximum=limits.max,
        languages=languages,
    )
    site, strings = renderer.settings.site, strings_of(renderer, tag)
    spoken, image = renderer.settings.languages.spoken, renderer.context.picture_of
    entries = [
        entry_of(site, strings, found, spoken(found.item).tag, tag, image(found.item))
        for found in renderer.classified(ids)
    ]
    feed = documents(in_language(of_items(site, topic, record.changed_at, entries), topic, tag))
    if cut:
        renderer.report.cut[feed[0][0]] = cut
    renderer.report.feeds += 1
    return feed


def _announced(renderer: PageRenderer, edition: Edition) -> Iterator[Item]:
    """The items of an edition, each with the text that it announced."""
    contents = renderer.state.editions.contents(edition.id)
    items = renderer.state.items.get([each.item_id for each in contents])
    return (items[each.item_id].at_revision(each.revision) for each in contents)


# When the files with items last changed, by their numbers.
PUBLISHED_SITEMAPS = "published sitemaps of items"

Dates = dict[int, datetime]


def sitemaps_changed(renderer: PageRenderer) -> bool:
    """Whether any sitemap has to be made."""
    return renderer.plan.moved or bool(renderer.plan.editions)


def sitemaps(renderer: PageRenderer, dates: Dates) -> Iterator[Batch]:
    """What search engines read, as far as it has changed; the index, which leads to all, last.

    Puts into `dates` when the items of each file last changed, by its number: without files of
    which the last item was merged into another, and nothing for a site so small that it has a
    single file.
    """
    if not sitemaps_changed(renderer):
        return
    last = renderer.state.lists.last_arrival()
    if last <= write.SHARED:
        yield [(SITEMAP, write.sitemap([*_pages(renderer), *_items(renderer, 1)]))]
        return
    noted = _noted(renderer.state)
    dates.update(noted)
    for number in _changed(renderer, noted, last):
        dates.pop(number, None)
        addresses = _items(renderer, number)
        if latest := _last(addresses):
            dates[number] = latest
            yield [(items_path(number), write.sitemap(addresses))]
    yield _lists(renderer, dates)


def stale_sitemaps(renderer: PageRenderer, dates: Dates) -> Set[str]:
    """The paths of files of which the last item was merged into another."""
    if not sitemaps_changed(renderer):
        return frozenset()
    gone = _noted(renderer.state).keys() - dates.keys()
    return renderer.state.files.known(set(map(items_path, gone)))


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
    noted = {number: dates[number].isoformat() for number in sorted(dates)}
    state.remember(PUBLISHED_SITEMAPS, json.dumps(noted))


def _noted(state: Transaction) -> Dates:
    found: dict[str, str] = json.loads(state.note(PUBLISHED_SITEMAPS) or "{}")
    return {int(each): datetime.fromisoformat(at) for each, at in found.items()}


def _changed(renderer: PageRenderer, noted: Dates, last: int) -> Collection[int]:
    """Which files with items have to be made."""
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
        *(Address(begin + items_path(each), at) for each, at in sorted(dates.items())),
    ]
    return [
        (PAGES_SITEMAP, write.sitemap(addresses)),
        (SITEMAP, write.sitemap_index(parts)),
    ]
