"""The state: what is recorded, announced and delivered. Three facts, never one flag.

Lifecycle: `Store.writing()` is one transaction under the state lock, committed when the block
ends and rolled back when it raises; `Store.reading()` sees one consistent snapshot and writes
nothing. A transaction belongs to the thread that opened it. All instants are aware and in UTC.
Every method raises `StoreError` when the state cannot be read or written, and `writing()` raises
`StoreBusy` when another process keeps the lock for longer than 30 s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tidings.application.ports.decisions import Decisions
from tidings.application.ports.ledger import Ledger, People
from tidings.application.ports.people import Choices, Privacy
from tidings.application.ports.places import Places
from tidings.application.ports.records import Items, Sources, Topics
from tidings.application.ports.steering import Steering
from tidings.core.editions import Announced, Announcement, Issue
from tidings.model import (
    Delivery,
    DeliveryState,
    Edition,
    OwedSet,
)


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file under feeds/ that is ours: as we left it."""

    path: str
    size: int
    mtime_ns: int
    digest: str


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


class Files(Protocol):
    """The manifest: which files under feeds/ are ours, and how we left them."""

    def all(self) -> Mapping[str, PublishedFile]:
        """Every file of ours, by path."""
        ...

    def outside(self, folder: str, unlike: str) -> Mapping[str, PublishedFile]:
        """The files of ours that are not in this folder, given as `items/`, nor of paths like this
        pattern, in which `*` and `?` stand for anything and `[0-9]` for one of these."""
        ...

    def known(self, paths: Collection[str]) -> Set[str]:
        """Which of these paths are files of ours."""
        ...

    def save(self, files: Iterable[PublishedFile]) -> None:
        """Remember how we left these files."""
        ...

    def forget(self, paths: Collection[str]) -> None:
        """These files are no longer ours."""
        ...


class Restoration(Protocol):
    """What accepting a restored state changes in it."""

    def doubt(self, at: datetime, detail: str) -> int:
        """Put all that is still to be sent in doubt: it may have been; returns how much."""
        ...

    def stand_in(
        self, digest: str, number: int, period: str, at: datetime, subject: str
    ) -> Edition:
        """An edition in the place of one that the state has no memory of.

        It takes the number and the period, so that neither is used for another.
        """
        ...


class Transaction(Protocol):
    """Everything in the state, inside one transaction."""

    @property
    def items(self) -> Items:
        """Items and what sources say of them."""
        ...

    @property
    def decisions(self) -> Decisions:
        """What editors decided on items."""
        ...

    @property
    def sources(self) -> Sources:
        """The seed files as last read."""
        ...

    @property
    def topics(self) -> Topics:
        """Memberships."""
        ...

    @property
    def places(self) -> Places:
        """Where items stand."""
        ...

    @property
    def editions(self) -> Editions:
        """Digests and editions."""
        ...

    @property
    def deliveries(self) -> Deliveries:
        """The ledger."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Claims, leases, settlements."""
        ...

    @property
    def people(self) -> People:
        """What people and their mail servers did."""
        ...

    @property
    def choices(self) -> Choices:
        """What people chose for themselves."""
        ...

    @property
    def privacy(self) -> Privacy:
        """What is known of a person."""
        ...

    @property
    def steering(self) -> Steering:
        """The ledger in an operator's hands."""
        ...

    @property
    def files(self) -> Files:
        """The manifest."""
        ...

    @property
    def restoration(self) -> Restoration:
        """For accepting a restored state."""
        ...

    def note(self, name: str) -> str | None:
        """A single remembered value, such as the instant of the last cycle."""
        ...

    def remember(self, name: str, value: str) -> None:
        """Set a single remembered value."""
        ...

    def last_run(self) -> int:
        """The change number of the last run that recorded anything; 0 before the first."""
        ...

    def began(self) -> datetime | None:
        """When the first run recorded anything; None before."""
        ...

    def new_run(self, at: datetime) -> int:
        """Take the next change number."""
        ...


class Store(Protocol):
    """The state file or database."""

    def writing(self) -> AbstractContextManager[Transaction]:
        """One write transaction."""
        ...

    def reading(self) -> AbstractContextManager[Transaction]:
        """One consistent snapshot."""
        ...
