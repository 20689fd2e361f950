"""Plan: what a run would do, found out by running it on a private copy of the state.

The run is the real one, from reading the listings to making each message. Only what it works with
differs: a copy of the state, an outlet that compares, a way out that leads nowhere. So a plan has
no rules of its own that could be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from tidings.application.announce import Send
from tidings.application.cycle import CycleReport, Machinery, run_cycle
from tidings.application.forecast import Forecast, forecast, rehearsed, upcoming
from tidings.application.ports.records import TopicRecord
from tidings.application.ports.store import Transaction
from tidings.application.ports.world import FileChange, TrialOutlet
from tidings.core.feed_changes import FeedChanges, compare
from tidings.model import Digest, Item, Text

EVERYTHING = ""
FEED = "atom.xml"


@dataclass(frozen=True, slots=True)
class Revised:
    """A known item that would get another text, which readers are told of."""

    item: Item
    before: Text


@dataclass(frozen=True, slots=True)
class TopicEffect:
    """What adding, editing or removing a topic does to items that are known already.

    Items that join by their rule are mailed by the digests `mailed_by` (`history: mail`), and not
    by those of `kept_by`, which bring the topic, too.
    """

    slug: str
    kind: Literal["added", "edited", "removed"]
    joining: tuple[Item, ...] = ()
    leaving: tuple[Item, ...] = ()
    mailed_by: tuple[str, ...] = ()
    kept_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """A feed that would be written or removed, and its entries."""

    path: str
    kind: Literal["new", "changed", "removed"]
    entries: FeedChanges


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    `older` counts messages of editions opened before that would go out, too; `coming` are the next
    editions that are not due yet, as they would be with what is known by then.
    """

    report: CycleReport
    new: tuple[Item, ...]
    revised: tuple[Revised, ...]
    retracted: tuple[Item, ...]
    topics: tuple[TopicEffect, ...]
    feeds: tuple[FeedPlan, ...]
    files: tuple[FileChange, ...]
    opened: tuple[Forecast, ...]
    coming: tuple[Forecast, ...]
    older: int

    @property
    def pending(self) -> bool:
        """Whether a run would change anything that somebody can see."""
        read, mail = self.report.recorded, self.report.delivered
        changes = (read.new, read.revised, read.filled, read.retracted, mail.done)
        return any(changes) or any((self.topics, self.files, self.opened))


def plan(m: Machinery, outlet: TrialOutlet, send: Send = "due") -> Plan:
    """Run a cycle that leaves nothing behind, and tell what it did.

    `m.store` is a private copy of the state, to be thrown away afterwards. Raises `StoreError`.
    """
    m = replace(m, outlet=outlet, post=rehearsed(m.post))
    with m.store.reading() as state:
        before = _before(state)
    report = run_cycle(m, send)
    with m.store.reading() as state:
        touched = state.items.get(state.items.changed_since(before.run)).values()
        opened = tuple(forecast(state, each.edition, m.announcing) for each in report.opened)
        topics = tuple(_topics(state, before, m.announcing.digests))
    files = tuple(outlet.changes())
    coming = upcoming(m.store, m.announcing, report.now, {each.digest.slug for each in opened})
    known = _newest_first(item for item in touched if item.id in before.items)
    withdrawn = [item for item in known if item.retraction and item.retraction.at == report.now]
    return Plan(
        report=report,
        new=_newest_first(item for item in touched if item.id not in before.items),
        revised=tuple(
            Revised(item, was) for item in known if (was := _text_before(item, report.now))
        ),
        retracted=tuple(withdrawn),
        topics=topics,
        feeds=tuple(_feed(change) for change in files if change.path.endswith(FEED)),
        files=files,
        opened=opened,
        coming=() if report.errors else tuple(coming),
        older=report.delivered.sent - sum(each.messages for each in opened),
    )


@dataclass(frozen=True, slots=True)
class _Before:
    """What has to be remembered of the state before the run."""

    run: int
    items: Set[str]
    records: Mapping[str, TopicRecord]
    members: Mapping[str, Set[str]]


def _before(state: Transaction) -> _Before:
    records = state.topics.records()
    return _Before(
        run=state.last_run(),
        items=set(state.items.changed_since(0)),
        records=records,
        members={slug: state.topics.member_ids(slug) for slug in records if slug != EVERYTHING},
    )


def _newest_first(items: Iterator[Item]) -> tuple[Item, ...]:
    return tuple(sorted(items, key=lambda item: item.order))


def _text_before(item: Item, now: datetime) -> Text | None:
    """What an item said before this run corrected it; None if it did not."""
    if item.revision == 0 or item.history[-1].at != now:
        return None
    older = [revision.text for revision in item.history if revision.at != now]
    was = (older or [item.history[-2].text])[-1]
    return was if was != item.text else None  # a decision on an item leaves its text as it is


def _topics(
    state: Transaction, before: _Before, digests: tuple[Digest, ...]
) -> Iterator[TopicEffect]:
    """What became of topics that were added, edited or removed since the last run."""
    records = state.topics.records()
    for slug in [*records, *(slug for slug in before.records if slug not in records)]:
        known, record = before.records.get(slug), records.get(slug)
        if slug == EVERYTHING or (known and record and known.fingerprint == record.fingerprint):
            continue
        was = before.members.get(slug, frozenset())
        now = state.topics.member_ids(slug) & before.items
        items = state.items.get(was ^ now)
        bringing = [each for each in digests if each.topics is None or slug in each.topics]
        yield TopicEffect(
            slug=slug,
            kind="removed" if record is None else "edited" if known else "added",
            joining=_newest_first(items[item_id] for item_id in now - was),
            leaving=_newest_first(items[item_id] for item_id in was - now),
            mailed_by=tuple(each.slug for each in bringing if each.history == "mail"),
            kept_by=tuple(each.slug for each in bringing if each.history != "mail"),
        )


def _feed(change: FileChange) -> FeedPlan:
    return FeedPlan(change.path, change.kind, compare(change.before, change.after))
