"""Which topics a text belongs to, and why: one evaluator for runs, rule tests and explanations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tidings.core.topics.aliases import parse_aliases
from tidings.core.topics.folding import words_of
from tidings.core.topics.index import Condition, Found, Index, build_index, condition, scan
from tidings.model import Evidence, Field, Rule, Term, Text, Topic


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a rule judged a text.

    `evidence` are the satisfied terms of `any` and `all`, each with its first place; `missing` are
    terms that should have been found (all of `any`, if none was) and `against` those of `none` that
    were.
    """

    holds: bool
    evidence: tuple[Evidence, ...]
    missing: tuple[str, ...] = ()
    against: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rule as sets of condition numbers, which Python compares fast.

    `wanted` are the conditions of `any`, then of `all`, `unwanted` those of `none`, as written.
    """

    any: frozenset[int]
    all: frozenset[int]
    none: frozenset[int]
    wanted: Mapping[int, str]
    unwanted: Mapping[int, str]

    def holds(self, found: Found) -> bool:
        return (
            (not self.any or not self.any.isdisjoint(found))
            and self.all <= found.keys()
            and self.none.isdisjoint(found)
        )


class Matcher:
    """Asks every topic's rule about a text. Built once; `aliases` are lists of equal spellings.

    Raises ValueError if an alias is no plain word or phrase, or the aliases give a term too many
    spellings.
    """

    def __init__(self, topics: Sequence[Topic], aliases: Sequence[Sequence[str]] = ()) -> None:
        groups = parse_aliases(aliases)
        self._numbers: dict[Condition, int] = {}
        self._rules = {topic.slug: self._compile(topic.rule) for topic in topics}
        self._order = {topic.slug: place for place, topic in enumerate(topics)}
        self._indexes: dict[Field, Index] = {
            "title": build_index("title", self._numbers, groups),
            "summary": build_index("summary", self._numbers, groups),
        }
        self._always: list[str] = []
        self._touched_by: dict[int, list[str]] = defaultdict(list)
        for slug, rule in self._rules.items():
            # Any one term of `all` will do to find the topic: without it the rule cannot hold.
            clause = rule.any or sorted(rule.all)[:1]
            if not clause:
                self._always.append(slug)
            for number in clause:
                self._touched_by[number].append(slug)

    def classify(self, text: Text) -> Mapping[str, tuple[Evidence, ...]]:
        """The slugs of the topics that `text` belongs to, in the topics' order, with the evidence.

        Evidence is the satisfied terms of `any`, then of `all`, each with its first place in the
        title, else in the summary. A topic without `any` and `all` holds for whatever its `none`
        lets through, without evidence.
        """
        found = self._find(text)
        candidates = set(self._always)
        for number in found:
            candidates.update(self._touched_by.get(number, ()))
        holding = {}
        for slug in sorted(candidates, key=self._order.__getitem__):
            rule = self._rules[slug]
            if rule.holds(found):
                holding[slug] = _evidence(rule.wanted, found)
        return holding

    def judge(self, slug: str, text: Text) -> Verdict:
        """How the rule of that topic judges `text`, and what kept it out. KeyError if unknown."""
        rule, found = self._rules[slug], self._find(text)
        absent = [number for number in rule.all if number not in found]
        if rule.any.isdisjoint(found):
            absent += rule.any
        return Verdict(
            holds=rule.holds(found),
            evidence=_evidence(rule.wanted, found),
            missing=tuple(source for number, source in rule.wanted.items() if number in absent),
            against=_evidence(rule.unwanted, found),
        )

    def _compile(self, rule: Rule) -> _Compiled:
        any_, all_, none = (self._named(terms) for terms in (rule.any, rule.all, rule.none))
        return _Compiled(
            any=frozenset(any_),
            all=frozenset(all_),
            none=frozenset(none),
            wanted={**any_, **all_},
            unwanted=none,
        )

    def _named(self, terms: Iterable[Term]) -> dict[int, str]:
        """The numbers of the terms' conditions, each with the first way in which it is written."""
        named: dict[int, str] = {}
        for term in terms:
            number = self._numbers.setdefault(condition(term), len(self._numbers))
            named.setdefault(number, term.source)
        return named

    def _find(self, text: Text) -> Found:
        found: Found = {}
        scan("title", words_of(text.title), self._indexes["title"], found)
        scan("summary", words_of(text.summary), self._indexes["summary"], found)
        return found


def _evidence(sources: Mapping[int, str], found: Found) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(source, *found[number]) for number, source in sources.items() if number in found
    )
