"""Decides when a digest is due, and how often and until when its mail is attempted.

A digest is due by its cadence, the time zone and what happened so far.
Slots are computed in naive local time and only then given the zone (with `fold=0`, PEP 495), so
that each period has exactly one, also where clocks change. What keeps an edition from being opened
twice is its period key in the state, not a timer, and no instant up to which all is done: a clock
that was wrong for a moment uses up the period that it showed, and no other.

Temporary refusals are tried again with growing pauses until the edition expires; what is refused
for good fails with the words of the server; what may have arrived is sent again under its
Message-ID, or held, as the administrator chose.
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from tidings.errors import DeliveryError, ReplyLost, TransportClosed
from tidings.model import Cadence, Delivery, DeliveryState

PAUSE = timedelta(minutes=15)  # between two editions of an immediate digest
_MINUTE = timedelta(minutes=1)
# How far a clock may step back before nothing is opened for a moment.
_BACKWARD = timedelta(minutes=5)
# How far ahead of now a digest may have been first seen: beyond that, by a clock that was wrong.
_BELIEVED = timedelta(days=1)
# Periods on either side of the local date's own: dates that come twice, or never, reach that far.
_NEIGHBOURS = range(-2, 3)


InDoubt = Literal["resend", "hold"]

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=4)
JITTER = 0.2
# A delivery over which this many processes died is parked: it may be what kills them.
CRASHES = 5
# An address that refuses for good this often in a row gets no more mail.
REFUSALS = 3


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment at which an edition is due: its period key (`2026-W48`) and the instant, in UTC."""

    period: str
    at: datetime


def newest_slot(cadence: Cadence, zone: ZoneInfo, now: datetime) -> Slot:
    """The newest slot that is not after `now`; of two at one instant, the later period's."""
    if cadence.every == "immediate":
        return _minute_of(now)
    slots = (slot for slot in _around(cadence, zone, now) if slot.at <= now)
    return max(slots, key=lambda slot: (slot.at, slot.period))


def next_slot(cadence: Cadence, zone: ZoneInfo, now: datetime) -> Slot:
    """The first slot after `now`; of two at one instant, the later period's.

    An immediate digest has one each minute, and only news and its pause between editions matter.
    """
    if cadence.every == "immediate":
        return _minute_of(now + _MINUTE)
    slots = [slot for slot in _around(cadence, zone, now) if slot.at > now]
    first = min(slot.at for slot in slots)
    return max((slot for slot in slots if slot.at == first), key=lambda slot: slot.period)


def due(
    cadence: Cadence,
    zone: ZoneInfo,
    now: datetime,
    first_seen: datetime,
    *,
    catch_up: timedelta | None = None,
    last_opened: datetime | None = None,
) -> Slot | None:
    """The slot that an edition may be opened for now, if any.

    A digest first seen on a Tuesday owes nothing for the Monday before. Slots missed while nobody
    was up are one edition, the newest one's: it holds everything that was not announced. It is owed
    until the next slot, or for `catch_up` if given. `last_opened`, the instant of the digest's last
    edition, keeps those of an immediate digest apart.
    """
    slot = newest_slot(cadence, zone, now)
    if cadence.every == "immediate":
        return None if paused_until(cadence, now, last_opened) else slot
    if slot.at < first_seen <= now + _BELIEVED:
        return None
    late = catch_up is not None and now - slot.at > catch_up
    return None if late else slot


def paused_until(cadence: Cadence, now: datetime, last_opened: datetime | None) -> datetime | None:
    """Until when an immediate digest waits after its last edition; None if it need not wait.

    An instant told by a clock that has been set back since counts no longer than from now on.
    """
    if cadence.every != "immediate" or last_opened is None or abs(now - last_opened) >= PAUSE:
        return None
    return last_opened + PAUSE


def is_steady(last_tick: datetime | None, now: datetime) -> bool:
    """Whether somebody who looks again and again can rely on the clock to open an edition.

    Not when it is more than five minutes before where it was the last time, and not the first time,
    when there is nothing to compare it with. Only the last look counts, so that a moment in a far
    year holds nothing up once it is over.
    """
    return last_tick is not None and now >= last_tick - _BACKWARD


def _minute_of(now: datetime) -> Slot:
    at = now.astimezone(UTC).replace(second=0, microsecond=0)
    return Slot(f"{at:%Y-%m-%dT%H:%MZ}", at)


def _around(cadence: Cadence, zone: ZoneInfo, now: datetime) -> list[Slot]:
    """The slots of the periods around the local date of `now`."""
    today = now.astimezone(zone).date()
    at = time(*cadence.at)
    return [
        Slot(_period(cadence, day), datetime.combine(day, at, zone).astimezone(UTC))
        for day in (_day(cadence, today, away) for away in _NEIGHBOURS)
    ]


def _day(cadence: Cadence, today: date, away: int) -> date:
    """The day on which the digest comes, so many periods away from that of `today`."""
    if cadence.every == "day":
        return today + timedelta(days=away)
    if cadence.every == "week":
        return today + timedelta(days=cadence.weekday - today.weekday(), weeks=away)
    if cadence.every == "2 weeks":
        odd = (_week_number(today) - _week_number(cadence.week_of)) % 2
        days = cadence.weekday - today.weekday()
        return today + timedelta(days=days, weeks=2 * away - odd)
    year, month = divmod(today.year * 12 + today.month - 1 + away, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, last if cadence.day == "last" else cadence.day)


def _week_number(day: date) -> int:
    """The number of the week that a day is in, counted from that of Monday, 1 January of year 1."""
    return (day.toordinal() - 1) // 7


def _period(cadence: Cadence, day: date) -> str:
    """The key of the period to which a day belongs: of two weeks, the week that the slot is in."""
    if cadence.every in ("week", "2 weeks"):
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return f"{day:%Y-%m-%d}" if cadence.every == "day" else f"{day:%Y-%m}"


def has_passed(span: timedelta, since: datetime, now: datetime) -> bool:
    """Whether `span` has passed since that instant. One that is still to come was noted while the
    clock was ahead: how long ago, nobody knows, and nobody is made to wait for it."""
    return not timedelta() <= now - since < span


# --- Attempts ----------------------------------------------------------------------------------


def retry_pause(delivery_id: int, attempt: int) -> timedelta:
    """How long to wait after this failed attempt (counted from 1).

    Doubles each time up to four hours, give or take a fifth, so that those who were put off
    together do not come back together. Derived, not random: a rerun waits as long.
    """
    base = min(FIRST_PAUSE * 2 ** min(attempt - 1, 16), LONGEST_PAUSE)
    digest = hashlib.sha256(f"{delivery_id}/{attempt}".encode()).digest()
    lean = int.from_bytes(digest[:4], "big") / 0xFFFFFFFF * 2 - 1
    return timedelta(seconds=round(base.total_seconds() * (1 + JITTER * lean)))


def closing(
    delivery: Delivery, opened_at: datetime, now: datetime, expires: timedelta, in_doubt: InDoubt
) -> tuple[DeliveryState, str] | None:
    """Why a delivery is closed instead of attempted; None if it may be attempted."""
    cut_short = delivery.state is DeliveryState.SENDING
    if cut_short and delivery.crashes + 1 >= CRASHES:
        return DeliveryState.FAILED, f"given up: {CRASHES} processes crashed while sending it"
    if cut_short and in_doubt == "hold":
        return DeliveryState.IN_DOUBT, "a process crashed while sending this"
    if now - opened_at > expires:
        last = f"; last: {delivery.detail}" if delivery.detail else ""
        # What may have arrived counts as had.
        end = DeliveryState.IN_DOUBT if cut_short else DeliveryState.FAILED
        return end, f"expired{last}"
    return None


def without_digest(delivery: Delivery, digest: str) -> tuple[DeliveryState, str]:
    """How a delivery is closed whose digest the configuration no longer has.

    Its items stay owed, should the digest come back; what may have arrived counts as had.
    """
    cut_short = delivery.state is DeliveryState.SENDING
    state = DeliveryState.IN_DOUBT if cut_short else DeliveryState.SUPPRESSED
    return state, f"the configuration has no digest {digest} any more"


def after_attempt(
    delivery: Delivery, attempt: int, error: DeliveryError | None, now: datetime, in_doubt: InDoubt
) -> tuple[DeliveryState, datetime | None]:
    """The state that an attempt leaves a delivery in, and when it may be tried again.

    Without an answer after the final dot (RFC 1047) it may have arrived: it stays "sending", is
    sent once more, and without an answer to that is in doubt.
    """
    if error is None:
        return DeliveryState.SENT, None
    if error.permanent:
        return DeliveryState.FAILED, None
    cut_short = delivery.state is DeliveryState.SENDING
    if isinstance(error, ReplyLost) and (cut_short or in_doubt == "hold"):
        return DeliveryState.IN_DOUBT, None
    if isinstance(error, TransportClosed) and error.ours:
        return given_back(delivery), None
    # What may have arrived goes on counting as had until that is settled.
    doubtful = cut_short or isinstance(error, ReplyLost)
    end = DeliveryState.SENDING if doubtful else DeliveryState.DEFERRED
    return end, now + retry_pause(delivery.id, attempt)


def given_back(delivery: Delivery) -> DeliveryState:
    """The state of a delivery whose attempt never came about, through no fault of its own: it is at
    the head of the queue, and if it may have arrived before, it still may have."""
    cut_short = delivery.state is DeliveryState.SENDING
    return DeliveryState.SENDING if cut_short else DeliveryState.QUEUED
