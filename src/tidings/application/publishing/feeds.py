"""The feeds of a publication: one for each topic, one for everything, and the lists of them."""

from __future__ import annotations

from collections.abc import Iterator

from tidings.application.publishing.catalogue import EVERYTHING
from tidings.application.publishing.press import Batch, Press, folder_of
from tidings.core import feeds
from tidings.model import Topic


def all_feeds(press: Press) -> Iterator[Batch]:
    """The feeds that have changed, each also at the old addresses of its topic, then OPML."""
    scope = press.scope
    press.entries.renew(press.state, scope.run, scope.records)
    for topic in press.chosen:
        with press.apart(folder_of(topic.slug)):
            batch = _feed(press, topic)
            yield [*batch, *(copy for old in topic.was for copy in _copies(batch, topic, old))]
    if scope.moved:
        yield _feed(press, None)
        site, topics = press.catalogue.publication, press.catalogue.topics
        yield [(feeds.OPML, feeds.opml(site, topics))]


def _copies(batch: Batch, topic: Topic, old: str) -> Batch:
    """The files of a topic at one of its old addresses."""
    here, there = f"{folder_of(topic.slug)}/", f"{folder_of(old)}/"
    return [(path.replace(here, there, 1), data) for path, data in batch]


def _feed(press: Press, topic: Topic | None) -> Batch:
    """A feed in all its formats."""
    slug = topic.slug if topic else EVERYTHING
    record = press.scope.records[slug]
    chosen = press.state.lists.selection(
        slug,
        first_run=record.first_run,
        limit=press.catalogue.limit,
        maximum=press.catalogue.maximum,
    )
    entries = press.entries.get(press.state, press.catalogue, chosen.item_ids)
    feed = feeds.of_items(press.catalogue.publication, topic, record.changed_at, entries)
    documents = feeds.documents(feed)
    if chosen.cut:
        press.report.cut[documents[0][0]] = chosen.cut
    press.report.feeds += 1
    return documents
