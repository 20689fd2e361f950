"""Describes how the text of an item has changed: on its page, and to those who had it by mail.

What is made here are pieces of text with their part in a sentence; templates write the sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from tidings.core.snippets import ELLIPSIS, HEADLINE, cut, excerpt
from tidings.model import Item, Revision, Text

CONTEXT_WORDS = 6  # kept on either side of a correction
DIFF_WORDS = 600  # longer texts are shown old and new, whole: the comparison is quadratic


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a corrected text; a gap stands for unchanged words that are left out."""

    kind: Literal["same", "old", "new", "gap"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """One field that changed on one day. A text has `segments`, a date `old_date`, `new_date`."""

    field: Literal["title", "summary", "date"]
    day: date
    segments: tuple[Segment, ...] = ()
    old_date: date | None = None
    new_date: date | None = None


def corrections(history: Sequence[Revision], zone: ZoneInfo) -> tuple[Correction, ...]:
    """What changed from each text of an item to the next, newest change first.

    A field that was only filled in is not a correction. `zone` says on which day each happened.
    """
    found: list[Correction] = []
    for old, new in reversed(list(pairwise(history))):
        day = new.at.astimezone(zone).date()
        if old.text.title != new.text.title:
            segments = compare(old.text.title, new.text.title)
            found.append(Correction("title", day, segments))
        if old.text.summary not in ("", new.text.summary):
            segments = compare(old.text.summary, new.text.summary)
            found.append(Correction("summary", day, segments))
        if old.text.date not in (None, new.text.date):
            found.append(Correction("date", day, old_date=old.text.date, new_date=new.text.date))
    return tuple(found)


def compare(old: str, new: str) -> tuple[Segment, ...]:
    """How one text became the other, word by word, with a few unchanged words around changes."""
    was, now = old.split(), new.split()
    if max(len(was), len(now)) > DIFF_WORDS:
        return (Segment("old", old), Segment("new", new))
    segments: list[Segment] = []
    operations = SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
    for number, (kind, was_from, was_to, now_from, now_to) in enumerate(operations):
        if kind == "equal":
            words = now[now_from:now_to]
            ends = (number == 0, number == len(operations) - 1)
            segments += _surroundings(words, first=ends[0], last=ends[1])
            continue
        if was_to > was_from:
            segments.append(Segment("old", " ".join(was[was_from:was_to])))
        if now_to > now_from:
            segments.append(Segment("new", " ".join(now[now_from:now_to])))
    return tuple(segments)


def _surroundings(words: list[str], *, first: bool, last: bool) -> list[Segment]:
    """Unchanged words before, between or after changes, the far ones left out."""
    before = [] if first else words[:CONTEXT_WORDS]
    after = [] if last else words[-CONTEXT_WORDS:]
    if len(before) + len(after) >= len(words):
        return [Segment("same", " ".join(words))]
    parts = [Segment("same", " ".join(before)), Segment("gap"), Segment("same", " ".join(after))]
    return [part for part in parts if part.text or part.kind == "gap"]


CHANGED = 240  # characters of a stretch that a correction took out or put in
REASON = 600  # characters of the reason for a retraction
STRETCHES = 24  # of a rewording that are shown; what a text of many changes became is on its page


@dataclass(frozen=True, slots=True)
class Rewording:
    """A text of an item that has changed: which, and how, with some words around each change."""

    field: str
    segments: tuple[Segment, ...]

    @property
    def was(self) -> str:
        """The old reading on one line."""
        return _line(self.segments, without="new")

    @property
    def now(self) -> str:
        """The new reading on one line."""
        return _line(self.segments, without="old")


@dataclass(frozen=True, slots=True)
class CorrectedItem:
    """An item whose earlier text was mailed. `withdrawn` is the reason if it was retracted.

    `redated` tells a new date from one that stayed; `had_day` may be None, for undated. `relinked`
    is the new address of the news, if that is what changed. `changed` is the day of the correction,
    None if it is not on record.
    """

    title: str
    url: str
    day: date | None
    first_seen: date
    rewordings: tuple[Rewording, ...] = ()
    redated: bool = False
    had_day: date | None = None
    relinked: str | None = None
    withdrawn: str | None = None
    changed: date | None = None

    @property
    def returned(self) -> bool:
        """Whether nothing differs: it was withdrawn, and that was taken back."""
        changed = self.rewordings or self.redated or self.relinked or self.withdrawn is not None
        return not changed


def corrected(
    item: Item, had: Text, url: str, first_seen: date, day_of: Callable[[datetime], date]
) -> CorrectedItem:
    """How an item reads now against the text that somebody had. `url` is its page's address;
    `day_of` says on which day an instant falls."""
    texts = (("title", had.title, item.title), ("summary", had.summary, item.summary))
    return CorrectedItem(
        title=cut(item.title, HEADLINE),
        url=url,
        day=item.date,
        first_seen=first_seen,
        rewordings=tuple(
            Rewording(name, _bounded(compare(old, new))) for name, old, new in texts if old != new
        ),
        redated=had.date != item.date,
        had_day=had.date,
        relinked=item.text.url if item.text.url != had.url else None,
        withdrawn=excerpt(item.retraction.reason, REASON) if item.retraction else None,
        changed=None if item.retraction else _changed_on(item, had, day_of),
    )


def _changed_on(item: Item, had: Text, day_of: Callable[[datetime], date]) -> date | None:
    since = [revision.at for revision in item.history if revision.text == item.text]
    return day_of(since[-1]) if since and item.text != had else None


def _bounded(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """The same, with no more and no longer stretches than a reader needs to see what happened."""
    every = tuple(Segment(s.kind, excerpt(s.text, CHANGED)) for s in segments)
    return every if len(every) <= STRETCHES else (*every[:STRETCHES], Segment("gap"))


def _line(segments: Iterable[Segment], *, without: str) -> str:
    return " ".join(s.text or ELLIPSIS for s in segments if s.kind != without)
