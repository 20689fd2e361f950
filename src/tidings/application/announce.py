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
from tidings.application.scopes import Scope, Scopes, left_out, mark_of
from tidings.application.slots import due_slot
from tidings.core import audience
from tidings.core.audience import (
    Presence,
    Subscription,
    Wanted,
    attending,
    first_spoken,
    with_choices,
)
from tidings.core.changes import has_changed
from tidings.core.mail.digest import in_language, subject
from tidings.core.mail.message import message_id
from tidings.core.schedule import Slot
from tidings.core.settings import Site
from tidings.errors import NotPossible
from tidings.model import (
    Cause,
    Content,
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
# language, since a subject is worded in one; since when which topics count; the same of the
# languages of items; and what is left out.
Times = tuple[tuple[str, datetime | None], ...]
Past = tuple[Wanted, datetime | None, tuple[int, ...], str, Times, Wanted, Times, frozenset[str]]


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
    deliveries = deliveries_for(state, services, digest, edition)
    state.deliveries.add(deliveries, now)
    recipients = sum(delivery.state is DeliveryState.QUEUED for delivery in deliveries)
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


def deliveries_for(
    state: Transaction, services: Services, digest: Digest, edition: Edition
) -> list[Delivery]:
    """A delivery, not yet added, for everyone on the digest's lists who may get mail."""
    key, host = services.key, mail_host(state, services.settings.site)
    people = recipients_of(state, digest, services.settings.lists, key)
    # Also of whoever is paused from the start: they get what they miss once they are back.
    here = [person for person in people if person.state is not RecipientState.LEFT]
    wanted, read = {p.key: p.topics for p in here}, {p.key: p.items_in for p in here}
    away = lists.vanished(state, digest)
    present = state.presences.attend(digest.slug, wanted, edition.opened_at, away, read)
    people = tuple(person for person in people if audience.gets_mail(person))
    owed_sets = _OwedSets(state, services, digest, edition)
    name = edition_name(state, f"{edition.digest}/{edition.number}/{edition.period}")
    deliveries = []
    for person in people:
        owed_set = owed_sets.of(person, present[person.key])
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
    owed_sets.remember()
    return deliveries


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
        self._scopes = Scopes(state, digest, edition, _no_news(digest))
        self._withdrawn = state.items.retracted()
        self._items: dict[str, Item] = {}
        self._refused = left_out(state, digest.slugs, edition.id)
        self._by_past: dict[tuple[object, Past], tuple[int | None, frozenset[str]]] = {}
        self._marks: dict[tuple[object, ...], str] = {}
        self._by_variant: dict[Variant, int] = {}

    def of(self, person: Recipient, presence: Presence) -> int | None:
        """The owed set of one recipient; None if nothing is owed."""
        # Whoever was met while the clock was wrong was met by now at the latest.
        first_seen = min(presence.since, self._edition.opened_at)
        since = audience.since(person, first_seen, returned=presence.returned)
        language = language_for(self._services, self._digest, person)
        times, spoken = (
            tuple(sorted(each.items(), key=lambda pair: pair[0]))
            for each in (presence.times, presence.language_times)
        )
        mark = self._mark(person.topics, since, times, person.items_in, spoken)
        scope = self._scopes.of(person.key, mark, since)
        had = scope.had(person.key)
        if since is not None:
            # Joining at any moment between two editions comes to the same.
            at = bisect_left(scope.openings, since)
            since = scope.openings[at] if at < len(scope.openings) else since
        refused = self._refused.get(person.key, frozenset())
        past = (person.topics, since, had, language, times, person.items_in, spoken, refused)
        if (scope.past, past) not in self._by_past:
            self._by_past[scope.past, past] = self._find(person, past, scope)
        owed_set, owed = self._by_past[scope.past, past]
        nothing_yet = scope.past is None and not had and since is None
        self._scopes.settle(person.key, mark, owed, first=nothing_yet)
        return owed_set

    def remember(self) -> None:
        """Keep what is known now of those who are owed nothing old."""
        self._scopes.remember()

    def _mark(self, *choices: object) -> str:
        if choices not in self._marks:
            digest = self._digest
            self._marks[choices] = mark_of(*choices, digest.slugs, digest.history)
        return self._marks[choices]

    def _find(
        self, person: Recipient, past: Past, scope: Scope
    ) -> tuple[int | None, frozenset[str]]:
        """The owed set, None for none; and the items that are owed, with those that are left
        out."""
        follows, since, had, language, times, _, spoken, refused = past
        owed = audience.owed(
            Subscription(person, since, dict(times), dict(spoken)),
            scope.announced,
            self._state.deliveries.contents(had),
            scope.item_topics,
            self._withdrawn,
        )
        owed = tuple(each for each in owed if self._tells(each, scope))
        if any(each.corrected for each in owed):
            # Whom a mail only told how many more there are is not told what was wrong with them.
            printed = self._state.deliveries.printed(had)
            owed = tuple(each for each in owed if not each.corrected or each.item_id in printed)
        ids = frozenset(each.item_id for each in owed)
        # What their server lets in is what a mail needs something of; the rest stays owed.
        if ids <= refused:
            return None, ids
        # On the list from the start, or from before: of what came until now they had nothing.
        old_news = self._edition.number > 1 or self._digest.history == "mail"
        first = scope.past is None and not had and since is None and old_news
        variant = (owed, follows, language, first, refused)
        if variant not in self._by_variant:
            self._by_variant[variant] = self._add(variant)
        return self._by_variant[variant], ids

    def _tells(self, owed: Owed, scope: Scope) -> bool:
        """Whether it is anything but the text that they had."""
        if owed.had_revision is None:
            return True
        if owed.item_id not in self._items:
            ids = {each.item_id for each in scope.announced if each.corrected}
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
    digest = in_language(digest, language)
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
