"""The pages of a publication: items, topics, corrections, the first page."""

from __future__ import annotations

from collections.abc import Iterator, Set

from tidings.application.publishing.catalogue import EVERYTHING
from tidings.application.publishing.press import Batch, File, Press, folder_of
from tidings.core import moved, pages, topic_pages
from tidings.core.entries import item_path
from tidings.model import Item, Topic

LATEST = 20
NEWEST = 20
PORTION = 500


def item_pages(press: Press) -> Iterator[Batch]:
    """A page for each item."""
    ids = list(press.scope.items)
    for start in range(0, len(ids), PORTION):
        portion = ids[start : start + PORTION]
        beside = press.state.lists.neighbours(portion)
        heads = press.state.lists.heads({i for pair in beside.values() for i in pair if i})
        batch = []
        for placed in press.placed(portion):
            if placed.item.merged_into:
                batch.append(_merged(press, placed.item))
                continue
            if not _has_page(press, placed.item):
                continue
            newer, older = (heads.get(i or "") for i in beside[placed.item.id])
            page = pages.item_page(press.frame, placed, newer, older, placed.item.updated)
            batch.append(press.page("site/item.html.j2", page))
        yield batch


def _has_page(press: Press, item: Item) -> bool:
    """Whether something leads to the page of an item: another that it was merged into, lists, or
    an edition that had it."""
    quietly = item.retraction is not None and item.retraction.quietly
    return not quietly or bool(press.state.editions.with_items([item.id]))


def gone(press: Press) -> Set[str]:
    """The paths of our pages of items that nothing leads to any more."""
    items = press.state.items
    quietly = items.retracted() - items.retracted(quietly=False)
    touched = items.get(quietly & set(press.scope.touched)).values()
    without = {item_path(each) for each in touched if not _has_page(press, each)}
    return press.state.files.known(without)


def _merged(press: Press, item: Item) -> File:
    """The page of an item that was merged: it leads to the last of those it leads to."""
    into = item
    while into.merged_into:
        into = press.state.items.get([into.merged_into])[into.merged_into]
    return press.page("site/moved.html.j2", moved.merged_page(press.frame, item, into))


def topics(press: Press) -> Iterator[Batch]:
    """The front of each topic, also at its old addresses."""
    for topic in press.chosen:
        with press.apart(folder_of(topic.slug)):
            yield _topic(press, topic)


def _topic(press: Press, topic: Topic) -> Batch:
    newest = press.placed(press.state.lists.newest(topic.slug, NEWEST))
    page = topic_pages.topic_page(
        press.frame,
        topic,
        press.scope.censuses[topic.slug],
        press.scope.span,
        newest,
        press.scope.records[topic.slug].changed_at,
    )
    old = [_moved(press, f"{folder_of(slug)}/index.html", topic, page.path) for slug in topic.was]
    return [press.page("site/topic.html.j2", page), *old]


def _moved(press: Press, path: str, topic: Topic, target: str) -> File:
    page = moved.renamed_page(press.frame, path, topic.title, target)
    return press.page("site/moved.html.j2", page)


def corrections(press: Press) -> Iterator[Batch]:
    """What was corrected last, if that has changed."""
    if press.scope.corrections is not None:
        corrected = press.placed(press.scope.corrections)
        page = pages.corrections_page(press.frame, corrected)
        yield [press.page("site/corrections.html.j2", page)]


def front(press: Press) -> Iterator[Batch]:
    """The first page."""
    if press.scope.moved:
        page = pages.index_page(
            press.frame,
            [(topic, press.scope.censuses[topic.slug]) for topic in press.catalogue.topics],
            press.scope.censuses[EVERYTHING],
            press.placed(press.state.lists.newest(EVERYTHING, LATEST)),
            press.scope.records[EVERYTHING].changed_at,
        )
        yield [press.page("site/index.html.j2", page)]
