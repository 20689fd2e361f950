"""Which items are in which topics: kept in the state, with the cause of each joining.

Runs inside transaction 1. An arrival or a correction makes an item news for a topic's feed and for
the digests; an edited rule changes feeds at once, but by default makes nothing mailable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

from tidings.core.settings import Settings
from tidings.core.topics import Matcher, fingerprint
from tidings.model import Cause, Changes, Digest, Item
from tidings.state import Transaction
from tidings.state.topics import TopicRecord

EVERYTHING = ""
# The run of what counts as no change of a feed: before all others.
NO_CHANGE = 0

# An item, the topics that it is in, and those that it belongs to.
Move = tuple[Item, Set[str], Set[str]]


class Classifier:
    """The topics as configured, ready to place items."""

    def __init__(self, settings: Settings) -> None:
        topics, aliases = settings.topics, settings.aliases
        self.matcher = Matcher(topics, aliases)
        self._fingerprints = {EVERYTHING: "", **fingerprint(topics, aliases)}
        self._digests = settings.digests
        self._was = {topic.slug: topic.was for topic in topics if topic.was}

    def bring_up_to_date(self, state: Transaction, now: datetime) -> int:
        """Follow added, removed and edited topics; returns the run's number, 0 if none is needed.

        Must come before new items are placed: what joins here joins by its rule, not as news.
        """
        records = self._renamed(state, now)
        for slug in records.keys() - self._fingerprints.keys():
            state.topics.drop(slug)
        edited = {
            slug
            for slug, mark in self._fingerprints.items()
            if slug not in records or records[slug].fingerprint != mark
        }
        if not edited:
            return 0
        run = state.new_run(now)
        changed = self._rescan(state, edited - {EVERYTHING}, run)
        for slug in edited:
            known = records.get(slug)
            if known is None:
                state.topics.save(TopicRecord(slug, self._fingerprints[slug], run, now, run))
                continue
            record = replace(known, fingerprint=self._fingerprints[slug])
            if slug in changed:
                record = _changed(record, run, now)
            state.topics.save(record)
        return run

    def _renamed(self, state: Transaction, now: datetime) -> Mapping[str, TopicRecord]:
        """Carry topics that have a new slug over to it, with members, reasons and all."""
        records = state.topics.records()
        for slug in self._was:
            for old in self.names_before(slug, records):
                state.topics.rename(old, slug, state.new_run(now))
                records = state.topics.records()
        return records

    def names_before(self, slug: str, records: Collection[str]) -> tuple[str, ...]:
        """The slugs under which these `records` have what is one topic now, the latest first."""
        return tuple(old for old in reversed(self._was.get(slug, ())) if old in records)

    def _rescan(self, state: Transaction, slugs: set[str], run: int) -> set[str]:
        """Judge every item anew for these topics; returns those whose members changed."""
        if not slugs:
            return set()
        members = {slug: state.topics.member_ids(slug) for slug in slugs}
        joining: dict[str, list[str]] = defaultdict(list)
        leaving: dict[str, list[str]] = defaultdict(list)
        for item in state.items.all():
            if not item.listed:
                continue
            holds = set(self.matcher.topics_of(item))
            for slug in slugs:
                if slug in holds and item.id not in members[slug]:
                    joining[slug].append(item.id)
                elif slug not in holds and item.id in members[slug]:
                    leaving[slug].append(item.id)
        awaited = self._awaited(state)
        for slug, ids in joining.items():
            state.topics.join(slug, ids, Cause.RULE, run)
        for slug, ids in leaving.items():
            state.topics.leave(slug, ids)
        for digest, before in awaited.items():
            state.editions.pass_over(digest.slug, set(_unannounced(state, digest)) - set(before))
        return joining.keys() | leaving.keys()

    def _awaited(self, state: Transaction) -> Mapping[Digest, Sequence[str]]:
        """What the next editions of digests that do not mail history would bring."""
        skipping = [digest for digest in self._digests if digest.history == "skip"]
        return {digest: _unannounced(state, digest) for digest in skipping if digest.topics}

    def place(self, state: Transaction, changes: Changes, run: int, now: datetime) -> None:
        """Put new and changed items where they belong, and note which topics changed.

        Must come after the changes are recorded: where topics ask for sources, an item is judged
        with all of its files, and so is one that only another file carries now.
        """
        new = {item.id for item in changes.new}
        arrived = new | {item.id for item in changes.reread}
        told = {item.id for item in (*changes.revised, *changes.retracted)}
        joining: dict[tuple[str, Cause], list[str]] = defaultdict(list)
        changed: set[str] = {EVERYTHING} if new or told else set()
        for item, was, holds in self._moves(state, changes):
            cause = Cause.ARRIVAL if item.id in arrived else Cause.REVISION
            for slug in holds - was:
                joining[slug, cause].append(item.id)
            for slug in was - holds:
                state.topics.leave(slug, [item.id])
            changed |= holds ^ was
            if item.id in told:
                changed |= holds
        for (slug, cause), ids in joining.items():
            state.topics.join(slug, ids, cause, run)
        _note_change(state, changed, run, now)

    def place_quietly(self, state: Transaction, changes: Changes, run: int) -> None:
        """The same for what only another version of the reader says: no digest mails it, no feed
        gets another date, and no item is among the latest changes of a topic that it joins."""
        moves = list(self._moves(state, changes))
        self._pass_over(state, moves, {item.id for item in changes.added})
        changed: set[str] = set()
        for item, was, holds in moves:
            # What nobody has been mailed yet is as new in one topic as in another.
            cause = Cause.READING if state.editions.with_items([item.id]) else Cause.ARRIVAL
            for slug in holds - was:
                state.topics.join(slug, [item.id], cause, NO_CHANGE)
            for slug in was - holds:
                state.topics.leave(slug, [item.id])
            changed |= holds ^ was
        records = state.topics.records()
        for slug in changed:
            state.topics.save(replace(records[slug], changed_run=run))

    def _pass_over(self, state: Transaction, moves: Sequence[Move], added: Set[str]) -> None:
        """Let no digest bring an item that it would not have brought before: one that is `added`,
        or was in none of its topics."""
        for digest in self._digests:
            brings = set(digest.topics or ())
            unheard_of = [
                item.id
                for item, was, holds in moves
                if item.id in added or (not brings & was and brings & holds)
            ]
            state.editions.pass_over(digest.slug, unheard_of)

    def _moves(self, state: Transaction, changes: Changes) -> Iterator[Move]:
        """All that was touched."""
        items: Iterable[Item] = (
            *changes.new, *changes.revised, *changes.retracted, *changes.filled,
            *changes.added, *changes.replaced, *changes.dropped,
        )  # fmt: skip
        if self.matcher.asks_for_sources:
            items = state.items.get({item.id for item in (*items, *changes.reread)}).values()
        current = state.topics.of([item.id for item in items])
        for item in items:
            holds = set(self.matcher.topics_of(item)) if item.listed else set()
            yield item, set(current.get(item.id, ())), holds


def _unannounced(state: Transaction, digest: Digest) -> Sequence[str]:
    return state.editions.unannounced(digest.slug, digest.topics, withdrawn=True)


def _note_change(state: Transaction, slugs: Iterable[str], run: int, now: datetime) -> None:
    records = state.topics.records()
    for slug in slugs:
        record = _changed(records[slug], run, now)
        if record != records[slug]:  # else another file of this run has said so
            state.topics.save(record)


def _changed(record: TopicRecord, run: int, now: datetime) -> TopicRecord:
    """The record after a change now. A clock set back does not take the feed's instant with it."""
    return replace(record, changed_at=max(record.changed_at, now), changed_run=run)
