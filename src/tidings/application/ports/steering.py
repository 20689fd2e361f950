"""The ledger as an operator sees and steers it: what waits, what failed, and who is no more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tidings.model import Delivery, DeliveryState, Edition, RecipientState


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery with its edition; `next_attempt_at` is None unless it was put off."""

    delivery: Delivery
    edition: Edition
    changed_at: datetime
    next_attempt_at: datetime | None

    @property
    def key(self) -> str:
        """The form in which its address is compared."""
        return self.delivery.address.casefold()

    @property
    def open(self) -> bool:
        """Whether it is still to be sent."""
        return self.delivery.state in (
            DeliveryState.QUEUED,
            DeliveryState.DEFERRED,
            DeliveryState.SENDING,
        )

    @property
    def on_hold(self) -> bool:
        """Whether it waits for an operator; what was put on hold while being sent may be sent."""
        return self.delivery.held and self.open


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries are meant: those that meet everything that is given (None: whatever).

    `key` is an address case-folded; `held` means on hold and still to be sent, or neither.
    """

    ids: tuple[int, ...] | None = None
    states: tuple[DeliveryState, ...] | None = None
    digest: str | None = None
    key: str | None = None
    held: bool | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Bounced:
    """An address that gets no more mail, since when, and the words of its last refusal."""

    key: str
    since: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """How a delivery whose server has answered ended: an edition to somebody."""

    delivery_id: int
    edition_id: int
    state: DeliveryState
    detail: str


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to one edition: how many people's servers have given one, and by address key the
    detail of each delivery that failed or came back."""

    edition: Edition
    of: int
    against: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What of the mail needs somebody's eye.

    `waiting` is all that is still to be sent; of it, `held` waits for an operator, and `late` could
    have gone out long ago; `next_attempt_at` is when the first of what was put off is tried again.
    `failed` counts the newest edition of each digest: what failed before is in a later one.
    """

    waiting: int = 0
    held: int = 0
    late: int = 0
    in_doubt: int = 0
    failed: int = 0
    next_attempt_at: datetime | None = None


class Steering(Protocol):
    """The ledger in an operator's hands."""

    def find(self, wanted: Wanted) -> tuple[Entry, ...]:
        """The deliveries that are meant, in the order of their editions."""
        ...

    def taken_over(self, ids: Collection[int]) -> Mapping[int, int]:
        """For those whose recipient has a delivery of a later edition: that edition's number."""
        ...

    def requeue(self, ids: Collection[int], at: datetime) -> None:
        """Send these with the next run; what was held, put off or counted as a crash is over."""
        ...

    def give_up(self, ids: Collection[int], detail: str, at: datetime) -> None:
        """Count these as failed: their items are owed again."""
        ...

    def hold(self, ids: Collection[int], *, held: bool) -> None:
        """Put these on hold, or let them go."""
        ...

    def amend(self, delivery_id: int, detail: str) -> None:
        """Write down what became known of a delivery after it was sent."""
        ...

    def answers_of(self, key: str, limit: int) -> tuple[Answer, ...]:
        """How the last deliveries to an address ended whose server has answered, newest first."""
        ...

    def answers_to(self, edition_id: int) -> Answers:
        """How the deliveries of an edition ended whose server has answered."""
        ...

    def failing(self, since: datetime, until: datetime) -> tuple[int, ...]:
        """The editions opened between these instants of which a delivery has failed."""
        ...

    def answered_last(self) -> tuple[int, ...]:
        """Of each digest the newest edition to which a server has answered."""
        ...

    def addressed(self, edition_ids: Collection[int]) -> Set[str]:
        """The address keys of whoever was to get any of these editions."""
        ...

    def knows(self, key: str) -> bool:
        """Whether anything was ever to be sent to that address."""
        ...

    def standing(self, keys: Collection[str]) -> Mapping[str, RecipientState]:
        """What is on record of these addresses."""
        ...

    def bounced(self) -> tuple[Bounced, ...]:
        """The addresses that get no more mail because it came back."""
        ...

    def forget_refusals(self, keys: Collection[str], at: datetime) -> None:
        """Count refusals of these addresses from the beginning."""
        ...

    def bring_back(self, key: str, at: datetime) -> bool:
        """Let a bounced address get mail again; whether it had bounced."""
        ...

    def outlook(self, now: datetime, late: timedelta, in_doubt_for: timedelta) -> Outlook:
        """What of the mail needs somebody's eye.

        Late is what could be sent and is of an edition opened longer ago than `late`; in doubt is
        counted as long as its edition is no older than `in_doubt_for`.
        """
        ...
