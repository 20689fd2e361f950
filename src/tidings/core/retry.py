"""Decides how often a delivery is attempted, and how an attempt ends it.

Temporary refusals are tried again with growing pauses until the edition expires; what is refused
for good fails with the words of the server; what may have arrived is sent again under its
Message-ID, or held, as the administrator chose.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Literal

from tidings.errors import DeliveryError, ReplyLost, TransportClosed
from tidings.model import Delivery, DeliveryState

InDoubt = Literal["resend", "hold"]

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=4)
JITTER = 0.2
# A delivery over which this many processes died is parked: it may be what kills them.
CRASHES = 5
# An address that refuses for good this often in a row gets no more mail.
REFUSALS = 3


def pause(delivery_id: int, attempt: int) -> timedelta:
    """How long to wait after this failed attempt (counted from 1).

    Doubles each time up to four hours, give or take a fifth, so that those who were put off
    together do not come back together. Derived, not random: a rerun waits as long.
    """
    base = min(FIRST_PAUSE * 2 ** min(attempt - 1, 16), LONGEST_PAUSE)
    digest = hashlib.sha256(f"{delivery_id}/{attempt}".encode()).digest()
    lean = int.from_bytes(digest[:4], "big") / 0xFFFFFFFF * 2 - 1
    return timedelta(seconds=round(base.total_seconds() * (1 + JITTER * lean)))


def verdict(
    delivery: Delivery, opened_at: datetime, now: datetime, expires: timedelta, in_doubt: InDoubt
) -> tuple[DeliveryState, str] | None:
    """Why a delivery is closed instead of attempted; None if it may be attempted."""
    cut_short = delivery.state is DeliveryState.SENDING
    if cut_short and delivery.crashes + 1 >= CRASHES:
        return DeliveryState.FAILED, f"parked: {CRASHES} processes died while they were sending it"
    if cut_short and in_doubt == "hold":
        return DeliveryState.IN_DOUBT, "a process died while it was sending this"
    if now - opened_at > expires:
        last = f"; last: {delivery.detail}" if delivery.detail else ""
        return DeliveryState.FAILED, f"expired{last}"
    return None


def without_digest(delivery: Delivery, digest: str) -> tuple[DeliveryState, str]:
    """How a delivery is closed whose digest the configuration no longer has.

    Its items stay owed, should the digest come back; what may have arrived counts as had.
    """
    cut_short = delivery.state is DeliveryState.SENDING
    state = DeliveryState.IN_DOUBT if cut_short else DeliveryState.SUPPRESSED
    return state, f"the configuration has no digest {digest} any more"


def ending(
    delivery: Delivery, attempt: int, error: DeliveryError | None, now: datetime, in_doubt: InDoubt
) -> tuple[DeliveryState, datetime | None]:
    """The state that an attempt leaves a delivery in, and when it may be tried again."""
    if error is None:
        return DeliveryState.SENT, None
    if error.permanent:
        return DeliveryState.FAILED, None
    if isinstance(error, ReplyLost) and in_doubt == "hold":
        return DeliveryState.IN_DOUBT, None
    if isinstance(error, TransportClosed) and error.ours:
        # It was not this message's fault: it goes back to the head of the queue.
        return DeliveryState.QUEUED, None
    return DeliveryState.DEFERRED, now + pause(delivery.id, attempt)
