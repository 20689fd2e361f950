"""The archive of public digests: their issues, each whole, as they were mailed."""

from __future__ import annotations

from collections.abc import Iterator

from tidings.application.publishing.press import Batch, File, Press
from tidings.core import archive
from tidings.core.archive import Mailed
from tidings.model import Digest, Edition


def issues(press: Press) -> Iterator[Batch]:
    """The issues that are new or hold an item that changed, then the lists of issues."""
    digests = {digest.slug: digest for digest in press.frame.digests if digest.public}
    editions = press.state.editions.get(press.scope.editions) if digests else ()
    for edition in editions:
        if edition.digest in digests:
            yield [_issue(press, digests[edition.digest], edition)]
    renewed = {edition.digest for edition in editions}
    for slug, digest in digests.items():
        if press.scope.whole or slug in renewed:
            listed = press.state.editions.issues(slug)
            changed_at = listed[0].edition.opened_at if listed else None
            page = archive.digest_page(press.frame, digest, listed, changed_at)
            yield [press.page("site/digest.html.j2", page)]


def _issue(press: Press, digest: Digest, edition: Edition) -> File:
    contents = press.state.editions.contents(edition.id)
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
