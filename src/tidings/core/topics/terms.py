"""The term syntax: one line of a rule, as an administrator writes it.

    migrant              a word, in any case, with or without accents, singular or plural
    fair recruitment     several words: a phrase, which never reaches from title to summary
    migra*               words that begin so; in a phrase the last word may end in *
    =RCM                 exactly so: upper and lower case, accents and ending as written
    fair ~8 work         both sides in one field, at most 8 words between them, in either order
    title:hub            only in the title; summary: likewise

The field comes first: `title:=RCM`. Each side of a distance is a word or a phrase and may have a
`=` or a `*` of its own. All other punctuation only separates words, so `COVID-19` is a phrase, and
so is `COVID: update`, since a colon counts as a field only after a name that is ours or nearly
ours (`titel:`).

Aliases are spellings that mean the same, shared by all topics: labour and labor, ILO and its full
name. They are applied to the terms, never to the text, so evidence always points at the words that
the text really has. Exact terms (`=RCM`) and a last word with `*` are left alone.

A word of a term is folded, with `CAPITAL` in front if it is written with one: that narrows which
plurals it finds, see `plurals.forms`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, NamedTuple

from tidings.core.topics.languages import Languages
from tidings.core.topics.plurals import ALL, BITS, forms, others_anywhere
from tidings.core.topics.text import CAPITAL, Word, words_of
from tidings.model import Field, Near, Term, Topic

FARTHEST: Final = 99
LONGEST: Final = 200

_FIELDS: Final[dict[str, Field]] = {"title": "title", "summary": "summary"}

# What looks like a field but is a setting of the topic, or of nothing that we have.
_SETTINGS: Final = frozenset({"source", "after", "before", "pin", "ban", "note"})
_NOT_FIELDS: Final = _SETTINGS | {"re"}

_NAMED = re.compile(r"(?P<name>[A-Za-z]+):\s*(?P<rest>.*)\Z", re.DOTALL)
_NO_WORD = re.compile(r"[\W_]+")
_DISTANCE = re.compile(r"(?:^|\s)~\s*(\d+)(?=\s|\Z)")


Words = tuple[str, ...]

# A phrase in which many words have many spellings multiplies; beyond this it is a mistake.
MOST_SPELLINGS = 200


Span = tuple[int, int]  # from the first word to beyond the last


@dataclass(frozen=True, slots=True)
class Groups:
    """The alias lists: what stands for each alias, itself included, and the aliases that begin with
    a word, or with its singular or plural. Aliases are looked up without their capitals."""

    spellings: Mapping[Words, Sequence[Words]] = field(default_factory=dict)
    starting: Mapping[str, Sequence[Words]] = field(default_factory=dict)

    def standing_at(self, start: int, words: Words) -> Iterator[Words]:
        """The aliases that stand in a row in `words` from `start`, in singular or plural."""
        for alias in self.starting.get(words[start], ()):
            rest = words[start + 1 : start + len(alias)]
            if len(rest) + 1 == len(alias) and all(map(_same_word, rest, alias[1:])):
                yield alias


class Lexicon(NamedTuple):
    """How the words of a text are compared with a term's: the aliases, and one of
    `plurals.LANGUAGES`."""

    groups: Groups
    language: str


class Side(NamedTuple):
    """A word or phrase as it is compared: all of a plain term, or one side of a distance."""

    words: tuple[str, ...]
    exact: bool
    prefix: bool


class Condition(NamedTuple):
    """What a term asks for, whatever way it was written: "Hub" and "hubs" are one condition."""

    sides: tuple[Side, ...]
    field: Field | None
    within: int = 0


def parse_term(source: str) -> Term:
    """Read one term of a rule.

    Raises ValueError, with a message that says what to write instead, if the term is empty, only
    punctuation or endless, has a `*` anywhere but at its end, has a distance with nothing on one
    side, or uses a field or an operator we don't know.
    """
    source = source.strip()
    if len(source) > LONGEST:
        raise ValueError(
            f"`{source[:40]}…` has {len(source)} characters; a term has at most {LONGEST}"
        )
    field, body = _field(source)
    distances = list(_DISTANCE.finditer(body))
    if not distances:
        words, exact, prefix = _side(source, body, field)
        return Term(source, words, field, exact, prefix)
    within = _within(source, distances)
    before, after = body[: distances[0].start()], body[distances[0].end() :]
    if not before.strip() or not after.strip():
        raise ValueError(
            f"`{source}`: a distance needs words on both sides, as in `fair ~8 work`; "
            "quote the text without the ~ if you mean the number"
        )
    words, exact, prefix = _side(source, before.strip(), field)
    other = _side(source, after.strip(), None)
    return Term(source, words, field, exact, prefix, Near(within, *other))


def sides(term: Term) -> tuple[Side, ...]:
    """The word or phrase that the term looks for; both of them, if it has a distance."""
    side = Side(term.words, term.exact, term.prefix)
    near = term.near
    return (side,) if near is None else (side, Side(near.words, near.exact, near.prefix))


def condition(term: Term) -> Condition:
    """What the term asks for, without the way in which it was written."""
    return Condition(sides(term), term.field, term.near.within if term.near else 0)


def parse_alias(source: str) -> Words:
    """The folded words of one alias, a word or a phrase.

    Raises ValueError if it is no plain word or phrase: `=`, `*`, `~` and `title:` belong in terms.
    """
    term = parse_term(source)
    if term.exact or term.prefix or term.field or term.near:
        raise ValueError(
            f"alias `{source}`: only plain words; `=`, `*`, `~` and fields belong in terms"
        )
    return term.words


def parse_aliases(lists: Sequence[Sequence[str]]) -> Groups:
    """Read the alias lists. Lists that share a word are one group.

    Raises ValueError for an alias that is no plain word or phrase, and for a list of one.
    """
    groups: dict[Words, set[Words]] = {}
    starting: dict[str, list[Words]] = defaultdict(list)
    known = Groups(groups, starting)  # type: ignore[arg-type]
    for written in lists:
        if len(written) < 2:
            raise ValueError(
                f"alias list [{', '.join(written)}]: an alias needs at least two spellings"
            )
        members = {parse_alias(spelling) for spelling in written}
        met: dict[int, set[Words]] = {}
        for member in map(plainly, members):
            for alias in known.standing_at(0, member):
                if len(alias) == len(member):
                    met[id(groups[alias])] = groups[alias]
        # The smaller joins the larger, so that a long chain of lists is not copied at each link.
        group = max(met.values(), key=len, default=set())
        for other in [members, *met.values()]:
            if other is not group:
                group |= other
                new = [alias for alias in map(plainly, other) if alias not in groups]
                groups.update(dict.fromkeys(map(plainly, other), group))
                for alias in dict.fromkeys(new):
                    for first in (alias[0], *others_anywhere(alias[0])):
                        starting[first].append(alias)
    distinct = {id(group): group for group in groups.values()}
    shown = {number: tuple(sorted(group)) for number, group in distinct.items()}
    return Groups({alias: shown[id(group)] for alias, group in groups.items()}, dict(starting))


def plainly(words: Words) -> Words:
    """The words of a term without their capitals."""
    return tuple(word.removeprefix(CAPITAL) for word in words)


def _same_word(one: str, other: str) -> bool:
    return one == other or one in others_anywhere(other)


def spellings(words: Words, groups: Groups, *, prefix: bool = False) -> tuple[Words, ...]:
    """Every way to write `words` with the aliases, each once, `words` itself first.

    With `prefix` the last word is the beginning of a word and is not replaced. Raises ValueError
    beyond `MOST_SPELLINGS`.
    """
    fixed = words[-1:] if prefix else ()
    replaceable = words[: len(words) - len(fixed)]
    if not groups.spellings:
        return (words,)
    plain = plainly(replaceable)
    ends: dict[int, list[tuple[int, Words]]] = defaultdict(list)
    for start in range(len(plain)):
        for alias in groups.standing_at(start, plain):
            ends[start + len(alias)].append((start, alias))
    ways: list[list[Words]] = [[()]]  # ways[i]: how words[:i] may be written
    for end in range(1, len(replaceable) + 1):
        found = {way + replaceable[end - 1 : end]: None for way in ways[end - 1]}
        for start, alias in ends[end]:
            others = [other for other in groups.spellings[alias] if plainly(other) != alias]
            found.update({way + other: None for way in ways[start] for other in others})
        if len(found) > MOST_SPELLINGS:
            raise ValueError(
                f"the aliases give `{' '.join(plainly(words))}` more than {MOST_SPELLINGS} "
                "spellings; shorten the phrase or the alias lists"
            )
        ways.append(list(found))
    return tuple(way + fixed for way in ways[-1])


def ways(side: Side, groups: Groups) -> tuple[Words, ...]:
    """Every way to write a word or phrase with the aliases. Raises ValueError if too many."""
    return (side.words,) if side.exact else spellings(side.words, groups, prefix=side.prefix)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One spelling of a side of a condition; `number` is the condition's.

    `words` are for each word all that will do, as keys or, if `exact`, as forms, with the bits of
    the languages in which they do; where it ends in a mere `beginning`, that of its last word.
    `side` is 0 or 1 for those of a distance, -1 for a condition of a single side.
    """

    words: tuple[Mapping[str, int], ...]
    number: int
    exact: bool
    beginning: str
    side: int

    def __len__(self) -> int:
        return len(self.words)

    @property
    def second(self) -> Mapping[str, int] | None:
        """The keys of which the second word must have one, with the bits of their languages; None
        if there is none, or another way to tell."""
        told = len(self) > 1 and not self.exact and not (self.beginning and len(self) == 2)
        return self.words[1] if told else None

    def at(self, place: int, words: list[Word]) -> int:
        """The bits of the languages in which the phrase stands at that word; 0 if in none."""
        asked = self.words
        if place + len(asked) > len(words):
            return 0
        found, last = ALL, len(asked) - 1
        for number, accepted in enumerate(asked):
            word = words[place + number]
            if self.exact:
                found &= accepted.get(word.form, 0)
            elif self.beginning and number == last:
                found &= ALL if word.plain.startswith(self.beginning) else 0
            else:
                found &= accepted.get(word.key, 0)
            if not found:
                break
        return found


def phrases(side: Side, groups: Groups, number: int = 0, place: int = -1) -> list[Phrase]:
    """A word or phrase in every spelling. Raises ValueError if there are too many."""
    if side.exact:
        return [Phrase(tuple({form: ALL} for form in side.words), number, True, "", place)]
    found = []
    for way in ways(side, groups):
        beginning = way[-1] if side.prefix else ""
        asked = [forms(word) for word in (way[:-1] if side.prefix else way)]
        asked += [{beginning: ALL}] if side.prefix else []
        found.append(Phrase(tuple(asked), number, False, beginning, place))
    return found


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


def occurrences(side: Side, words: list[Word], lexicon: Lexicon) -> list[Span]:
    """Every place of one word or phrase, in any of its spellings, in the order of the text."""
    asked, bit = phrases(side, lexicon.groups), BITS[lexicon.language]
    return [
        (at, at + len(phrase))
        for at in range(len(words))
        for phrase in asked
        if phrase.at(at, words) & bit
    ]


def _within(source: str, distances: list[re.Match[str]]) -> int:
    if len(distances) > 1:
        raise ValueError(
            f"`{source}`: a term can have one distance only; write two terms under `all`"
        )
    within = int(distances[0][1])
    if within > FARTHEST:
        raise ValueError(
            f"`{source}`: {within} words are too far; write at most ~{FARTHEST}, "
            "or two terms under `all`"
        )
    return within


def _side(source: str, body: str, field: Field | None) -> Side:
    exact = body.startswith("=")
    if exact:
        body = body[1:].strip()
    named = _NAMED.match(body)
    if named and named["name"].lower() in _FIELDS:
        raise ValueError(f"`{source}`: the field comes first, as in `title:=RCM`")
    prefix = body.endswith("*")
    body = body.removesuffix("*")
    if "*" in body:
        raise ValueError(f"`{source}`: `*` can be only at the end of the last word")
    if prefix and exact:
        raise ValueError(f"`{source}`: `=` means exactly this form, so `*` cannot follow; drop one")
    # An address has words here, so that it stops nobody's run: `check` says that no text has them.
    words = words_of(body) or words_of(_NO_WORD.sub(" ", body))
    sign = "=" if exact else "*" if prefix else f"{field}:"
    _check_words(source, body, words, sign=sign)
    return Side(_compared(words, exact=exact, prefix=prefix), exact, prefix)


def _compared(words: list[Word], *, exact: bool, prefix: bool) -> tuple[str, ...]:
    """The side of each word that is compared with the text; see `Word`."""
    if exact:
        return tuple(word.form for word in words)
    last = words[-1].plain if prefix else words[-1].key
    return (*(word.key for word in words[:-1]), last)


def _field(source: str) -> tuple[Field | None, str]:
    """Split off `title:` or `summary:`; refuse what was probably meant to be one of them."""
    named = _NAMED.match(source)
    if named is None:
        return None, source
    name = named["name"].lower()
    if name in _FIELDS:
        return _FIELDS[name], named["rest"]
    if name in _NOT_FIELDS:
        remedy = "only `title:` and `summary:` can"
        if name in _SETTINGS:
            remedy += f"; `{name}:` is a line of the topic, beside `any:`"
        raise ValueError(f"`{source}`: `{name}:` cannot narrow a term; {remedy}")
    if close := get_close_matches(name, _FIELDS, n=1, cutoff=0.75):
        raise ValueError(
            f"`{source}`: unknown field `{named['name']}:`, did you mean `{close[0]}:`? "
            "If it is part of the text, leave the colon out"
        )
    return None, source


def _check_words(source: str, body: str, words: list[Word], *, sign: str) -> None:
    """Refuse a term that holds no word, and a `*` that hangs in the air."""
    if not words:
        if not source:
            raise ValueError("a term is empty; write a word or a phrase, or remove the line")
        if body.strip():
            raise ValueError(f"`{source}` is only punctuation; a term needs a letter or a digit")
        raise ValueError(f"`{source}`: there is no word beside `{sign}`; write a word there")
    if sign == "*" and words[-1].end != len(body):
        raise ValueError(f"`{source}`: `*` must touch the last word, as in `migra*`")


# --- When a rule has changed ----------------------------------------------------------------------

# Raise it when folding or matching changes what any rule finds: every topic is then judged anew,
# and nobody is told of what comes of it, since nobody has edited a rule.
MATCHER_VERSION: Final = 2

# States of the version before had the rule's mark alone.
_FIRST: Final = "1"


def fingerprint(
    topics: Sequence[Topic],
    aliases: Sequence[Sequence[str]] = (),
    languages: Languages = Languages(),  # noqa: B008
) -> Mapping[str, str]:
    """A mark for each slug, of how words are folded and of the rule with the aliases that touch it.

    It stays the same when a title, an `about`, a `note` or a test changes, when terms are written
    in another order, and in every process. Raises ValueError as `Matcher` does.
    """
    groups, folding = parse_aliases(aliases), str(MATCHER_VERSION)
    if languages.mark:
        folding += "-" + hashlib.sha256(languages.mark.encode()).hexdigest()[:8]
    return {topic.slug: f"{folding}:{_hash(topic, groups)}" for topic in topics}


def folding_of(mark: str) -> str:
    """How words were folded, of a topic's mark: by which version, and in which languages."""
    folding, colon, _ = mark.partition(":")
    return folding if colon else _FIRST


def _hash(topic: Topic, groups: Groups) -> str:
    rule = topic.rule
    meaning: dict[str, object] = {
        "any": _clause(rule.any, groups),
        "all": _clause(rule.all, groups),
        "none": _clause(rule.none, groups),
    }
    limits: dict[str, object] = {
        "sources": sorted(set(rule.sources)),
        "after": rule.after and rule.after.isoformat(),
        "before": rule.before and rule.before.isoformat(),
        "pin": sorted(set(rule.pin)),
        "ban": sorted(set(rule.ban)),
    }
    # Only what is given counts, so that rules of words alone keep the mark that they have.
    meaning |= {name: limit for name, limit in limits.items() if limit}
    canonical = json.dumps(meaning, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:32]


def _clause(terms: Sequence[Term], groups: Groups) -> list[str]:
    """Each term once, in an order of its own, with every spelling that satisfies it."""
    return sorted({json.dumps(_meaning(condition(term), groups)) for term in terms})


def _meaning(asked: Condition, groups: Groups) -> list[object]:
    each = sorted([side.exact, side.prefix, sorted(ways(side, groups))] for side in asked.sides)
    if len(each) == 1:
        (only,) = each
        return [asked.field, *only]
    return [asked.field, asked.within, *each]
