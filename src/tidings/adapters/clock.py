"""The one place that asks what time it is, and the limit on how fast mail goes out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

# Seconds: how much of what it did not use a late sender may catch up on.
CREDIT = 0.1


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The present, in UTC and whole seconds: nothing needs fractions, and feeds read better."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251


@dataclass(frozen=True, slots=True)
class StoppedClock:
    """An instant that stays: what `--now` and SOURCE_DATE_EPOCH ask for."""

    instant: datetime

    def now(self) -> datetime:
        """The given instant."""
        return self.instant


class TokenBucket:
    """The `RateLimiter` port: `rate` messages a second over all connections (None: no limit).

    The bucket holds a tenth of a second's worth, at least one message, and starts full: that makes
    up for a sender who looks a little late, and no second sees more than a tenth above the rate,
    also after a rest. Used by one thread.
    """

    def __init__(self, rate: float | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._most = max(1.0, (rate or 0.0) * CREDIT)
        self._tokens = self._most
        self._filled_at = monotonic()

    def grant(self, most: int) -> int:
        """How many of `most` may go out now; they count as gone."""
        if self._rate is None:
            return most
        self._fill(self._rate)
        granted = min(most, int(self._tokens))
        self._tokens -= granted
        return granted

    def delay(self) -> float:
        """Seconds until the next one may."""
        if self._rate is None:
            return 0.0
        self._fill(self._rate)
        return max(0.0, (1.0 - self._tokens) / self._rate)

    def _fill(self, rate: float) -> None:
        now = self._monotonic()
        self._tokens = min(self._most, self._tokens + (now - self._filled_at) * rate)
        self._filled_at = now
