"""Terms that hardly say what they are meant to: acronyms, doubles, the impossible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from tidings.core.linting.covering import covered
from tidings.core.linting.remarks import TOPICS, warning
from tidings.core.settings import Fault
from tidings.core.topics import parse_aliases
from tidings.core.topics.terms import Groups
from tidings.model import Term, Topic

Clause = Literal["any", "all", "none"]

# Capitals of up to four letters: IT, ILO, US. Longer ones are seldom another word in small letters.
_SHORTEST, _LONGEST = 2, 4


def doubtful(topics: Sequence[Topic], aliases: Sequence[Sequence[str]]) -> Iterator[Fault]:
    """Everything that the terms of the topics give away by themselves."""
    groups = parse_aliases(aliases)
    for topic in topics:
        for clause, terms in _clauses(topic):
            for index, term in enumerate(terms):
                place = ("topics", topic.slug, clause, index)
                if _looks_like_an_acronym(term):
                    yield _acronym(place, term)
            yield from _needless(topic.slug, clause, terms, groups)
        yield from _impossible(topic, groups)


def _clauses(topic: Topic) -> tuple[tuple[Clause, tuple[Term, ...]], ...]:
    rule = topic.rule
    return ("any", rule.any), ("all", rule.all), ("none", rule.none)


def _looks_like_an_acronym(term: Term) -> bool:
    written = term.source.rpartition(":")[2].strip()
    return (
        not term.exact
        and not term.prefix
        and term.near is None
        and _SHORTEST <= len(written) <= _LONGEST
        and written.isalpha()
        and written.isupper()
        and len(term.words) == 1
    )


def _acronym(place: tuple[str | int, ...], term: Term) -> Fault:
    field = f"{term.field}:" if term.field else ""
    written = term.source.rpartition(":")[2].strip()
    return warning(
        TOPICS,
        place,
        f"`{term.source}` also finds “{written.lower()}” in small letters",
        f"write {field}={written} to find only the capitals",
    )


def _needless(slug: str, clause: Clause, terms: Sequence[Term], groups: Groups) -> Iterator[Fault]:
    """Terms that change nothing beside another of the same clause. Of two that are equal, the
    later."""
    pairs = {(wide, narrow) for wide, narrow in covered(terms, terms, groups) if wide != narrow}
    told: set[int] = set()
    for wide, narrow in sorted(pairs):
        # Under `all` the stricter of two decides, elsewhere the wider.
        needless, other = (wide, narrow) if clause == "all" else (narrow, wide)
        if needless in told or (needless < other and (narrow, wide) in pairs):
            continue
        told.add(needless)
        yield warning(
            TOPICS,
            ("topics", slug, clause, needless),
            f"`{terms[needless].source}` adds nothing to `{terms[other].source}`",
            "remove one of the two",
        )


def _impossible(topic: Topic, groups: Groups) -> Iterator[Fault]:
    """Terms that can never decide, since what they find is kept out by a term under `none`."""
    none = topic.rule.none
    for clause, terms in _clauses(topic)[:2]:
        told: set[int] = set()
        for ban, index in covered(none, terms, groups):
            if index in told:
                continue
            told.add(index)
            yield warning(
                TOPICS,
                ("topics", topic.slug, clause, index),
                f"`{terms[index].source}` can never match: `{none[ban].source}` under none "
                "keeps out all that it finds",
                "remove one of the two, or narrow the one under none",
            )
