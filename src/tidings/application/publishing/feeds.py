"""The feeds of a publication: one for each topic, one for everything, and the lists of them."""

from __future__ import annotations

from collections.abc import Iterator

from tidings.application.publishing.catalogue import EVERYTHING
from tidings.application.publishing.press import Batch, Press
from tidings.core import feeds
from tidings.model import Topic


def all_feeds(press: Press) -> Iterator[Batch]:
    """The feeds that have changed, each also at the old addresses of its topic, then OPML."""
    scope = press.scope
    press.entries.renew(press.state, scope.run, scope.records)
    for topic in press.chosen:
        batch = _feed(press, topic)
        for old in topic.was:
            here, there = f"topics/{topic.slug}/", f"topics/{old}/"
            batch += [(path.replace(here, there, 1), data) for path, data in list(batch)]
        yield batch
    if scope.moved:
        yield _feed(press, None)
        site, topics = press.catalogue.publication, press.catalogue.topics
        yield [(feeds.OPML, feeds.opml(site, topics))]


def _feed(press: Press, topic: Topic | None) -> Batch:
    """A feed in all its formats."""
    slug = topic.slug if topic else EVERYTHING
    record = press.scope.records[slug]
    chosen = press.state.places.selection(
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
