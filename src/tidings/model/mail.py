"""Digests and who gets them: recipients, choices, editions, deliveries; and what editors decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, assert_never

from tidings.model.addresses import address_key
from tidings.model.review import EditorNote, ReviewRule

SHORTEST_MONTH = 28  # days


Every = Literal["immediate", "day", "week", "2 weeks", "month"]
# What there is to say of when a digest comes: whoever words cadences has words for each of these.
CadenceKind = Literal[
    "immediate",
    "day",
    "week",  # one weekday
    "weekdays",
    "2 weeks",
    "weekdays of 2 weeks",
    "month",  # a day that every month has
    "end of month",  # 29 to 31: the last day of a shorter month
    "last day",
    "weekday of month",
]
# Of the weekdays of a month: the last one counts from its end.
Nth = Literal[1, 2, 3, 4, -1]


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a digest comes, and when: `at` is the local (hour, minute).

    A weekly one comes on `weekday`, 0 for Monday, and on the weekdays that `also` names; one of two
    weeks, too, in the week of `week_of` and in every second week before and after it. A monthly one
    comes on `day`, a shorter month's last for 29 to 31, or on the `nth` `weekday` if that is given.
    An immediate one comes whenever there is news, so the rest says nothing of it. None comes on
    the days `but`.
    """

    every: Every
    weekday: int = 0
    at: tuple[int, int] = (0, 0)
    day: int | Literal["last"] = 1
    week_of: date = date(1970, 1, 5)
    also: tuple[int, ...] = ()
    nth: Nth | None = None
    but: frozenset[date] = frozenset()

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The weekdays of a weekly or fortnightly digest, from Monday on."""
        return tuple(sorted({self.weekday, *self.also}))

    @property
    def kind(self) -> CadenceKind:
        """What there is to say of when it comes."""
        match self.every:
            case "immediate" | "day":
                return self.every
            case "week":
                return "weekdays" if self.also else "week"
            case "2 weeks":
                return "weekdays of 2 weeks" if self.also else "2 weeks"
            case "month":
                return self._kind_of_month
            case never:
                assert_never(never)

    @property
    def _kind_of_month(self) -> CadenceKind:
        if self.nth:
            return "weekday of month"
        if self.day == "last":
            return "last day"
        return "month" if self.day <= SHORTEST_MONTH else "end of month"


@dataclass(frozen=True, slots=True)
class Digest:
    """A recurring mailing. `topics` None means every item, also those in no topic.

    `catch_up` is how late an edition that was missed is still made up for: None for until the next.
    A `public` one has its issues on the site.
    `items_in` are the languages of the items that it brings, None for all.
    `subscribe` lets everybody join by themselves. `subject` is a pattern for the subjects of its
    mail, "" for the default; `because` prints why each item is there.

    `slug` is the first name that it had: addresses, headers, links and the state go by it, also
    when it is called otherwise now. `name` is that of digests.yaml, "" for the same; `was` are the
    names there before. `merged` are the slugs of digests that have become part of it.

    `review` says who is asked before an edition goes; `note` is what an editor wrote for the
    edition that is being made.
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
    subject: str = ""
    because: bool = False
    was: tuple[str, ...] = ()
    name: str = ""
    merged: tuple[str, ...] = ()
    review: ReviewRule | None = None
    note: EditorNote | None = None
    items_in: tuple[str, ...] | None = None

    @property
    def called(self) -> str:
        """What administrators call it: its name in digests.yaml."""
        return self.name or self.slug

    @property
    def slugs(self) -> tuple[str, ...]:
        """Its slug, and those of the digests that have become part of it."""
        return (self.slug, *self.merged)


class RecipientState(StrEnum):
    """Whether somebody may get mail: only the active do."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address on a digest's list. Addresses are the same when their keys are.

    `topics` None means all of the digest's topics, `items_in` None items in all of its languages
    (`language` is that of the mail around them); `start` says which editions count as theirs:
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
    items_in: tuple[str, ...] | None = None

    @property
    def key(self) -> str:
        """The form in which addresses are compared."""
        return address_key(self.address)


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
    worded from their items, so that it never names one that they do not get; `first`: it is their
    first mail, with all that there was before.
    """

    owed: tuple[Owed, ...]
    follows: tuple[str, ...] | None
    subject: str
    first: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of a digest: opened once for its period, inputs frozen."""

    id: int
    digest: str
    number: int
    period: str
    opened_at: datetime
    subject: str

    def subject_below(self, title: str) -> str:
        """The subject where the digest's title stands above it already."""
        return self.subject.removeprefix(f"{title}: ")


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
    somebody releases it; `doubted`: an attempt that failed may have arrived all the same.
    `dated_at` is the Date of the last attempt, None before the first.
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
    doubted: bool = False
    dated_at: datetime | None = None

    @property
    def may_have_arrived(self) -> bool:
        """Whether an attempt was made of which nobody knows how it ended."""
        return self.doubted or self.state is DeliveryState.SENDING


# All topics, or all languages, of a digest as somebody's own choice; None would be no choice.
ALL = ("*",)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody decided about one digest.

    `state` is what they did last: active, paused or left, None for nothing but other choices. Who
    `joined` gets the digest without being on a list. `topics`, `language` and `items_in` are None
    while the list's, or the digest's, hold.
    """

    digest: str
    address: str
    changed_at: datetime
    state: RecipientState | None = None
    joined: bool = False
    name: str = ""
    topics: tuple[str, ...] | None = None
    language: str | None = None
    items_in: tuple[str, ...] | None = None

    @property
    def key(self) -> str:
        """The form in which addresses are compared."""
        return address_key(self.address)


@dataclass(frozen=True, slots=True)
class PendingSubscription:
    """Somebody's wish for a digest, unproven until the link that was mailed there is used.

    `asked_at` is when the wish was last expressed, `mails` how many links were sent since
    `since`; while `waiting` one is still to be sent, once it is `due_at`, None for at once. The
    link lives from then on.
    """

    digest: str
    address: str
    asked_at: datetime
    since: datetime
    topics: tuple[str, ...] | None = None
    language: str | None = None
    mails: int = 0
    waiting: bool = True
    items_in: tuple[str, ...] | None = None
    due_at: datetime | None = None

    @property
    def key(self) -> str:
        """The form in which addresses are compared."""
        return address_key(self.address)

    @property
    def due(self) -> datetime:
        """When its mail goes out at the earliest."""
        return self.due_at or self.asked_at


class DecisionKind(StrEnum):
    """What can be decided: to withdraw an item; that one is the same news as another, or is not;
    that what one source says is an item of its own."""

    RETRACT = "retract"
    MERGE = "merge"
    SPLIT = "split"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on an item: what, by whom, when and why ("" where nobody said).

    `other_id` is the item merged into `item_id`, told apart from it, or split off it; `path` is the
    source whose text was split off. `memo` is what undoing it needs to know, as JSON. `undone_at`
    is None as long as it stands.
    """

    verdict: DecisionKind
    item_id: str
    at: datetime
    by: str
    reason: str = ""
    other_id: str | None = None
    path: str = ""
    memo: str = "{}"
    undone_at: datetime | None = None
    undone_by: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A new item that may be the same news as one that was known, and why one might think so."""

    new_id: str
    known_id: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a message goes, and what names it: the digest, its edition's number, the delivery."""

    sender: str
    recipient: str
    digest: str
    number: int
    delivery_id: int
