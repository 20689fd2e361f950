"""The archive of public digests: their issues, each whole, as they were mailed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidings.application.publishing.press import Batch, File, Press
from tidings.core import archive, feeds
from tidings.core.archive import Mailed
from tidings.core.audience import Announced
from tidings.model import Digest, Edition, Item

# How many issues the feed of a digest holds: a quarter of a year of weekly ones.
FEED_LENGTH = 13


def issues(press: Press) -> Iterator[Batch]:
    """The issues that are new or hold an item that changed, then the lists of issues."""
    digests = {digest.slug: digest for digest in press.frame.digests if digest.public}
    editions = press.state.editions.get(press.scope.editions) if digests else ()
    for edition in editions:
        contents = press.state.editions.contents(edition.id)
        # Of an issue that only stands in for one that was lost, the page that readers have stays.
        if contents and edition.digest in digests:
            with press.apart(f"digests/{edition.digest}"):
                yield [_issue(press, digests[edition.digest], edition, contents)]
    renewed = {edition.digest for edition in editions}
    for slug, digest in digests.items():
        if press.scope.whole or slug in renewed:
            with press.apart(f"digests/{slug}"):
                yield _lists(press, digest)


def _lists(press: Press, digest: Digest) -> Batch:
    """The list of a digest's issues, and its feed."""
    listed = press.state.editions.issues(digest.slug)
    changed_at = listed[0].edition.opened_at if listed else None
    latest = press.state.editions.latest(digest.slug)
    number = latest.number if latest else 0
    page = archive.digest_page(press.frame, digest, listed, changed_at, number)
    batch = [press.page("site/digest.html.j2", page)]
    if listed:
        batch += _feed(press, digest, [issue.edition for issue in listed[:FEED_LENGTH]])
    return batch


def _feed(press: Press, digest: Digest, editions: Sequence[Edition]) -> Batch:
    """The feed of the latest issues, newest first, in all its formats."""
    published = [
        feeds.PublishedEdition(edition, tuple(_announced(press, edition))) for edition in editions
    ]
    press.report.feeds += 1
    updated = max(each.edition.opened_at for each in published)
    return feeds.documents(
        feeds.of_editions(press.catalogue.publication, digest, published, updated)
    )


def _announced(press: Press, edition: Edition) -> Iterator[Item]:
    """The items of an edition, each with the text that it announced."""
    contents = press.state.editions.contents(edition.id)
    items = press.state.items.get([each.item_id for each in contents])
    return (items[each.item_id].at_revision(each.revision) for each in contents)


def _issue(press: Press, digest: Digest, edition: Edition, contents: Sequence[Announced]) -> File:
    ids = [each.item_id for each in contents]
    items, slugs = press.state.items.get(ids), press.state.topics.of(ids)
    mailed = []
    for each in contents:
        item = items[each.item_id]
        placed = press.place(item.at_revision(each.revision), slugs.get(item.id, ()))
        mailed.append(Mailed(placed, each.revision, each.had_revision))
    topics = press.catalogue.topics
    page = archive.issue_page(press.frame, digest, edition, topics, mailed)
    return press.page("site/issue.html.j2", page)
