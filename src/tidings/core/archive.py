"""What the archive of a public digest shows: its issues, and each issue whole.

An issue stays as it was mailed, with the texts of that day. What came of an item since is said: an
item that was withdrawn shows the reason alone. Who got the issue is told nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime

from tidings.core.audience import Issue
from tidings.core.entries import Entry
from tidings.core.pages import (
    Frame,
    Page,
    Placed,
    Placement,
    address_of,
    digest_feed,
    digest_path,
    entry_in,
    issue_path,
    site_feed,
)
from tidings.core.pages import topic_path as path_of_topic
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
class Shelf:
    """The items of an issue under one topic, newest first; no title: items in no topic."""

    title: str
    path: str
    entries: tuple[Entry, ...]


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
    shelves: tuple[Shelf, ...]
    corrected: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Mailed:
    """An item as an issue had it: its topics by the text of that revision; for a correction, the
    revision that readers `had` before."""

    placed: Placed
    revision: int
    had: int | None = None


def digest_page(
    frame: Frame,
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
    own = (digest_feed(frame, digest),) if issues else ()
    return DigestPage(
        site=frame.site,
        path=path,
        address=address_of(frame, path),
        root="../../",
        feeds=(*own, site_feed(frame)),
        digests=(digest,),
        service_url=frame.service_url,
        changed_at=changed_at,
        digest=digest,
        title=digest.title,
        issues=tuple(
            IssueRow(
                number=issue.edition.number,
                path=issue_path(digest, issue.edition.number),
                day=frame.day(issue.edition.opened_at),
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
    frame: Frame,
    digest: Digest,
    edition: Edition,
    topics: Sequence[Topic],
    contents: Sequence[Mailed],
) -> IssuePage:
    """The page of an issue. `topics` are all topics in the order of the configuration; `contents`
    come newest first."""
    path = issue_path(digest, edition.number)
    new = [each for each in contents if each.had is None]
    return IssuePage(
        site=frame.site,
        path=path,
        address=address_of(frame, path),
        root="../../",
        feeds=(digest_feed(frame, digest), site_feed(frame)),
        digests=(digest,),
        changed_at=edition.opened_at,
        digest=digest,
        title=digest.title,
        digest_path=digest_path(digest),
        number=edition.number,
        day=frame.day(edition.opened_at),
        subject=edition.subject,
        total=len(new),
        shelves=_shelves(frame, digest, topics, new),
        corrected=tuple(
            entry_in(frame, replace(each.placed, item=_between(each.placed.item, each)))
            for each in contents
            if each.had is not None
        ),
    )


def _shelves(
    frame: Frame, digest: Digest, topics: Sequence[Topic], new: Sequence[Mailed]
) -> tuple[Shelf, ...]:
    """Each item under the first of its topics that the digest has, in the digest's order."""
    slugs = digest.topics if digest.topics is not None else tuple(topic.slug for topic in topics)
    ranks = {slug: number for number, slug in enumerate(slugs)}
    shelves: dict[int, list[Entry]] = {}
    titles: dict[int, Topic] = {}
    for each in new:
        home = _home(each.placed.topics, ranks)
        rank = ranks[home.slug] if home else len(ranks)
        if home:
            titles[rank] = home
        since = replace(each.placed, item=_since(each.placed.item, each.revision))
        shelves.setdefault(rank, []).append(entry_in(frame, since))
    return tuple(
        Shelf(
            title=titles[rank].title if rank in titles else "",
            path=path_of_topic(titles[rank]) if rank in titles else "",
            entries=tuple(entries),
        )
        for rank, entries in sorted(shelves.items())
    )


def _home(placements: Iterable[Placement], ranks: Mapping[str, int]) -> Topic | None:
    slugs = [each.topic for each in placements if each.topic.slug in ranks]
    return min(slugs, key=lambda topic: ranks[topic.slug], default=None)


def _since(item: Item, revision: int) -> Item:
    """The item as mailed, with the corrections that came after."""
    history = tuple(each for each in item.history if each.number >= revision)
    return replace(item.at_revision(revision), history=history)


def _between(item: Item, mailed: Mailed) -> Item:
    """The item as mailed, with what that changed for those who had it before."""
    kept = tuple(r for r in item.history if r.number in (mailed.had, mailed.revision))
    return replace(item.at_revision(mailed.revision), history=kept)
