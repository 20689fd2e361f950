"""Accepts a restored or rebuilt state as the one to go on with, and starts an instance over.

A restored state does not know what readers have had since it was copied. Mail that it still has to
send may have been sent, so it is in doubt and held. Where readers have had an edition that the
state does not have, whatever it owes may have been in that edition, and is in doubt, too. What it
would announce is passed over if that edition announced it; if nobody knows what it announced, all
is. Numbers and periods are never used again.

An operator who knows that nothing was mailed since may say so: then all of it is mailed.

After starting over a run is like a first one; what people decided stays. Message-IDs are made with
a new lineage, so that no server takes a message for one that it has had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tidings.application.announce import deliveries_for
from tidings.application.ports import Outlet, Owners, Services
from tidings.application.record import RecordReport, record
from tidings.core.incidents import LAST_CYCLE
from tidings.core.settings import Settings
from tidings.errors import StoreBusy
from tidings.model import DeliveryState, Digest, Edition
from tidings.state import Store, Transaction
from tidings.state.health import (
    ACCEPTED,
    BACKUP,
    GENERATION,
    LINEAGE,
    MOVED,
    LastEdition,
    LastSeen,
)

OPEN_THEN = "still to be sent when the state was copied; it may have been sent since"
OWED_THEN = "waiting when the state was copied; it may have been sent since"
UNKNOWN = LastSeen("", 0)


@dataclass(frozen=True, slots=True)
class AcceptedDigest:
    """What accepting did for one digest.

    `number` is the edition that stands in for those that the state has no memory of (0: there are
    none); `passed_over` items that may have been in it are not mailed; `in_doubt` people were owed
    something from before.
    """

    digest: str
    number: int = 0
    passed_over: int = 0
    in_doubt: int = 0


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What accepting did: the listings that were read, mail in doubt, and each digest."""

    recorded: RecordReport
    rebuilt: bool
    in_doubt: int
    digests: tuple[AcceptedDigest, ...]


def accept(
    services: Services, seen: LastSeen | None, lineage: str, *, mail: bool = False
) -> Acceptance:
    """Take the state as it is, under a new lineage.

    `seen` is what the witness tells, None if there is none to tell; `mail` means that nothing was
    mailed since the state was copied. Listings are read first: what came since then is among what
    may have been mailed. Raises `SeedError` and `StoreError`, and the state is still not accepted.
    """
    now, store = services.clock.now(), services.store
    with store.exclusive():
        recorded = record(store, services.seeds, services.classifier, services.recording, now)
    with store.writing() as state:
        rebuilt = state.note(LINEAGE) is None
        in_doubt = 0 if mail else state.deliveries.doubt(now, OPEN_THEN)
        if not mail:
            # What was approved then may have gone since: what is left is asked about anew.
            state.reviews.drop()
        taken = tuple(
            _take(state, services, digest, last, now, mail=mail)
            for digest, last in _unremembered(state, services.settings, seen, rebuilt).items()
        )
        generation = max(int(state.note(GENERATION) or 0), (seen or UNKNOWN).generation) + 1
        state.remember(GENERATION, str(generation))
        state.remember(LINEAGE, lineage)
        state.remember(ACCEPTED, lineage)
        state.remember(BACKUP, "")
        last = state.note(LAST_CYCLE)
        state.figures.note_gap(datetime.fromisoformat(last) if last and not rebuilt else None, now)
        state.remember(MOVED, "")
    return Acceptance(recorded, rebuilt, in_doubt, taken)


def _unremembered(
    state: Transaction, settings: Settings, seen: LastSeen | None, rebuilt: bool
) -> Mapping[str, LastEdition | None]:
    """The digests of which readers have had, or may have had, editions unknown to the state.

    With the last of those, if that can be told.
    """
    found: dict[str, LastEdition | None] = {}
    if rebuilt or seen is None:
        found.update({digest.slug: None for digest in settings.digests})
    found.update(
        {
            slug: last
            for slug, last in (seen or UNKNOWN).editions.items()
            if last.number >= state.editions.next_number(slug)
        }
    )
    return found


def _take(
    state: Transaction,
    services: Services,
    slug: str,
    last: LastEdition | None,
    now: datetime,
    *,
    mail: bool,
) -> AcceptedDigest:
    digests = services.settings.digests
    digest = next((digest for digest in digests if digest.slug == slug), None)
    number = last.number if last else 0
    if digest is None or mail:
        if last:
            _stand_in(state, slug, last, now)
        return AcceptedDigest(slug, number)
    in_doubt = 0
    # Whether all is known that was announced since the state's own last edition.
    rebuilt = state.note(LINEAGE) is None
    told = last and not rebuilt and 0 < last.since <= state.editions.next_number(slug)
    if last or state.editions.latest(slug):
        next_number = state.editions.next_number(slug)
        last = last or LastEdition(next_number, f"unknown-{next_number}")
        number = last.number
        in_doubt = _doubt_owed(state, services, digest, last, now)
    known = {item_id for item_id, *_ in state.editions.corrected(slug)}
    coming = set(state.editions.unannounced(slug, digest.topics, digest.items_in, withdrawn=True))
    known |= coming & last.items if last and told else coming
    state.editions.pass_over(slug, known)
    return AcceptedDigest(slug, number, len(known), in_doubt)


def _doubt_owed(
    state: Transaction, services: Services, digest: Digest, last: LastEdition, now: datetime
) -> int:
    """Mark as in doubt what people are owed of known editions: unknown ones may have had it."""
    edition = _stand_in(state, digest.slug, last, now)
    doubted = 0
    # Who is paused now may have had mail then.
    for portion in deliveries_for(state, services, digest, edition, paused_too=True):
        owed = [each for each in portion if each.owed_set]
        state.openings.add(edition.id, owed, now, DeliveryState.IN_DOUBT, OWED_THEN)
        doubted += len(owed)
    return doubted


def _stand_in(state: Transaction, slug: str, last: LastEdition, now: datetime) -> Edition:
    subject = f"No. {last.number}, which the restored state does not know"
    return state.editions.stand_in(slug, last.number, last.period, now, subject)


def start_over(
    store: Store, outlet: Outlet, owners: Owners, lineage: str, *, people: bool = False
) -> tuple[str, ...]:
    """Forget items, editions and deliveries, and remove what is published.

    With `people`, also what people decided, but for who left or was erased. Returns the published
    files that somebody else has changed: they stay, and are ours no more. Raises `StoreBusy` while
    mail is being sent, `StoreError`, and `PublishError` when a file cannot be removed: the state is
    new by then, and the next run removes it.
    """
    with store.exclusive():
        with store.writing() as state:
            senders = state.reset.senders()
            if senders - set(owners.dead(senders)):
                raise StoreBusy("mail is being sent: try again when that is done")
            state.reset.clear(people_too=people)
            state.figures.note_gap(None, None)
            state.remember(ACCEPTED, lineage)
        with store.reading() as state:
            ours = state.files.all()
        outlet.sweep()
        altered = tuple(sorted(path for path, file in ours.items() if not outlet.stands(file)))
        outlet.remove(sorted(ours.keys() - set(altered)))
        outlet.end()
        with store.writing() as state:
            state.files.forget(ours)
    return altered


def begin_afresh(store: Store, seen: LastSeen | None, lineage: str) -> None:
    """Let a new, empty state take the place of one that is gone; to be witnessed afterwards."""
    with store.writing() as state:
        state.remember(GENERATION, str((seen.generation if seen else 0) + 1))
        state.remember(LINEAGE, lineage)
        state.remember(ACCEPTED, lineage)
        state.remember(BACKUP, "")
        state.figures.note_gap(None, None)
