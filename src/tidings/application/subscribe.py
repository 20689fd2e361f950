"""Subscribing by double opt-in, and what people decide about a digest: each act is one transaction.

Subscribing takes a request, a mail that proves the address, and a confirmation. A request changes
nothing about whom it names: whoever left stays away until they use the link that was mailed to them
afterwards. Nothing here says whether an address is known: all requests are treated alike, and
acting on a stranger's address records the act. Sending reads these records at the last moment, so
an act counts before the next message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from tidings.application import bounces, erasure, limits
from tidings.application.ports import Clock, Transport
from tidings.application.senders import pause_server, server_pause
from tidings.core import audience
from tidings.core.audience import Lists, group_addresses, on_lists, with_choices
from tidings.core.schedule import has_passed
from tidings.core.settings import Settings
from tidings.core.tokens import Joining, Member
from tidings.errors import FAULTS, DeliveryError, TemplateError, TransportClosed
from tidings.model import (
    ALL,
    Choice,
    Digest,
    Envelope,
    PendingSubscription,
    Recipient,
    RecipientState,
    address_key,
)
from tidings.state import Store, Transaction

log = logging.getLogger(__name__)

# One address gets so many confirmation mails for one digest in that time, whoever asks for them.
MAILS = 3
WITHIN = timedelta(hours=24)
# A request whose mail could not be sent for so long has to be made anew.
GIVE_UP_AFTER = timedelta(hours=6)
# So many requests are read at a time.
PORTION = 500

Act = Literal["leave", "pause", "resume"]
Confirmed = Literal["joined", "expired", "spent"]
# What keeps mail away whatever somebody decides: a list pauses them, or no list names them.
Withheld = Literal["", "paused", "unlisted"]

_STATES = {
    "leave": RecipientState.LEFT,
    "pause": RecipientState.PAUSED,
    "resume": RecipientState.ACTIVE,
}


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """Who wants which digest, with which topics (None: all) in which language (None: its own), and
    items in which (`ALL`; None: what they said before)."""

    digest: str
    address: str
    topics: tuple[str, ...] | None = None
    language: str | None = None
    items_in: tuple[str, ...] | None = None


def ask(
    store: Store,
    request: SubscriptionRequest,
    now: datetime,
    caller: str | None = None,
    secret: bytes = b"",
) -> datetime | None:
    """Record a request; a confirmation mail follows, unless there were too many of late or the
    mailbox is never to be written to. `caller` is the IP address that it came from, None for one
    that is not counted.

    Returns when it may follow, which says nothing of the address but its domain; None if nothing
    was recorded, since its network asks too often. `secret` is the instance's key.
    """
    key = address_key(request.address)
    if caller is not None:
        with store.reading() as state:  # whoever is refused holds up nobody
            if limits.is_refused(state, secret, caller, now):
                return None
    with store.writing() as state:
        if caller is not None and not limits.count(state, secret, caller, now):
            return None
        known = state.choices.application(request.digest, key)
        if known and known.waiting and now <= known.due:
            due = known.due  # the mail that waits is the one that is sent
        else:
            due = limits.due(state, secret, request.digest, key, now)
        since, mails = (known.since, known.mails) if known else (now, 0)
        if has_passed(WITHIN, since, now):
            since, mails = now, 0
        if erasure.unwanted_since(state, secret, key) is None:
            state.choices.apply(
                PendingSubscription(
                    digest=request.digest,
                    address=request.address,
                    asked_at=now,
                    since=since,
                    topics=request.topics,
                    language=request.language,
                    items_in=request.items_in,
                    mails=mails,
                    waiting=_may_be_mailed(state, request.digest, key, now),
                    due_at=due,
                )
            )
    return due


def _may_be_mailed(state: Transaction, digest: str, key: str, now: datetime) -> bool:
    return state.choices.mailed(digest, key, now - WITHIN, now) < MAILS


def send_confirmations(
    store: Store,
    transport: Transport,
    settings: Settings,
    compose: Callable[[Digest, PendingSubscription], bytes],
    clock: Clock,
    known_as: str = "",
) -> int:
    """Send the confirmation mails that are due, as `compose` makes them; returns how many went out.

    One that cannot be sent now waits for the next call; what is refused for good does not. An
    address that several people read is sent none, since none of them confirms for all. `known_as`
    changes with anything that the mail server knows us by; while that is paused, all wait.
    """
    now, sent, channel = clock.now(), 0, None
    with store.reading() as state:
        pause = server_pause(state, known_as)
    if pause and pause.holds(now):
        return 0
    digests = {each.slug: each for each in settings.digests}
    groups, sender = group_addresses(settings.lists), settings.mail.envelope_sender
    try:
        for number, pending in enumerate(_due(store, now), start=1):
            channel = channel or transport.connect()
            digest = digests.get(pending.digest)
            overdue = now - pending.due > GIVE_UP_AFTER
            if digest is None or overdue or pending.key in groups:
                _settle(store, pending, now, mailed=False)
                continue
            # Counted before it is sent: a crash costs a mail rather than sending one more.
            if not _settle(store, pending, now, mailed=True):
                continue
            try:
                envelope = Envelope(sender, pending.address, "confirm", now.toordinal(), number)
                # Its link lives from now on, also if it had to wait for its turn.
                channel.send(envelope, compose(digest, replace(pending, asked_at=pending.due)))
                sent += 1
            except DeliveryError as error:
                if not error.permanent:
                    _settle(store, pending, now, mailed=False, again=True)
                # What is said of one stranger's address stops nobody else's mail.
                if isinstance(error, TransportClosed) and error.refused and not error.of_one:
                    with store.writing() as state:
                        pause_server(state, str(error), known_as, now)
                    break
            except (TemplateError, *FAULTS):
                log.exception("confirmation mail not made digest=%s", pending.digest)
                _settle(store, pending, now, mailed=False, again=True)
    finally:
        if channel:
            channel.close()
    return sent


def _due(store: Store, now: datetime) -> Iterator[PendingSubscription]:
    """What is due now, each once, read a portion at a time."""
    last: PendingSubscription | None = None
    while True:
        with store.reading() as state:
            portion = state.choices.waiting(now, PORTION, last)
        yield from portion
        if len(portion) < PORTION:
            return
        last = portion[-1]


def _settle(
    store: Store, pending: PendingSubscription, now: datetime, *, mailed: bool, again: bool = False
) -> bool:
    """Record what became of a request; False if it was made anew or dealt with meanwhile, or if its
    mailbox got too many mails."""
    with store.writing() as state:
        found = state.choices.application(pending.digest, pending.key)
        if found is None or found.asked_at != pending.asked_at or found.waiting is again:
            return False
        allowed = not mailed or _may_be_mailed(state, pending.digest, pending.key, now)
        mails = found.mails + (1 if mailed and allowed else 0) - (1 if again else 0)
        state.choices.apply(replace(found, mails=max(0, mails), waiting=again))
    return allowed


def confirm(store: Store, joining: Joining, now: datetime, secret: bytes = b"") -> Confirmed:
    """Subscribe the person who followed the link in the mail.

    A link that is older than a departure, a pause or an erasure is "spent". `secret` is the
    instance's key.
    """
    if joining.expired(now):
        return "expired"
    with store.writing() as state:
        for since in (
            erasure.erased_since(state, secret, joining.address),
            erasure.unwanted_since(state, secret, address_key(joining.address)),
        ):
            if since and since >= joining.asked_at:
                return "spent"
        member = Member(joining.digest, joining.address)
        choice = current(state, member, now)
        key = choice.key
        stopped = choice.state in (RecipientState.LEFT, RecipientState.PAUSED)
        if stopped and choice.changed_at >= joining.asked_at:
            return "spent"
        on_record = next(iter(state.people.marks(key)), None)
        mark = on_record.state if on_record else None
        if mark is RecipientState.LEFT and on_record and on_record.at >= joining.asked_at:
            return "spent"
        active = choice.joined and choice.state is RecipientState.ACTIVE
        if active and state.choices.application(joining.digest, key) is None:
            return "joined"  # the link was used before, and more may have been chosen since
        if choice.state is RecipientState.LEFT or mark is RecipientState.LEFT:
            state.choices.begin_anew(joining.digest, key, now)
        if mark is RecipientState.BOUNCED:
            bounces.forget(state, [key], now)
            state.people.unmark([key])  # the mail with the link has arrived
        state.choices.save(
            replace(
                choice,
                state=RecipientState.ACTIVE,
                joined=True,
                topics=joining.topics or ALL,
                language=joining.language,
                items_in=joining.items_in or choice.items_in,
                changed_at=now,
            )
        )
        state.choices.withdraw(joining.digest, key)
    return "joined"


def act(store: Store, member: Member, what: Act, now: datetime, secret: bytes = b"") -> None:
    """Leave, pause, or get mail again. What is said twice changes nothing the second time.

    Who was erased has left, and only who wants mail again is recorded anew. `secret` is the
    instance's key.
    """
    with store.writing() as state:
        if what != "resume" and erasure.is_erased(state, secret, member.address):
            return
        choice = current(state, member, now)
        mark = state.people.standing([choice.key]).get(choice.key)
        if what == "resume" and mark is RecipientState.BOUNCED:
            bounces.forget(state, [choice.key], now)
            state.people.unmark([choice.key])  # the link came by mail: it arrives again
        if choice.state is _STATES[what]:
            return
        came_back = what == "resume" and RecipientState.LEFT in (choice.state, mark)
        state.choices.save(replace(choice, state=_STATES[what], changed_at=now))
        if came_back:
            state.choices.begin_anew(member.digest, choice.key, now)


def prefer(
    store: Store,
    member: Member,
    topics: tuple[str, ...] | None,
    language: str | None,
    now: datetime,
    items_in: tuple[str, ...] | None = None,
    secret: bytes = b"",
) -> None:
    """Choose topics (None: all), a language (None: the digest's), and languages of items (`ALL`,
    None: as before) from the next edition on; who was erased has nothing to choose. `secret` is the
    instance's key."""
    with store.writing() as state:
        if erasure.is_erased(state, secret, member.address):
            return
        choice = current(state, member, now)
        changed = replace(choice, topics=topics or ALL, language=language, changed_at=now)
        changed = replace(changed, items_in=items_in or choice.items_in)
        state.choices.save(changed)


def subscription(
    store: Store,
    member: Member,
    digest: Digest,
    lists: Lists,
    secret: bytes,
) -> tuple[Recipient, Withheld]:
    """Somebody's subscription to a digest by what they decided, and what keeps their mail away
    whatever they decide. `secret` is the instance's key, which tells an address that was erased."""
    key = address_key(member.address)
    listed = on_lists(lists, digest.lists, key)
    with store.reading() as state:
        chosen = {each.key: each for each in state.choices.of(key) if each.digest == digest.slug}
        marks = dict(state.people.standing([key]))
        if audience.is_erased(Recipient(member.address), secret, state.people.pseudonyms()):
            marks.setdefault(key, RecipientState.LEFT)
    named = replace(listed or Recipient(member.address), state=RecipientState.ACTIVE)
    (person,) = with_choices((named,), chosen, marks)
    if listed:
        return person, "" if audience.gets_mail(listed) else "paused"
    return person, "" if any(each.joined for each in chosen.values()) else "unlisted"


def member_of(store: Store, token: str) -> Member | None:
    """Whose link that is, None if it is none; the address of who was erased is empty."""
    with store.reading() as state:
        return state.links.member(token)


def link(store: Store, member: Member, *, unconfirmed: bool = False) -> str:
    """What the link of somebody to a digest has in it; `unconfirmed` if they were only asked."""
    with store.writing() as state:
        return state.links.give([member], unconfirmed=unconfirmed)[member]


def current(state: Transaction, member: Member, now: datetime) -> Choice:
    """What somebody has chosen so far; a first choice if they have not."""
    key = address_key(member.address)
    found = [each for each in state.choices.of(key) if each.digest == member.digest]
    return found[0] if found else Choice(member.digest, member.address, now)
