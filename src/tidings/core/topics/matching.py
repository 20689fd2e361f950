"""Which topics an item belongs to, and why: one evaluator for runs, rule tests and explanations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tidings.core.topics.aliases import parse_aliases
from tidings.core.topics.index import Condition, condition
from tidings.core.topics.limits import admits, by_hand, limit_clauses, limited, names
from tidings.core.topics.nearness import near_miss, words_by_field
from tidings.core.topics.scanning import Found, Scanner
from tidings.core.topics.verdicts import Clause, Part, Verdict, verdict
from tidings.model import Evidence, Item, Rule, Term, Text, Topic


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rule as sets of condition numbers, which Python compares fast.

    `wanted` are the conditions of `any`, then of `all`, as written.
    """

    rule: Rule
    any: frozenset[int]
    all: frozenset[int]
    none: frozenset[int]
    wanted: Mapping[int, str]
    limited: bool

    def holds(self, found: Found) -> bool:
        return (
            (not self.any or not self.any.isdisjoint(found.spans))
            and self.all <= found.spans.keys()
            and self.none.isdisjoint(found.spans)
        )


class Matcher:
    """Asks every topic's rule about an item. Built once; `aliases` are lists of equal spellings.

    Raises ValueError if an alias is no plain word or phrase, or the aliases give a term too many
    spellings.
    """

    def __init__(self, topics: Sequence[Topic], aliases: Sequence[Sequence[str]] = ()) -> None:
        self._groups = parse_aliases(aliases)
        self._numbers: dict[Condition, int] = {}
        self._rules = {topic.slug: self._compile(topic.rule) for topic in topics}
        self._order = {topic.slug: place for place, topic in enumerate(topics)}
        self._scanner = Scanner(self._numbers, self._groups)
        self._always: list[str] = []
        self._touched_by: dict[int, list[str]] = defaultdict(list)
        self._pinned_in: dict[str, list[str]] = defaultdict(list)
        for slug, compiled in self._rules.items():
            for name in compiled.rule.pin:
                self._pinned_in[name].append(slug)
            # Any one term of `all` will do to find the topic: without it the rule cannot hold.
            clause = compiled.any or sorted(compiled.all)[:1]
            if not clause and not by_hand(compiled.rule):
                self._always.append(slug)
            for number in clause:
                self._touched_by[number].append(slug)

    @property
    def asks_for_sources(self) -> bool:
        """True if some topic depends on the files that an item comes from."""
        return any(compiled.rule.sources for compiled in self._rules.values())

    def topics_of(self, item: Item) -> Sequence[str]:
        """The slugs of the topics that `item` belongs to, in the topics' order."""
        return self._holding(item, self._scanner.find(item.text))

    def classify(self, item: Item) -> Mapping[str, tuple[Evidence, ...]]:
        """The slugs of the topics that `item` belongs to, in the topics' order, with the evidence.

        Evidence is the satisfied terms of `any`, then of `all`, each with its first place in the
        title, else in the summary; a term with a distance has two pieces. There is none where no
        words were asked for: a pinned item, or a topic that takes all that a source brings.
        """
        found = self._scanner.find(item.text)
        return {slug: self._evidence(slug, found) for slug in self._holding(item, found)}

    def classify_text(self, text: Text) -> Mapping[str, tuple[Evidence, ...]]:
        """The same for a bare text, as rule tests have it: only the rules' terms are asked."""
        found = self._scanner.find(text)
        candidates = sorted(self._candidates(found), key=self._order.__getitem__)
        return {
            slug: self._evidence(slug, found)
            for slug in candidates
            if self._rules[slug].holds(found)
        }

    def judge(self, slug: str, item: Item) -> Verdict:
        """How the rule of that topic judges `item`, line by line. KeyError if unknown."""
        rule = self._rules[slug].rule
        terms = self._term_clauses(rule, item.text)
        return verdict((*terms, *limit_clauses(rule, item)), by_hand=by_hand(rule))

    def judge_text(self, slug: str, text: Text) -> Verdict:
        """The same for a bare text: only the rule's terms are asked. KeyError if unknown."""
        rule = self._rules[slug].rule
        return verdict(self._term_clauses(rule, text), by_hand=by_hand(rule))

    def _compile(self, rule: Rule) -> _Compiled:
        any_, all_, none = (self._named(terms) for terms in (rule.any, rule.all, rule.none))
        return _Compiled(
            rule=rule,
            any=frozenset(any_),
            all=frozenset(all_),
            none=frozenset(none),
            wanted={**any_, **all_},
            limited=limited(rule),
        )

    def _named(self, terms: Iterable[Term]) -> dict[int, str]:
        """The numbers of the terms' conditions, each with the first way in which it is written."""
        named: dict[int, str] = {}
        for term in terms:
            number = self._numbers.setdefault(condition(term), len(self._numbers))
            named.setdefault(number, term.source)
        return named

    def _holding(self, item: Item, found: Found) -> list[str]:
        holding = [
            slug
            for slug in self._candidates(found)
            if (rule := self._rules[slug]).holds(found)
            and (not rule.limited or admits(rule.rule, item))
        ]
        for name in (item.id, item.slug):
            for slug in self._pinned_in.get(name, ()):
                if slug not in holding and not names(self._rules[slug].rule.ban, item):
                    holding.append(slug)
        return sorted(holding, key=self._order.__getitem__)

    def _candidates(self, found: Found) -> set[str]:
        candidates = set(self._always)
        for number in found.spans:
            candidates.update(self._touched_by.get(number, ()))
        return candidates

    def _term_clauses(self, rule: Rule, text: Text) -> tuple[Clause, ...]:
        """Every term of the rule beside the text; of those not found, how near the text comes."""
        found, words = self._scanner.find(text), words_by_field(text)
        parts: tuple[tuple[Part, tuple[Term, ...]], ...] = (
            ("any", rule.any),
            ("all", rule.all),
            ("none", rule.none),
        )
        clauses = []
        for part, terms in parts:
            for term in terms:
                number = self._numbers[condition(term)]
                if number in found.spans:
                    evidence = found.evidence(number, term.source, self._scanner)
                    clauses.append(Clause(part, term.source, True, evidence))
                elif part == "none":
                    clauses.append(Clause(part, term.source, False))
                else:
                    miss = near_miss(term, words, self._groups)
                    clauses.append(
                        Clause(
                            part,
                            term.source,
                            False,
                            miss.evidence,
                            closeness=miss.closeness,
                            remark=miss.remark,
                        )
                    )
        return tuple(clauses)

    def _evidence(self, slug: str, found: Found) -> tuple[Evidence, ...]:
        return tuple(
            piece
            for number, source in self._rules[slug].wanted.items()
            if number in found.spans
            for piece in found.evidence(number, source, self._scanner)
        )
