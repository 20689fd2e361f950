"""What the archive of a public digest shows: its issues, and each issue whole.

An issue stays as it was mailed, with the texts of that day. What came of an item since is said: an
item that was withdrawn shows the reason alone. Who got the issue is told nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime

from tidings.core.audience import Issue
from tidings.core.notes import note_html
from tidings.core.pages.items import (
    ClassifiedItem,
    ItemView,
    SiteContext,
    by_first_topic,
    lead_of,
    topic_path,
    topic_ranks,
)
from tidings.core.pages.site import (
    Page,
    digest_path,
    feed_link,
    issue_path,
    shared,
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
    editions: tuple[IssueRow, ...]
    forgotten: tuple[tuple[int, int], ...]

    @property
    def issues(self) -> tuple[IssueRow, ...]:
        """The old name of `editions`, for templates of instances."""
        return self.editions


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePage(Page):
    """An issue, whole: its new items by topic, then what it corrected; `note` is what its editor
    wrote, as safe HTML."""

    digest: Digest
    title: str
    digest_path: str
    number: int
    day: date
    subject: str
    headline: str
    total: int
    note: str
    sections: tuple[Section, ...]
    corrected: tuple[ItemView, ...]

    @property
    def shelves(self) -> tuple[Section, ...]:
        """The old name of `sections`, for templates of instances."""
        return self.sections


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
    own = (feed_link(context, digest),) if issues else ()
    common = shared(context, path, *own) | {"digests": (digest,), "changed_at": changed_at}
    return DigestPage(
        **common,
        digest=digest,
        title=digest.title,
        editions=tuple(
            IssueRow(
                number=issue.edition.number,
                path=issue_path(digest, issue.edition.number),
                day=context.day(issue.edition.opened_at),
                subject=issue.edition.subject_below(digest.title),
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
    new: Sequence[ClassifiedItem],
    corrected: Sequence[ClassifiedItem],
) -> IssuePage:
    """The page of an issue. `topics` are all topics in the order of the configuration; the items
    are `as_issued` and come newest first. It says of each what became of it since."""
    path = issue_path(digest, edition.number)
    revised = (found.item.revised_at for found in (*new, *corrected))
    changed_at = max([edition.opened_at, *(at for at in revised if at)])
    common = shared(context, path, feed_link(context, digest))
    ranks = topic_ranks(digest, topics)
    fresh = [found.item for found in new if not found.item.retraction]
    lead = lead_of(fresh, digest.note.lead if digest.note else "")
    words = digest.note.text_for(context.site.language) if digest.note else None
    return IssuePage(
        **common | {"digests": (digest,), "changed_at": changed_at},
        digest=digest,
        title=digest.title,
        digest_path=digest_path(digest),
        number=edition.number,
        day=context.day(edition.opened_at),
        subject=edition.subject,
        headline=lead.title if lead else "",
        total=len(new),
        note=note_html(words.body) if words else "",
        sections=tuple(
            Section(
                title=topic.title if topic else "",
                path=topic_path(topic) if topic else "",
                entries=tuple(map(context.view, items)),
            )
            for topic, items in by_first_topic(new, ranks)
        ),
        corrected=tuple(map(context.view, corrected)),
    )


def as_issued(item: Item, revision: int, had: int | None = None) -> Item:
    """The item as it was at a revision, with the corrections that came after.

    Of an item that an issue corrected, the revision that its readers `had` and this one are left:
    what the issue changed for them.
    """
    history = tuple(
        each
        for each in item.history
        if (each.number >= revision if had is None else each.number in (had, revision))
    )
    return replace(item.at_revision(revision), history=history)
