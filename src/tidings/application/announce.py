"""Announce: open the editions that are due, each with its deliveries. Transaction 2.

An edition, what it announces and a delivery for every recipient come into being together or not at
all. Its period is unique, so restarts, clock changes and rival processes cannot open it twice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tidings.application import lists
from tidings.application.ports import Services
from tidings.application.refused import left_out
from tidings.application.slots import due_slot
from tidings.core import audience
from tidings.core.audience import (
    Presence,
    Subscription,
    attending,
    first_spoken,
    with_choices,
)
from tidings.core.changes import has_changed
from tidings.core.mail.digest import subject
from tidings.core.mail.message import message_id
from tidings.core.settings import Site
from tidings.model import (
    Cause,
    Delivery,
    DeliveryState,
    Digest,
    Edition,
    Item,
    Owed,
    OwedSet,
    Recipient,
    RecipientState,
)
from tidings.state import Store, Transaction
from tidings.state.health import ACCEPTED, MAIL_HOST

Send = Literal["due", "now", "none"]
# What makes two mails of an edition the same: the owed items, the topics followed, the language,
# whether it is the first mail, with all that there was before, and what is left out of it.
Variant = tuple[tuple[Owed, ...], tuple[str, ...] | None, str, bool, frozenset[str]]
# What makes two recipients owed the same: the topics, since when, the owed sets they had; and the
# language, since a subject is worded in one; since when which topics count; and what is left out.
Times = tuple[tuple[str, datetime | None], ...]
Past = tuple[tuple[str, ...] | None, datetime | None, tuple[int, ...], str, Times, frozenset[str]]


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
        _meet(state, digest, now)
        return None if send == "none" else _open(state, services, digest, send, now)


def _meet(state: Transaction, digest: Digest, now: datetime) -> None:
    """Take note of a digest, or of topics added to it: unless it mails history, what is known by
    now is not news to it."""
    topics = digest.topics or ("*",)
    seen = state.editions.topics_seen(digest.slug)
    if seen == topics:
        return
    if digest.history == "skip":
        # Items that it would have brought before the change are still awaited.
        awaited: set[str] = set()
        if seen is not None:
            before = None if seen == ("*",) else seen
            awaited = set(state.editions.unannounced(digest.slug, before, withdrawn=True))
        known = set(state.editions.unannounced(digest.slug, digest.topics, withdrawn=True))
        state.editions.pass_over(digest.slug, known - awaited)
    state.editions.meet(digest.slug, topics, now)


def _open(
    state: Transaction, services: Services, digest: Digest, send: Send, now: datetime
) -> Opened | None:
    number = state.editions.next_number(digest.slug)
    slot = None if send == "now" else due_slot(state, digest, services.settings.zone, now)
    if slot is None and send != "now":
        return None
    period = slot.period if slot else f"manual-{number}"
    new = state.editions.unannounced(digest.slug, digest.topics)
    if not new and not _withdrawn(state, digest):
        if send == "due" and digest.cadence.every != "immediate":
            state.editions.skip(digest.slug, period, now, slot)
        return None
    items = list(state.items.get(new).values())
    contents = [(item.id, item.revision, False) for item in items]
    contents += _corrections(state, digest)
    language = language_for(services, digest)
    first = number == 1 and digest.history == "mail"
    line = subject_for(services, digest, (number, now), items, language, first=first)
    opening = Edition(0, digest.slug, number, period, now, line)
    edition = state.editions.open(opening, contents, slot)
    superseded = state.deliveries.supersede(digest.slug, now)
    deliveries = deliveries_for(state, services, digest, edition)
    state.deliveries.add(deliveries, now)
    recipients = sum(delivery.state is DeliveryState.QUEUED for delivery in deliveries)
    return Opened(edition, len(contents), recipients, superseded)


def _corrections(state: Transaction, digest: Digest) -> list[tuple[str, int, bool]]:
    """What the digest announced and has to tell otherwise now. What was changed and changed back
    since is no correction to anybody."""
    older = state.editions.corrected(digest.slug)
    items = state.items.get([item_id for item_id, *_ in older])
    return [
        (item_id, revision, True)
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


def deliveries_for(
    state: Transaction, services: Services, digest: Digest, edition: Edition
) -> list[Delivery]:
    """A delivery, not yet added, for everyone on the digest's lists who may get mail."""
    key, host = services.key, mail_host(state, services.settings.site)
    people = recipients_of(state, digest, services.settings.lists, key)
    # Also of whoever is paused from the start: they get what they miss once they are back.
    wanted = {p.key: p.topics for p in people if p.state is not RecipientState.LEFT}
    away = lists.vanished(state, digest)
    present = state.presences.attend(digest.slug, wanted, edition.opened_at, away)
    people = tuple(person for person in people if audience.gets_mail(person))
    owed_sets = _OwedSets(state, services, digest, edition)
    had = state.deliveries.had(*digest.slugs)
    name = edition_name(state, f"{edition.digest}/{edition.number}/{edition.period}")
    deliveries = []
    for person in people:
        owed_set = owed_sets.of(person, present[person.key], had.get(person.key, ()))
        deliveries.append(
            Delivery(
                id=0,
                edition_id=edition.id,
                address=person.address,
                name=person.name,
                language=language_for(services, digest, person),
                owed_set=owed_set,
                state=DeliveryState.QUEUED if owed_set else DeliveryState.EMPTY,
                attempts=0,
                message_id=message_id(key, name, person.key, host),
            )
        )
    return deliveries


def missed(store: Store, digest: Digest, person: Recipient, now: datetime) -> int:
    """How many items that earlier editions announced somebody would get with the next one."""
    with store.reading() as state:
        presence = attending(state.presences.of(digest.slug, person.key), person.topics, now)
        announced = state.editions.announced(digest.slug)
        had = state.deliveries.had(*digest.slugs, key=person.key).get(person.key, ())
        since = audience.since(person, presence.since, returned=presence.returned)
        owed = audience.owed(
            Subscription(person, since, presence.times),
            announced,
            state.deliveries.contents(had),
            state.topics.of({each.item_id for each in announced}, but=_no_news(digest)),
            state.items.retracted(),
        )
    return sum(not each.corrected for each in owed)


def recipients_of(
    state: Transaction,
    digest: Digest,
    lists: Mapping[str, Sequence[Recipient]],
    secret: bytes,
) -> tuple[Recipient, ...]:
    """Everyone who is on the digest's lists or joined, as they stand; `secret` is the instance's
    key."""
    listed = audience.recipients(digest, lists)
    chosen = state.choices.of_digest(digest.slug)
    keys = [person.key for person in listed]
    marks = dict(state.people.standing([*keys, *chosen]))
    if erased := state.people.pseudonyms():
        # Who had their data erased has left, whatever a list goes on to say.
        gone = {person.key for person in listed if audience.is_erased(person, secret, erased)}
        marks |= dict.fromkeys(gone - marks.keys(), RecipientState.LEFT)
    return with_choices(listed, chosen, marks)


class _OwedSets:
    """The owed sets of one edition: computed once for all whose past and choice are the same."""

    def __init__(
        self, state: Transaction, services: Services, digest: Digest, edition: Edition
    ) -> None:
        self._state = state
        self._services = services
        self._digest = digest
        self._edition = edition
        self._announced = state.editions.announced(digest.slug)
        self._openings = sorted({each.opened_at for each in self._announced})
        self._item_topics = state.topics.of(
            {each.item_id for each in self._announced}, but=_no_news(digest)
        )
        self._withdrawn = state.items.retracted()
        self._items: dict[str, Item] = {}
        self._refused = left_out(state, digest.slugs, edition.id)
        self._by_past: dict[Past, int | None] = {}
        self._by_variant: dict[Variant, int] = {}

    def of(self, person: Recipient, presence: Presence, had: tuple[int, ...]) -> int | None:
        """The owed set of one recipient; None if nothing is owed."""
        # Whoever was met while the clock was wrong was met by now at the latest.
        first_seen = min(presence.since, self._edition.opened_at)
        since = audience.since(person, first_seen, returned=presence.returned)
        if since is not None:
            # Joining at any moment between two editions comes to the same.
            at = bisect_left(self._openings, since)
            since = self._openings[at] if at < len(self._openings) else since
        language = language_for(self._services, self._digest, person)
        times = tuple(sorted(presence.times.items(), key=lambda each: each[0]))
        refused = self._refused.get(person.key, frozenset())
        past = (person.topics, since, had, language, times, refused)
        if past not in self._by_past:
            self._by_past[past] = self._find(person, past)
        return self._by_past[past]

    def _find(self, person: Recipient, past: Past) -> int | None:
        follows, since, had, language, times, refused = past
        owed = audience.owed(
            Subscription(person, since, dict(times)),
            self._announced,
            self._state.deliveries.contents(had),
            self._item_topics,
            self._withdrawn,
        )
        owed = tuple(each for each in owed if self._tells(each))
        if any(each.corrected for each in owed):
            # Whom a mail only told how many more there are is not told what was wrong with them.
            printed = self._state.deliveries.printed(had)
            owed = tuple(each for each in owed if not each.corrected or each.item_id in printed)
        # What their server lets in is what a mail needs something of; the rest stays owed.
        if all(each.item_id in refused for each in owed):
            return None
        # On the list from the start, or from before: of what came until now they had nothing.
        old_news = self._edition.number > 1 or self._digest.history == "mail"
        variant = (owed, follows, language, not had and since is None and old_news, refused)
        if variant not in self._by_variant:
            self._by_variant[variant] = self._add(variant)
        return self._by_variant[variant]

    def _tells(self, owed: Owed) -> bool:
        """Whether it is anything but the text that they had."""
        if owed.had_revision is None:
            return True
        if owed.item_id not in self._items:
            ids = {each.item_id for each in self._announced if each.corrected}
            self._items |= self._state.items.get(ids | {owed.item_id})
        return has_changed(self._items[owed.item_id], owed.had_revision)

    def _add(self, variant: Variant) -> int:
        """Freeze what one variant says, its subject subject_for from the items that it brings."""
        owed, follows, language, first, refused = variant
        printed = (each for each in owed if not each.corrected and each.item_id not in refused)
        revisions = {each.item_id: each.revision for each in printed}
        found = self._state.items.get(revisions)
        items = [found[item_id].at_revision(number) for item_id, number in revisions.items()]
        named = self._edition.number, self._edition.opened_at
        line = subject_for(self._services, self._digest, named, items, language, first=first)
        return self._state.editions.add_owed_set(
            self._edition.id, OwedSet(owed, follows, line, first)
        )


def _no_news(digest: Digest) -> Collection[Cause]:
    """The causes of joining a topic that make an item news to nobody: a new version of the reader
    always, an edited rule unless the digest mails history."""
    return (Cause.READING,) if digest.history == "mail" else (Cause.READING, Cause.RULE)


def subject_for(
    services: Services,
    digest: Digest,
    edition: tuple[int, datetime],
    items: Sequence[Item],
    language: str,
    *,
    first: bool = False,
) -> str:
    """The subject of an edition (its number, and when it opens) with these new items, in a
    language; `first`: it brings readers all that there was before them."""
    number, at = edition
    day = at.astimezone(services.settings.zone).date()
    render = services.renderer.speaking(language)
    return services.subject_prefix + subject(digest, number, items, day, render, first=first)


def language_for(services: Services, digest: Digest, person: Recipient | None = None) -> str:
    """What somebody reads a digest in: their language, else the digest's, else any."""
    wanted = (person.language if person else None, digest.language)
    return first_spoken(wanted, services.renderer.languages)


def mail_host(state: Transaction, site: Site) -> str:
    """What List-Ids and Message-IDs end with (RFC 2919 §3): the domain in `site.id`, which stays
    when the site moves. A state that mail went out of before keeps what that mail had, since
    filters and lists of allowed senders go by it.
    """
    used = state.deliveries.last_message_id().rpartition("@")[2].rstrip(">")
    return state.note(MAIL_HOST) or used or site.authority


def edition_name(state: Transaction, edition: str) -> str:
    """The name of an edition from which its Message-IDs derive.

    A restored state may not know of every edition: even if it takes a number again, no other
    message goes out under a Message-ID that was used.
    """
    return (state.note(ACCEPTED) or "") + edition
