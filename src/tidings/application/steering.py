"""Steering: an operator's decisions on deliveries, and what delivery reports say of them.

Each decision is one transaction beside whatever a worker does: a message that is just being sent is
left to it. Nobody gets an edition twice by a decision: what was sent, or has moved into a later
edition, is not sent again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tidings.application import refusals
from tidings.application.refusals import Shared
from tidings.core import attempts
from tidings.core.bounces import Bounce, Verdict
from tidings.core.refusals import BOUNCED, DEALT_WITH, RETURNED
from tidings.model import DeliveryState, RecipientState
from tidings.state import Store, Transaction
from tidings.state.deliveries import DeliveryFilter, DeliveryRow

_AGAIN = (
    DeliveryState.FAILED,
    DeliveryState.IN_DOUBT,
    DeliveryState.DEFERRED,
    DeliveryState.SUPPRESSED,
)
_SETTLED = {
    DeliveryState.SENT: "it was sent, and nobody gets an edition twice",
    DeliveryState.SENDING: "it is just being sent",
    DeliveryState.SUPERSEDED: "its items moved into a later edition",
    DeliveryState.EMPTY: "they were owed nothing",
}


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A delivery that a decision does not fit, and why."""

    entry: DeliveryRow
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a decision: the deliveries that it changed, those that are as it wants them
    already, those that it does not fit, and numbers that no delivery has. `brought_back` is an
    address that bounced and gets mail again; not `known` is one that was never to get any."""

    changed: tuple[DeliveryRow, ...] = ()
    already: tuple[DeliveryRow, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    unknown: tuple[int, ...] = ()
    brought_back: bool = False
    known: bool = True
    by_number: bool = False

    @property
    def done(self) -> bool:
        """Whether all that was named could be done; what a whole digest holds is not named."""
        refused = self.left_alone if self.by_number else ()
        return self.known and not self.unknown and not refused


def retry(store: Store, wanted: DeliveryFilter, now: datetime, expires: timedelta) -> Decision:
    """Send again what failed, is in doubt or was put off, at the next run.

    Who is named by address alone is taken back if mail to them bounced. Items of an edition that is
    older than `expires` come with a later one instead.
    """
    with store.writing() as state:
        known, brought_back = True, False
        if wanted.key is not None and wanted.ids is None:
            known = state.people.knows(wanted.key)
            refusals.forget(state, [wanted.key], now)
            brought_back = state.people.bring_back(wanted.key, now)
        found = state.deliveries.find(wanted)
        if wanted.ids is None:
            found = tuple(entry for entry in found if entry.delivery.state in _AGAIN)
        queued = [e for e in found if e.delivery.state is DeliveryState.QUEUED]
        reasons = _reasons_against(state, found)
        reasons.update(_expire(state, [e for e in found if _old(e, now, expires)], reasons, now))
        again = [
            e
            for e in found
            if e.delivery.id not in reasons and e.delivery.state is not DeliveryState.QUEUED
        ]
        state.deliveries.requeue([entry.delivery.id for entry in again], now)
        refusals.forget(state, {entry.key for entry in again}, now)
    return Decision(
        changed=tuple(again),
        already=tuple(queued),
        left_alone=tuple(
            LeftAlone(e, reasons[e.delivery.id]) for e in found if e.delivery.id in reasons
        ),
        unknown=_missing(wanted, found),
        by_number=wanted.ids is not None,
        brought_back=brought_back,
        known=known,
    )


def hold(store: Store, wanted: DeliveryFilter) -> Decision:
    """Put what is still to be sent on hold until somebody releases it."""
    return _hold_or_release(store, wanted, held=True)


def release(store: Store, wanted: DeliveryFilter) -> Decision:
    """Let go of what is on hold."""
    return _hold_or_release(store, wanted, held=False)


def _hold_or_release(store: Store, wanted: DeliveryFilter, *, held: bool) -> Decision:
    with store.writing() as state:
        found = state.deliveries.find(wanted)
        still = [entry for entry in found if entry.open]
        changed = [entry for entry in still if entry.delivery.held is not held]
        state.deliveries.hold([entry.delivery.id for entry in changed], held=held)
    # Of a whole digest, only what is still to be sent is meant.
    named = found if wanted.ids is not None else ()
    settled = [entry for entry in named if not entry.open]
    return Decision(
        changed=tuple(changed),
        already=tuple(entry for entry in still if entry.delivery.held is held),
        left_alone=tuple(LeftAlone(entry, _why_settled(entry)) for entry in settled),
        unknown=_missing(wanted, found),
        by_number=wanted.ids is not None,
    )


def _why_settled(entry: DeliveryRow) -> str:
    state = entry.delivery.state
    if state in (DeliveryState.IN_DOUBT, DeliveryState.FAILED):
        return f"it is {state}, and `tidings deliveries retry` is what sends it again"
    return _SETTLED.get(state, f"it is {state}")


def _missing(wanted: DeliveryFilter, found: Sequence[DeliveryRow]) -> tuple[int, ...]:
    there = {entry.delivery.id for entry in found}
    return tuple(number for number in dict.fromkeys(wanted.ids or ()) if number not in there)


def _reasons_against(state: Transaction, found: Sequence[DeliveryRow]) -> dict[int, str]:
    """Why some deliveries may not be sent again, by their numbers."""
    # What is in doubt counts as had: no later edition has its items.
    owed_again = [
        entry.delivery.id
        for entry in found
        if entry.delivery.state in (DeliveryState.FAILED, DeliveryState.SUPPRESSED)
    ]
    later = state.deliveries.taken_over(owed_again)
    standing = state.people.standing({entry.key for entry in found})
    reasons = {}
    for entry in found:
        reason = _reason_against(entry, later, standing)
        if reason:
            reasons[entry.delivery.id] = reason
    return reasons


def _reason_against(
    entry: DeliveryRow, later: Mapping[int, int], standing: Mapping[str, RecipientState]
) -> str:
    state, person = entry.delivery.state, standing.get(entry.key)
    if state in _SETTLED:
        return _SETTLED[state]
    if entry.delivery.id in later:
        return f"its items moved into No. {later[entry.delivery.id]}"
    if person is RecipientState.BOUNCED:
        return (
            "mail to that address bounced: `tidings deliveries retry --address"
            f" {entry.delivery.address}` takes it back"
        )
    if person in (RecipientState.LEFT, RecipientState.PAUSED):
        return f"they {'have left' if person is RecipientState.LEFT else 'are paused'}"
    return ""


def _old(entry: DeliveryRow, now: datetime, expires: timedelta) -> bool:
    return now - entry.edition.opened_at > expires


def _expire(
    state: Transaction, old: Sequence[DeliveryRow], reasons: Collection[int], now: datetime
) -> dict[int, str]:
    """An edition that is too old is not sent any more: what it held is owed again."""
    expired = [e for e in old if e.delivery.id not in reasons and e.delivery.state in _AGAIN]
    given_up = [e.delivery.id for e in expired if e.delivery.state is DeliveryState.IN_DOUBT]
    state.deliveries.give_up(given_up, "expired while it was in doubt", now)
    why = "its edition has expired, and its items come with the next one"
    return {entry.delivery.id: why for entry in expired}


# --- What comes back -----------------------------------------------------------------------------

Result = Literal["bounced", "counted", "alike", "noted", "known", "nothing", "unknown"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a bounce led to.

    "counted" against the address, which is "bounced" once that happened too often; "alike" if a
    large share of the edition came back alike, as `shared` says, and nobody is cut off for it;
    "noted" with the delivery, because it says nothing of the address; "known" from an earlier
    report; "nothing" for good news and delays; "unknown" when it does not name a message of ours to
    that recipient. `refusals` are those in a row.
    """

    bounce: Bounce
    result: Result
    address: str
    refusals: int = 0
    shared: Shared | None = None


def record_bounces(
    store: Store, bounces: Sequence[Bounce], now: datetime, *, unread: int = 0
) -> tuple[Recorded, ...]:
    """Write down what a delivery report says of its recipients, besides so many who are `unread`.

    Anybody can write a report. The Message-ID, which nobody can guess, is what shows that it is
    about a message of ours, and only that message's recipient is meant.
    """
    alone = len(bounces) + unread == 1
    with store.writing() as state:
        return tuple(_record(state, bounce, now, alone=alone) for bounce in bounces)


def _record(state: Transaction, bounce: Bounce, now: datetime, *, alone: bool) -> Recorded:
    names = [name for name in (bounce.original, bounce.address) if name]
    entry = _message(state, bounce, {name.casefold() for name in names}, alone=alone)
    if entry is None:
        return Recorded(bounce, "unknown", names[0])
    address, detail = entry.delivery.address, entry.delivery.detail
    condemned = bounce.verdict is Verdict.CONDEMNED
    if not bounce.final or bounce.verdict is Verdict.DELIVERED:
        return Recorded(bounce, "nothing", address)
    again = detail.removeprefix(DEALT_WITH).startswith((BOUNCED, RETURNED))
    if again or entry.delivery.state is DeliveryState.FAILED:
        return Recorded(bounce, "known", address)
    state.deliveries.amend(entry.delivery.id, (BOUNCED if condemned else RETURNED) + bounce.reason)
    if not condemned:
        return Recorded(bounce, "noted", address)
    state.people.refused(entry.key, now, bounce.reason)
    found = refusals.judge(state, [entry.edition.id], now)
    if shared := next((each for each in found if entry.key in each.keys), None):
        return Recorded(bounce, "alike", address, shared=shared)
    in_a_row = refusals.in_a_row(state, entry.key)
    cut_off = in_a_row >= attempts.REFUSALS
    return Recorded(bounce, "bounced" if cut_off else "counted", address, in_a_row)


def _message(
    state: Transaction, bounce: Bounce, keys: Collection[str], *, alone: bool
) -> DeliveryRow | None:
    """The delivery whose message came back: its Message-ID cannot be guessed.

    A report that names somebody else may come from where the mail was forwarded to. If that is one
    of several places, others may have it.
    """
    found = (
        state.deliveries.find(DeliveryFilter(message_id=bounce.message_id))
        if bounce.message_id
        else ()
    )
    entry = found[0] if found else None
    return entry if entry and (alone or entry.key in keys) else None
