"""Plan: what a run would do, found out by running it on a private copy of the state.

The run is the real one, from reading the listings to making each message. Only what it works with
differs: a copy of the state, an outlet that compares, a way out that leads nowhere. So a plan has
no rules of its own that could be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from tidings.application import slots
from tidings.application.announce import Send, recipients_of
from tidings.application.cycle import CycleReport, run_cycle
from tidings.application.ports import Services
from tidings.application.renames import Stranded, stranded
from tidings.application.review import rehearse
from tidings.core import audience
from tidings.core.audience import Wanted
from tidings.core.feeds.changes import FeedChange, feed_changes
from tidings.core.tags import among
from tidings.core.topics import folding_of
from tidings.errors import ConfigError, NotPossible, TemplateError
from tidings.model import (
    DeliveryState,
    Digest,
    Edition,
    FileChange,
    Item,
    Owed,
    Recipient,
    RecipientState,
    Text,
)
from tidings.state import Transaction
from tidings.state.topics import TopicRecord

EVERYTHING = ""

EffectKind = Literal["added", "edited", "folded", "renamed", "removed"]
ForecastOutcome = Literal["mail", "nothing", "paused", "left", "held"]
_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.SENT)


@dataclass(frozen=True, slots=True)
class TopicEffect:
    """What adding, editing, renaming or removing a topic does to items that are known already.

    It is "folded" if words are compared otherwise than in the run before, by another version or in
    other languages; then nothing that joins is mailed.
    `renamed_from` is the slug that a renamed one had, "" for others; its rule may be edited, too.
    Items that join by their rule are mailed by the digests `mailed_by` (`history: mail`), and not
    by those of `kept_by`, which bring the topic, too.
    """

    slug: str
    kind: EffectKind
    joining: tuple[Item, ...] = ()
    leaving: tuple[Item, ...] = ()
    mailed_by: tuple[str, ...] = ()
    kept_by: tuple[str, ...] = ()
    renamed_from: str = ""


@dataclass(frozen=True, slots=True)
class RecipientForecast:
    """What one recipient would get of an edition.

    `items` counts what is new to them, `missed` those among them that an earlier edition announced,
    `corrected` what they had in an older text, `other_languages` what it has for others alone, in
    languages that they did not choose. `outcome` says what comes of it: "mail"; "nothing"
    that concerns them; they are "paused", or have "left" (also by bouncing); or the message is
    "held", for the reason in `detail`.
    """

    address: str
    name: str
    outcome: ForecastOutcome
    items: int = 0
    missed: int = 0
    corrected: int = 0
    detail: str = ""
    other_languages: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """An edition, when it would be opened (in the edition), how many new items it announces, how
    many corrected ones, and what everybody who is on it would get: on a list, added, or joined."""

    digest: Digest
    edition: Edition
    items: int
    corrected: int
    recipients: tuple[RecipientForecast, ...]

    @property
    def messages(self) -> int:
        """How many people would get a message."""
        return sum(each.outcome == "mail" for each in self.recipients)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do. `revised` are known items that would get another text, which readers are
    told of, each with its text before.

    `older` counts messages of editions opened before that would go out, too; `coming` are the next
    editions that are not due yet, as they would be with what is known by then; `stranded` are those
    to whom nothing comes that they chose, since it is gone.
    """

    report: CycleReport
    new: tuple[Item, ...]
    revised: tuple[tuple[Item, Text], ...]
    retracted: tuple[Item, ...]
    topics: tuple[TopicEffect, ...]
    feeds: tuple[FeedChange, ...]
    files: tuple[FileChange, ...]
    opened: tuple[Forecast, ...]
    coming: tuple[Forecast, ...]
    older: int
    stranded: tuple[Stranded, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether a run would change anything that somebody can see."""
        read, mail = self.report.recorded, self.report.delivered
        changes = (read.new, read.revised, read.filled, read.retracted, read.reread, mail.done)
        return any(changes) or any((self.topics, self.files, self.opened, self.report.proofs))


def plan(
    services: Services, changes: Callable[[], Sequence[FileChange]], send: Send = "due"
) -> Plan:
    """Run a cycle that leaves nothing behind, and tell what it did.

    The services are those of a dry run: a private copy of the state, to be thrown away afterwards,
    an outlet that only compares (`changes` tells what it found) and a transport that sends nothing.
    Raises `StoreError`.
    """
    store = services.store
    with store.reading() as state:
        before = _before(state)
    report = run_cycle(services, send)
    with store.reading() as state:
        touched = state.items.get(state.items.changed_since(before.run)).values()
        opened = tuple(forecast(state, services, each.edition) for each in report.opened)
        topics = tuple(_topics(state, before, services))
        gone = stranded(state, services.settings)
    files = tuple(changes())
    coming = upcoming(services, report.now, {each.digest.slug for each in opened})
    known = _newest_first(item for item in touched if item.id in before.items)
    added = {item_id for file in report.recorded.reread for item_id in file.added}
    withdrawn = [item for item in known if item.retraction and item.retraction.at == report.now]
    return Plan(
        report=report,
        new=_newest_first(i for i in touched if i.id not in before.items and i.id not in added),
        revised=tuple((item, was) for item in known if (was := _text_before(item, report.now))),
        retracted=tuple(item for item in withdrawn if item.listed),
        topics=topics,
        feeds=tuple(feed_changes(files)),
        files=files,
        opened=opened,
        coming=() if report.errors else tuple(coming),
        older=report.delivered.sent - sum(each.messages for each in opened),
        stranded=gone,
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


def _topics(state: Transaction, before: _Before, services: Services) -> Iterator[TopicEffect]:
    """What became of topics that were added, edited, renamed or removed since the last run."""
    records, digests = state.topics.records(), services.settings.digests
    names = {slug: services.classifier.names_before(slug, before.records) for slug in records}
    gone = before.records.keys() - records.keys() - {old for olds in names.values() for old in olds}
    for slug in [*sorted(records), *sorted(gone)]:
        olds = names.get(slug, ())
        renamed_from = olds[0] if olds and slug not in before.records else ""
        known, record = before.records.get(renamed_from or slug), records.get(slug)
        same = known and record and known.fingerprint == record.fingerprint
        if slug == EVERYTHING or (same and not renamed_from):
            continue
        marks = {folding_of(each.fingerprint) for each in (known, record) if each}
        folded = len(marks) > 1
        kind: EffectKind = "folded" if folded else "edited" if known else "added"
        was = before.members.get(renamed_from or slug, frozenset())
        now = state.topics.member_ids(slug) & before.items
        if kind == "folded" and was == now and not renamed_from:
            continue
        items = state.items.get(was ^ now)
        bringing = [each for each in digests if each.topics is None or slug in each.topics]
        bringing = [] if folded else bringing
        yield TopicEffect(
            slug=slug,
            kind="renamed" if renamed_from else kind if record else "removed",
            joining=_newest_first(items[item_id] for item_id in now - was),
            leaving=_newest_first(items[item_id] for item_id in was - now),
            mailed_by=tuple(each.slug for each in bringing if each.history == "mail"),
            kept_by=tuple(each.slug for each in bringing if each.history != "mail"),
            renamed_from=renamed_from,
        )


# --- Forecasts --------------------------------------------------------------------------------


def forecast(state: Transaction, services: Services, edition: Edition) -> Forecast:
    """What everybody gets of an edition that is open in this state.

    Who left and stands on no list is told nothing of: there would be more of them every month.
    """
    settings = services.settings
    digest = next(each for each in settings.digests if edition.digest in each.slugs)
    announced = [
        each
        for each in state.editions.announced(digest.slug)
        if each.opened_at == edition.opened_at
    ]
    fresh = {each.item_id for each in announced if not each.corrected}
    item_topics = state.topics.of(fresh)
    entered = state.openings.of(edition.id)
    sets = {owed_set for owed_set, *_ in entered.values() if owed_set is not None}
    owed = {
        key: _counted(found.owed, fresh) for key, found in state.editions.owed_sets(sets).items()
    }
    people = recipients_of(state, digest, settings.lists, services.key)

    @cache
    def elsewhere(topics: Wanted, items_in: Wanted) -> int:
        """How many new items somebody does not get since they chose other languages."""
        return sum(
            not among(each.language, items_in)
            and audience.concerns(topics, item_topics.get(each.item_id, ()))
            for each in announced
            if not each.corrected
        )

    return Forecast(
        digest=digest,
        edition=edition,
        items=len(fresh),
        corrected=len(announced) - len(fresh),
        recipients=tuple(
            _recipient_forecast(
                each, entered.get(each.key), owed, elsewhere(each.topics, each.items_in)
            )
            for each, listed in people
            if listed or each.state is not RecipientState.LEFT
        ),
    )


# Of what somebody is owed: how much is new, missed before, and corrected.
_Owed = tuple[int, int, int]


def _counted(owed: Sequence[Owed], fresh: Collection[str]) -> _Owed:
    new = {each.item_id for each in owed if not each.corrected}
    return len(new), len(new - set(fresh)), len(owed) - len(new)


def _recipient_forecast(
    person: Recipient,
    entry: tuple[int | None, DeliveryState, str] | None,
    owed: Mapping[int, _Owed],
    elsewhere: int,
) -> RecipientForecast:
    address, name = person.address, person.name
    if entry is None:
        paused = person.state is RecipientState.PAUSED
        outcome: ForecastOutcome = "paused" if paused else "left"
        return RecipientForecast(address, name, outcome, other_languages=elsewhere)
    owed_set, state, detail = entry
    if owed_set is None:
        return RecipientForecast(address, name, "nothing", other_languages=elsewhere)
    items, missed, corrected = owed[owed_set]
    return RecipientForecast(
        address=address,
        name=name,
        outcome="mail" if state in _WAITING else "held",
        items=items,
        missed=missed,
        corrected=corrected,
        detail="" if state in _WAITING else detail,
        other_languages=elsewhere,
    )


def upcoming(services: Services, now: datetime, opened: Collection[str]) -> Iterator[Forecast]:
    """The next editions of the other digests, as they would be with what is known by now.

    They are opened in the store, a private copy. A digest that comes at once has a next moment
    while it waits after its last edition, and one whose templates are broken no edition.
    """
    settings = services.settings
    for digest in settings.digests:
        if digest.slug in opened:
            continue
        with services.store.reading() as state:
            zone = settings.zone
            at = slots.next_at(state, digest, zone, now)
            at = at or slots.not_before(state, digest, zone, now)
            if review := state.reviews.current(digest.slug):
                at = max(review.due_at or now, now)
        if at is None:
            continue
        try:
            found = rehearse(services, digest, "due", at)
        except (ConfigError, NotPossible, TemplateError):
            continue
        if found:
            with services.store.reading() as state:
                yield forecast(state, services, found.edition)
