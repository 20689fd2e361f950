"""Subscribing by double opt-in, and what people decide about a digest: each act is one transaction.

Subscribing takes a request, a mail that proves the address, and a confirmation. A request changes
nothing about whom it names: whoever left stays away until they use the link that was mailed to them
afterwards. Nothing here says whether an address is known: all requests are treated alike, and
acting on a stranger's address records the act. Sending reads these records at the last moment, so
an act counts before the next message.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Literal

from tidings.application import bounces
from tidings.application.ports import Clock, Transport
from tidings.application.senders import pause_server, server_pause
from tidings.core import audience
from tidings.core.audience import group_addresses, with_choices
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
# So many requests wait for their mail at most: beyond, somebody floods us.
QUEUE = 500
# So many names a limit remembers.
REMEMBERED = 10_000

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
    """Who wants which digest, with which topics (None: all) in which language (None: its own)."""

    digest: str
    address: str
    topics: tuple[str, ...] | None = None
    language: str | None = None


def ask(store: Store, request: SubscriptionRequest, now: datetime) -> bool:
    """Record a request; a confirmation mail follows, unless there were too many of late.

    False if nothing was recorded, since too many others wait for their mail.
    """
    with store.writing() as state:
        key = address_key(request.address)
        known = state.choices.application(request.digest, key)
        waiting = sum(each.waiting for each in state.choices.applications())
        if waiting >= QUEUE:
            return False
        since, mails = (known.since, known.mails) if known else (now, 0)
        if has_passed(WITHIN, since, now):
            since, mails = now, 0
        state.choices.apply(
            PendingSubscription(
                digest=request.digest,
                address=request.address,
                asked_at=now,
                since=since,
                topics=request.topics,
                language=request.language,
                mails=mails,
                waiting=mails < MAILS,
            )
        )
    return True


def send_confirmations(
    store: Store,
    transport: Transport,
    settings: Settings,
    compose: Callable[[Digest, PendingSubscription], bytes],
    clock: Clock,
    known_as: str = "",
) -> int:
    """Send the confirmation mails that wait, as `compose` makes them; returns how many went out.

    One that cannot be sent now waits for the next call; what is refused for good does not. An
    address that several people read is sent none, since none of them confirms for all. `known_as`
    changes with anything that the mail server knows us by; while that is paused, all wait.
    """
    now = clock.now()
    with store.reading() as state:
        waiting = [each for each in state.choices.applications() if each.waiting]
        pause = server_pause(state, known_as)
    if not waiting or (pause and pause.holds(now)):
        return 0
    digests = {each.slug: each for each in settings.digests}
    groups, sender = group_addresses(settings.lists), settings.mail.address
    channel, sent = transport.connect(), 0
    try:
        for number, pending in enumerate(waiting, start=1):
            digest = digests.get(pending.digest)
            overdue = now - pending.asked_at > GIVE_UP_AFTER
            if digest is None or overdue or pending.key in groups:
                _settle(store, pending, mailed=False)
                continue
            # Counted before it is sent: a crash costs a mail rather than sending one more.
            if not _settle(store, pending, mailed=True):
                continue
            try:
                envelope = Envelope(sender, pending.address, "confirm", now.toordinal(), number)
                channel.send(envelope, compose(digest, pending))
                sent += 1
            except DeliveryError as error:
                if not error.permanent:
                    _settle(store, pending, mailed=False, again=True)
                # What is said of one stranger's address stops nobody else's mail.
                if isinstance(error, TransportClosed) and error.refused and not error.of_one:
                    with store.writing() as state:
                        pause_server(state, str(error), known_as, now)
                    break
            except (TemplateError, *FAULTS):
                log.exception("confirmation mail not made digest=%s", pending.digest)
                _settle(store, pending, mailed=False, again=True)
    finally:
        channel.close()
    return sent


def _settle(
    store: Store, pending: PendingSubscription, *, mailed: bool, again: bool = False
) -> bool:
    """Record what became of a request; False if it was made anew or dealt with meanwhile."""
    with store.writing() as state:
        found = state.choices.application(pending.digest, pending.key)
        if found is None or found.asked_at != pending.asked_at or found.waiting is again:
            return False
        mails = found.mails + (1 if mailed else 0) - (1 if again else 0)
        state.choices.apply(replace(found, mails=max(0, mails), waiting=again))
    return True


def confirm(store: Store, joining: Joining, now: datetime) -> Confirmed:
    """Subscribe the person who followed the link in the mail.

    A link that is older than a departure or a pause is "spent".
    """
    if joining.expired(now):
        return "expired"
    with store.writing() as state:
        member = Member(joining.digest, joining.address)
        choice = current(state, member, now)
        key = choice.key
        stopped = choice.state in (RecipientState.LEFT, RecipientState.PAUSED)
        if stopped and choice.changed_at >= joining.asked_at:
            return "spent"
        on_record = next((each for each in state.people.marks() if each.key == key), None)
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
                changed_at=now,
            )
        )
        state.choices.withdraw(joining.digest, key)
    return "joined"


def act(store: Store, member: Member, what: Act, now: datetime) -> None:
    """Leave, pause, or get mail again. What is said twice changes nothing the second time."""
    with store.writing() as state:
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
) -> None:
    """Choose topics (None: all) and a language (None: the digest's) from the next edition on."""
    with store.writing() as state:
        choice = current(state, member, now)
        changed = replace(choice, topics=topics or ALL, language=language, changed_at=now)
        state.choices.save(changed)


def subscription(
    store: Store,
    member: Member,
    digest: Digest,
    lists: Mapping[str, Sequence[Recipient]],
    secret: bytes,
) -> tuple[Recipient, Withheld]:
    """Somebody's subscription to a digest by what they decided, and what keeps their mail away
    whatever they decide. `secret` is the instance's key, which tells an address that was erased."""
    key = address_key(member.address)
    listed = next((each for each in audience.recipients(digest, lists) if each.key == key), None)
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


class RequestLimit:
    """At most `most` times in `within`, for each name on its own; counted in memory, per process.

    May be used from any thread.
    """

    def __init__(self, most: int, within: timedelta) -> None:
        self._most = most
        self._within = within
        self._times: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, name: str, now: datetime) -> bool:
        """Count one more time for this name, if that is within the limit."""
        with self._lock:
            times = self._times.pop(name, [])
            times = [each for each in times if not has_passed(self._within, each, now)]
            allowed = len(times) < self._most
            self._times[name] = [*times, now] if allowed else times
            while len(self._times) > REMEMBERED:
                self._times.popitem(last=False)
            return allowed


def network(address: str) -> str:
    """The network that an IP address stands for: with IPv6, everybody has a /64 to themselves."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return found.exploded[:19]
    return str(found)
