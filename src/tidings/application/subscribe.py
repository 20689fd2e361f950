"""Subscribes people by double opt-in: a request, a mail that proves the address, a confirmation.

A request changes nothing for the person whom it names: whoever left stays away until they use the
link that was mailed to them afterwards. All requests are treated alike, whatever is known of the
address, so neither the answer nor its time reveals anything. Requests are limited in memory, per
process.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Literal

from tidings.application import bounces
from tidings.application.people import current
from tidings.application.ports.store import Store
from tidings.application.ports.world import Clock, Envelope, Seal, Transport
from tidings.core.mail.message import Sender
from tidings.core.schedule import has_passed
from tidings.core.tokens import JOINING, Joining, Member
from tidings.errors import FAULTS, DeliveryError, TemplateError
from tidings.model import ALL, Application, Digest, RecipientState

log = logging.getLogger(__name__)

# So many confirmation mails go to one address for one digest in that time, whoever asks for them.
MAILS = 3
WITHIN = timedelta(hours=24)
# A request that could not be mailed for so long must be made anew.
PATIENCE = timedelta(hours=6)
# So many wait to be mailed at most: beyond, somebody floods us.
QUEUE = 500


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """A request for a digest, with topics (None: all) and a language (None: the digest's)."""

    digest: str
    address: str
    topics: tuple[str, ...] | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class ConfirmationSetup:
    """What confirmation mails need.

    `compose` writes the message for a digest, a request and its link; `link` is the URL before the
    signed request; `groups` are the keys of group addresses, which get no link.
    """

    digests: Sequence[Digest]
    seal: Seal
    link: str
    compose: Callable[[Digest, Application, str], bytes]
    sender: Sender
    groups: Set[str] = frozenset()


def ask(store: Store, request: SubscriptionRequest, now: datetime) -> bool:
    """Record a request; a confirmation mail follows, unless there were too many of late.

    Returns False if nothing was recorded, since too many others wait to be mailed.
    """
    with store.writing() as state:
        key = request.address.casefold()
        known = state.choices.application(request.digest, key)
        waiting = sum(each.waiting for each in state.choices.applications())
        if waiting >= QUEUE:
            return False
        since, mails = (known.since, known.mails) if known else (now, 0)
        if has_passed(WITHIN, since, now):
            since, mails = now, 0
        state.choices.apply(
            Application(
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


def mail_waiting(store: Store, transport: Transport, how: ConfirmationSetup, clock: Clock) -> int:
    """Send the confirmation mails that wait; returns how many went out.

    One that cannot be sent now waits for the next call; what is refused for good does not.
    """
    now = clock.now()
    with store.reading() as state:
        waiting = [each for each in state.choices.applications() if each.waiting]
    digests = {each.slug: each for each in how.digests}
    if not waiting:
        return 0
    channel, sent = transport.connect(), 0
    try:
        for number, application in enumerate(waiting, start=1):
            digest = digests.get(application.digest)
            overdue = now - application.asked_at > PATIENCE
            if digest is None or overdue or application.key in how.groups:
                _settle(store, application, mailed=False)
                continue
            # Counted before it is sent: a crash costs a mail rather than sending one more.
            if not _settle(store, application, mailed=True):
                continue
            try:
                envelope = Envelope(
                    how.sender.address, application.address, "confirm", now.toordinal(), number
                )
                message = how.compose(digest, application, _link(how, application))
                channel.send(envelope, message)
                sent += 1
            except DeliveryError as error:
                if not error.permanent:
                    _settle(store, application, mailed=False, again=True)
            except (TemplateError, *FAULTS):
                log.exception("confirmation mail not made digest=%s", application.digest)
                _settle(store, application, mailed=False, again=True)
    finally:
        channel.close()
    return sent


def _link(how: ConfirmationSetup, application: Application) -> str:
    joining = Joining(
        application.digest,
        application.address,
        application.topics,
        application.language,
        application.asked_at,
    )
    return how.link + how.seal.close(JOINING, joining.packed())


def _settle(store: Store, application: Application, *, mailed: bool, again: bool = False) -> bool:
    """Record what became of a request; False if it was repeated or settled meanwhile."""
    with store.writing() as state:
        found = state.choices.application(application.digest, application.key)
        if found is None or found.asked_at != application.asked_at or found.waiting is again:
            return False
        mails = found.mails + (1 if mailed else 0) - (1 if again else 0)
        state.choices.apply(replace(found, mails=max(0, mails), waiting=again))
    return True


Confirmed = Literal["joined", "expired", "spent"]


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
        on_record = next((each for each in state.choices.marks() if each.key == key), None)
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
            state.choices.unmark([key])  # the mail with the link has arrived
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


REMEMBERED = 10_000


class Limit:
    """At most `most` requests in `within` for each name. Thread-safe."""

    def __init__(self, most: int, within: timedelta) -> None:
        self._most = most
        self._within = within
        self._times: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, name: str, now: datetime) -> bool:
        """Whether one more request of this name is within the limit; counts it if so."""
        with self._lock:
            times = self._times.pop(name, [])
            times = [each for each in times if not has_passed(self._within, each, now)]
            allowed = len(times) < self._most
            self._times[name] = [*times, now] if allowed else times
            while len(self._times) > REMEMBERED:
                self._times.popitem(last=False)
            return allowed


def network(address: str) -> str:
    """The network that an IP address stands for: itself, or its /64 with IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return found.exploded[:19]
    return str(found)
