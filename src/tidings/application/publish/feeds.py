"""The feeds of a publication: one for each topic, one for everything, one for each digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidings.application.publish.pages import Batch, PageRenderer, folder_of, renewed_digests
from tidings.application.publish.plan import EVERYTHING
from tidings.core.feeds.model import (
    OPML,
    FeedEntry,
    FeedStrings,
    PublishedEdition,
    entry_of,
    of_editions,
    of_items,
)
from tidings.core.feeds.write import documents, opml
from tidings.core.pages.items import ClassifiedItem, TopicMatch
from tidings.model import Digest, Edition, Item, Topic

# How many editions the feed of a digest holds: a quarter of a year of weekly ones.
FEED_LENGTH = 13
# How many entries are kept for the next feeds, which share most of them.
IN_MEMORY = 5_000


def strings_of(renderer: PageRenderer) -> FeedStrings:
    """What feeds say in words of their own, in the language of the site."""
    return FeedStrings(*renderer.templates.render("feed/words.txt.j2", {}).splitlines())


def feeds(renderer: PageRenderer) -> Iterator[Batch]:
    """The feeds that have changed, each also at the old addresses of its topic, then OPML."""
    plan, settings = renderer.plan, renderer.settings
    if not plan.topics and not plan.moved:
        return
    strings, known = strings_of(renderer), dict[str, FeedEntry]()
    for topic in plan.topics:
        with renderer.apart(folder_of(topic.slug)):
            batch = _feed(renderer, strings, known, topic)
            yield [*batch, *(copy for old in topic.was for copy in _copies(batch, topic, old))]
    if plan.moved:
        yield _feed(renderer, strings, known, None)
        yield [(OPML, opml(settings.site, settings.topics))]


def digest_feeds(renderer: PageRenderer) -> Iterator[Batch]:
    """The feeds of public digests of which the list of issues changed, once they have any."""
    for digest in renewed_digests(renderer):
        with renderer.apart(f"digests/{digest.slug}"):
            if listed := renderer.state.editions.issues(digest.slug)[:FEED_LENGTH]:
                yield _digest_feed(renderer, digest, [issue.edition for issue in listed])


def _digest_feed(renderer: PageRenderer, digest: Digest, editions: Sequence[Edition]) -> Batch:
    """The feed of a digest's latest editions, newest first, in all its formats."""
    published = [
        PublishedEdition(edition, tuple(_announced(renderer, edition))) for edition in editions
    ]
    renderer.report.feeds += 1
    updated = max(each.edition.opened_at for each in published)
    site, strings = renderer.settings.site, strings_of(renderer)
    return documents(of_editions(site, strings, digest, published, updated))


def _copies(batch: Batch, topic: Topic, old: str) -> Batch:
    """The files of a topic at one of its old addresses."""
    here, there = f"{folder_of(topic.slug)}/", f"{folder_of(old)}/"
    return [(path.replace(here, there, 1), data) for path, data in batch]


def _feed(
    renderer: PageRenderer, strings: FeedStrings, known: dict[str, FeedEntry], topic: Topic | None
) -> Batch:
    """A feed in all its formats."""
    slug, limits = topic.slug if topic else EVERYTHING, renderer.settings.feeds
    record = renderer.plan.records[slug]
    chosen = renderer.state.lists.selection(
        slug, first_run=record.first_run, limit=limits.limit, maximum=limits.max
    )
    entries = _entries(renderer, strings, known, chosen.item_ids)
    feed = documents(of_items(renderer.settings.site, topic, record.changed_at, entries))
    if chosen.cut:
        renderer.report.cut[feed[0][0]] = chosen.cut
    renderer.report.feeds += 1
    return feed


def _entries(
    renderer: PageRenderer, strings: FeedStrings, known: dict[str, FeedEntry], ids: Sequence[str]
) -> list[FeedEntry]:
    """The entries of these items, in the order of `ids`; `known` are those made before."""
    missing = [item_id for item_id in ids if item_id not in known]
    if len(known) + len(missing) > IN_MEMORY:
        known.clear()
        missing = list(ids)
    items, slugs = renderer.state.items.get(missing), renderer.state.topics.of(missing)
    for item_id in missing:
        within = slugs.get(item_id, ())
        topics = (TopicMatch(t, ()) for t in renderer.settings.topics if t.slug in within)
        found = ClassifiedItem(items[item_id], tuple(topics))
        known[item_id] = entry_of(renderer.settings.site, strings, found)
    return [known[item_id] for item_id in ids]


def _announced(renderer: PageRenderer, edition: Edition) -> Iterator[Item]:
    """The items of an edition, each with the text that it announced."""
    contents = renderer.state.editions.contents(edition.id)
    items = renderer.state.items.get([each.item_id for each in contents])
    return (items[each.item_id].at_revision(each.revision) for each in contents)
