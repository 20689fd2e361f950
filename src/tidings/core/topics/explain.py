"""How a rule judged an item, line by line, and how near a text comes to a term that it lacks.

Only for `explain`, rule tests and previews: it looks at one term after the other, which runs need
not do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tidings.core.topics.plurals import BITS, LANGUAGES, NAMES, apart_from, forms
from tidings.core.topics.terms import (
    Condition,
    Lexicon,
    Side,
    Span,
    close_pair,
    condition,
    occurrences,
    plainly,
    sides,
    ways,
)
from tidings.core.topics.text import Word, addresses_in, fold, words_of
from tidings.model import Evidence, Field, Term, Text

Part = Literal["any", "all", "none", "source", "after", "before", "pin", "ban"]


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of a rule beside an item.

    `written` is the line as it stands in the rule: a term, a glob, a date, an id. `holds` says
    whether it is true of the item; one under `none` or `ban` that is true keeps the item out.
    `evidence` are the words that make it true: one piece, or the two sides of a distance. `seen`
    is what a clause without words was compared with: the item's path, date or id, "" for none.

    Of a term that is not found, `score` says how near the text comes (0 to 1, 0 for not at
    all), `remark` in which way, and `evidence` shows the words that come near.
    """

    part: Part
    written: str
    holds: bool
    evidence: tuple[Evidence, ...] = ()
    seen: str = ""
    score: float = 0.0
    remark: str = ""

    @property
    def wanted(self) -> bool:
        """False for the clauses that keep items out when they are true."""
        return self.part not in ("none", "ban")


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How a rule judged an item.

    `clauses` are all lines of the rule, part by part as written. `failing` are those that keep the
    item out, the one to look at first in front: of `any`, when none of its terms is found, only the
    term that comes nearest. It is empty when the item is in. `pinned` is true when a pin decided.
    """

    holds: bool
    clauses: tuple[Clause, ...]
    failing: tuple[Clause, ...] = ()
    pinned: bool = False

    @property
    def nearest(self) -> Clause | None:
        """The clause to look at first when the item is out, None when it is in."""
        return self.failing[0] if self.failing else None

    @property
    def missing(self) -> tuple[str, ...]:
        """Terms that should have been found: all of `any` if none was, and what `all` lacks."""
        parts = {clause.part for clause in self.failing}
        return tuple(
            clause.written
            for clause in self.clauses
            if clause.part in ("any", "all") and clause.part in parts and not clause.holds
        )


# What to look at first. Without its words an item is no matter of the topic; where it comes from
# and when comes next; what `none` says matters only to an item that would be in otherwise.
_ORDER: tuple[Part, ...] = ("ban", "any", "all", "source", "after", "before", "none")


def rule_result(clauses: tuple[Clause, ...], *, by_hand: bool = False) -> RuleResult:
    """What the clauses come to. `by_hand` marks a rule that takes nothing but its pins."""
    failing: list[Clause] = []
    for part in _ORDER:
        of_part = [clause for clause in clauses if clause.part == part]
        wrong = [clause for clause in of_part if clause.holds != clause.wanted]
        if part in ("any", "source") and len(wrong) < len(of_part):
            continue  # one is enough
        if part in ("any", "source"):
            wrong = sorted(wrong, key=lambda clause: -clause.score)[:1]
        failing += wrong
    banned = any(clause.part == "ban" and clause.holds for clause in clauses)
    pinned = not banned and any(clause.part == "pin" and clause.holds for clause in clauses)
    if pinned:
        return RuleResult(True, clauses, pinned=True)
    if by_hand and not failing:
        failing = [clause for clause in clauses if clause.part == "pin"]
        return RuleResult(False, clauses, tuple(failing))
    return RuleResult(not failing, clauses, tuple(failing))


Words = Mapping[Field, list[Word]]
Place = tuple[Field, int, int]

# How much of a word must be the same for it to be shown as nearly the word that was asked for.
_ALIKE = 0.5
_FEWEST_ALIKE = 4


@dataclass(frozen=True, slots=True)
class NearMiss:
    """How near it was, from 0 (not at all) to 1, in which way, and the words that come near."""

    score: float = 0.0
    remark: str = ""
    evidence: tuple[Evidence, ...] = ()


def near_miss(term: Term, text: Text, lexicon: Lexicon) -> NearMiss:
    """The nearest that the text comes to a term that it does not satisfy."""
    words: Words = {"title": words_of(text.title), "summary": words_of(text.summary)}
    asked = condition(term)
    if term.field and (places := _places(asked._replace(field=None), words, lexicon)):
        other = places[0][0]
        return _miss(term, 0.9, f"it is in the {other}, the term asks for the {term.field}", places)
    loose = asked._replace(sides=tuple(_folded(side) for side in asked.sides))
    if loose != asked and (places := _places(loose, words, lexicon)):
        if any(side.exact for side in asked.sides):
            told = "it is written in another way, = asks for exactly this one"
        else:
            told = "it is in small letters and another form, the term has a capital"
        return _miss(term, 0.9, told, places)
    if elsewhere := _in_another_language(term, words, lexicon):
        return elsewhere
    if in_address := _in_address(term, text, lexicon):
        return in_address
    if term.near:
        return _distant(term, words, lexicon)
    return _partly(term, words, lexicon)


def _in_another_language(term: Term, words: Words, lexicon: Lexicon) -> NearMiss | None:
    """It would be the singular or plural in a language that the news is not taken to be in."""
    for language in LANGUAGES:
        places = _places(condition(term), words, lexicon._replace(language=language))
        if places and not _kept_apart(term, lexicon.language):
            told = f"it is found in {NAMES[language]}, the news is taken to be in "
            return _miss(term, 0.9, told + NAMES[lexicon.language], places)
    return None


def _kept_apart(term: Term, language: str) -> bool:
    plain = (word for side in sides(term) for word in plainly(side.words))
    return any(apart_from(word, language) for word in plain)


def _in_address(term: Term, text: Text, lexicon: Lexicon) -> NearMiss | None:
    """It stands in an address or a tag, which is no text."""
    for where in ("title", "summary"):
        for address in addresses_in(getattr(text, where)):
            spelt = re.sub(r"[^0-9A-Za-z\x80-\U0010ffff]+", " ", address)
            if _places(condition(term)._replace(field=None), {where: words_of(spelt)}, lexicon):
                return NearMiss(0.5, f"it is only in {address}, which is no text")
    return None


def _folded(side: Side) -> Side:
    """A side without its exactness and its capitals."""
    words = tuple(fold(word) for word in side.words) if side.exact else plainly(side.words)
    return Side(words, exact=False, prefix=side.prefix)


def _places(asked: Condition, words: Words, lexicon: Lexicon) -> tuple[Place, ...]:
    """Where the condition holds, () if nowhere."""
    for where, each in words.items():
        if asked.field not in (None, where):
            continue
        spans = [occurrences(side, each, lexicon) for side in asked.sides]
        found = close_pair(spans[0], spans[1], asked.within) if spans[1:] else tuple(spans[0][:1])
        if found:
            return tuple((where, each[start].start, each[end - 1].end) for start, end in found)
    return ()


def _distant(term: Term, words: Words, lexicon: Lexicon) -> NearMiss:
    """Both sides are there, but too far apart, or only one of them is."""
    within = {where: each for where, each in words.items() if term.field in (None, where)}
    places = [_places(Condition((side,), None), within, lexicon) for side in sides(term)]
    there = tuple(place for each in places for place in each)
    if not all(places):
        return _miss(term, 0.4 * bool(there), "only one side is there" if there else "", there)
    for where, each in within.items():
        left, right = (occurrences(side, each, lexicon) for side in sides(term))
        if gaps := [gap for one in left for other in right if (gap := _gap(one, other)) >= 0]:
            between = f"{min(gaps)} word{'s' if min(gaps) != 1 else ''}"
            told = f"both sides are in the {where}, with {between} between them"
            return _miss(term, 0.8, told, there)
    return _miss(term, 0.7, "one side is in the title, the other in the summary", there)


def _gap(one: Span, other: Span) -> int:
    """How many words stand between two occurrences; negative if they overlap."""
    return max(other[0] - one[1], one[0] - other[1])


def _partly(term: Term, words: Words, lexicon: Lexicon) -> NearMiss:
    """Some words of a phrase are there, or a word that begins in the same way."""
    best = NearMiss()
    side = sides(term)[0]
    for where, each in words.items():
        if term.field not in (None, where):
            continue
        for way in ways(_folded(side), lexicon.groups):
            miss = _in_field(replace(term, words=plainly(way)), where, each, lexicon.language)
            if miss.score > best.score:
                best = miss
    return best


def _in_field(term: Term, where: Field, words: Sequence[Word], language: str) -> NearMiss:
    there: list[Word] = []
    lacking: list[str] = []
    for number, wanted in enumerate(term.words):
        begins = term.prefix and number == len(term.words) - 1
        keys = forms(wanted)
        bit = BITS[language]
        here = (w.plain.startswith(wanted) if begins else keys.get(w.key, 0) & bit for w in words)
        match = next((word for word, is_it in zip(words, here, strict=True) if is_it), None)
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
        return NearMiss()
    wanted = term.words[0]
    for word in words:
        if word.plain in apart_from(wanted, language):
            told = f"“{word.form}” in the {where} counts as another word than “{wanted}”"
            return _of_words(term, 0.6, told, where, [word])
    likest = max(words, key=lambda word: _shared(word.plain, wanted))
    share = _shared(likest.plain, wanted)
    if share < _FEWEST_ALIKE or share < _ALIKE * len(wanted):
        return NearMiss()
    told = f"“{likest.form}” in the {where} only begins like it"
    return _of_words(term, 0.3 * share / len(wanted), told, where, [likest])


def _shared(one: str, other: str) -> int:
    """How many letters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _of_words(
    term: Term, score: float, remark: str, where: Field, words: Sequence[Word]
) -> NearMiss:
    return _miss(term, score, remark, [(where, word.start, word.end) for word in words])


def _miss(term: Term, score: float, remark: str, places: Sequence[Place]) -> NearMiss:
    return NearMiss(score, remark, tuple(Evidence(term.source, *place) for place in places))
