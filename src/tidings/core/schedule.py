"""Decides when a digest is due, and how often and until when its mail is attempted.

A digest is due by its cadence, the time zone and what happened so far.
Slots are computed in naive local time and only then given the zone (with `fold=0`, PEP 495), so
that each day on which a digest comes has exactly one, also where clocks change. What keeps an
edition from being opened twice is its period key in the state, not a timer, and no instant up to
which all is done: a clock that was wrong for a moment uses up the period that it showed, and no
other. Where a cadence or the time zone was changed, the days of the slots that there were count as
well (`is_over`).

Temporary refusals are tried again with growing pauses until the edition expires; what is refused
for good fails with the words of the server; what may have arrived is sent again under its
Message-ID, or held, as the administrator chose.
"""

from __future__ import annotations

import hashlib
import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, assert_never
from zoneinfo import ZoneInfo

from tidings.errors import DeliveryError, ReplyLost, TransportClosed
from tidings.model import Cadence, Delivery, DeliveryState

PAUSE = timedelta(minutes=15)  # between two editions of an immediate digest
_MINUTE = timedelta(minutes=1)
# How far a clock may step back before nothing is opened for a moment.
_BACKWARD = timedelta(minutes=5)
# How far ahead of now a digest may have been first seen: beyond that, by a clock that was wrong.
_BELIEVED = timedelta(days=1)
_DAY = timedelta(days=1)
# Days on either side of the local date: dates that come twice, or never, reach that far.
_NEIGHBOURS = 2 * _DAY
# So far back, what was opened may have had a slot on the same day, in whatever zone.
_SAME_DAY = 2 * _DAY
# Slots of one local day that are less than this apart were brought together by another time zone:
# clocks that change bring those of two days no nearer than 22 hours.
_HALF_A_DAY = timedelta(hours=12)
_MINUTE_KEY = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ")


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
    """A moment at which an edition is due: its period key (`2026-W48`), the instant, in UTC, and
    the local date that it is for."""

    period: str
    at: datetime
    day: date = field(default=date.min, compare=False)  # follows from the others and the zone


@dataclass(frozen=True, slots=True)
class PastSlot:
    """A slot that was opened, or found empty, at `opened_at`. Its day and instant are not known of
    those that were opened by a version that did not note them."""

    period: str
    opened_at: datetime
    day: date | None = None
    at: datetime | None = None


def newest_slot(cadence: Cadence, zone: ZoneInfo, now: datetime) -> Slot:
    """The newest slot that is not after `now`; of two at one instant, the later day's."""
    if cadence.every == "immediate":
        return _minute_of(now, zone)
    start = now.astimezone(zone).date() + _NEIGHBOURS
    slots = (_slot(cadence, zone, day) for day in _days(cadence, start, -_DAY))
    return next(slot for slot in slots if slot.at <= now)


def next_slot(cadence: Cadence, zone: ZoneInfo, now: datetime) -> Slot:
    """The first slot after `now`; of two at one instant, the later day's."""
    return next(coming_slots(cadence, zone, now))


def coming_slots(cadence: Cadence, zone: ZoneInfo, now: datetime) -> Iterator[Slot]:
    """The slots after `now`; of two at one instant, the later day's.

    An immediate digest has one each minute, and only news and its pause between editions matter.
    """
    if cadence.every == "immediate":
        while True:
            now = _counted(cadence, zone, now + _MINUTE)
            yield _minute_of(now, zone)
    start = now.astimezone(zone).date() - _NEIGHBOURS
    slots = (_slot(cadence, zone, day) for day in _days(cadence, start, _DAY))
    found = next(slot for slot in slots if slot.at > now)
    for slot in slots:
        if slot.at != found.at:
            yield found
        found = slot


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
        return None if paused_until(cadence, zone, now, last_opened) else slot
    if slot.at < first_seen <= now + _BELIEVED:
        return None
    late = catch_up is not None and now - slot.at > catch_up
    return None if late else slot


def paused_until(
    cadence: Cadence, zone: ZoneInfo, now: datetime, last_opened: datetime | None
) -> datetime | None:
    """Until when an immediate digest waits after its last edition, or for days that do not count to
    be over; None if it need not wait.

    An instant told by a clock that has been set back since counts no longer than from now on.
    """
    if cadence.every != "immediate":
        return None
    paused = last_opened is not None and abs(now - last_opened) < PAUSE
    until = last_opened + PAUSE if last_opened and paused else now
    until = _counted(cadence, zone, until)
    return until if until > now else None


def rivals_since(slot: Slot) -> datetime:
    """The instant from which on a slot was opened that `is_over` asks of."""
    return slot.at - _SAME_DAY


def is_over(slot: Slot, zone: ZoneInfo, now: datetime, past: Iterable[PastSlot]) -> bool:
    """Whether a slot brings nothing at `now`, because of slots that there were before.

    That is so when its period was opened; when its day had a slot, by another cadence; or when an
    edition was opened since, which made up for it. When the time zone was changed, two dates may
    come to nearly the same moment: then the day that the other's moment has in this zone had a
    slot, too. An immediate digest has many in a day, and only those of another cadence count.
    """
    at_once = _is_minute(slot.period)
    return any(
        each.period == slot.period or _had_its_day(slot, zone, now, each)
        for each in past
        if not (at_once and _is_minute(each.period))
    )


def _had_its_day(slot: Slot, zone: ZoneInfo, now: datetime, past: PastSlot) -> bool:
    found = _days_of(past, zone)
    if found is None:
        return False
    first, last = found
    if first <= slot.day <= last:
        return True
    if _is_minute(slot.period):
        return False
    made_up_for = slot.at <= past.opened_at <= now
    moved = (
        past.at is not None
        and past.at.astimezone(zone).date() == slot.day
        and abs(slot.at - past.at) < _HALF_A_DAY
    )
    return made_up_for or moved


def _days_of(past: PastSlot, zone: ZoneInfo) -> tuple[date, date] | None:
    """The first and the last day that a slot was for, which differ only where nobody noted them:
    then it was a day of its period, not after it was opened. None if it was no slot."""
    if past.day:
        return past.day, past.day
    key = past.period
    if _is_minute(key):
        day = datetime.fromisoformat(key).astimezone(zone).date()
        return day, day
    if re.fullmatch(r"\d{4}-\d\d-\d\d|\d{4}-W\d\d", key):
        first = date.fromisoformat(key)
        last = first if "W" not in key else first + 6 * _DAY
    elif re.fullmatch(r"\d{4}-\d\d", key):
        first = date.fromisoformat(f"{key}-01")
        last = first.replace(day=monthrange(first.year, first.month)[1])
    else:
        return None  # manual, or of an edition that the state has no memory of
    return first, max(first, min(last, past.opened_at.astimezone(zone).date()))


def _is_minute(period: str) -> bool:
    return _MINUTE_KEY.fullmatch(period) is not None


def is_steady(last_tick: datetime | None, now: datetime) -> bool:
    """Whether somebody who looks again and again can rely on the clock to open an edition.

    Not when it is more than five minutes before where it was the last time, and not the first time,
    when there is nothing to compare it with. Only the last look counts, so that a moment in a far
    year holds nothing up once it is over.
    """
    return last_tick is not None and now >= last_tick - _BACKWARD


def _minute_of(now: datetime, zone: ZoneInfo) -> Slot:
    at = now.astimezone(UTC).replace(second=0, microsecond=0)
    return Slot(f"{at:%Y-%m-%dT%H:%MZ}", at, at.astimezone(zone).date())


def _counted(cadence: Cadence, zone: ZoneInfo, at: datetime) -> datetime:
    """The instant itself, or the beginning of the next day if its own does not count."""
    day = at.astimezone(zone).date()
    if day not in cadence.but:
        return at
    while day in cadence.but:
        day += _DAY
    return start_of(day, zone)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local date begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _slot(cadence: Cadence, zone: ZoneInfo, day: date) -> Slot:
    at = datetime.combine(day, time(*cadence.at), zone).astimezone(UTC)
    return Slot(_period(cadence, day), at, day)


def _days(cadence: Cadence, start: date, step: timedelta) -> Iterator[date]:
    """The days on which the digest comes, from one on, towards what is to come or was."""
    day = start
    while True:
        if day not in cadence.but and _comes_on(cadence, day):
            yield day
        day += step


def _comes_on(cadence: Cadence, day: date) -> bool:
    match cadence.every:
        case "immediate" | "day":
            return True
        case "week":
            return day.weekday() in cadence.weekdays
        case "2 weeks":
            apart = _week_number(day) - _week_number(cadence.week_of)
            return apart % 2 == 0 and day.weekday() in cadence.weekdays
        case "month":
            return _is_day_of_month(cadence, day)
        case never:
            assert_never(never)


def _is_day_of_month(cadence: Cadence, day: date) -> bool:
    length = monthrange(day.year, day.month)[1]
    if cadence.nth:
        # The first is one of the days 1 to 7, the second one of 8 to 14.
        nth = -1 if cadence.nth == -1 and day.day > length - 7 else (day.day + 6) // 7
        return day.weekday() == cadence.weekday and nth == cadence.nth
    return day.day == (length if cadence.day == "last" else min(cadence.day, length))


def _week_number(day: date) -> int:
    """The number of the week that a day is in, counted from that of Monday, 1 January of year 1."""
    return (day.toordinal() - 1) // 7


def _period(cadence: Cadence, day: date) -> str:
    """The key of the period to which a day belongs: the day itself where a period has several
    slots; of two weeks, the week that the slot is in."""
    match cadence.every:
        case "day":
            return f"{day}"
        case "week" | "2 weeks":
            year, week, _ = day.isocalendar()
            return f"{day}" if len(cadence.weekdays) > 1 else f"{year}-W{week:02}"
        case "month":
            return f"{day:%Y-%m}"
        case "immediate":
            raise ValueError("an immediate digest has no periods of days")
        case never:
            assert_never(never)


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
        # What may have arrived counts as had, and is not made part of a later edition.
        end = DeliveryState.IN_DOUBT if delivery.may_have_arrived else DeliveryState.FAILED
        return end, f"expired{last}"
    return None


def without_digest(delivery: Delivery, digest: str) -> tuple[DeliveryState, str]:
    """How a delivery is closed whose digest the configuration no longer has.

    Its items stay owed, should the digest come back; what may have arrived counts as had.
    """
    return _stopped(delivery), f"the configuration has no digest {digest} any more"


def without_reader(delivery: Delivery) -> tuple[DeliveryState, str]:
    """How a delivery is closed whose reader gets no more mail. Its items stay owed, should they
    come back; what may have arrived counts as had."""
    return _stopped(delivery), "left or paused since"


def _stopped(delivery: Delivery) -> DeliveryState:
    return DeliveryState.IN_DOUBT if delivery.may_have_arrived else DeliveryState.SUPPRESSED


def dated(delivery: Delivery, now: datetime) -> datetime | None:
    """The Date of an attempt that is made now: what may have arrived goes again with the very bytes
    that it had. None leaves the date that a kept message has."""
    if delivery.dated_at and delivery.may_have_arrived:
        return delivery.dated_at
    # From before dates were kept: it is in the message.
    return None if delivery.may_have_arrived and delivery.attempts else now


def after_attempt(
    delivery: Delivery, attempt: int, error: DeliveryError | None, now: datetime, in_doubt: InDoubt
) -> tuple[DeliveryState, datetime | None]:
    """The state that an attempt leaves a delivery in, and when it may be tried again."""
    if error is None:
        return DeliveryState.SENT, None
    if error.permanent:
        # What may have arrived counts as had, whatever is said of the second copy.
        return (DeliveryState.IN_DOUBT if delivery.may_have_arrived else DeliveryState.FAILED), None
    # Sent again once: a server that never answers might keep each copy.
    if isinstance(error, ReplyLost) and (in_doubt == "hold" or delivery.may_have_arrived):
        return DeliveryState.IN_DOUBT, None
    if isinstance(error, TransportClosed) and error.ours and not error.of_one:
        # It was not this message's fault: it goes back to the head of the queue.
        return DeliveryState.QUEUED, None
    return DeliveryState.DEFERRED, now + retry_pause(delivery.id, attempt)
