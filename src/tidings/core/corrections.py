"""What somebody who had an earlier text of an item is told when it was corrected or withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from tidings.core.wording import ELLIPSIS, HEADLINE, Segment, compare, cut, excerpt
from tidings.model import Item, Text

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
