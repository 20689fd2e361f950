"""Carries out decisions of an operator on deliveries: retry, hold, release.

Each decision is one transaction beside whatever a worker does: a message that is just being sent is
left to it. Nobody gets an edition twice by a decision: what was sent, or has moved into a later
edition, is not sent again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidings.application import bounces
from tidings.application.senders import lift_pause
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
    DeliveryState.EMPTY: "there was nothing new for them",
}


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A delivery that cannot be changed as asked, and why."""

    entry: DeliveryRow
    why: str


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of a command: deliveries that changed, were so already, or cannot be changed.

    `unknown` are numbers that no delivery has; `brought_back`: the address bounced, and gets mail
    again; not `known`: the address never had a delivery.
    """

    changed: tuple[DeliveryRow, ...] = ()
    already: tuple[DeliveryRow, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    unknown: tuple[int, ...] = ()
    brought_back: bool = False
    known: bool = True
    by_number: bool = False

    @property
    def done(self) -> bool:
        """Whether everything that was named by number could be done."""
        refused = self.left_alone if self.by_number else ()
        return self.known and not self.unknown and not refused


def retry(store: Store, wanted: DeliveryFilter, now: datetime, expires: timedelta) -> CommandResult:
    """Send again what failed, is in doubt or was put off, at the next run.

    Who is named by address alone is taken back if mail to them bounced. Items of an edition that is
    older than `expires` come with a later one instead.
    """
    with store.writing() as state:
        known, brought_back = True, False
        # Whoever sends again by hand has seen to the server.
        lift_pause(state)
        if wanted.key is not None and wanted.ids is None:
            known = state.people.knows(wanted.key)
            bounces.forget(state, [wanted.key], now)
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
        bounces.forget(state, {entry.key for entry in again}, now)
    return CommandResult(
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


def hold(store: Store, wanted: DeliveryFilter) -> CommandResult:
    """Put what is still to be sent on hold until somebody releases it."""
    return _hold_or_release(store, wanted, held=True)


def release(store: Store, wanted: DeliveryFilter) -> CommandResult:
    """Release what is on hold."""
    return _hold_or_release(store, wanted, held=False)


def _hold_or_release(store: Store, wanted: DeliveryFilter, *, held: bool) -> CommandResult:
    with store.writing() as state:
        found = state.deliveries.find(wanted)
        still = [entry for entry in found if entry.open]
        changed = [entry for entry in still if entry.delivery.held is not held]
        state.deliveries.hold([entry.delivery.id for entry in changed], held=held)
    # Of a whole digest, only what is still to be sent is meant.
    named = found if wanted.ids is not None else ()
    settled = [entry for entry in named if not entry.open]
    return CommandResult(
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
    """The reasons why deliveries may not be sent again, by their numbers."""
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
            f" {entry.delivery.address}` resumes it"
        )
    if person in (RecipientState.LEFT, RecipientState.PAUSED):
        return f"they {'have left' if person is RecipientState.LEFT else 'are paused'}"
    return ""


def _old(entry: DeliveryRow, now: datetime, expires: timedelta) -> bool:
    return now - entry.edition.opened_at > expires


def _expire(
    state: Transaction, old: Sequence[DeliveryRow], reasons: Collection[int], now: datetime
) -> dict[int, str]:
    """Give up deliveries of editions that are too old: their items come with the next one."""
    expired = [e for e in old if e.delivery.id not in reasons and e.delivery.state in _AGAIN]
    given_up = [e.delivery.id for e in expired if e.delivery.state is DeliveryState.IN_DOUBT]
    state.deliveries.give_up(given_up, "expired while it was in doubt", now)
    why = "its edition has expired, and its items come with the next one"
    return {entry.delivery.id: why for entry in expired}
