"""When a digest comes: by its cadence, and by the slots that its state says it had.

The two are told apart, since a cadence that was edited, or a time zone, must not bring a second
edition on a day that had its slot. What opens an edition and whatever says when one comes ask here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tidings.core import schedule
from tidings.core.schedule import Slot
from tidings.model import Digest
from tidings.state import Transaction


def due_slot(state: Transaction, digest: Digest, zone: ZoneInfo, now: datetime) -> Slot | None:
    """The slot that an edition is due for now and was not opened, or found empty, already."""
    latest = state.editions.latest(digest.slug)
    slot = schedule.due(
        digest.cadence,
        zone,
        now,
        state.editions.first_seen(digest.slug) or now,
        catch_up=digest.catch_up,
        last_opened=latest.opened_at if latest else None,
    )
    return None if slot is None or _is_over(state, digest, zone, slot, now) else slot


def slot_to_review(
    state: Transaction, digest: Digest, zone: ZoneInfo, now: datetime
) -> Slot | None:
    """The slot that reviewers are to be asked about now: the next one, once their time has come,
    else the one that an edition is due for."""
    if digest.review and digest.cadence.every != "immediate":
        coming = schedule.next_slot(digest.cadence, zone, now)
        asked = schedule.review_opens(digest.review, coming, zone) <= now
        if asked and not _is_over(state, digest, zone, coming, coming.at):
            return coming
    return due_slot(state, digest, zone, now)


def next_at(state: Transaction, digest: Digest, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the next edition comes, if there is anything new by then; None for an immediate digest,
    which comes with the news."""
    if digest.cadence.every == "immediate":
        return None
    coming = schedule.coming_slots(digest.cadence, zone, now)
    return next(slot.at for slot in coming if not _is_over(state, digest, zone, slot, slot.at))


def not_before(
    state: Transaction, digest: Digest, zone: ZoneInfo, now: datetime
) -> datetime | None:
    """Until when an immediate digest waits, whatever comes in: for its pause after an edition, for
    days that do not count, or for the end of a day that had a slot by another cadence."""
    if digest.cadence.every != "immediate":
        return None
    latest = state.editions.latest(digest.slug)
    last = latest.opened_at if latest else None
    until = schedule.paused_until(digest.cadence, zone, now, last)
    slot = schedule.newest_slot(digest.cadence, zone, until or now)
    if not state.editions.exists(digest.slug, slot.period) and _is_over(
        state, digest, zone, slot, now
    ):
        tomorrow = schedule.start_of(slot.day + timedelta(days=1), zone)
        until = schedule.paused_until(digest.cadence, zone, tomorrow, None) or tomorrow
    return until


def _is_over(state: Transaction, digest: Digest, zone: ZoneInfo, slot: Slot, now: datetime) -> bool:
    if state.editions.exists(digest.slug, slot.period):
        return True
    past = state.editions.slots(digest.slug, schedule.rivals_since(slot))
    return schedule.is_over(slot, zone, now, past)
