"""The sending side of the state: claims, leases, settlements, and the bodies being sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tidings.core.audience import SubscriptionStatus
from tidings.model import Delivery, DeliveryState, Edition, RecipientState


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that may be sent, as it was when it was read, with its edition."""

    delivery: Delivery
    edition: Edition


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one attempt ended. `attempt` is its number: a later one is not this one's to settle."""

    delivery_id: int
    attempt: int
    state: DeliveryState
    detail: str = ""
    retry_at: datetime | None = None


class Ledger(Protocol):
    """Who has which delivery in hand, and how attempts ended."""

    def abandon(self, owners: Collection[str]) -> None:
        """End the leases of these owners: they no longer run."""
        ...

    def shorten_leases(self, until: datetime) -> None:
        """Let no lease end later than this: one that does was given while the clock was ahead."""
        ...

    def claimable(self, at: datetime, limit: int) -> tuple[Claim, ...]:
        """Deliveries that may be sent now, in the order of their variants.

        A row that is "sending" but whose lease was ended or has run out is among them, and so is
        one that was put off by a clock that has been ahead.
        """
        ...

    def untouched(self, claims: Sequence[Claim]) -> tuple[tuple[Claim, SubscriptionStatus], ...]:
        """Those of `claims` that nobody has touched since they were read, each with what is on
        record of its recipient."""
        ...

    def take(
        self, claims: Sequence[Claim], owner: str, at: datetime, lease_until: datetime
    ) -> None:
        """Mark deliveries as being sent by `owner`, who must settle them before the lease ends."""
        ...

    def settle(self, settlements: Sequence[Settlement], owner: str, at: datetime) -> bool:
        """Record how attempts ended; False if any of them was no longer `owner`'s to settle."""
        ...

    def close(self, claims: Sequence[tuple[Claim, DeliveryState, str]], at: datetime) -> None:
        """End deliveries that are not attempted: suppressed, expired, parked, or held in doubt."""
        ...

    def owners(self) -> Set[str]:
        """Who holds rows that are being sent."""
        ...

    def due(self, at: datetime) -> int:
        """How many messages could be sent by now, or are being sent."""
        ...

    def variant(self, owed_set: int, language: str) -> bytes | None:
        """The kept body of a variant."""
        ...

    def keep_variant(self, owed_set: int, language: str, body: bytes) -> None:
        """Keep the body of a variant, in the place of an earlier one, so that every copy of it is
        the same."""
        ...

    def drop_settled_variants(self) -> None:
        """Let go of the bodies of which nothing is left to send."""
        ...


class People(Protocol):
    """What people and their mail servers did: it wins over the lists that name them."""

    def blocked(self, keys: Collection[str]) -> Set[str]:
        """Those of these addresses that may get no mail, whatever a list says."""
        ...

    def refused(self, key: str, at: datetime, detail: str) -> int:
        """Count a refusal for good of an address; returns how many there are in a row."""
        ...

    def refusing(self) -> Set[str]:
        """The addresses whose last mail was refused for good."""
        ...

    def counted(self) -> Mapping[str, int]:
        """How many refusals in a row are counted against each of these addresses."""
        ...

    def count(self, key: str, refusals: int) -> None:
        """Correct how many refusals in a row are counted against an address."""
        ...

    def accepted(self, keys: Collection[str]) -> None:
        """Mail reached these addresses: refusals before it do not count any more."""
        ...

    def mark(self, key: str, state: RecipientState, at: datetime, detail: str) -> None:
        """Record what became of an address."""
        ...
