"""What opening an edition comes to, worked out person by person from all that is on record: as it
was once done, in memory, for everybody at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from tests.desk import KEY, Desk
from tidings.core import audience
from tidings.core.audience import Presence, Subscription, attending, with_choices
from tidings.model import Digest, Edition, Owed, Recipient, RecipientState
from tidings.state import Transaction
from tidings.state.deliveries import DeliveryFilter
from tidings.state.figures import Readership
from tidings.state.schema import reader_events, subscriptions

ALL = DeliveryFilter()


@dataclass
class Before:
    """What was on record before an edition opened."""

    presences: dict[str, Presence]
    standing: Mapping[str, Readership]
    events: int


@dataclass
class Opening:
    """Who gets what, in the order of deliveries; the presences; and who joined and left."""

    mail: list[tuple[str, str, str, frozenset[Owed]]] = field(default_factory=list)
    presences: dict[str, Presence] = field(default_factory=dict)
    events: Counter[tuple[str, str | None]] = field(default_factory=Counter)


def recipients(state: Transaction, desk: Desk, digest: Digest) -> tuple[Recipient, ...]:
    """Everybody, as they stand."""
    listed = audience.recipients(digest, desk.lists)
    chosen = state.choices.of_digest(digest.slug)
    keys = [person.key for person in listed]
    marks = dict(state.people.standing([*keys, *chosen]))
    erased = state.people.pseudonyms()
    gone = {person.key for person in listed if audience.is_erased(person, KEY, erased)}
    marks |= dict.fromkeys(gone - marks.keys(), RecipientState.LEFT)
    # Who was erased, and decided nothing since, leaves no trace, whatever lists say.
    traceless = gone - {choice.key for choice in state.choices.all()}
    found = with_choices(listed, chosen, marks)
    return tuple(person for person in found if person.key not in traceless)


def presences(state: Transaction, digest: Digest) -> dict[str, Presence]:
    """All presences of a digest."""
    query = select(subscriptions.c.address_key).where(subscriptions.c.digest == digest.slug)
    keys = state._db.scalars(query).all()
    return {key: found for key in keys if (found := state.presences.of(digest.slug, key))}


def look(state: Transaction, digest: Digest, everybody: list[str]) -> Before:
    """What is on record now."""
    return Before(
        presences(state, digest),
        state.figures.standing(digest.slug, everybody),
        len(state._db.execute(select(reader_events.c.id)).all()),
    )


def expected(
    state: Transaction, desk: Desk, digest: Digest, edition: Edition, before: Before
) -> Opening:
    """What this edition should have come to."""
    people, found = recipients(state, desk, digest), Opening(presences=dict(before.presences))
    here = [person for person in people if person.state is not RecipientState.LEFT]
    for person in here:
        known = before.presences.get(person.key)
        found.presences[person.key] = attending(
            known, person.topics, edition.opened_at, person.items_in
        )
    present = {person.key for person in here}
    for key, presence in before.presences.items():
        if key not in present and not presence.off:
            found.presences[key] = replace(presence, off=True)
    had, announced = state.deliveries.had(digest.slug), state.editions.announced(digest.slug)
    topics = state.topics.of({each.item_id for each in announced})
    for person in filter(audience.gets_mail, people):
        presence = found.presences[person.key]
        since = audience.since(
            person, min(presence.since, edition.opened_at), returned=presence.returned
        )
        owed = audience.owed(
            Subscription(person, since, presence.times, presence.language_times),
            announced,
            state.deliveries.contents(had.get(person.key, ())),
            topics,
        )
        language = audience.first_spoken((person.language, digest.language), ("en",))
        found.mail.append((person.address, person.name, language, frozenset(owed)))
    for key, was in before.standing.items():
        now = state.figures.standing(digest.slug, [key])[key]
        if was.reads is not now.reads:
            kind, topics_then = ("joined", now) if now.reads else ("left", was)
            found.events[kind, topics_then.topics] += 1
    return found


def actual(state: Transaction, digest: Digest, edition: Edition, before: Before) -> Opening:
    """What it came to."""
    entered = [each for each in state.deliveries.find(ALL) if each.edition.id == edition.id]
    sets = {each.delivery.owed_set for each in entered if each.delivery.owed_set}
    owed = state.editions.owed_sets(sets)
    found = Opening(presences=presences(state, digest))
    for each in entered:
        one, key = each.delivery, each.delivery.owed_set
        brings = frozenset(owed[key].owed) if key else frozenset()
        found.mail.append((one.address, one.name, one.language, brings))
    events = select(reader_events.c.kind, reader_events.c.topics).order_by(reader_events.c.id)
    for kind, topics in state._db.execute(events).all()[before.events :]:
        found.events[kind, None if topics == "*" else topics] += 1
    return found
