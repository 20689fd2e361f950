"""Whether enough time has passed, as far as a clock can tell that may have been wrong.

A module of its own, for all who keep an instant and wait from then on: with the clock ahead for a
while, that instant lies in the future once it is put right, and they would wait until then.
"""

from __future__ import annotations

from datetime import datetime, timedelta


def has_passed(span: timedelta, since: datetime, now: datetime) -> bool:
    """Whether `span` has passed since that instant. One that is still to come was noted while the
    clock was ahead: how long ago, nobody knows, and nobody is made to wait for it."""
    return not timedelta() <= now - since < span
