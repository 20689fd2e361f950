"""Joining a digest by double opt-in: a wish, a mail that proves the address, a confirmation.

A wish changes nothing about who it names: whoever left stays away until they use the link that was
mailed to them afterwards. All wishes are treated alike, whatever is known of the address, so
neither the answer nor its time says anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from tidings.application import refusals
from tidings.application.choices import current
from tidings.application.ports import Clock, Seal, Transport
from tidings.core.lapse import has_passed
from tidings.core.messages import Sender
from tidings.core.tokens import JOINING, Joining, Member
from tidings.errors import FAULTS, DeliveryError, TemplateError
from tidings.model import ALL, Digest, Envelope, PendingSubscription, RecipientState
from tidings.state import Store

log = logging.getLogger(__name__)

# So many confirmation mails go to one address for one digest in that time, whoever asks for them.
MAILS = 3
WITHIN = timedelta(hours=24)
# A wish that could not be mailed for so long is left to be expressed anew.
PATIENCE = timedelta(hours=6)
# So many wait to be mailed at most: beyond, somebody floods us.
QUEUE = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants which digest, with which topics (None: all) in which language (None: its own)."""

    digest: str
    address: str
    topics: tuple[str, ...] | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Confirming:
    """What confirmation mails are made with. `compose` writes the message for a wish, its address
    and the link; `link` is what precedes a sealed wish. `groups` are the keys of the addresses that
    several people read: none of them confirms for all, so that no link is sent there."""

    digests: Sequence[Digest]
    seal: Seal
    link: str
    compose: Callable[[Digest, PendingSubscription, str], bytes]
    sender: Sender
    groups: Set[str] = frozenset()


def ask(store: Store, wish: Wish, now: datetime) -> bool:
    """Take note of a wish; a confirmation mail follows, unless there were too many of late.

    False if nothing was noted, since too many others wait to be mailed.
    """
    with store.writing() as state:
        key = wish.address.casefold()
        known = state.choices.application(wish.digest, key)
        waiting = sum(each.waiting for each in state.choices.applications())
        if waiting >= QUEUE:
            return False
        since, mails = (known.since, known.mails) if known else (now, 0)
        if has_passed(WITHIN, since, now):
            since, mails = now, 0
        state.choices.apply(
            PendingSubscription(
                digest=wish.digest,
                address=wish.address,
                asked_at=now,
                since=since,
                topics=wish.topics,
                language=wish.language,
                mails=mails,
                waiting=mails < MAILS,
            )
        )
    return True


def mail_waiting(store: Store, transport: Transport, how: Confirming, clock: Clock) -> int:
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


def _link(how: Confirming, application: PendingSubscription) -> str:
    joining = Joining(
        application.digest,
        application.address,
        application.topics,
        application.language,
        application.asked_at,
    )
    return how.link + how.seal.close(JOINING, joining.packed())


def _settle(
    store: Store, application: PendingSubscription, *, mailed: bool, again: bool = False
) -> bool:
    """Note what became of a wish; False if it was expressed anew or dealt with meanwhile."""
    with store.writing() as state:
        found = state.choices.application(application.digest, application.key)
        if found is None or found.asked_at != application.asked_at or found.waiting is again:
            return False
        mails = found.mails + (1 if mailed else 0) - (1 if again else 0)
        state.choices.apply(replace(found, mails=max(0, mails), waiting=again))
    return True


Confirmed = Literal["joined", "expired", "spent"]


def confirm(store: Store, joining: Joining, now: datetime) -> Confirmed:
    """Whoever has the link has the address: from now on they get the digest.

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
            refusals.forget(state, [key], now)
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
