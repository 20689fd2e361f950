"""Mailings: who gets them, what each issue brings to whom, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a digest comes, and when: `at` is the local (hour, minute).

    A weekly one comes on `weekday`, 0 for Monday; a monthly one on `day`, 1 to 28 or the last. An
    immediate one comes whenever there is news, so the rest says nothing of it.
    """

    every: Literal["immediate", "day", "week", "month"]
    weekday: int = 0
    at: tuple[int, int] = (0, 0)
    day: int | Literal["last"] = 1


@dataclass(frozen=True, slots=True)
class Digest:
    """A recurring mailing. `topics` None means every item, also those in no topic.

    `catch_up` is how late an edition that was missed is still made up for: None for until the next.
    A `public` one has its issues on the site.
    `subscribe` lets everybody join by themselves.
    """

    slug: str
    title: str
    topics: tuple[str, ...] | None
    cadence: Cadence
    lists: tuple[str, ...]
    history: Literal["skip", "mail"]
    max_items: int
    language: str
    template: str
    catch_up: timedelta | None = None
    public: bool = True
    subscribe: bool = False


class RecipientState(StrEnum):
    """Whether somebody may get mail: only the active do."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address on a digest's list. Addresses are the same when equal case-folded (`key`).

    `topics` None means all of the digest's topics; `start` says which editions count as theirs:
    None from now on, "everything", or a span back from when they were first seen. `shared` tells
    that several people read it, False that one does, None that nobody said.
    """

    address: str
    name: str = ""
    topics: tuple[str, ...] | None = None
    language: str | None = None
    start: timedelta | Literal["everything"] | None = None
    state: RecipientState = RecipientState.ACTIVE
    shared: bool | None = None

    @property
    def key(self) -> str:
        """The form in which addresses are compared."""
        return self.address.casefold()


@dataclass(frozen=True, slots=True)
class Owed:
    """An item that an edition brings to somebody: the text of that revision, and what they had."""

    item_id: str
    revision: int
    had_revision: int | None = None

    @property
    def corrected(self) -> bool:
        """True when they had an older text of the item before."""
        return self.had_revision is not None


@dataclass(frozen=True, slots=True)
class OwedSet:
    """What all readers of one variant are owed, frozen when the edition opens.

    `follows` are the topics that they chose (None: all), which shapes what they read; `subject` is
    worded from their items, so that it never names one that they do not get.
    """

    owed: tuple[Owed, ...]
    follows: tuple[str, ...] | None
    subject: str


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of a digest: opened once for its period, inputs frozen."""

    id: int
    digest: str
    number: int
    period: str
    opened_at: datetime
    subject: str


class DeliveryState(StrEnum):
    """How far a delivery has come; queued, sending and deferred are still open."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    IN_DOUBT = "in doubt"
    SUPERSEDED = "superseded"
    SUPPRESSED = "suppressed"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One edition to one recipient. `owed_set` names the items that they get: None for none.

    `crashes` counts the processes that died while they were sending it; what is `held` waits until
    somebody releases it.
    """

    id: int
    edition_id: int
    address: str
    name: str
    language: str
    owed_set: int | None
    state: DeliveryState
    attempts: int
    message_id: str
    detail: str = ""
    crashes: int = 0
    held: bool = False
