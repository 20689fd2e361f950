"""What editors decided on items, and what they may want to decide.

Lifecycle, threads and failures are those of the transaction that this belongs to: `store`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

from tidings.model import Decision, NearMiss


class Decisions(Protocol):
    """Decisions, standing and undone, and suggestions for some."""

    def add(self, decision: Decision) -> None:
        """Put a decision on record; its id is given here."""
        ...

    def of(self, item_ids: Collection[str]) -> tuple[Decision, ...]:
        """Every decision that concerns one of these items, undone ones too, in their order."""
        ...

    def undo(self, decision_id: int, at: datetime, by: str) -> None:
        """Note that a decision no longer stands."""
        ...

    def suggest(self, near: Iterable[NearMiss]) -> None:
        """Remember pairs of items that somebody should look at; known pairs stay as they are."""
        ...

    def suggested(self) -> tuple[NearMiss, ...]:
        """The pairs that nobody has decided on, oldest first."""
        ...
