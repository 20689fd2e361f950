"""What the archive of a public digest shows: its issues, and each issue whole.

An issue stays as it was mailed, with the texts of that day. What came of an item since is said: an
item that was withdrawn shows the reason alone. Who got the issue is told nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime

from tidings.core.audience import Issue
from tidings.core.pages.items import (
    ClassifiedItem,
    ItemView,
    by_first_topic,
    first_topic,
    topic_path,
    topic_ranks,
)
from tidings.core.pages.site import (
    Page,
    SiteContext,
    digest_feed,
    digest_path,
    issue_path,
    shared,
    view_in,
)
from tidings.model import Digest, Edition, Item, Topic


@dataclass(frozen=True, slots=True)
class IssueRow:
    """An issue in the list of them: what it is called and how much it brought."""

    number: int
    path: str
    day: date
    subject: str
    new: int
    corrected: int


@dataclass(frozen=True, slots=True)
class Section:
    """The items of an issue under one topic, newest first; no title: items in no topic."""

    title: str
    path: str
    entries: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPage(Page):
    """A digest: what it is about, when it comes, and its issues, newest first.

    `forgotten` are the numbers of which no record is left, each run of them by its first and last.
    """

    digest: Digest
    title: str
    issues: tuple[IssueRow, ...]
    forgotten: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePage(Page):
    """An issue, whole: its new items by topic, then what it corrected."""

    digest: Digest
    title: str
    digest_path: str
    number: int
    day: date
    subject: str
    total: int
    shelves: tuple[Section, ...]
    corrected: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True)
class Mailed:
    """An item as an issue had it: its topics by the text of that revision; for a correction, the
    revision that readers `had` before."""

    found: ClassifiedItem
    revision: int
    had: int | None = None


def digest_page(
    context: SiteContext,
    digest: Digest,
    issues: Iterable[Issue],
    changed_at: datetime | None,
    latest: int = 0,
) -> DigestPage:
    """The page of a digest. Its feed begins with its first issue.

    `latest` is the highest number that was given to an issue: what is missing up to there went out
    before the state was lost, and restored from an older copy or begun anew.
    """
    path, issues = digest_path(digest), tuple(issues)
    own = (digest_feed(context, digest),) if issues else ()
    common = shared(context, path, *own) | {"digests": (digest,), "changed_at": changed_at}
    return DigestPage(
        **common,
        service_url=context.service_url,
        digest=digest,
        title=digest.title,
        issues=tuple(
            IssueRow(
                number=issue.edition.number,
                path=issue_path(digest, issue.edition.number),
                day=context.day(issue.edition.opened_at),
                subject=issue.edition.subject,
                new=issue.new,
                corrected=issue.corrected,
            )
            for issue in issues
        ),
        forgotten=_runs(set(range(1, latest + 1)) - {issue.edition.number for issue in issues}),
    )


def _runs(numbers: Set[int]) -> tuple[tuple[int, int], ...]:
    """Numbers as runs without a gap, each by its first and last."""
    firsts = sorted(number for number in numbers if number - 1 not in numbers)
    lasts = sorted(number for number in numbers if number + 1 not in numbers)
    return tuple(zip(firsts, lasts, strict=True))


def issue_page(
    context: SiteContext,
    digest: Digest,
    edition: Edition,
    topics: Sequence[Topic],
    contents: Sequence[Mailed],
) -> IssuePage:
    """The page of an issue. `topics` are all topics in the order of the configuration; `contents`
    come newest first."""
    path = issue_path(digest, edition.number)
    new = [each for each in contents if each.had is None]
    common = shared(context, path, digest_feed(context, digest))
    return IssuePage(
        **common | {"digests": (digest,), "changed_at": edition.opened_at},
        digest=digest,
        title=digest.title,
        digest_path=digest_path(digest),
        number=edition.number,
        day=context.day(edition.opened_at),
        subject=edition.subject,
        total=len(new),
        shelves=tuple(_sections(context, digest, topics, new)),
        corrected=tuple(
            view_in(context, replace(each.found, item=_between(each.found.item, each)))
            for each in contents
            if each.had is not None
        ),
    )


def _sections(
    context: SiteContext, digest: Digest, topics: Sequence[Topic], new: Sequence[Mailed]
) -> Iterator[Section]:
    """Each item under the first of its topics that the digest has, in the digest's order."""
    ranks = topic_ranks(digest, topics)
    for topic, mailed in by_first_topic(new, lambda m: first_topic(m.found.topics, ranks), ranks):
        items = (replace(m.found, item=_since(m.found.item, m.revision)) for m in mailed)
        yield Section(
            title=topic.title if topic else "",
            path=topic_path(topic) if topic else "",
            entries=tuple(view_in(context, item) for item in items),
        )


def _since(item: Item, revision: int) -> Item:
    """The item as mailed, with the corrections that came after."""
    history = tuple(each for each in item.history if each.number >= revision)
    return replace(item.at_revision(revision), history=history)


def _between(item: Item, mailed: Mailed) -> Item:
    """The item as mailed, with what that changed for those who had it before."""
    kept = tuple(r for r in item.history if r.number in (mailed.had, mailed.revision))
    return replace(item.at_revision(mailed.revision), history=kept)
