"""The state: what is recorded, announced and delivered. Three facts, never one flag.

Lifecycle: `Store.writing()` is one transaction under the state lock, committed when the block
ends and rolled back when it raises; `Store.reading()` sees one consistent snapshot and writes
nothing. A transaction belongs to the thread that opened it. All instants are aware and in UTC.
Every method raises `StoreError` when the state cannot be read or written, and `writing()` raises
`StoreBusy` when another process keeps the lock for longer than 30 s.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from tidings.application.ports.decisions import Decisions
from tidings.application.ports.editions import Deliveries, Editions
from tidings.application.ports.files import Files
from tidings.application.ports.ledger import Ledger, People
from tidings.application.ports.people import Choices, Privacy
from tidings.application.ports.places import Places
from tidings.application.ports.records import Items, Sources, Topics
from tidings.application.ports.steering import Steering
from tidings.model import Edition


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

    def turn(self) -> AbstractContextManager[None]:
        """Alone in recording and publishing. A publication takes all that a run has changed, and
        remembers the run: it must not see half of one. And of two that publish, the one with the
        older snapshot must not have the last word. May be entered again by whoever is in it."""
        ...
