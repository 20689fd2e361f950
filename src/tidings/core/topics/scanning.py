"""Reads a text once and says which terms, of however many, are found where.

Splitting and folding words is most of the work, and news repeat their words. So each piece of text
is looked into once, and what it leads to is kept: its words, and the phrases that can begin there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tidings.core.topics.aliases import Groups
from tidings.core.topics.folding import PIECE, Word, words_of
from tidings.core.topics.index import Condition, Index, Phrase, Span, build_index, close_pair
from tidings.model import Evidence, Field, Text

# A word of a piece of text, placed within the piece; the conditions that it satisfies by itself;
# by the word that comes next, the phrases that can begin so; those that can whatever comes next;
# whether there are any of these, which most words do without.
Lead = tuple[Word, Sequence[int], Mapping[str, Sequence[Phrase]], Sequence[Phrase], bool]

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
        longer = [phrase for phrase in phrases if phrase not in alone]
        going_on = {
            second: tuple(phrase for phrase in longer if phrase.second in (None, second))
            for second in {phrase.second for phrase in longer}
            if second
        }
        whatever = tuple(phrase for phrase in longer if phrase.second is None)
        return word, numbers, going_on, whatever, bool(phrases)


@dataclass(slots=True)
class Found:
    """What was found in a text: by a condition's number, in which field and at which words.

    A condition of two sides has two spans. `read` are the words of each field, which is `plain` if
    each of its pieces is one word, as in nearly all texts. `evidence` tells the characters.
    """

    text: Text
    spans: dict[int, tuple[Field, tuple[Span, ...]]] = field(default_factory=dict)
    read: dict[Field, Sequence[Lead]] = field(default_factory=dict)
    plain: dict[Field, bool] = field(default_factory=dict)
    _pieces: dict[Field, Sequence[re.Match[str]]] = field(default_factory=dict)

    def evidence(self, number: int, term: str, scanner: Scanner) -> tuple[Evidence, ...]:
        """Where the condition was found, for the term that asked for it."""
        where, spans = self.spans[number]
        if where not in self._pieces:
            self._pieces[where] = scanner.pieces(where, self)
        pieces, read = self._pieces[where], self.read[where]
        return tuple(
            Evidence(
                term,
                where,
                pieces[first].start() + read[first][0].start,
                pieces[beyond - 1].start() + read[beyond - 1][0].end,
            )
            for first, beyond in spans
        )


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

    def pieces(self, where: Field, found: Found) -> Sequence[re.Match[str]]:
        """The piece of the field that each of its words is in."""
        pieces = list(PIECE.finditer(getattr(found.text, where)))
        if found.plain[where]:
            return pieces
        return [piece for piece in pieces for _ in self._leads[where][piece.group()]]

    def _scan(self, where: Field, text: str, found: Found) -> None:
        leads, spans = self._leads[where], found.spans
        by_piece = [leads[piece] for piece in PIECE.findall(text)]
        read = [lead for leads_of_piece in by_piece for lead in leads_of_piece]
        found.read[where] = read
        found.plain[where] = len(read) == len(by_piece) and all(by_piece)
        nearby: dict[int, tuple[list[Span], list[Span]]] = {}
        words: list[Word] = []
        for at in [at for at, lead in enumerate(read) if lead[4]]:
            _, numbers, going_on, phrases, _ = read[at]
            if going_on and at + 1 < len(read):
                phrases = going_on.get(read[at + 1][0].key, phrases)
            for number in numbers:
                if number not in spans:
                    spans[number] = (where, ((at, at + 1),))
            if phrases and not words:
                words = [lead[0] for lead in read]
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
