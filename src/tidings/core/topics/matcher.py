"""Which topics an item belongs to, and why: one evaluator for runs, rule tests and explanations.

A `Scanner` reads a text once and says which terms, of however many, are found where. Splitting and
folding words is most of the work, and news repeat their words: so each piece of text is looked into
once, and its words are kept together with the phrases that can begin there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

from tidings.core.topics.explain import (
    Clause,
    Part,
    RuleResult,
    near_miss,
    rule_result,
)
from tidings.core.topics.languages import Languages
from tidings.core.topics.plurals import ALL, BITS
from tidings.core.topics.terms import (
    Condition,
    Groups,
    Lexicon,
    Phrase,
    Span,
    close_pair,
    condition,
    parse_aliases,
    phrases,
)
from tidings.core.topics.text import Word, pieces_of, places_of, words_in
from tidings.model import Evidence, Field, Item, Rule, Term, Text, Topic


@dataclass(frozen=True, slots=True)
class Index:
    """The phrases that can stand in one field, by their first word: so a text's words lead to them.

    Every spelling of every term is a phrase; of a term with a distance both sides are.

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
        found = [*self.folded.get(word.key, ()), *self.exact.get(word.form, ())]
        for length in self.lengths:
            found += self.beginnings.get(word.plain[:length], ())
        return found

    def add(self, phrase: Phrase) -> None:
        """Keep a phrase where it will be looked for."""
        if phrase.beginning and len(phrase) == 1:
            self.beginnings.setdefault(phrase.beginning, []).append(phrase)
            self.lengths.add(len(phrase.beginning))
            return
        by_first = self.exact if phrase.exact else self.folded
        for first in phrase.words[0]:
            by_first.setdefault(first, []).append(phrase)


def build_index(where: Field, asked: Mapping[Condition, Sequence[Phrase]]) -> Index:
    """Index the phrases of the conditions that can hold in the field `where`."""
    index = Index()
    for each, found in asked.items():
        if each.field not in (None, where):
            continue
        if len(each.sides) > 1:
            index.distances[found[0].number] = each.within
        for phrase in found:
            index.add(phrase)
    return index


def _phrases_of(asked: Condition, number: int, groups: Groups) -> Sequence[Phrase]:
    near = len(asked.sides) > 1
    return [
        phrase
        for place, side in enumerate(asked.sides)
        for phrase in phrases(side, groups, number, place if near else -1)
    ]


# A phrase that can begin at a word, with the bits of the languages in which it stands there; None
# where that hangs on words further on.
Begun = tuple[Phrase, int | None]
# A word of a piece of text, placed within the piece; the conditions that it satisfies by itself;
# those that it does in some languages, with their bits; the phrases that can begin with it, by the
# word that comes next; the phrases that can begin with it whatever comes next; whether there are
# any of these, which most words do without.
Token = tuple[
    Word,
    Sequence[int],
    Sequence[tuple[int, int]],
    Mapping[str, Sequence[Begun]],
    Sequence[Begun],
    bool,
]

# What is kept in memory: enough for the words of all news, and no more when they are nonsense.
MOST_PIECES: Final = 20_000
LONGEST_PIECE: Final = 40


class TokenCache(dict[str, tuple[Token, ...]]):
    """The tokens of each piece of text met so far.

    It saves three quarters of the time of matching: 2,000 items beside 200 topics take 0.09 s of
    CPU, and 0.41 s without it. A worker, and each run, builds one.
    """

    def __init__(self, index: Index) -> None:
        super().__init__()
        self._index = index

    def __missing__(self, piece: str) -> tuple[Token, ...]:
        tokens = tuple(self._token(word) for word in words_in(piece))
        if len(piece) <= LONGEST_PIECE:
            if len(self) >= MOST_PIECES:
                self.clear()
            self[piece] = tokens
        return tokens

    def _token(self, word: Word) -> Token:
        found = self._index.beginning_with(word)
        alone: dict[int, int] = defaultdict(int)
        for phrase in found:
            if phrase.side < 0 and len(phrase) == 1:
                alone[phrase.number] |= phrase.at(0, [word])
        numbers = tuple(number for number, bits in alone.items() if bits == ALL)
        here_and_there = tuple((number, bits) for number, bits in alone.items() if bits != ALL)
        longer = [phrase for phrase in found if phrase.side >= 0 or len(phrase) > 1]
        whatever: list[Begun] = [
            (phrase, phrase.at(0, [word]) if len(phrase) == 1 else None)
            for phrase in longer
            if phrase.second is None
        ]
        by_next: dict[str, list[Begun]] = {}
        for phrase in longer:
            for second, also in (phrase.second or {}).items():
                bits = phrase.words[0][word.key] & also
                known = bits if len(phrase) == 2 else None
                if bits:
                    by_next.setdefault(second, list(whatever)).append((phrase, known))
        return word, numbers, here_and_there, by_next, whatever, bool(found)


@dataclass(slots=True)
class Found:
    """What was found in a text: by a condition's number, in which field and at which words.

    A condition of two sides has two spans. `read` are the words of each field, which is `plain` if
    each of its pieces is one word, as in nearly all texts. `evidence` tells the characters.
    """

    text: Text
    _scanner: Scanner
    _ask: Callable[[], str]
    _bit: int = 0
    spans: dict[int, tuple[Field, tuple[Span, ...]]] = field(default_factory=dict)
    read: dict[Field, Sequence[Token]] = field(default_factory=dict)
    plain: dict[Field, bool] = field(default_factory=dict)
    _places: dict[Field, Sequence[int]] = field(default_factory=dict)

    def counts(self, bits: int) -> bool:
        """Whether these languages are the text's: which it is, is asked where it matters."""
        if bits != ALL and not self._bit:
            self._bit = BITS[self._ask()]
        return bits == ALL or bool(bits & self._bit)

    def evidence(self, number: int, term: str) -> tuple[Evidence, ...]:
        """Where the condition was found, for the term that asked for it."""
        where, spans = self.spans[number]
        if where not in self._places:
            self._places[where] = self._scanner.places(where, self)
        places, read = self._places[where], self.read[where]
        return tuple(
            Evidence(
                term,
                where,
                places[first] + read[first][0].start,
                places[beyond - 1] + read[beyond - 1][0].end,
            )
            for first, beyond in spans
        )


class Scanner:
    """Finds conditions in texts, with the words of each piece of text kept from then on.

    Raises ValueError if the aliases give a condition too many spellings.
    """

    def __init__(self, numbers: Mapping[Condition, int], groups: Groups) -> None:
        fields: tuple[Field, ...] = ("title", "summary")
        found = {asked: _phrases_of(asked, number, groups) for asked, number in numbers.items()}
        self._indexes = {where: build_index(where, found) for where in fields}
        self._tokens = {where: TokenCache(index) for where, index in self._indexes.items()}

    def find(self, text: Text, language: Callable[[], str]) -> Found:
        """The first place of every condition that the text satisfies: title before summary.

        `language` says which the text is in, one of `plurals.LANGUAGES`, if asked.
        """
        found = Found(text, self, language)
        self._scan("title", text.title, found)
        self._scan("summary", text.summary, found)
        return found

    def places(self, where: Field, found: Found) -> Sequence[int]:
        """Where the piece of the field begins that each of its words is in."""
        text = getattr(found.text, where)
        places = places_of(text)
        if found.plain[where]:
            return places
        pieces = zip(pieces_of(text), places, strict=True)
        return [place for piece, place in pieces for _ in self._tokens[where][piece]]

    def _scan(self, where: Field, text: str, found: Found) -> None:
        tokens, spans = self._tokens[where], found.spans
        by_piece = [tokens[piece] for piece in pieces_of(text)]
        read = [token for tokens_of_piece in by_piece for token in tokens_of_piece]
        found.read[where] = read
        found.plain[where] = len(read) == len(by_piece) and all(by_piece)
        nearby: dict[int, tuple[list[Span], list[Span]]] = {}
        for at in [at for at, token in enumerate(read) if token[5]]:
            _, numbers, here_and_there, by_next, longer, _ = read[at]
            if by_next and at + 1 < len(read):
                longer = by_next.get(read[at + 1][0].key, longer)
            for number in numbers:
                if number not in spans:
                    spans[number] = (where, ((at, at + 1),))
            for number, bits in here_and_there:
                if number not in spans and found.counts(bits):
                    spans[number] = (where, ((at, at + 1),))
            if longer:
                _find_longer(longer, at, read, where, found, nearby)
        for number, (left, right) in nearby.items():
            if (
                left
                and right
                and (pair := close_pair(left, right, self._indexes[where].distances[number]))
            ):
                spans[number] = (where, pair)


def _find_longer(
    longer: Sequence[Begun],
    at: int,
    read: Sequence[Token],
    where: Field,
    found: Found,
    nearby: dict[int, tuple[list[Span], list[Span]]],
) -> None:
    """Note which of these phrases stand at a word; the sides of distances in `nearby`."""
    spans = found.spans
    for phrase, known in longer:
        if phrase.number in spans:
            continue
        end = at + len(phrase.words)
        bits = known
        if bits is None:
            bits = phrase.at(0, [token[0] for token in read[at:end]])
        if bits == ALL or (bits and found.counts(bits)):
            if phrase.side < 0:
                spans[phrase.number] = (where, ((at, end),))
            else:
                nearby.setdefault(phrase.number, ([], []))[phrase.side].append((at, end))


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
    """Asks every topic's rule about an item. Built once; `aliases` are lists of equal spellings,
    `languages` tell what an item is in.

    Raises ValueError if an alias is no plain word or phrase, or the aliases give a term too many
    spellings.
    """

    def __init__(
        self,
        topics: Sequence[Topic],
        aliases: Sequence[Sequence[str]] = (),
        languages: Languages = Languages(),  # noqa: B008
    ) -> None:
        self._groups = parse_aliases(aliases)
        self._languages = languages
        self._numbers: dict[Condition, int] = {}
        self._rules = {topic.slug: self._compile(topic.rule) for topic in topics}
        self._shapes = {number: _shape(asked) for asked, number in self._numbers.items()}
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
            if not clause and not _by_hand(compiled.rule):
                self._always.append(slug)
            for number in clause:
                self._touched_by[number].append(slug)

    @property
    def asks_for_sources(self) -> bool:
        """True if some topic, or an item's language, depends on the files that it comes from."""
        by_topic = any(compiled.rule.sources for compiled in self._rules.values())
        return by_topic or self._languages.by_source

    def topics_of(self, item: Item) -> Sequence[str]:
        """The slugs of the topics that `item` belongs to, in the topics' order."""
        return self._holding(item, self._find(item))

    def classify(self, item: Item) -> Mapping[str, tuple[Evidence, ...]]:
        """The slugs of the topics that `item` belongs to, in the topics' order, with the evidence.

        Evidence is the satisfied terms of `any`, then of `all`, each with its first place in the
        title, else in the summary; a term with a distance has two pieces. There is none where no
        words were asked for: a pinned item, or a topic that takes all that a source brings.
        """
        found = self._find(item)
        return {slug: self._evidence(slug, found) for slug in self._holding(item, found)}

    def judge(self, slug: str, item: Item) -> RuleResult:
        """How the rule of that topic judges `item`, line by line. KeyError if unknown."""
        rule = self._rules[slug].rule
        terms = self._term_clauses(rule, item.text, self._languages.of(item))
        return rule_result((*terms, *_limit_clauses(rule, item)), by_hand=_by_hand(rule))

    def judge_text(self, slug: str, text: Text) -> RuleResult:
        """The same for a bare text: only the rule's terms are asked. KeyError if unknown."""
        rule = self._rules[slug].rule
        terms = self._term_clauses(rule, text, self._languages.of_text(text))
        return rule_result(terms, by_hand=_by_hand(rule))

    def _find(self, item: Item) -> Found:
        return self._scanner.find(item.text, lambda: self._languages.of(item))

    def takes_text(self, slug: str, text: Text) -> bool:
        """Whether `judge_text` would say that the rule holds, without the reasons."""
        rule = self._rules[slug]
        found = self._scanner.find(text, lambda: self._languages.of_text(text))
        return rule.holds(found) and not _by_hand(rule.rule)

    def _compile(self, rule: Rule) -> _Compiled:
        any_, all_, none = (self._named(terms) for terms in (rule.any, rule.all, rule.none))
        return _Compiled(
            rule=rule,
            any=frozenset(any_),
            all=frozenset(all_),
            none=frozenset(none),
            wanted={**any_, **all_},
            limited=_limited(rule),
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
            and (not rule.limited or _admits(rule.rule, item))
        ]
        for name in (item.id, item.slug):
            for slug in self._pinned_in.get(name, ()):
                if slug not in holding and not _names(self._rules[slug].rule.ban, item):
                    holding.append(slug)
        return sorted(holding, key=self._order.__getitem__)

    def _candidates(self, found: Found) -> set[str]:
        candidates = set(self._always)
        for number in found.spans:
            candidates.update(self._touched_by.get(number, ()))
        return candidates

    def _term_clauses(self, rule: Rule, text: Text, language: str) -> tuple[Clause, ...]:
        """Every term of the rule beside the text; of those not found, how near the text comes."""
        found, lexicon = self._scanner.find(text, lambda: language), Lexicon(self._groups, language)
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
                    evidence = found.evidence(number, term.source)
                    clauses.append(Clause(part, term.source, True, evidence))
                elif part == "none":
                    clauses.append(Clause(part, term.source, False))
                else:
                    miss = near_miss(term, text, lexicon)
                    clauses.append(
                        Clause(
                            part,
                            term.source,
                            False,
                            miss.evidence,
                            score=miss.score,
                            remark=miss.remark,
                        )
                    )
        return tuple(clauses)

    def _evidence(self, slug: str, found: Found) -> tuple[Evidence, ...]:
        """Of terms that ask alike, as `Hubs` and `hub` do, each place once."""
        shown: dict[object, tuple[Evidence, ...]] = {}
        for number, source in self._rules[slug].wanted.items():
            if number in found.spans:
                pieces = found.evidence(number, source)
                places = tuple((each.field, each.start, each.end) for each in pieces)
                shown.setdefault((places, self._shapes[number]), pieces)
        return tuple(piece for pieces in shown.values() for piece in pieces)


def _shape(asked: Condition) -> object:
    """How a condition asks, apart from its words."""
    return asked.field, asked.within, tuple((side.exact, side.prefix) for side in asked.sides)


def _limited(rule: Rule) -> bool:
    """True if more than words decides what the rule takes."""
    return bool(rule.sources or rule.after or rule.before or rule.ban)


def _by_hand(rule: Rule) -> bool:
    """True if the rule takes its pins and nothing else: nothing in it asks for other items."""
    return bool(rule.pin) and not (rule.any or rule.all or rule.sources)


def _admits(rule: Rule, item: Item) -> bool:
    """True if neither source nor date nor ban keeps the item out."""
    return (
        (not rule.sources or any(_path_from(glob, item) for glob in rule.sources))
        and (rule.after is None or _is_after(item.date, rule.after))
        and (rule.before is None or _is_before(item.date, rule.before))
        and not _names(rule.ban, item)
    )


def _names(ids: tuple[str, ...], item: Item) -> bool:
    """True if the item's id or slug is among `ids`."""
    return item.id in ids or item.slug in ids


def _path_from(glob: str, item: Item) -> str:
    """The first of the item's files that the glob names, "" if none does.

    `*` stands for any characters, folders included, as in the sources of tidings.yaml.
    """
    paths = (sighting.ref.path for sighting in item.sources)
    return next((path for path in paths if fnmatchcase(path, glob)), "")


def _limit_clauses(rule: Rule, item: Item) -> tuple[Clause, ...]:
    """The lines on source, date, pins and bans beside an item."""
    clauses = []
    paths = ", ".join(dict.fromkeys(sighting.ref.path for sighting in item.sources))
    for glob in rule.sources:
        path = _path_from(glob, item)
        clauses.append(Clause("source", glob, bool(path), seen=path or paths))
    day = item.date.isoformat() if item.date else ""
    undated = "" if day else "it has no date"
    if rule.after:
        holds = _is_after(item.date, rule.after)
        clauses.append(Clause("after", rule.after.isoformat(), holds, seen=day, remark=undated))
    if rule.before:
        holds = _is_before(item.date, rule.before)
        clauses.append(Clause("before", rule.before.isoformat(), holds, seen=day, remark=undated))
    clauses += [Clause("pin", name, _names((name,), item), seen=item.id) for name in rule.pin]
    clauses += [Clause("ban", name, _names((name,), item), seen=item.id) for name in rule.ban]
    return tuple(clauses)


def _is_after(day: date | None, limit: date) -> bool:
    return day is not None and day >= limit


def _is_before(day: date | None, limit: date) -> bool:
    return day is not None and day < limit
