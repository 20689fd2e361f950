"""What the page of an answer says: the items that were found, with the words asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from tidings.core.pages.items import ItemView, SiteContext
from tidings.core.topics.languages import Languages
from tidings.core.topics.queries import Query, Remark, places
from tidings.core.topics.terms import Groups, Lexicon
from tidings.model import Item, Topic

# Items on one page of an answer, and characters of a summary beside a title.
PER_PAGE: Final = 20
EXCERPT: Final = 240
_BEFORE: Final = 60


class Piece(NamedTuple):
    """A part of a text; `marked`, if it was asked for."""

    words: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that was found: as a link, and its title and a part of its summary in pieces."""

    entry: ItemView
    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked, and a page of what was found.

    `more`: there are more than `total`, which are not counted; `behind`: what came in last is not
    looked through yet. `number` is that of the page, of `pages`. `searched`: there was something to
    look for.
    """

    text: str
    topic: Topic | None = None
    year: str = ""
    remarks: tuple[Remark, ...] = ()
    as_written: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    total: int = 0
    more: bool = False
    number: int = 1
    behind: bool = False
    searched: bool = False

    @property
    def pages(self) -> int:
        """How many pages there are; 0 if nothing was found."""
        return -(-self.total // PER_PAGE)

    @property
    def asked(self) -> bool:
        """Whether there was a question at all."""
        return bool(self.text or self.topic or self.year)


def hits(
    context: SiteContext,
    items: Iterable[Item],
    query: Query,
    groups: Groups,
    languages: Languages,
) -> tuple[Hit, ...]:
    """Items as they are shown, with the places that were asked for."""
    found = []
    for item in items:
        lexicon = Lexicon(groups, languages.of(item))
        titled = places(query, item.title, "title", lexicon)
        told = places(query, item.summary, "summary", lexicon)
        found.append(
            Hit(context.found(item), _pieces(item.title, titled), _excerpt(item.summary, told))
        )
    return tuple(found)


def _pieces(text: str, marked: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    ends = [0, *(end for place in marked for end in place), len(text)]
    # Between places, and in them, in turn.
    cut = (text[start:end] for start, end in pairwise(ends))
    return tuple(Piece(words, bool(n % 2)) for n, words in enumerate(cut) if words)


def _excerpt(text: str, marked: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """A part of a text that begins a little before the first marked place, cut between words."""
    start = max(0, marked[0][0] - _BEFORE) if marked and len(text) > EXCERPT else 0
    start = min(start, max(0, len(text) - EXCERPT))
    if start and (space := re.compile(r"\s").search(text, start, start + _BEFORE)):
        start = space.end()
    end = min(len(text), start + EXCERPT)
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + EXCERPT // 2)
    shown = [(a - start, b - start) for a, b in marked if start <= a and b <= end]
    before, after = "… " if start else "", "…" if end < len(text) else ""
    body = _pieces(text[start:end].rstrip(), shown)
    return tuple(
        piece for piece in (Piece(before, False), *body, Piece(after, False)) if piece.words
    )
