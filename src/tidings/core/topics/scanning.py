"""Reads a text once and says which terms, of however many, are found where.

Splitting and folding words is most of the work, and news repeat their words. So each piece of text
is looked into once, and what it leads to is kept: its words, and the phrases that can begin there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tidings.core.topics.aliases import Groups
from tidings.core.topics.folding import PIECE, Word, words_of
from tidings.core.topics.index import Condition, Index, Phrase, Span, build_index, close_pair
from tidings.model import Evidence, Field, Text

# A word of a piece of text, placed within the piece; the conditions that it satisfies by itself;
# the phrases that can begin with it.
Lead = tuple[Word, Sequence[int], Sequence[Phrase]]

# What is kept in memory: enough for the words of all news, and no more when they are nonsense.
MOST_PIECES: Final = 20_000
LONGEST_PIECE: Final = 40


class _Leads(dict[str, tuple[Lead, ...]]):
    """Pieces of text as far as they were met, each with its words and where these lead."""

    def __init__(self, index: Index) -> None:
        super().__init__()
        self._index = index

    def __missing__(self, piece: str) -> tuple[Lead, ...]:
        leads = tuple(self._lead(word) for word in words_of(piece))
        if len(piece) <= LONGEST_PIECE:
            if len(self) >= MOST_PIECES:
                self.clear()
            self[piece] = leads
        return leads

    def _lead(self, word: Word) -> Lead:
        phrases = self._index.beginning_with(word)
        alone = [phrase for phrase in phrases if phrase.side < 0 and len(phrase.words) == 1]
        numbers = tuple(dict.fromkeys(phrase.number for phrase in alone))
        return word, numbers, tuple(phrase for phrase in phrases if phrase not in alone)


@dataclass(slots=True)
class Found:
    """What was found in a text: by a condition's number, in which field and at which words.

    A condition of two sides has two spans. `evidence` tells the characters.
    """

    text: Text
    spans: dict[int, tuple[Field, tuple[Span, ...]]] = field(default_factory=dict)
    _words: dict[Field, list[Span]] = field(default_factory=dict)

    def evidence(self, number: int, term: str, scanner: Scanner) -> tuple[Evidence, ...]:
        """Where the condition was found, for the term that asked for it."""
        where, spans = self.spans[number]
        if where not in self._words:
            self._words[where] = scanner.places(where, getattr(self.text, where))
        words = self._words[where]
        return tuple(Evidence(term, where, words[a][0], words[b - 1][1]) for a, b in spans)


class Scanner:
    """Finds conditions in texts. Built once; it remembers the pieces of text that it has met.

    Raises ValueError if the aliases give a condition too many spellings.
    """

    def __init__(self, numbers: Mapping[Condition, int], groups: Groups) -> None:
        fields: tuple[Field, ...] = ("title", "summary")
        self._indexes = {where: build_index(where, numbers, groups) for where in fields}
        self._leads = {where: _Leads(index) for where, index in self._indexes.items()}

    def find(self, text: Text) -> Found:
        """The first place of every condition that the text satisfies: title before summary."""
        found = Found(text)
        self._scan("title", text.title, found)
        self._scan("summary", text.summary, found)
        return found

    def places(self, where: Field, text: str) -> list[Span]:
        """The characters of each word of the field."""
        leads = self._leads[where]
        return [
            (piece.start() + word.start, piece.start() + word.end)
            for piece in PIECE.finditer(text)
            for word, _, _ in leads[piece.group()]
        ]

    def _scan(self, where: Field, text: str, found: Found) -> None:
        leads, spans = self._leads[where], found.spans
        read = [lead for piece in PIECE.findall(text) for lead in leads[piece]]
        nearby: dict[int, tuple[list[Span], list[Span]]] = {}
        words: list[Word] = []
        for at, (_, numbers, phrases) in enumerate(read):
            if not numbers and not phrases:
                continue
            for number in numbers:
                if number not in spans:
                    spans[number] = (where, ((at, at + 1),))
            if phrases and not words:
                words = [word for word, _, _ in read]
            for phrase in phrases:
                if phrase.number in spans or not phrase.goes_on(at, words):
                    continue
                span = (at, at + len(phrase.words))
                if phrase.side < 0:
                    spans[phrase.number] = (where, (span,))
                else:
                    nearby.setdefault(phrase.number, ([], []))[phrase.side].append(span)
        for number, (left, right) in nearby.items():
            if (
                left
                and right
                and (pair := close_pair(left, right, self._indexes[where].distances[number]))
            ):
                spans[number] = (where, pair)
