"""What the operator must hear of: what is late, and how the last rounds went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tidings.application.status import LATE, late_since
from tidings.core.incidents import WATCH, Watch
from tidings.model import Digest
from tidings.state import Store


def late(
    store: Store,
    digests: Sequence[Digest],
    zone: ZoneInfo,
    now: datetime,
    *,
    expires: timedelta,
) -> str:
    """What is late by more than an hour, in words; "" if nothing is."""
    with store.reading() as state:
        titles = [each.title for each in digests if late_since(state, each, zone, now)]
        mail = state.deliveries.mail_summary(now, LATE, expires).late
    told = [f"{title} is late" for title in titles]
    if mail:
        told.append(f"{mail:,} {'message' if mail == 1 else 'messages'} should long have been sent")
    return "; ".join(told)


def recall(store: Store) -> Watch:
    """How the last rounds went, as the state knows it."""
    with store.reading() as state:
        return Watch.read(state.note(WATCH))


def remember(store: Store, watch: Watch) -> None:
    """Keep how the last rounds went."""
    with store.writing() as state:
        state.remember(WATCH, watch.written())
