"""The nouns: frozen values that every layer speaks of. All instants are aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

Field = Literal["title", "summary"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an administrator should mend: where it is, what it is, and what to do.

    A value, not an exception, so that one bad entry never stops the good ones.
    `path` is relative to the instance; `line` and `column` count from 1, 0 means the whole file.
    `excerpt` is the offending text as it stands on its line, where a caret can be drawn.
    """

    path: str
    line: int
    column: int
    message: str
    hint: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        place = self.path
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


# --- What comes in -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeedRef:
    """Where an entry stands: the seed file, relative to the instance, and the line of its title."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Text:
    """What an entry says. `summary` is "" where there is none; `date` is never invented."""

    title: str
    summary: str = ""
    date: date | None = None
    url: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One entry as read from a seed file, not yet identified."""

    text: Text
    ref: SeedRef


@dataclass(frozen=True, slots=True)
class Sighting:
    """One source's own last text of an item. `position` is its place in that file's last reading,
    None once the entry is gone from the file."""

    ref: SeedRef
    text: Text
    item_id: str
    first_seen_at: datetime
    position: int | None


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that an item has or had. Number 0 is the text at first sight; `path` is the source."""

    number: int
    text: Text
    at: datetime
    path: str


@dataclass(frozen=True, slots=True)
class Retraction:
    """An editorial decision to withdraw an item: why and when."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of news with a permanent identity.

    `id` is 16 hex digits and, like `slug`, never changes. `published` is minted once from the
    listing's day (None for undated items) and moves only when the date is corrected or filled in.
    `arrival_rank` tells apart undated items that arrived at one instant. `history` ends with the
    current text; `sources` are the files that carry or carried the item.
    """

    id: str
    slug: str
    text: Text
    published: datetime | None
    arrived_at: datetime
    arrival_rank: int = 0
    revised_at: datetime | None = None
    retraction: Retraction | None = None
    history: tuple[Revision, ...] = ()
    sources: tuple[Sighting, ...] = ()

    @property
    def title(self) -> str:
        """The current title."""
        return self.text.title

    @property
    def summary(self) -> str:
        """The current summary, "" if there is none."""
        return self.text.summary

    @property
    def date(self) -> date | None:
        """The day that the listing gives, None if it gives none."""
        return self.text.date

    @property
    def revision(self) -> int:
        """The number of the current text; 0 as long as nothing was corrected."""
        return self.history[-1].number if self.history else 0

    def at_revision(self, number: int) -> Item:
        """The item as it was at one of its revisions; as it is, if that is not on record."""
        texts = {revision.number: revision.text for revision in self.history}
        return replace(self, text=texts.get(number, self.text))

    @property
    def arrived(self) -> datetime:
        """The arrival less `arrival_rank` seconds: distinct among undated items of one run."""
        return self.arrived_at - timedelta(seconds=self.arrival_rank)

    @property
    def updated(self) -> datetime:
        """The instant that a feed reader sees as the entry's last real change."""
        return self.revised_at or self.published or self.arrived

    @property
    def order(self) -> tuple[float, str]:
        """Sort key, newest first: publication or arrival descending, then id."""
        return (-(self.published or self.arrived).timestamp(), self.id)


@dataclass(frozen=True, slots=True)
class Changes:
    """The outcome of comparing one reading with what is known.

    `new`, `revised` and `retracted` are changes that readers are told of; `filled` are items that
    silently gained a date, an address or a longer summary; `reread` are items that this path
    carries for the first time; `unchanged` counts all that is neither new nor otherwise changed.
    `sightings` is the reading's file as it now stands, entry by entry.
    """

    new: tuple[Item, ...] = ()
    revised: tuple[Item, ...] = ()
    retracted: tuple[Item, ...] = ()
    filled: tuple[Item, ...] = ()
    reread: tuple[Item, ...] = ()
    unchanged: int = 0
    sightings: tuple[Sighting, ...] = ()


# --- Topics ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a rule, as written (`source`) and as understood.

    `words` are folded words (an exact term keeps its form), several of them a phrase; `prefix`
    lets the last word go on; `field` narrows to the title or the summary; `exact` compares case
    and form as written.
    """

    source: str
    words: tuple[str, ...]
    field: Field | None = None
    exact: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """An item is in when at least one term of `any` holds (if there are any), every term of `all`,
    and no term of `none`."""

    any: tuple[Term, ...] = ()
    all: tuple[Term, ...] = ()
    none: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleTest:
    """An example that a topic carries: a text that must, or must not, match its rule."""

    title: str
    summary: str
    must_match: bool


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject that people follow. It has exactly one set of feeds."""

    slug: str
    title: str
    about: str
    rule: Rule
    tests: tuple[RuleTest, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that satisfied a term: `text[start:end]` of that field of the item."""

    term: str
    field: Field
    start: int
    end: int


class Cause(StrEnum):
    """Why an item joined a topic."""

    ARRIVAL = "arrival"
    REVISION = "revision"
    RULE = "rule"


# --- Digests -----------------------------------------------------------------------------------


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
    None from now on, "everything", or a span back from when they were first seen.
    """

    address: str
    name: str = ""
    topics: tuple[str, ...] | None = None
    language: str | None = None
    start: timedelta | Literal["everything"] | None = None
    state: RecipientState = RecipientState.ACTIVE

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
