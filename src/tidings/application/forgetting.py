"""Forgetting: personal data does not outlive its use by more than `privacy.keep`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidings.core.schedule import has_passed
from tidings.state import Transaction

LAST = "last forgetting"
EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """How long is remembered who left or never confirmed; `pseudonym` is what remains of them."""

    keep: timedelta
    pseudonym: Callable[[str], str]


def forget(state: Transaction, how: Forgetting, now: datetime) -> int:
    """Once a day, forget those whose time is over; returns how many people that were."""
    last = state.note(LAST)
    if last and not has_passed(EVERY, datetime.fromisoformat(last), now):
        return 0
    state.remember(LAST, now.isoformat())
    gone = state.people.stale(now - how.keep)
    for key in gone:
        state.people.erase(key, how.pseudonym(key), now)
    return len(gone) + state.people.forget_applications(now - how.keep)
