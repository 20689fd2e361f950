"""How near a text comes to a term that it does not satisfy: what to look at when an item is missed.

Only for explanations: it looks at one term after the other, which runs need not do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tidings.core.topics.aliases import Groups
from tidings.core.topics.folding import Word, fold, singular, words_of
from tidings.core.topics.index import (
    Condition,
    Span,
    close_pair,
    condition,
    occurrences,
    ways,
)
from tidings.core.topics.terms import Side, sides
from tidings.model import Evidence, Field, Term, Text

Words = Mapping[Field, list[Word]]
Place = tuple[Field, int, int]

# How much of a word must be the same for it to be shown as nearly the word that was asked for.
_ALIKE = 0.5
_FEWEST_ALIKE = 4


@dataclass(frozen=True, slots=True)
class Miss:
    """How near it was, from 0 (not at all) to 1, in which way, and the words that come near."""

    closeness: float = 0.0
    remark: str = ""
    evidence: tuple[Evidence, ...] = ()


def words_by_field(text: Text) -> Words:
    """The words of title and summary."""
    return {"title": words_of(text.title), "summary": words_of(text.summary)}


def near_miss(term: Term, words: Words, groups: Groups) -> Miss:
    """The nearest that the text comes to a term that it does not satisfy."""
    asked = condition(term)
    if term.field and (places := _places(asked._replace(field=None), words, groups)):
        other = places[0][0]
        return _miss(term, 0.9, f"it is in the {other}, the term asks for the {term.field}", places)
    loose = asked._replace(sides=tuple(_folded(side) for side in asked.sides))
    if loose != asked and (places := _places(loose, words, groups)):
        return _miss(term, 0.9, "it is written in another way, = asks for exactly this one", places)
    if term.near:
        return _distant(term, words, groups)
    return _partly(term, words, groups)


def _folded(side: Side) -> Side:
    """An exact side without its exactness."""
    if not side.exact:
        return side
    return Side(tuple(singular(fold(word)) for word in side.words), exact=False, prefix=False)


def _places(asked: Condition, words: Words, groups: Groups) -> tuple[Place, ...]:
    """Where the condition holds, () if nowhere."""
    for where, each in words.items():
        if asked.field not in (None, where):
            continue
        spans = [occurrences(side, each, groups) for side in asked.sides]
        found = close_pair(spans[0], spans[1], asked.within) if spans[1:] else tuple(spans[0][:1])
        if found:
            return tuple((where, each[start].start, each[end - 1].end) for start, end in found)
    return ()


def _distant(term: Term, words: Words, groups: Groups) -> Miss:
    """Both sides are there, but too far apart, or only one of them is."""
    within = {where: each for where, each in words.items() if term.field in (None, where)}
    places = [_places(Condition((side,), None), within, groups) for side in sides(term)]
    there = tuple(place for each in places for place in each)
    if not all(places):
        return _miss(term, 0.4 * bool(there), "only one side is there" if there else "", there)
    for where, each in within.items():
        left, right = (occurrences(side, each, groups) for side in sides(term))
        if gaps := [gap for one in left for other in right if (gap := _gap(one, other)) >= 0]:
            between = f"{min(gaps)} word{'s' if min(gaps) != 1 else ''}"
            told = f"both sides are in the {where}, with {between} between them"
            return _miss(term, 0.8, told, there)
    return _miss(term, 0.7, "one side is in the title, the other in the summary", there)


def _gap(one: Span, other: Span) -> int:
    """How many words stand between two occurrences; negative if they overlap."""
    return max(other[0] - one[1], one[0] - other[1])


def _partly(term: Term, words: Words, groups: Groups) -> Miss:
    """Some words of a phrase are there, or a word that begins in the same way."""
    best = Miss()
    side = sides(term)[0]
    for where, each in words.items():
        if term.field not in (None, where):
            continue
        for way in ways(_folded(side), groups):
            miss = _in_field(replace(term, words=way), where, each)
            if miss.closeness > best.closeness:
                best = miss
    return best


def _in_field(term: Term, where: Field, words: Sequence[Word]) -> Miss:
    there: list[Word] = []
    lacking: list[str] = []
    for number, wanted in enumerate(term.words):
        begins = term.prefix and number == len(term.words) - 1
        match = next(
            (w for w in words if (w.plain.startswith(wanted) if begins else w.key == wanted)), None
        )
        if match is None:
            lacking.append(wanted)
        else:
            there.append(match)
    if there and not lacking:
        told = f"all its words are in the {where}, but not in a row"
        return _of_words(term, 0.8, told, where, there)
    if there:
        shown = " and ".join(f"“{word.form}”" for word in there)
        told = f"only {shown} {'is' if len(there) == 1 else 'are'} in the {where}"
        return _of_words(term, 0.7 * len(there) / len(term.words), told, where, there)
    if len(term.words) > 1 or not words:
        return Miss()
    wanted = term.words[0]
    likest = max(words, key=lambda word: _shared(word.plain, wanted))
    share = _shared(likest.plain, wanted)
    if share < _FEWEST_ALIKE or share < _ALIKE * len(wanted):
        return Miss()
    told = f"“{likest.form}” in the {where} only begins like it"
    return _of_words(term, 0.3 * share / len(wanted), told, where, [likest])


def _shared(one: str, other: str) -> int:
    """How many letters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _of_words(
    term: Term, closeness: float, remark: str, where: Field, words: Sequence[Word]
) -> Miss:
    return _miss(term, closeness, remark, [(where, word.start, word.end) for word in words])


def _miss(term: Term, closeness: float, remark: str, places: Sequence[Place]) -> Miss:
    return Miss(closeness, remark, tuple(Evidence(term.source, *place) for place in places))
