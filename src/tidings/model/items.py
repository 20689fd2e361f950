"""What comes in and what becomes of it: listings, items, and the changes between readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class SeedRef:
    """Where an entry stands: the seed file, relative to the instance, and the line of its title."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that an entry shows. `url` is an address of the web, or the path of a file beside
    the listing; `alt` is what it shows in words, "" if nobody has said it."""

    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """What an entry says. `summary` is "" where there is none; `date` is never invented."""

    title: str
    summary: str = ""
    date: date | None = None
    url: str | None = None
    category: str | None = None
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One entry as read from a seed file, not yet identified. `guid` is what its source itself
    knows it by, as feeds say, "" if none says so."""

    text: Text
    ref: SeedRef
    guid: str = ""


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One source's own last text of an item. `position` is its place in that file's last reading,
    None once the entry is gone from the file; `guid` is the listing's."""

    ref: SeedRef
    text: Text
    item_id: str
    first_seen_at: datetime
    position: int | None
    guid: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that an item has or had. Number 0 is the text at first sight; `path` is the source."""

    number: int
    text: Text
    at: datetime
    path: str


@dataclass(frozen=True, slots=True)
class Retraction:
    """That an item was withdrawn: why, when, and by whom; "" if its sources took it back.

    `quietly`: it was a wrong reading of its sources. No list and no feed has it any more, and only
    those who were mailed it are told.
    """

    reason: str
    at: datetime
    by: str = ""
    quietly: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of news with a permanent identity.

    `id` is 16 hex digits and, like `slug`, never changes. `published` is minted once from the
    listing's day (None for undated items) and moves only when the date is corrected or filled in.
    `arrival_rank` tells apart undated items that arrived at one instant. `history` ends with the
    current text; `sources` are the files that carry or carried the item, or one merged into it.
    `merged_into` is the id of the item that is the same news, for one that was merged away.
    """

    id: str
    slug: str
    text: Text
    published: datetime | None
    arrived_at: datetime
    arrival_rank: int = 0
    revised_at: datetime | None = None
    retraction: Retraction | None = None
    merged_into: str | None = None
    history: tuple[Revision, ...] = ()
    sources: tuple[SourceEntry, ...] = ()

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
    def source(self) -> str:
        """The path of the file that the current text is from, "" if it is not on record."""
        of_files = [revision.path for revision in self.history if revision.path]
        return of_files[-1] if of_files else ""

    @property
    def listed(self) -> bool:
        """Whether lists and feeds have it: it is neither merged into another nor quietly gone."""
        return self.merged_into is None and not (self.retraction and self.retraction.quietly)

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
class ItemSummary:
    """As much of an item as a link to it needs; `source` is the file that its text is from."""

    slug: str
    title: str
    date: date | None
    arrived_at: datetime
    retracted: bool = False
    source: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class TopicCounts:
    """A topic, or everything, in figures: dated items by (year, month), and undated ones."""

    total: int
    undated: int
    months: Mapping[tuple[int, int], int]
    newest: ItemSummary | None

    @property
    def years(self) -> Mapping[int | None, int]:
        """How many items each year has, the newest year first, undated ones (None) last."""
        years: dict[int | None, int] = {}
        for (year, _), count in sorted(self.months.items(), reverse=True):
            years[year] = years.get(year, 0) + count
        return years | {None: self.undated} if self.undated else years


@dataclass(frozen=True, slots=True)
class Changes:
    """The outcome of comparing one reading with what is known.

    `new`, `revised` and `retracted` are changes that readers are told of; `filled` are items that
    silently gained a date, an address or a longer summary; `reread` are items that this path
    carries for the first time; `unchanged` counts all that is neither new nor otherwise changed.
    `sightings` is the reading's file as it now stands, entry by entry.

    Where nothing changed but how a file is read, no reader is told: `replaced` are items that now
    have what is read, `dropped` those that no file has any more, and `added` new ones that are no
    news.
    """

    new: tuple[Item, ...] = ()
    revised: tuple[Item, ...] = ()
    retracted: tuple[Item, ...] = ()
    filled: tuple[Item, ...] = ()
    reread: tuple[Item, ...] = ()
    unchanged: int = 0
    sightings: tuple[SourceEntry, ...] = ()
    replaced: tuple[Item, ...] = ()
    dropped: tuple[Item, ...] = ()
    added: tuple[Item, ...] = ()
