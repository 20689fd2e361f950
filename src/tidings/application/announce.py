"""Announce: open the editions that are due, each with its deliveries. Transaction 2.

An edition, what it announces and a delivery for every recipient come into being together or not at
all. Its period is unique, so restarts, clock changes and rival processes cannot open it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tidings.application.opening import deliveries_for, language_for, no_news, subject_for
from tidings.application.ports import Services
from tidings.application.slots import due_slot
from tidings.core import audience
from tidings.core.audience import Subscription, attending
from tidings.core.changes import has_changed
from tidings.core.schedule import Slot
from tidings.errors import NotPossible
from tidings.model import Content, Digest, Edition, Item, Recipient
from tidings.state import Store, Transaction

Send = Literal["due", "now", "none"]


@dataclass(frozen=True, slots=True)
class Opened:
    """An edition as opened: how many items it announces, to how many people."""

    edition: Edition
    items: int
    recipients: int
    superseded: int


def announce(services: Services, digest: Digest, send: Send, now: datetime) -> Opened | None:
    """Open an edition if one is due (`due`), or could be (`now`); `none`: only meet the digest."""
    with services.store.writing() as state:
        meet(state, digest, now)
        return None if send == "none" else open_due(state, services, digest, send, now)


def meet(state: Transaction, digest: Digest, now: datetime) -> None:
    """Take note of a digest, or of topics or languages added to it: unless it mails history, what
    is known by now is not news to it."""
    topics, items_in, editions = digest.topics or ("*",), digest.items_in, state.editions
    seen = editions.topics_seen(digest.slug)
    languages = editions.items_in_seen(digest.slug)
    if (seen, languages) == (topics, items_in):
        return
    if digest.history == "skip":
        # Items that it would have brought before the change are still awaited.
        awaited: set[str] = set()
        if seen is not None:
            before = None if seen == ("*",) else seen
            awaited = set(editions.unannounced(digest.slug, before, languages, withdrawn=True))
        known = set(editions.unannounced(digest.slug, digest.topics, items_in, withdrawn=True))
        editions.pass_over(digest.slug, known - awaited)
    editions.meet(digest.slug, topics, now, items_in)


def open_due(
    state: Transaction, services: Services, digest: Digest, send: Send, now: datetime
) -> Opened | None:
    """Open an edition if one is due, or with `now` if it could be."""
    slot = None if send == "now" else due_slot(state, digest, services.settings.zone, now)
    if slot is None and send != "now":
        return None
    number = state.editions.next_number(digest.slug)
    period = slot.period if slot else f"manual-{number}"
    contents = contents_of(state, digest)
    if not contents:
        if send == "due" and digest.cadence.every != "immediate":
            state.editions.skip(digest.slug, period, now, slot)
        return None
    return open_edition(state, services, digest, contents, period, slot, now)


def contents_of(state: Transaction, digest: Digest) -> tuple[Content, ...]:
    """What an edition would announce that was opened now: the new items and what was corrected;
    nothing if corrections are all there is, unless one of them is a retraction. Raises
    `NotPossible` if the note of an editor leads with what is not new."""
    without = digest.note.leave_out if digest.note else ()
    found = state.editions.unannounced(digest.slug, digest.topics, digest.items_in)
    new = [item_id for item_id in found if item_id not in without]
    if not new and not _withdrawn(state, digest):
        return ()
    if digest.note and digest.note.lead and digest.note.lead not in new:
        raise NotPossible(
            f"the note for {digest.called} leads with an item that the next edition does not bring:"
            " name another, or none"
        )
    fresh = (Content(item.id, item.revision) for item in state.items.get(new).values())
    told = (each for each in _corrections(state, digest) if each.item_id not in without)
    return (*fresh, *told)


def open_edition(
    state: Transaction,
    services: Services,
    digest: Digest,
    contents: Sequence[Content],
    period: str,
    slot: Slot | None,
    now: datetime,
) -> Opened:
    """Open an edition with these contents, each with its text at that revision, and with the note
    of its editor if the digest has one."""
    number = state.editions.next_number(digest.slug)
    language = language_for(services, digest)
    first = number == 1 and digest.history == "mail"
    items = new_items(state, contents)
    line = subject_for(services, digest, (number, now), items, language, first=first)
    opening = Edition(0, digest.slug, number, period, now, line)
    announced = [(each.item_id, each.revision, each.had is not None) for each in contents]
    edition = state.editions.open(opening, announced, slot)
    if digest.note:
        state.reviews.take(edition.id, digest.called, digest.note)
        if digest.note.for_good:
            state.editions.pass_over(digest.slug, digest.note.leave_out)
    superseded = state.deliveries.supersede(digest.slug, now)
    recipients = 0
    for portion in deliveries_for(state, services, digest, edition):
        state.openings.add(edition.id, portion, now)
        recipients += sum(each.owed_set is not None for each in portion)
    return Opened(edition, len(contents), recipients, superseded)


def new_items(state: Transaction, contents: Sequence[Content]) -> list[Item]:
    """The items that contents announce as new, each with its text at that revision."""
    fresh = {each.item_id: each.revision for each in contents if each.had is None}
    found = state.items.get(fresh)
    return [
        item if item.revision == fresh[item.id] else item.at_revision(fresh[item.id])
        for item in found.values()
    ]


def _corrections(state: Transaction, digest: Digest) -> list[Content]:
    """What the digest announced and has to tell otherwise now. What was changed and changed back
    since is no correction to anybody."""
    older = state.editions.corrected(digest.slug)
    items = state.items.get([item_id for item_id, *_ in older])
    return [
        Content(item_id, revision, announced)
        for item_id, revision, announced in older
        if has_changed(items[item_id], announced)
    ]


def _withdrawn(state: Transaction, digest: Digest) -> bool:
    """Whether an item was retracted that somebody has been mailed: that cannot wait for news."""
    withdrawn = state.items.retracted(quietly=False)
    if withdrawn:
        withdrawn &= {item_id for item_id, *_ in state.editions.corrected(digest.slug)}
    if not withdrawn:
        return False
    had = state.deliveries.had(*digest.slugs).values()
    mailed = state.deliveries.printed({each for sets in had for each in sets})
    return not withdrawn.isdisjoint(mailed)


def missed(store: Store, digest: Digest, person: Recipient, now: datetime) -> int:
    """How many items that earlier editions announced somebody would get with the next one."""
    with store.reading() as state:
        before = state.presences.of(digest.slug, person.key)
        presence = attending(before, person.topics, now, person.items_in)
        announced = state.editions.announced(digest.slug)
        had = state.deliveries.had(*digest.slugs, key=person.key).get(person.key, ())
        since = audience.since(person, presence.since, returned=presence.returned)
        owed = audience.owed(
            Subscription(person, since, presence.times, presence.language_times),
            announced,
            state.deliveries.contents(had),
            state.topics.of({each.item_id for each in announced}, but=no_news(digest)),
            state.items.retracted(),
        )
    return sum(not each.corrected for each in owed)
