"""Which items are in which topics: kept in the state, with the cause of each joining.

Runs inside transaction 1. An arrival or a correction makes an item news for a topic's feed and for
the digests; an edited rule changes feeds at once, but by default makes nothing mailable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

from tidings.core.settings import Settings
from tidings.core.topics import Matcher, fingerprint, folding_of
from tidings.model import Cause, Changes, Digest, Item
from tidings.state import Transaction
from tidings.state.topics import TopicRecord

EVERYTHING = ""
# The run of what counts as no change of a feed: before all others.
NO_CHANGE = 0
# How the languages of items were told.
TOLD_LANGUAGES = "languages of items"


class Classifier:
    """The topics as configured, ready to place items."""

    def __init__(self, settings: Settings) -> None:
        how = settings.topics, settings.aliases, settings.languages
        self.matcher = Matcher(*how)
        self._fingerprints = {EVERYTHING: "", **fingerprint(*how)}
        self._digests = settings.digests
        self.languages = settings.languages
        self._was = {topic.slug: topic.was for topic in settings.topics if topic.was}

    def bring_up_to_date(self, state: Transaction, now: datetime) -> int:
        """Follow added, removed and edited topics; returns the run's number, 0 if none is needed.

        Must come before new items are placed: what joins here joins by its rule, not as news. Where
        words are folded otherwise than before, nobody has edited a rule: no digest mails what comes
        of it, and no feed gets another date.
        """
        self._tell_languages(state)
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
        folded = {
            slug
            for slug in edited & records.keys()
            if folding_of(records[slug].fingerprint) != folding_of(self._fingerprints[slug])
        }
        changed = self._rescan(state, folded, run, quietly=True)
        changed |= self._rescan(state, edited - folded - {EVERYTHING}, run)
        saved = []
        for slug in edited:
            known, mark = records.get(slug), self._fingerprints[slug]
            if known is None:
                saved.append(TopicRecord(slug, mark, run, now, run))
            elif slug in changed and slug in folded:
                saved.append(replace(known, fingerprint=mark, changed_run=run))
            elif slug in changed:
                saved.append(_changed(replace(known, fingerprint=mark), run, now))
            else:
                saved.append(replace(known, fingerprint=mark))
        state.topics.save(saved)
        return run

    def _tell_languages(self, state: Transaction) -> None:
        """Tell the languages of all items anew, if they were told of other settings, or otherwise.
        What digests announced keeps the language that it was announced in; what a digest would
        only bring now is no news to it, as after the edit of a rule."""
        told = state.note(TOLD_LANGUAGES)
        if told == self.languages.telling:
            return
        awaited = self._awaited(state, quietly=told is not None and self.languages.told_alike(told))
        items = state.items.all()
        state.items.tell_languages({each.id: self.languages.spoken(each).tag for each in items})
        state.remember(TOLD_LANGUAGES, self.languages.telling)
        for digest, before in awaited.items():
            state.editions.pass_over(digest.slug, set(_unannounced(state, digest)) - set(before))

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

    def _rescan(
        self, state: Transaction, slugs: Set[str], run: int, *, quietly: bool = False
    ) -> set[str]:
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
        awaited = self._awaited(state, quietly=quietly)
        for slug, ids in joining.items():
            why = Cause.RULE, run
            given = {
                (slug, each): (_quiet_cause(state, each), NO_CHANGE) if quietly else why
                for each in ids
            }
            state.topics.change((), given)
        for slug, ids in leaving.items():
            state.topics.leave(slug, ids)
        for digest, before in awaited.items():
            state.editions.pass_over(digest.slug, set(_unannounced(state, digest)) - set(before))
        return joining.keys() | leaving.keys()

    def _awaited(self, state: Transaction, *, quietly: bool) -> Mapping[Digest, Sequence[str]]:
        """What the next editions would bring of the digests that do not mail what joins now."""
        skipping = [each for each in self._digests if quietly or each.history == "skip"]
        return {
            digest: _unannounced(state, digest)
            for digest in skipping
            if digest.topics or digest.items_in
        }

    def place(self, state: Transaction, changes: Changes, run: int, now: datetime) -> None:
        """Put new and changed items where they belong, and note which topics changed.

        Must come after the changes are recorded: where topics ask for sources, an item is judged
        with all of its files, and so is one that only another file carries now.
        """
        items = {item.id: item for item in self.judged(changes)}
        if self.asks_for_sources:
            items = state.items.get(items.keys())
        placing = Placing(self, state, items.keys())
        placing.add(changes, items)
        placing.save(run, now)

    @property
    def asks_for_sources(self) -> bool:
        """Whether any topic takes items by the files that carry them."""
        return self.matcher.asks_for_sources

    def judged(self, changes: Changes) -> Iterator[Item]:
        """The items of which the topics may differ after these changes."""
        yield from changes.new
        yield from (*changes.revised, *changes.retracted, *changes.filled)
        yield from (*changes.added, *changes.replaced, *changes.dropped)
        if self.asks_for_sources:
            yield from changes.reread

    def topics_of(self, item: Item) -> Set[str]:
        """The topics that an item belongs to."""
        return set(self.matcher.topics_of(item)) if item.listed else set()

    @property
    def digests(self) -> Sequence[Digest]:
        """The digests as configured."""
        return self._digests


class Placing:
    """What becomes of the memberships of some items: gathered change by change, saved at once.

    `ids` are those of all items that may be placed and are in the state before.
    """

    def __init__(self, classifier: Classifier, state: Transaction, ids: Collection[str]) -> None:
        self._classifier = classifier
        self._state = state
        found = state.topics.of(ids)
        self._current = {item_id: set(slugs) for item_id, slugs in found.items()}
        self._joining: dict[tuple[str, str], tuple[Cause, int | None]] = {}
        self._leaving: set[tuple[str, str]] = set()
        self._changed: set[str] = set()
        self._changed_quietly: set[str] = set()
        self._passed_over: dict[str, dict[str, int]] = defaultdict(dict)
        self._languages: dict[str, str] = {}

    def add(self, changes: Changes, items: Mapping[str, Item]) -> None:
        """Place what changed; `items` are those of `Classifier.judged`, with all their files."""
        new = {item.id for item in changes.new}
        arrived = new | {item.id for item in changes.reread}
        told = {item.id for item in (*changes.revised, *changes.retracted)}
        if new or told:
            self._changed.add(EVERYTHING)
        for item_id in dict.fromkeys(item.id for item in self._classifier.judged(changes)):
            cause = Cause.ARRIVAL if item_id in arrived else Cause.REVISION
            was, holds = self._topics(items[item_id])
            self._move(item_id, was, holds, cause, None)
            self._changed |= holds ^ was
            if item_id in told:
                self._changed |= holds

    def add_quietly(self, changes: Changes, items: Mapping[str, Item]) -> None:
        """The same for what only another version of the reader says: no digest mails it, no feed
        gets another date, and no item is among the latest changes of a topic that it joins."""
        added = {item.id for item in changes.added}
        for item_id in dict.fromkeys(item.id for item in self._classifier.judged(changes)):
            was, holds = self._topics(items[item_id])
            self._pass_over(items[item_id], was, holds, added=item_id in added)
            self._move(item_id, was, holds, _quiet_cause(self._state, item_id), NO_CHANGE)
            self._changed_quietly |= holds ^ was

    def _topics(self, item: Item) -> tuple[Set[str], Set[str]]:
        """Those that the item is in, and those that it belongs to; and note its language."""
        self._languages[item.id] = self._classifier.languages.spoken(item).tag
        return frozenset(self._current.get(item.id, ())), self._classifier.topics_of(item)

    def _move(
        self, item_id: str, was: Set[str], holds: Set[str], cause: Cause, run: int | None
    ) -> None:
        self._current[item_id] = set(holds)
        for slug in holds - was:
            self._joining[slug, item_id] = (cause, run)
        for slug in was - holds:
            if self._joining.pop((slug, item_id), None) is None:
                self._leaving.add((slug, item_id))

    def _pass_over(self, item: Item, was: Set[str], holds: Set[str], *, added: bool) -> None:
        """Let no digest bring an item that it would not have brought before: one that is `added`,
        or was in none of its topics."""
        for digest in self._classifier.digests:
            brings = set(digest.topics or ())
            if added or (not brings & was and brings & holds):
                self._passed_over[digest.slug].setdefault(item.id, item.revision)

    def save(self, run: int, now: datetime) -> None:
        """Save it all; must come after the items are saved."""
        topics = self._state.topics
        self._state.items.tell_languages(self._languages)
        for digest, revisions in self._passed_over.items():
            self._state.editions.know(digest, revisions)
        joining = {
            key: (cause, run if since is None else since)
            for key, (cause, since) in self._joining.items()
        }
        topics.change(self._leaving, joining)
        changed = self._changed | self._changed_quietly
        if not changed:
            return
        records = topics.records()
        saved = [replace(records[slug], changed_run=run) for slug in changed]
        saved = [_changed(each, run, now) if each.slug in self._changed else each for each in saved]
        # Else another file of this run has said so.
        topics.save([each for each in saved if each != records[each.slug]])


def _quiet_cause(state: Transaction, item_id: str) -> Cause:
    """Why an item joins a topic that nobody is told has it now: what nobody has been mailed yet is
    as new in one topic as in another."""
    return Cause.READING if state.editions.with_items([item_id]) else Cause.ARRIVAL


def _unannounced(state: Transaction, digest: Digest) -> Sequence[str]:
    return state.editions.unannounced(digest.slug, digest.topics, digest.items_in, withdrawn=True)


def _changed(record: TopicRecord, run: int, now: datetime) -> TopicRecord:
    """The record after a change now. A clock set back does not take the feed's instant with it."""
    return replace(record, changed_at=max(record.changed_at, now), changed_run=run)
