"""What is recorded: items, the files they come from, and who is in which topic.

Lifecycle, threads and failures are those of the transaction that these belong to: `store`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from tidings.application.ports.seeds import SeedStat
from tidings.model import Cause, Changes, Item, Problem, Sighting


@dataclass(frozen=True, slots=True)
class Source:
    """A seed file as last looked at. `stat` is None as long as the file had not settled;
    `settings` tells by which settings of the configuration it was read."""

    path: str
    stat: SeedStat | None
    digest: str
    layout: str
    confidence: float
    entries: int
    problems: tuple[Problem, ...]
    settings: str = ""


@dataclass(frozen=True, slots=True)
class LastRead:
    """What a file's sightings were read from, or would be if it were not held: the digest of its
    bytes ("" if that is not known), by which reader and settings, and the text (None if a version
    before kept none)."""

    digest: str
    settings: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Looked:
    """A file as last looked at, whether it could be read or not: the digest of its bytes, and by
    which reader and settings; `read` is what its sightings are from, None if that is not known."""

    digest: str
    settings: str
    read: LastRead | None


@dataclass(frozen=True, slots=True)
class TopicRecord:
    """What state remembers of a topic (or, under "", of everything)."""

    slug: str
    fingerprint: str
    first_run: int
    changed_at: datetime
    changed_run: int


class Items(Protocol):
    """Items, their revisions and what each source says of them."""

    def get(self, ids: Collection[str]) -> dict[str, Item]:
        """Whole items, with history and sources, by id."""
        ...

    def titled(self, keys: Collection[str]) -> dict[str, Item]:
        """Items that have, or one of whose sources has, one of these normalised titles."""
        ...

    def taken_ids(self, ids: Collection[str]) -> Set[str]:
        """Which of these ids are in use."""
        ...

    def taken_instants(self, days: Collection[date]) -> Mapping[date, Set[datetime]]:
        """The `published` instants in use on each of these days."""
        ...

    def moments(self, since: datetime) -> Set[datetime]:
        """The instants from this one on that entries of feeds bear, or bore, as `updated`."""
        ...

    def undated_at(self, arrived_at: datetime) -> int:
        """The first free `arrival_rank` among undated items that arrived at this instant."""
        ...

    def record(self, path: str, changes: Changes, run: int) -> None:
        """Save what changed, note what was touched, and the path's sightings as they stand."""
        ...

    def amend(self, changes: Changes, run: int) -> None:
        """Save what changed in items, whatever their files say."""
        ...

    def merge(self, item_id: str, into: str | None, revision: int | None, run: int) -> None:
        """Let an item lead to another from now on, or (None) stand for itself again.

        `revision` is that of the other which counts as had by whoever had this one.
        """
        ...

    def hand_over(self, path: str, from_id: str, to_id: str) -> None:
        """What that file says of one item, it says of another."""
        ...

    def retracted(self, *, quietly: bool = True) -> Set[str]:
        """Ids of all items that are retracted, with or without those that are so quietly."""
        ...

    def named(self, beginning: str, limit: int) -> tuple[str, ...]:
        """Ids of items whose id or slug begins so, at most so many; a whole name alone."""
        ...

    def reminding_of(self, words: Sequence[str], limit: int) -> tuple[str, ...]:
        """Ids of the newest items whose slug has all of these words, in part or in whole."""
        ...

    def titles_like(
        self, days: Collection[date], ends: Collection[str], length: int
    ) -> tuple[tuple[str, str, date], ...]:
        """(id, normalised title, day) of what these days have whose title begins or ends so.

        `ends` are of that `length`; what was merged or retracted is left out.
        """
        ...

    def vanish(self, ids: Collection[str]) -> None:
        """Note that entries of these items are gone from a file that takes back what it drops."""
        ...

    def vanished(self) -> tuple[str, ...]:
        """The ids so noted, by which the notes are gone."""
        ...

    def lose(self, path: str) -> tuple[str, ...]:
        """Note that a file is gone with all its entries; returns the ids of what stood in it."""
        ...

    def sightings(self, path: str) -> tuple[Sighting, ...]:
        """What a path says, or said, of each item that it carried."""
        ...

    def changed_since(self, run: int) -> tuple[str, ...]:
        """Ids of items touched by a run after this one."""
        ...

    def all(self) -> Iterator[Item]:
        """Every item, a portion in memory at a time."""
        ...


class Sources(Protocol):
    """The seed files as last read."""

    def stats(self) -> Mapping[str, SeedStat]:
        """The settled stat of each file by its path: a file that still looks so is not read
        again."""
        ...

    def mark(self) -> str:
        """What is another whenever any of these stats is; "" before the first."""
        ...

    def settings_besides(self, usual: str) -> Mapping[str, str]:
        """The files that were read by other settings than the usual ones, with these: under
        others than it was read by a file is read again."""
        ...

    def looked(self, paths: Collection[str]) -> Mapping[str, Looked]:
        """Each of these files as last looked at, as far as they are known."""
        ...

    def keep(self, path: str, read: LastRead) -> None:
        """Remember what the file's sightings are from."""
        ...

    def save(self, source: Source, at: datetime) -> None:
        """Remember a reading in place of the one before."""
        ...

    def forget(self, path: str) -> None:
        """Forget how a file looked: if it comes back, it is read."""
        ...

    def problems(self) -> tuple[Problem, ...]:
        """Every problem that stands in the files as last read."""
        ...

    def held(self, paths: Collection[str]) -> tuple[Problem, ...]:
        """Why those of these files publish nothing that are held now, a problem for each."""
        ...

    def forget_problems(self, present: Collection[str]) -> None:
        """Drop the problems of files that are no longer there."""
        ...

    def count(self) -> int:
        """How many files were ever read."""
        ...


class Topics(Protocol):
    """Who is in which topic, and why."""

    def records(self) -> Mapping[str, TopicRecord]:
        """What is remembered of each topic; under "" of everything."""
        ...

    def save(self, record: TopicRecord) -> None:
        """Remember a topic in place of what was known."""
        ...

    def drop(self, slug: str) -> None:
        """Forget a topic and its memberships; the items stay."""
        ...

    def of(
        self, item_ids: Collection[str], *, but: Collection[Cause] = ()
    ) -> Mapping[str, tuple[str, ...]]:
        """The topics of each item; an item in no topic is not in the answer.

        Memberships that came of one of the causes in `but` do not count.
        """
        ...

    def join(self, slug: str, item_ids: Iterable[str], cause: Cause, run: int) -> None:
        """Put items into a topic that they are not in."""
        ...

    def leave(self, slug: str, item_ids: Iterable[str]) -> None:
        """Take items out of a topic."""
        ...

    def member_ids(self, slug: str) -> Set[str]:
        """The ids of a topic's items."""
        ...

    def rename(self, old: str, new: str, run: int) -> None:
        """Carry a topic over to another slug, with its members and all that refers to it; into the
        topic that has that slug already, if there is one."""
        ...
