"""The one place that asks what time it is, and the limits on how fast mail goes out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

# Seconds: how much of what it did not use a late sender may catch up on.
CREDIT = 0.1
# Asks for places of so many messages at so many a second; told how many places it got and in how
# many seconds they begin, or 0 and in how many seconds it is worth asking again.
Ask = Callable[[int, float], tuple[int, float]]


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


class SharedRate:
    """The `RateLimiter` port: `rate` messages a second over the connections of all processes.

    It asks for the places of a tenth of a second at a time, or of fewer messages as long as it does
    not use that many. What it has not used a tenth of a second later is lost, so that nothing is
    saved up: in the long run the rate holds, and no second sees more than a fifth above it. Seconds
    are counted from each answer on by the monotonic clock, so no clock of this machine matters.
    Used by one thread. Raises what `ask` does.
    """

    def __init__(
        self, rate: float, ask: Ask, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._ask = ask
        self._monotonic = monotonic
        self._most = max(1, int(rate * CREDIT))
        self._portion = 1
        # How many places are left, from when on and until when; or when to ask again.
        self._places = 0
        self._from = self._until = monotonic()

    def grant(self, most: int) -> int:
        """How many of `most` may go out now; they count as gone."""
        granted = self._take(most)
        if granted < most and not self._places and self._monotonic() >= self._from:
            self._fetch(most - granted)
            granted += self._take(most - granted)
        return granted

    def delay(self) -> float:
        """Seconds until the next one may, or until it is worth asking."""
        return max(0.0, self._from - self._monotonic())

    def _take(self, most: int) -> int:
        now = self._monotonic()
        if self._places and now > self._until:
            self._places, self._portion = 0, 1
        if now < self._from:
            return 0
        taken = min(most, self._places)
        self._places -= taken
        return taken

    def _fetch(self, wanted: int) -> None:
        portion = min(self._most, max(wanted, self._portion))
        self._places, wait = self._ask(portion, self._rate)
        self._from = self._monotonic() + wait
        self._until = self._from + CREDIT
        self._portion = min(self._most, 2 * portion)
