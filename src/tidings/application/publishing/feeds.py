"""The feeds of a publication: one for each topic, one for everything, and the lists of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidings.application.publishing.catalogue import EVERYTHING
from tidings.application.publishing.press import Batch, Press
from tidings.core import feeds
from tidings.core.pages import Placed, Placement
from tidings.model import Topic

Made = dict[str, feeds.Entry]


def all_feeds(press: Press) -> Iterator[Batch]:
    """The feeds that have changed, each also at the old addresses of its topic, then OPML."""
    made: Made = {}
    for topic in press.chosen:
        batch = _feed(press, topic, made)
        for old in topic.was:
            here, there = f"topics/{topic.slug}/", f"topics/{old}/"
            batch += [(path.replace(here, there, 1), data) for path, data in list(batch)]
        yield batch
    if press.scope.moved:
        yield _feed(press, None, made)
        site, topics = press.catalogue.publication, press.catalogue.topics
        yield [(feeds.OPML, feeds.opml(site, topics))]


def _feed(press: Press, topic: Topic | None, made: Made) -> Batch:
    """A feed in all its formats."""
    slug = topic.slug if topic else EVERYTHING
    record = press.scope.records[slug]
    chosen = press.state.places.selection(
        slug,
        first_run=record.first_run,
        limit=press.catalogue.limit,
        maximum=press.catalogue.maximum,
    )
    entries = _entries(press, chosen.item_ids, made)
    feed = feeds.of_items(press.catalogue.publication, topic, record.changed_at, entries)
    documents = feeds.documents(feed)
    if chosen.cut:
        press.report.cut[documents[0][0]] = chosen.cut
    press.report.feeds += 1
    return documents


def _entries(press: Press, ids: Sequence[str], made: Made) -> list[feeds.Entry]:
    """Items as entries of feeds: made once, whatever feeds they are in."""
    missing = [item_id for item_id in ids if item_id not in made]
    items, slugs = press.state.items.get(missing), press.state.topics.of(missing)
    for item_id in missing:
        within = slugs.get(item_id, ())
        placements = tuple(Placement(t, ()) for t in press.catalogue.topics if t.slug in within)
        placed = Placed(items[item_id], placements)
        made[item_id] = feeds.entry_of(press.catalogue.publication, placed)
    return [made[item_id] for item_id in ids]
