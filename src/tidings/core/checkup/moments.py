"""Whether the clock can be right, by what the state remembers."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidings.model import Finding, Level

# As long as the worker forgives a clock that goes back.
LEEWAY = timedelta(minutes=5)
IDLE = timedelta(days=1)
# Nothing of this was ever run before.
BEGINNING = 2026


def clock(now: datetime, last: datetime | None) -> Finding:
    """The clock against the last round, if there was one."""
    told = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    remedy = "set the clock, and let NTP keep it"
    if now.year < BEGINNING:
        return Finding("clock", f"it says {told}, which cannot be", remedy)
    if last and last - now > LEEWAY:
        return Finding(
            "clock",
            f"it says {told}, and the last round was at {last:%Y-%m-%d %H:%M} UTC, later than that",
            f"{remedy}; no edition is opened for a time that has been",
        )
    return Finding("clock", told, level=Level.FINE)


def last_round(now: datetime, last: datetime | None) -> Finding:
    """How long ago somebody was at work."""
    if last is None:
        told = "there was none yet"
        return Finding("last round", told, "`tidings run`, or start a worker", Level.NOTE)
    told = f"{last:%Y-%m-%d %H:%M:%S} UTC"
    if now - last > IDLE:
        return Finding(
            "last round",
            f"{told}, more than a day ago",
            "is a worker running, or a timer? `tidings run` does a round",
            Level.NOTE,
        )
    return Finding("last round", told, level=Level.FINE)
