"""Changes of address by the reader: asked for on the page of a digest, confirmed by a link that is
mailed to the new address, and told to the old one, with a link that undoes it for some days.

What somebody chose and what they had follows, for all digests. If the new address has
subscriptions of its own, two become one person: a departure or a pause of either holds. The answer
to a request is the same whatever is known of the new address.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from tidings.application import bounces, erasure, limits
from tidings.application.ports import Clock, Transport
from tidings.application.renames import by_slug
from tidings.application.senders import server_pause
from tidings.application.subscribe import GIVE_UP_AFTER
from tidings.core.audience import (
    Lists,
    SubscriptionStatus,
    both_chose,
    both_present,
    group_addresses,
    on_lists,
    state_of,
)
from tidings.core.limits import mailbox, name
from tidings.core.settings import Settings
from tidings.core.tokens import CONFIRM_WITHIN, UNDO_WITHIN, Member
from tidings.errors import FAULTS, DeliveryError, TemplateError
from tidings.model import ALL, Choice, Digest, Envelope, RecipientState, address_key
from tidings.state import Store, Transaction
from tidings.state.addresses import AddressChange

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
# So many changes of one person are taken in a day, and so many links mailed to one mailbox.
CHANGES = 5
MAILS = 3
# A mail that could not be sent is tried again after this time.
AGAIN = timedelta(hours=1)

Asked = Literal["asked", "same", "listed", "limited"]
_STOPPED = (RecipientState.LEFT, RecipientState.PAUSED)


def is_listed(key: str, lists: Lists) -> bool:
    """Whether any list names an address: then whoever keeps the list changes it."""
    return on_lists(lists, tuple(lists), key) is not None


def key_now(state: Transaction, key: str, lists: Lists) -> str:
    """The key of the address that somebody's mail goes to, who had this one when it was sent."""
    if is_listed(key, lists) or state.choices.of(key):
        return key
    return state.addresses.now(key) or key


def member_now(store: Store, member: Member, lists: Lists) -> Member:
    """Whom a link that was mailed to somebody is for today: themselves, or after a change of
    address whoever has the new one."""
    key = address_key(member.address)
    if is_listed(key, lists):
        return member
    with store.reading() as state:
        if any(choice.digest == member.digest for choice in state.choices.of(key)):
            return member
        now = state.addresses.now(key)
        if now is None:
            return member
        written = next((choice.address for choice in state.choices.of(now)), now)
    return replace(member, address=written)


# --- Asking ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddressRequest:
    """Who wants their mail at which address, and the language of the mails about that."""

    member: Member
    new: str
    language: str


def ask(
    store: Store, request: AddressRequest, lists: Lists, now: datetime, caller: str, secret: bytes
) -> Asked:
    """Take note that somebody wants their mail at another address, whose reader has to confirm;
    the request came from the IP address `caller`.

    Nothing that is known of the new address makes a difference to the answer.
    """
    member, new = request.member, request.new
    old_key, new_key = address_key(member.address), address_key(new)
    if is_listed(old_key, lists):
        return "listed"
    if new == member.address:
        return "same"
    with store.writing() as state:
        of_person = name(secret, "changes", old_key)
        if not limits.count(state, secret, caller, now):
            return "limited"
        if not limits.within(state, of_person, CHANGES, DAY, now):
            return "limited"
        of_mailbox = name(secret, "change to", mailbox(new_key))
        allowed = limits.within(state, of_mailbox, MAILS, DAY, now)
        due = limits.due(state, secret, member.digest, new_key, now)
        wanted = erasure.unwanted_since(state, secret, new_key) is None
        state.addresses.ask(
            AddressChange(
                id=secrets.token_hex(16),
                digest=member.digest,
                old=member.address,
                new=new,
                language=request.language,
                asked_at=due,
                due_at=due if allowed and wanted else None,
            )
        )
    return "asked"


# --- Confirming -----------------------------------------------------------------------------------


def pending(
    state: Transaction, change_id: str, lists: Lists, now: datetime, secret: bytes
) -> AddressChange | None:
    """The change that a link confirms, or has confirmed before; None if it does not any more."""
    change = state.addresses.get(change_id)
    if change is None or change.undone_at:
        return None
    if change.done_at:
        return change
    stale = now - change.asked_at > CONFIRM_WITHIN or is_listed(change.old_key, lists)
    unwanted = erasure.unwanted_since(state, secret, change.new_key)
    gone = not state.choices.of(change.old_key)
    return None if stale or unwanted or gone else change


def confirm(
    store: Store, change_id: str, settings: Settings, now: datetime, secret: bytes
) -> AddressChange | None:
    """Do a change that was confirmed at the new address; None if the link does not work any more.

    What waits for somebody goes to the new address, and the old one is to be told.
    """
    with store.writing() as state:
        change = pending(state, change_id, settings.lists, now, secret)
        if change is None or change.done_at:
            return change
        if change.old_key == change.new_key:
            # The same mailbox, written otherwise: nobody else has to be told.
            for choice in state.choices.of(change.old_key):
                state.choices.save(replace(choice, address=change.new))
            state.addresses.respell(change.new_key, change.new)
            done = replace(change, done_at=now, due_at=None)
        else:
            _settle_marks(state, change, now)
            keys = (change.old_key, change.new_key)
            before = {key: state.addresses.person(key) for key in keys}
            former = state.addresses.before(change.old_key)
            _join(state, change, settings, secret)
            state.addresses.moved(*keys, now)
            state.addresses.redirect(now)
            done = replace(change, done_at=now, due_at=now, before=before, former=former)
        state.addresses.save(done)
    return done


def _settle_marks(state: Transaction, change: AddressChange, now: datetime) -> None:
    """Let what is on record of the old address as a whole be on record of its digests, which move;
    and take back that mail to the new one bounced, since the link has arrived there."""
    old, new = change.old_key, change.new_key
    marks = state.people.standing([old, new])
    mark = marks.get(old)
    if mark in _STOPPED:
        for choice in state.choices.of(old):
            found = SubscriptionStatus(mark, choice.state, choice.joined)
            held = state_of(found, listed=False, paused=False)
            state.choices.save(replace(choice, state=held or choice.state))
        state.people.unmark([old])
    if marks.get(new) is RecipientState.BOUNCED:
        bounces.forget(state, [new], now)
        state.people.unmark([new])


def _join(state: Transaction, change: AddressChange, settings: Settings, secret: bytes) -> None:
    """Let what was chosen at the old address be chosen at the new one, and since when it counts."""
    old, new = change.old_key, change.new_key
    chosen = state.choices.of(old)
    digests = {digest.slug: digest for digest in settings.digests}
    for choice in chosen:
        mine = replace(_in_words(choice), address=change.new)
        theirs = _theirs(state, change.new, choice, digests.get(choice.digest), settings, secret)
        state.choices.save(both_chose(mine, theirs) if theirs else mine)
        came = state.presences.of(choice.digest, old)
        there = state.presences.of(choice.digest, new)
        if came:
            gone = theirs is not None and theirs.state is RecipientState.LEFT
            both = came if there is None or gone else both_present(came, there)
            state.presences.keep(choice.digest, new, both)
    state.addresses.drop(old, {choice.digest for choice in chosen})


def _theirs(
    state: Transaction,
    address: str,
    choice: Choice,
    digest: Digest | None,
    settings: Settings,
    secret: bytes,
) -> Choice | None:
    """What was decided at the new address about the digest of a choice; None if nothing was."""
    key, lists = address_key(address), settings.lists
    own = next((each for each in state.choices.of(key) if each.digest == choice.digest), None)
    person = on_lists(lists, digest.lists, key) if digest else None
    mark = state.people.standing([key]).get(key)
    if erasure.is_erased(state, secret, address):
        mark = RecipientState.LEFT
    if own is None and person is None and mark not in _STOPPED:
        return None
    own = own or Choice(choice.digest, address, choice.changed_at)
    if own.state is None and mark in _STOPPED:
        own = replace(own, state=mark)
    if person:
        topics, items_in = own.topics or person.topics, own.items_in or person.items_in
        own = replace(own, topics=topics or ALL, items_in=items_in or ALL)
    return _in_words(own)


def _in_words(choice: Choice) -> Choice:
    """A choice that says what is chosen, also where that is everything."""
    if not choice.joined:
        return choice
    return replace(choice, topics=choice.topics or ALL, items_in=choice.items_in or ALL)


# --- Undoing --------------------------------------------------------------------------------------


def undoable(state: Transaction, change_id: str, now: datetime) -> AddressChange | None:
    """The change that a link undoes, or has undone before; None if it does not any more."""
    change = state.addresses.get(change_id)
    if change is None or change.done_at is None or not change.before:
        return None
    return change if now - change.done_at <= UNDO_WITHIN else None


def undo(store: Store, change_id: str, now: datetime) -> AddressChange | None:
    """Undo a change, wherever the address was changed to since; None if that is too late.

    What was on record of the old address is again, but for a departure or a pause since, which
    holds. What was sent to the new address counts as had there, so it is owed at the old one.
    """
    with store.writing() as state:
        change = undoable(state, change_id, now)
        if change is None or change.undone_at:
            return change  # for the second time, or too late
        later = _later(state, change)
        at = [change, *later][-1].new_key
        undone = replace(change, undone_at=now, due_at=None)
        own = _own(state, change, later, now)
        if at != change.old_key:  # else they came back by themselves
            _put_back(state, change, later, own, now)
        state.addresses.save(undone)
    return undone


def _later(state: Transaction, change: AddressChange) -> list[AddressChange]:
    """The changes that came after one, each from where the one before led to."""
    found = [change]
    while True:
        at = found[-1].new_key
        after = [
            each
            for each in state.addresses.of(at)
            if each.old_key == at and each.before and not each.undone_at and each not in found
        ]
        after = [each for each in after if _done(each) >= _done(found[-1])]
        if not after:
            return found[1:]
        found.append(min(after, key=_done))


def _done(change: AddressChange) -> datetime:
    return change.done_at or change.asked_at


def _own(
    state: Transaction, change: AddressChange, later: Sequence[AddressChange], now: datetime
) -> Set[str]:
    """The digests that the addresses on the way had of their own, which stay with them. Of the
    others, no later change brings back anything."""
    moved = change.digests_before(change.old_key)
    own = change.digests_before(change.new_key)
    for each in later:
        state.addresses.save(_without(each, moved - own, now))
        own |= each.digests_before(each.new_key)
    return own


def _put_back(
    state: Transaction,
    change: AddressChange,
    later: Sequence[AddressChange],
    own: Set[str],
    now: datetime,
) -> None:
    old, moved = change.old_key, change.digests_before(change.old_key)
    at = [change, *later][-1].new_key
    since = {choice.digest: choice for choice in state.choices.of(at)}
    again = {choice.digest for choice in state.choices.of(old)}
    state.addresses.put(change.before[old], moved - again)
    for slug in moved - own - again:
        # Who came to the digest after the change came to it as they would have come here.
        came = state.presences.of(slug, at)
        if came and state.presences.of(slug, old) is None:
            state.presences.keep(slug, old, came)
    for choice in state.choices.of(old):
        stopped = since.get(choice.digest)
        if choice.digest not in again and stopped and _stopped_since(stopped, change):
            held = both_chose(choice, stopped).state
            state.choices.save(replace(choice, state=held, changed_at=stopped.changed_at))
    if at == change.new_key:
        unchanged = {slug for slug, each in since.items() if each.changed_at <= _done(change)}
        state.addresses.put(change.before[at], own & moved & unchanged)
    state.addresses.drop(at, moved - own)
    state.addresses.give_back(at, old, moved - own, now)
    way = {old, *(row["old_key"] for row in change.former), *(each.old_key for each in later)}
    state.addresses.moved_back(at, way, change.former)


def _stopped_since(choice: Choice, change: AddressChange) -> bool:
    return choice.state in _STOPPED and choice.changed_at >= _done(change)


def _without(change: AddressChange, digests: Set[str], now: datetime) -> AddressChange:
    """A later change, which brings back nothing of these digests to where it led from; undone if it
    concerned no other."""
    old = change.old_key
    kept = {
        name: [row for row in some if row["digest"] not in digests]
        for name, some in change.before[old].items()
    }
    left = replace(change, before={**change.before, old: kept})
    if left.digests_before(old):
        return left
    return replace(left, undone_at=now, due_at=None)


# --- Mails about it -------------------------------------------------------------------------------


def send_mails(
    store: Store,
    transport: Transport,
    settings: Settings,
    compose: Callable[[Digest, AddressChange], bytes],
    clock: Clock,
    known_as: str = "",
) -> int:
    """Send the mails about changes of address that are due, as `compose` makes them; returns how
    many went out. One that cannot be sent now is tried again later."""
    now, sent, channel = clock.now(), 0, None
    with store.reading() as state:
        waiting = state.addresses.waiting(now)
        pause = server_pause(state, known_as)
    if pause and pause.holds(now):
        return 0
    groups, digests = group_addresses(settings.lists), by_slug(settings.digests)
    try:
        for number, change in enumerate(waiting):
            digest = digests.get(change.digest)
            to = change.old if change.done_at else change.new
            stale = digest is None or address_key(to) in groups or now > _last_try(change)
            again = None if stale else (now + AGAIN).replace(microsecond=0)
            if not _settle(store, change, again) or digest is None or stale:
                continue
            channel = channel or transport.connect()
            envelope = Envelope(
                settings.mail.address, to, "address", now.toordinal(), _number(now, number)
            )
            taken = replace(change, due_at=again)
            try:
                channel.send(envelope, compose(digest, change))
                _settle(store, taken, None)
                sent += 1
            except DeliveryError as error:
                if error.permanent:
                    _settle(store, taken, None)
            except (TemplateError, *FAULTS):
                log.exception("mail about a change of address not made digest=%s", change.digest)
    finally:
        if channel:
            channel.close()
    return sent


def _number(now: datetime, number: int) -> int:
    """A number that no other mail of that day has."""
    return int(now.timestamp()) % 86_400 * 1_000 + number


def _last_try(change: AddressChange) -> datetime:
    return _done(change) + (UNDO_WITHIN if change.done_at else GIVE_UP_AFTER)


def _settle(store: Store, change: AddressChange, due_at: datetime | None) -> bool:
    """Note when a mail is to be tried again, None for never: before it is sent, so that of two
    processes one sends it, and after a crash it goes again. False if somebody else deals with it,
    or it is not to be sent any more."""
    with store.writing() as state:
        found = state.addresses.get(change.id)
        if found is None or (found.due_at, found.done_at) != (change.due_at, change.done_at):
            return False
        state.addresses.save(replace(found, due_at=due_at))
    return True


def forget(store: Store, now: datetime) -> None:
    """Forget changes that were not confirmed, and those that can no longer be undone."""
    old = now - CONFIRM_WITHIN, now - UNDO_WITHIN
    with store.reading() as state:
        if not state.addresses.any_old(*old):
            return
    with store.writing() as state:
        state.addresses.forget(*old)
