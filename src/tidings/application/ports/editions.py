"""What the state knows of digests, their editions, and the deliveries of these."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol

from tidings.core.audience import Announced, Announcement, Issue
from tidings.model import Delivery, DeliveryState, Edition, OwedSet


class Editions(Protocol):
    """Digests, what they announced, and their editions."""

    def first_seen(self, digest: str) -> datetime | None:
        """When the digest was first met."""
        ...

    def topics_seen(self, digest: str) -> tuple[str, ...] | None:
        """The topics the digest had when last met; None when it is new. `("*",)` means all."""
        ...

    def meet(self, digest: str, topics: Sequence[str], at: datetime) -> None:
        """Remember the digest and the topics it has now."""
        ...

    def unannounced(
        self, digest: str, topics: Sequence[str] | None, *, withdrawn: bool = False
    ) -> tuple[str, ...]:
        """Ids of items in these topics (None: all items) that the digest never announced.

        Those that are retracted or were merged into another are left out, unless `withdrawn`.
        """
        ...

    def corrected(self, digest: str) -> tuple[tuple[str, int], ...]:
        """(item, current revision) of items announced in an edition with an older revision."""
        ...

    def pass_over(self, digest: str, item_ids: Collection[str]) -> None:
        """Mark items, as they are now, as known to the digest without announcing them."""
        ...

    def exists(self, digest: str, period: str) -> bool:
        """Whether this slot was opened, or recorded as empty, already."""
        ...

    def next_number(self, digest: str) -> int:
        """The number of the digest's next edition, counted from 1."""
        ...

    def skip(self, digest: str, period: str, at: datetime) -> None:
        """Record that a slot passed without an edition, so that it is not looked at again."""
        ...

    def open(self, edition: Edition, contents: Sequence[tuple[str, int, bool]]) -> Edition:
        """Open an edition (its id is given here) with its (item, revision, corrected)."""
        ...

    def announced(self, digest: str) -> tuple[Announcement, ...]:
        """Everything that the digest's editions announced, in their order."""
        ...

    def told(self, item_ids: Collection[str]) -> Set[str]:
        """Which of these items some edition announced as they are now."""
        ...

    def count_for(self, item_id: str, other_id: str) -> tuple[str, ...]:
        """Let what announced one item count for another, in its present text.

        Concerns digests that never announced the other; returns them.
        """
        ...

    def count_no_more(self, other_id: str, revision: int, digests: Collection[str]) -> None:
        """Take that back in these digests."""
        ...

    def latest(self, digest: str) -> Edition | None:
        """The newest edition, if there is one."""
        ...

    def issues(self, digest: str) -> tuple[Issue, ...]:
        """The digest's editions that announced something, newest first."""
        ...

    def with_items(self, item_ids: Collection[str]) -> Set[int]:
        """The ids of the editions that announced any of these items."""
        ...

    def opened_since(self, edition_id: int) -> Set[int]:
        """The ids of the editions opened after this one."""
        ...

    def get(self, ids: Collection[int]) -> tuple[Edition, ...]:
        """These editions, oldest first; what is no edition but a slot passed over is left out."""
        ...

    def contents(self, edition_id: int) -> tuple[Announced, ...]:
        """What an edition announced, newest item first."""
        ...

    def last_id(self) -> int:
        """The id of the edition opened last, of whatever digest; 0 before the first."""
        ...


class Deliveries(Protocol):
    """The ledger: one row per edition and recipient."""

    def subscribed(self, digest: str, keys: Collection[str], at: datetime) -> dict[str, datetime]:
        """Since when each address is known to the digest; those met for the first time: `at`."""
        ...

    def had(self, digest: str) -> dict[str, tuple[int, ...]]:
        """By address key: the owed sets that somebody got of a digest, or may have got."""
        ...

    def contents(self, sets: Collection[int]) -> dict[str, int]:
        """The newest revision of each item in these owed sets.

        Whoever had an item that was merged since has had the item that it leads to.
        """
        ...

    def supersede(self, digest: str, at: datetime) -> int:
        """Close what still waits of the digest's older editions: it moves into the new one."""
        ...

    def add_owed_set(self, edition_id: int, owed_set: OwedSet) -> int:
        """Save what several readers are owed alike; returns its id."""
        ...

    def add(self, deliveries: Sequence[Delivery], at: datetime) -> None:
        """Add rows; their ids are given here."""
        ...

    def owed_sets(self, keys: Collection[int]) -> Mapping[int, OwedSet]:
        """What the readers of each of these variants are owed."""
        ...

    def tally(self) -> Mapping[DeliveryState, int]:
        """How many rows stand in each state."""
        ...

    def waiting(self) -> int:
        """How many messages are still to be sent."""
        ...
