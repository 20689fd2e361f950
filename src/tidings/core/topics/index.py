"""Finds the words of all terms in one pass over a text, whatever the number of terms.

Every spelling of every term is a phrase, kept by its first word: reading a text means asking, at
each word, for the phrases that can begin there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tidings.core.topics.aliases import Group, Words, spellings
from tidings.core.topics.folding import Word
from tidings.model import Field, Term

# What a term asks for, whatever way it was written: "Hub" and "hubs" are one condition.
Condition = tuple[Words, Field | None, bool, bool]
Place = tuple[Field, int, int]
Found = dict[int, Place]  # by the condition's number


def condition(term: Term) -> Condition:
    """What the term asks for, without the way in which it was written."""
    return term.words, term.field, term.exact, term.prefix


@dataclass(frozen=True, slots=True)
class Phrase:
    """One spelling of a condition; `number` is the condition's."""

    words: Words
    number: int
    exact: bool
    prefix: bool


@dataclass(frozen=True, slots=True)
class Index:
    """The phrases that can stand in one field, by their first word.

    `beginnings` holds the terms of a single word with `*`, by what the word begins with.
    """

    folded: dict[str, list[Phrase]] = field(default_factory=dict)
    exact: dict[str, list[Phrase]] = field(default_factory=dict)
    beginnings: dict[str, list[Phrase]] = field(default_factory=dict)
    lengths: set[int] = field(default_factory=set)


def build_index(where: Field, numbers: Mapping[Condition, int], groups: Sequence[Group]) -> Index:
    """Index the conditions that can hold in the field `where`, in every spelling of `groups`.

    Raises ValueError if the aliases give a term too many spellings.
    """
    index = Index()
    for (words, only, exact, prefix), number in numbers.items():
        if only not in (None, where):
            continue
        for way in [words] if exact else spellings(words, groups, prefix=prefix):
            phrase = Phrase(way, number, exact, prefix)
            if exact:
                index.exact.setdefault(way[0], []).append(phrase)
            elif prefix and len(way) == 1:
                index.beginnings.setdefault(way[0], []).append(phrase)
                index.lengths.add(len(way[0]))
            else:
                index.folded.setdefault(way[0], []).append(phrase)
    return index


def scan(where: Field, words: Sequence[Word], index: Index, found: Found) -> None:
    """Note the first place of every condition that `words` satisfy and that is not found yet."""
    keys = tuple(word.key for word in words)
    for at, word in enumerate(words):
        candidates = [*index.folded.get(word.key, ()), *index.exact.get(word.form, ())]
        for length in index.lengths:
            candidates += index.beginnings.get(word.plain[:length], ())
        for phrase in candidates:
            if phrase.number not in found and _stands_at(at, phrase, keys, words):
                end = words[at + len(phrase.words) - 1].end
                found[phrase.number] = (where, word.start, end)


def _stands_at(at: int, phrase: Phrase, keys: Words, words: Sequence[Word]) -> bool:
    """True if the phrase, whose first word is known to stand there, goes on as it should."""
    wanted = phrase.words
    end = at + len(wanted)
    if end == at + 1:
        return True
    if end > len(words):
        return False
    if phrase.exact:
        return all(word.form == form for word, form in zip(words[at:end], wanted, strict=True))
    if phrase.prefix:
        return keys[at : end - 1] == wanted[:-1] and words[end - 1].plain.startswith(wanted[-1])
    return keys[at:end] == wanted
