"""What the terms of all rules ask for, laid out so that a text's words token to it.

Every spelling of every term is a phrase, kept by its first word. Of a term with a distance both
sides are phrases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tidings.core.topics.terms import Condition, Groups, Side, Words, ways
from tidings.core.topics.text import Word
from tidings.model import Field

Span = tuple[int, int]  # from the first word to beyond the last


@dataclass(frozen=True, slots=True)
class Phrase:
    """One spelling of a side of a condition; `number` is the condition's.

    `side` is 0 or 1 for those of a distance, -1 for a condition of a single side.
    """

    words: Words
    number: int
    exact: bool
    prefix: bool
    side: int

    @property
    def second(self) -> str | None:
        """The key that the second word must have; None if there is none, or another way to tell."""
        told = len(self.words) > 1 and not self.exact and not (self.prefix and len(self.words) == 2)
        return self.words[1] if told else None

    def matches_rest(self, at: int, words: list[Word]) -> bool:
        """True if the phrase, whose first word stands `at`, is all there."""
        wanted = self.words
        last = len(wanted) - 1
        if at + last >= len(words):
            return False
        for place in range(1, last + 1):
            word = words[at + place]
            if self.exact:
                same = word.form == wanted[place]
            elif self.prefix and place == last:
                same = word.plain.startswith(wanted[place])
            else:
                same = word.key == wanted[place]
            if not same:
                return False
        return True


@dataclass(frozen=True, slots=True)
class Index:
    """The phrases that can stand in one field, by their first word.

    `beginnings` holds those of a single word with `*`, by what the word begins with; `distances`
    the words that may stand between the two sides, by the condition's number.
    """

    folded: dict[str, list[Phrase]] = field(default_factory=dict)
    exact: dict[str, list[Phrase]] = field(default_factory=dict)
    beginnings: dict[str, list[Phrase]] = field(default_factory=dict)
    lengths: set[int] = field(default_factory=set)
    distances: dict[int, int] = field(default_factory=dict)

    def beginning_with(self, word: Word) -> list[Phrase]:
        """The phrases that can begin at this word."""
        phrases = [*self.folded.get(word.key, ()), *self.exact.get(word.form, ())]
        for length in self.lengths:
            phrases += self.beginnings.get(word.plain[:length], ())
        return phrases

    def add(self, phrase: Phrase) -> None:
        """Keep a phrase where it will be looked for."""
        first = phrase.words[0]
        if phrase.exact:
            self.exact.setdefault(first, []).append(phrase)
        elif phrase.prefix and len(phrase.words) == 1:
            self.beginnings.setdefault(first, []).append(phrase)
            self.lengths.add(len(first))
        else:
            self.folded.setdefault(first, []).append(phrase)


def build_index(where: Field, numbers: Mapping[Condition, int], groups: Groups) -> Index:
    """Index the conditions that can hold in the field `where`, in every spelling of `groups`.

    Raises ValueError if the aliases give a term too many spellings.
    """
    index = Index()
    for asked, number in numbers.items():
        if asked.field not in (None, where):
            continue
        near = len(asked.sides) > 1
        if near:
            index.distances[number] = asked.within
        for which, side in enumerate(asked.sides):
            for way in ways(side, groups):
                place = which if near else -1
                index.add(Phrase(way, number, side.exact, side.prefix, place))
    return index


def close_pair(left: Iterable[Span], right: Iterable[Span], within: int) -> tuple[Span, ...]:
    """The first place where both sides stand with at most `within` words between them.

    In the order of the text; empty if there is none. The sides never share a word.
    """
    occurrences = sorted([(span, 0) for span in left] + [(span, 1) for span in right])
    ends: tuple[dict[int, int], dict[int, int]] = ({}, {})  # of each side: its end, its start
    for (start, end), side in occurrences:
        other = ends[1 - side]
        for gap in range(within + 1):
            if start - gap in other:
                return (other[start - gap], start - gap), (start, end)
        ends[side][end] = start
    return ()


def occurrences(side: Side, words: list[Word], groups: Groups) -> list[Span]:
    """Every place of one word or phrase, in any of its spellings, in the order of the text."""
    phrases = [Phrase(way, 0, side.exact, side.prefix, -1) for way in ways(side, groups)]
    return [
        (at, at + len(phrase.words))
        for at, word in enumerate(words)
        for phrase in phrases
        if _begins(word, phrase) and phrase.matches_rest(at, words)
    ]


def _begins(word: Word, phrase: Phrase) -> bool:
    first = phrase.words[0]
    if phrase.exact:
        return word.form == first
    if phrase.prefix and len(phrase.words) == 1:
        return word.plain.startswith(first)
    return word.key == first
