"""Plan: what a run would do, found out by running it on a private copy of the state.

The run is the real one, from reading the listings to making each message. Only what it works with
differs: a copy of the state, an outlet that compares, a way out that leads nowhere. So a plan has
no rules of its own that could be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from tidings.application.announce import Send
from tidings.application.cycle import CycleReport, Machinery, run_cycle
from tidings.application.forecast import Forecast, forecast, rehearsed, upcoming
from tidings.application.ports import TrialOutlet
from tidings.core.feeds.changes import FeedChanges, compare
from tidings.core.feeds.model import ATOM, NAMES
from tidings.model import FileChange, Item, Text
from tidings.state import Transaction
from tidings.state.topics import TopicRecord

EVERYTHING = ""


@dataclass(frozen=True, slots=True)
class Revised:
    """A known item that would get another text, which readers are told of."""

    item: Item
    before: Text


@dataclass(frozen=True, slots=True)
class TopicEffect:
    """What adding, editing, renaming or removing a topic does to items that are known already.

    `renamed_from` is the slug that a renamed one had, "" for others; its rule may be edited, too.
    Items that join by their rule are mailed by the digests `mailed_by` (`history: mail`), and not
    by those of `kept_by`, which bring the topic, too.
    """

    slug: str
    kind: Literal["added", "edited", "renamed", "removed"]
    joining: tuple[Item, ...] = ()
    leaving: tuple[Item, ...] = ()
    mailed_by: tuple[str, ...] = ()
    kept_by: tuple[str, ...] = ()
    renamed_from: str = ""


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """A feed that would be written or removed, and its entries.

    `entries` are those of the Atom document, at `path`. What else the feed is published as has the
    same ones; `formats` are the names of all documents of which the same becomes.
    """

    path: str
    kind: Literal["new", "changed", "removed"]
    entries: FeedChanges
    formats: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether the same becomes of the feed in all its formats."""
        return self.formats == NAMES


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
        changes = (read.new, read.revised, read.filled, read.retracted, read.reread, mail.done)
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
        topics = tuple(_topics(state, before, m))
    files = tuple(outlet.changes())
    coming = upcoming(m.store, m.announcing, report.now, {each.digest.slug for each in opened})
    known = _newest_first(item for item in touched if item.id in before.items)
    added = {item_id for file in report.recorded.reread for item_id in file.added}
    withdrawn = [item for item in known if item.retraction and item.retraction.at == report.now]
    return Plan(
        report=report,
        new=_newest_first(i for i in touched if i.id not in before.items and i.id not in added),
        revised=tuple(
            Revised(item, was) for item in known if (was := _text_before(item, report.now))
        ),
        retracted=tuple(item for item in withdrawn if item.listed),
        topics=topics,
        feeds=tuple(_feeds(files)),
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


def _topics(state: Transaction, before: _Before, m: Machinery) -> Iterator[TopicEffect]:
    """What became of topics that were added, edited, renamed or removed since the last run."""
    records, digests = state.topics.records(), m.announcing.digests
    names = {slug: m.classifier.names_before(slug, before.records) for slug in records}
    gone = before.records.keys() - records.keys() - {old for olds in names.values() for old in olds}
    for slug in [*records, *(slug for slug in before.records if slug in gone)]:
        olds = names.get(slug, ())
        renamed_from = olds[0] if olds and slug not in before.records else ""
        known, record = before.records.get(renamed_from or slug), records.get(slug)
        same = known and record and known.fingerprint == record.fingerprint
        if slug == EVERYTHING or (same and not renamed_from):
            continue
        kind = _kind(known, record)
        was = before.members.get(renamed_from or slug, frozenset())
        now = state.topics.member_ids(slug) & before.items
        items = state.items.get(was ^ now)
        bringing = [each for each in digests if each.topics is None or slug in each.topics]
        yield TopicEffect(
            slug=slug,
            kind="renamed" if renamed_from else kind,
            joining=_newest_first(items[item_id] for item_id in now - was),
            leaving=_newest_first(items[item_id] for item_id in was - now),
            mailed_by=tuple(each.slug for each in bringing if each.history == "mail"),
            kept_by=tuple(each.slug for each in bringing if each.history != "mail"),
            renamed_from=renamed_from,
        )


def _kind(
    known: TopicRecord | None, record: TopicRecord | None
) -> Literal["added", "edited", "removed"]:
    if record is None:
        return "removed"
    return "edited" if known else "added"


def _feeds(files: Sequence[FileChange]) -> Iterator[FeedPlan]:
    kinds = {change.path: change.kind for change in files}
    for change in files:
        if change.path.endswith(ATOM):
            folder = change.path.removesuffix(ATOM)
            formats = tuple(n for n in NAMES if kinds.get(folder + n) == change.kind)
            entries = compare(change.before, change.after)
            yield FeedPlan(change.path, change.kind, entries, formats)
