"""Terms that cannot mean what they say: what other systems know, and signs that are not read.

People bring what they know from search engines, mail filters and databases. A term here is words,
and nothing of it is an error; so each is told what it is read as, and what it would have to be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from tidings.core.settings.read import Fault, Path
from tidings.core.topics import Languages, Matcher, parse_term
from tidings.core.topics.plurals import apart_from, others, singulars
from tidings.core.topics.terms import plainly, sides
from tidings.core.topics.text import CAPITAL, addresses_in, pieces_of
from tidings.model import Item, Rule, Severity, Term, Topic

_TOPICS: Final = "topics.yaml"

# With fewer items, they say little about which words are names.
_ENOUGH: Final = 10


class Remark(NamedTuple):
    """What is to be said of a term."""

    message: str
    hint: str
    severity: Severity = "warning"


class Pattern(NamedTuple):
    """Something that people write elsewhere: `told` follows the term, `hint` says what to write."""

    form: str
    told: str
    hint: str
    severity: Severity = "warning"


_EACH_UNDER_ANY = "write each in a line of its own under any"
_DISTANCE = "write a distance: fair ~8 work"
_FORMS = f"{_EACH_UNDER_ANY}, or what all of them begin with: migrat*"
_FIELDS = (
    "body|text|content|subject|description|desc|headline|heading|author|from|to|cc|url|link|site"
    "|domain|host|tag|tags|label|category|type|lang|language|date|id|keyword|keywords|contains|is"
    "|has|any|all|none|in(?:title|text|url|body|anchor)|all(?:title|text|inurl|intitle|intext)|filetype|ext"
)

# In this order: the first that fits is told. Each is linear in a term, which has 200 characters.
PATTERNS: Final = (
    Pattern(
        r"(?i)\b(?:O?NEAR|AROUND|ADJ|PRE|WITHIN|SENTENCE|PARAGRAPH|[WNP])\s?(?:/\s?[\dSP]|\(\s?\d)"
        r"|(?-i:\b(?:O?NEAR|AROUND|ADJ\d*|SAME)\b(?=.*\w))|\bNEAR\s*\(|(?:\A|\s)/\d+\s",
        "is read as words: NEAR and the like are words as well",
        _DISTANCE,
    ),
    Pattern(
        r"(?:\A|[\s(])(?:AND NOT|OR NOT|NOT|ANDNOT|BUT NOT)(?:\s|\Z)",
        "is looked for as it stands: NOT is a word like any other",
        "write what must not be found under none",
    ),
    Pattern(
        r"(?:\A|[\s)])(?:OR|XOR|ODER|OU)(?:[\s(]|\Z)|\|\|?(?![^(]*\))"
        r"|(?<=[a-z]\s)[OUV](?=\s[a-z])",
        "is looked for as it stands: OR is a word like any other",
        _EACH_UNDER_ANY,
    ),
    Pattern(
        r"(?:\A|[\s)])(?:AND|UND|ET)(?:[\s(]|\Z)|&&|(?<=[a-z]\s)[YE](?=\s[a-z])",
        "is looked for as it stands: AND is a word like any other",
        "write each in a line of its own under all",
    ),
    Pattern(
        r"(?i)\A\s*(?:re(?:gexp?)?|I?LIKE|RLIKE|MATCHES|MATCH|CONTAINS)\s*[:(\"'%]",
        "is read as words: there are no functions and no regular expressions here",
        _FORMS,
    ),
    Pattern(
        r"\w\((?:e?s|en?|in(?:nen)?|[ao]s?)\)",
        "is read as two words",
        "write the word alone: singular and plural find each other",
    ),
    Pattern(
        r"\\.|\(\?|\([^()]*\|[^()]*\)|\.[*+?](?=\w|\Z)|\[[^\]]*\]|\{\d*,?\d*\}|\A\^|\$\Z"
        r"|\A/.*/\w*\Z",
        "is read as words: regular expressions are unknown here",
        _FORMS,
    ),
    Pattern(
        r"(?<![\d\s])%|%(?=[^\W\d])|(?<=\w)_|_(?=\w)|(?<=[^\W\d])\?(?=\w)|(?:\A|\s)\?(?=\w)",
        "is read as words: only a * at the end stands for letters",
        "write what the words begin with: migrat*",
    ),
    Pattern(
        r"\A\s*(?:title|summary)(?:\s+:|\s*(?:=|:=))",
        "is read as words: a field ends in a colon",
        "write title:hub, or title:=IRIS",
    ),
    Pattern(
        rf"(?i)(?:\A|\s)(?:{_FIELDS})\s?[:=](?=\s*\S)",
        "is looked for with its first word: there is no such field",
        "only title: and summary: narrow a term; source:, after: and before: are lines of a topic",
    ),
    Pattern(
        r"\S\s(?:title|summary):\S",
        "has a field inside, which is read as a word: only the first one can be a field",
        "write two terms under all",
    ),
    Pattern(
        r"(?:\A|\s)[^\W\d][\w.]*:(?=[^\s/\d:])",
        "is looked for with what stands before the colon: there is no such field",
        "only title: and summary: narrow a term",
    ),
    Pattern(
        r"(?:\A|\s)[-–—−!](?=[\"“'(]?[^\W\d])",
        "finds the word, it does not keep it out",
        "write it under none, without the sign",
    ),
    Pattern(
        r"(?:\A|\s)\+(?=[\"“'(]?\w)|(?<=[^\W\d])\s?\+(?=\s?[^\W\d])",
        "finds the words like any others: a + asks for nothing",
        "write each that must be found in a line of its own under all",
    ),
    Pattern(
        r"[,;،、，；](?!\d{3}(?!\d))(?=.*\w)",
        "is looked for as one phrase: a comma does not part terms",
        _EACH_UNDER_ANY,
    ),
    Pattern(
        r"(?<=[^\W\d])/(?=[^\W\d])|(?<=\s)/(?=\s)",
        "is looked for as one phrase: a stroke does not part terms",
        _EACH_UNDER_ANY,
    ),
    Pattern(
        r"(?<=\w)\^(?=\d)",
        "is read with its figure: no term counts more than another",
        "remove what follows the word",
    ),
    Pattern(
        r"[\"“”„«»]|(?:\A|\s)['‘`][^'’`]+['’`](?=\s|\Z)",
        "has quotes, which are not read: several words are a phrase as they are",
        "remove them, or write = in front to ask for exactly this form",
        "note",
    ),
    Pattern(
        r"\s(?:or|oder|ou)\s",
        "is looked for as one phrase, with all of its words",
        f"{_EACH_UNDER_ANY}, if either will do",
        "note",
    ),
)

_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,'’\u00a0\u202f]\d{3})+(?![\d.,]*\d)")
_NUMBER = re.compile(r"(?<![\w.,])\d{4,}(?!\w|[.,]\d)")
_YEARS = range(1900, 2100)

# Signs that are no sign of anything between words, at the end of one.
_PROSE = frozenset(".:;,!?…()¿¡")
_IN_WORDS = frozenset("'’‘‛ʼ＇`-‐‑‒–—―−·")


def odd_terms(topics: Sequence[Topic], aliases: Sequence[Sequence[str]]) -> Iterator[Fault]:
    """Terms, and spellings of aliases, that lose or cannot mean something of what they say."""
    for index, spellings in enumerate(aliases):
        for place, written in enumerate(spellings):
            if remark := remark_on(parse_term(written)):
                yield _fault(("aliases", index, place), remark)
    for path, term in _terms(topics):
        if remark := remark_on(term):
            yield _fault(path, remark)


def _fault(path: Path, remark: Remark) -> Fault:
    return Fault(_TOPICS, path, remark.message, remark.hint, severity=remark.severity)


def _terms(topics: Sequence[Topic]) -> Iterator[tuple[Path, Term]]:
    for topic in topics:
        rule = topic.rule
        for clause, terms in (("any", rule.any), ("all", rule.all), ("none", rule.none)):
            for index, term in enumerate(terms):
                yield ("topics", topic.slug, clause, index), term


def remark_on(term: Term) -> Remark | None:
    """What a term loses, or cannot mean; None if it is read as it is written."""
    source = term.source
    shown = f"`{source}`"
    if addresses_in(source):
        told = f"{shown} holds an address or a tag, which is no text: no item has its words"
        return Remark(told, "write the words that stand in the text")
    if "~" in source and term.near is None:
        told = f"{shown} is read without its ~, as {_read(term)}"
        return Remark(told, f"{_DISTANCE}, with a space before the ~; likeness is unknown here")
    body = _body(term)
    asked = source if term.field is None else body
    for pattern in PATTERNS:
        if re.search(pattern.form, asked):
            return Remark(f"{shown} {pattern.told}", pattern.hint, pattern.severity)
    return _on_numbers(term, body) or _on_signs(term, body)


def _body(term: Term) -> str:
    """The words of a term as written: without field, =, * and distance."""
    body = term.source.partition(":")[2] if term.field else term.source
    if term.near:
        body = re.sub(r"(?:\A|\s)~\s*\d+(?=\s|\Z)", " ", body)
    words = (word.removeprefix("=") for word in body.strip().removesuffix("*").split())
    first = " ".join(words)
    return re.sub(r"\*(?=\s)", "", first) if term.near else first


def _read(term: Term) -> str:
    """What a term is read as, for people."""
    read = [" ".join(plainly(side.words)) + "*" * side.prefix for side in sides(term)]
    return f"“{f' ~{term.near.within} '.join(read) if term.near else read[0]}”"


def _on_numbers(term: Term, body: str) -> Remark | None:
    shown = f"`{term.source}`"
    if grouped := _GROUPED.search(body):
        plain = "".join(filter(str.isdigit, grouped[0]))
        told = f"{shown} does not find {plain}: {grouped[0]} is another word"
        return Remark(told, f"write a term with {plain} as well", "note")
    for number in _NUMBER.finditer(body):
        if int(number[0]) in _YEARS and number[0] != body.strip():
            continue  # a year in a phrase, such as Agenda 2030
        apart = f"{int(number[0]):,}"
        told = f"{shown} does not find {apart}, which is another word"
        return Remark(told, f"write a term with {apart} as well, unless it is a year", "note")
    return None


def _on_signs(term: Term, body: str) -> Remark | None:
    """Signs that are not read."""
    rest = body
    for piece in pieces_of(body):
        if "." in piece:  # an acronym or a host, whose dots count
            rest = rest.replace(piece, "x" * len(piece))
    lost = {at: sign for at, sign in enumerate(rest) if _is_lost(sign)}
    if not lost:
        return None
    signs = " ".join(dict.fromkeys(lost.values()))
    told = f"`{term.source}` is read as {_read(term)}: {signs} "
    told += "does not count" if len(set(lost.values())) == 1 else "do not count"
    if all(sign in _PROSE and not _begins(rest, at) for at, sign in lost.items()):
        return Remark(told, "leave it out, if that is what you mean", "note")
    return Remark(told, "no term can ask for signs: add words that tell what is meant")


def _is_lost(sign: str) -> bool:
    if sign.isalnum() or sign.isspace() or sign in _IN_WORDS:
        return False
    return unicodedata.category(sign) not in ("Cf", "Mn", "Mc", "Me")


def _begins(text: str, at: int) -> bool:
    """True if the sign stands in front of a word, or inside one; not between figures."""
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if text[at] in "(¿¡":
        return before.isalnum()
    return after.isalnum() and not (before.isdigit() and after.isdigit())


# --- Plurals that a list or a capital keeps out ---------------------------------------------------


class Narrowed(NamedTuple):
    """A term that does not find what `wider` would; what to say of it, and if by itself already."""

    path: Path
    term: Term
    wider: Term
    remark: Remark
    at_once: bool


def narrowed_terms(
    topics: Sequence[Topic],
    aliases: Sequence[Sequence[str]],
    languages: Languages,
    items: Sequence[Item],
) -> Iterator[Fault]:
    """Terms that do not find the singular or plural of a word of theirs: as it is another word, or
    as they have a capital. Once there is news to tell by, those that miss some of it."""
    found = list(_narrowed(topics, languages, few=len(items) < _ENOUGH))
    rules = [Rule(any=(term,)) for each in found for term in (each.term, each.wider)]
    matcher = Matcher(
        [Topic(str(number), "", "", rule) for number, rule in enumerate(rules)], aliases, languages
    )
    missing: set[int] = set()
    for item in items if found else ():
        taken = {int(slug) for slug in matcher.topics_of(item)}
        missing |= {slug // 2 for slug in taken if slug % 2 and slug - 1 not in taken}
    told = set[Path]()
    for number, each in enumerate(found):
        if each.path not in told and (each.at_once or number in missing):
            told.add(each.path)
            yield _fault(each.path, each.remark)


def _narrowed(topics: Sequence[Topic], languages: Languages, *, few: bool) -> Iterator[Narrowed]:
    written = {plainly(side.words) for _, term in _terms(topics) for side in sides(term)}
    for path, term in _terms(topics):
        for which, side in enumerate(sides(term)):
            if side.exact:
                continue
            words = side.words[:-1] if side.prefix else side.words
            rest = side.words[len(words) :]
            for at, other in _kept_apart(words, languages):
                changed = (*plainly(words[:at]), other, *plainly(words[at + 1 :]), *rest)
                if changed in written:
                    continue
                told = f"`{term.source}` does not find “{other}”, which counts as another word"
                remark = Remark(told, "write a term with each, if you mean both", "note")
                # Who writes a plural in a phrase, such as "labour rights", means it.
                likely = len(words) == 1 or (few and len(other) > len(words[at]))
                yield Narrowed(path, term, _with(term, which, changed), remark, likely)
            if plainly(words) != words:
                told = (
                    f"`{term.source}` finds “{_other_form(words, languages)}” only with a capital"
                )
                hint = "write it in small letters to find both, unless it is a name"
                plural = len(words) == 1 and not term.source.isupper()
                at_once = few and plural and bool(_singular(words, languages))
                small = _with(term, which, (*plainly(words), *rest))
                yield Narrowed(path, term, small, Remark(told, hint, "note"), at_once)


def _with(term: Term, which: int, words: tuple[str, ...]) -> Term:
    """The term with other words on one of its sides."""
    if which and term.near:
        return replace(term, near=replace(term.near, words=words))
    return replace(term, words=words)


def _kept_apart(words: Sequence[str], languages: Languages) -> Iterator[tuple[int, str]]:
    for at, word in enumerate(words):
        for language in languages.in_use:
            for other in apart_from(word.removeprefix(CAPITAL), language):
                yield at, other


def _singular(words: Sequence[str], languages: Languages) -> Sequence[str]:
    """What the last word may be the plural of, the shortest first."""
    plain = words[-1].removeprefix(CAPITAL)
    found = {other for tag in languages.in_use for other in singulars(plain, tag)}
    return sorted(found, key=lambda each: (len(each), each))


def _other_form(words: Sequence[str], languages: Languages) -> str:
    """The words in singular or plural, as they would not be found."""
    plain = words[-1].removeprefix(CAPITAL)
    plurals = sorted(others(plain, languages.in_use[0]), key=lambda each: (len(each), each))
    last = next(iter((*_singular(words, languages), *plurals)), plain)
    return " ".join((*plainly(tuple(words[:-1])), last))
