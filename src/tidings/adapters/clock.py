"""The one place that asks what time it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


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
