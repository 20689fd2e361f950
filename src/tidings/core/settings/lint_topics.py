"""Likely mistakes in topics that are valid: terms, tests, references, and what the rules take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from tidings.core.settings.read import Fault, Path
from tidings.core.settings.values import suggestion
from tidings.core.topics import Languages, Matcher, failing, parse_aliases
from tidings.core.topics.plurals import bits_of, forms
from tidings.core.topics.terms import Groups, Side, Words, plainly, sides, spellings
from tidings.core.topics.text import CAPITAL, words_of
from tidings.model import Help, Item, Term, Topic

TOPICS = "topics.yaml"

Clause = Literal["any", "all", "none"]

# Capitals of up to four letters: IT, ILO, US. Longer ones are seldom another word in small letters.
_SHORTEST, _LONGEST = 2, 4

# With fewer items, a topic that takes none or all of them says little about its rule.
_ENOUGH = 10
_SHOWN = 3


def warning(file: str, path: Path, message: str, hint: str = "", *, at_key: bool = False) -> Fault:
    """Something that is likely a mistake."""
    return Fault(file, path, message, hint, at_key, "warning")


def about(help: Help, faults: Iterable[Fault]) -> Iterator[Fault]:  # noqa: A002
    """Faults of one kind, each with the section of the documentation that says more."""
    return (replace(fault, help=help) for fault in faults)


def note(file: str, path: Path, message: str, hint: str = "", *, at_key: bool = False) -> Fault:
    """Something worth knowing that may well be meant."""
    return Fault(file, path, message, hint, at_key, "note")


def failing_tests(
    topics: Sequence[Topic],
    aliases: Sequence[Sequence[str]],
    languages: Languages = Languages(),  # noqa: B008
) -> Iterator[Fault]:
    """Each rule test that fails, as a problem at its own line."""
    by_slug = {topic.slug: topic for topic in topics}
    for failure in failing(topics, aliases, languages):
        kind = "match" if failure.test.must_match else "no_match"
        alike = [
            test
            for test in by_slug[failure.topic].tests
            if test.must_match == failure.test.must_match
        ]
        path = ("topics", failure.topic, "tests", kind, alike.index(failure.test))
        message = f"a rule test fails: {failure}"
        yield Fault(TOPICS, path, message, help=Help.RULE_TEST_FAILS)


def untested(topics: Sequence[Topic]) -> Iterator[Fault]:
    """Topics whose rule nothing tries out."""
    for topic in topics:
        if not topic.tests and (topic.rule.any or topic.rule.all):
            yield warning(
                TOPICS,
                ("topics", topic.slug),
                f"{topic.slug} has no tests",
                "name a headline that belongs, under tests: match:, and a near miss, no_match:",
                at_key=True,
            )


def doubtful_terms(
    topics: Sequence[Topic], aliases: Sequence[Sequence[str]], languages: Languages
) -> Iterator[Fault]:
    """Everything that the terms of the topics give away by themselves."""
    compare = Comparison(parse_aliases(aliases), bits_of(languages.in_use))
    for topic in topics:
        for clause, terms in _clauses(topic):
            for index, term in enumerate(terms):
                place = ("topics", topic.slug, clause, index)
                if _looks_like_an_acronym(term):
                    yield _acronym(place, term)
            yield from _needless(topic.slug, clause, terms, compare)
        yield from _impossible(topic, compare)


def _clauses(topic: Topic) -> tuple[tuple[Clause, tuple[Term, ...]], ...]:
    rule = topic.rule
    return ("any", rule.any), ("all", rule.all), ("none", rule.none)


def _looks_like_an_acronym(term: Term) -> bool:
    written = _written(term)
    return (
        not term.exact
        and not term.prefix
        and term.near is None
        and _SHORTEST <= len(written) <= _LONGEST
        and written.isalpha()
        and written.isupper()
        and len(term.words) == 1
    )


def _written(term: Term) -> str:
    """The words of a term as written, an acronym without its dots."""
    body = term.source.rpartition(":")[2]
    return " ".join(word.form for word in words_of(body))


def _acronym(place: tuple[str | int, ...], term: Term) -> Fault:
    field = f"{term.field}:" if term.field else ""
    written = _written(term)
    return warning(
        TOPICS,
        place,
        f"`{term.source}` also finds “{written.lower()}” in small letters",
        f"write {field}={written} to find only the capitals",
    )


def _needless(
    slug: str, clause: Clause, terms: Sequence[Term], compare: Comparison
) -> Iterator[Fault]:
    """Terms that change nothing beside another of the same clause. Of two that are equal, the
    later."""
    pairs = {(wide, narrow) for wide, narrow in covered(terms, terms, compare) if wide != narrow}
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


def _impossible(topic: Topic, compare: Comparison) -> Iterator[Fault]:
    """Terms that can never decide, since what they find is kept out by a term under `none`."""
    none = topic.rule.none
    for clause, terms in _clauses(topic)[:2]:
        told: set[int] = set()
        for ban, index in covered(none, terms, compare):
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


def unknown_references(
    topics: Sequence[Topic], items: Sequence[Item], paths: Sequence[str]
) -> Iterator[Fault]:
    """Globs under `source` that name no file, and pins and bans of unknown items."""
    known = {name for item in items for name in (item.id, item.slug)}
    slugs = sorted(item.slug for item in items)
    for topic in topics:
        for index, glob in enumerate(topic.rule.sources):
            if not any(fnmatchcase(path, glob) for path in paths):
                yield warning(
                    TOPICS,
                    ("topics", topic.slug, "source", index),
                    f"no seed file is named {glob}",
                    suggestion(glob, paths) or "write it as in sources: seeds/NAME.txt",
                )
        for clause, names in (("pin", topic.rule.pin), ("ban", topic.rule.ban)):
            for index, name in enumerate(names):
                if name not in known:
                    yield warning(
                        TOPICS,
                        ("topics", topic.slug, clause, index),
                        f"no item {name} is known",
                        suggestion(name, slugs) if "-" in name and len(slugs) > 12 else "",
                    )


def empty_topics(
    topics: Sequence[Topic],
    aliases: Sequence[Sequence[str]],
    languages: Languages,
    items: Sequence[Item],
) -> Iterator[Fault]:
    """Topics that take suspiciously few or many items, and the items that no topic takes."""
    if len(items) < _ENOUGH or not topics:
        return
    matcher = Matcher(topics, aliases, languages)
    taken: dict[str, list[str]] = {topic.slug: [] for topic in topics}
    unmatched: list[Item] = []
    for item in items:
        slugs = matcher.topics_of(item)
        for slug in slugs:
            taken[slug].append(item.id)
        if not slugs:
            unmatched.append(item)
    yield from _empty_or_full(topics, taken, len(items))
    yield from _alike(topics, taken)
    if unmatched:
        first = "; ".join(f"“{item.title}”" for item in unmatched[:_SHOWN])
        more = f" and {len(unmatched) - _SHOWN} more" if len(unmatched) > _SHOWN else ""
        counted = f"{len(unmatched)} of {len(items)} items {'is' if len(unmatched) == 1 else 'are'}"
        yield note(TOPICS, ("topics",), f"{counted} in no topic: {first}{more}", at_key=True)


def _empty_or_full(
    topics: Sequence[Topic], taken: Mapping[str, Sequence[str]], total: int
) -> Iterator[Fault]:
    for topic in topics:
        amount = len(taken[topic.slug])
        if not amount:
            which, how = "none", "narrow"
        elif amount == total and (topic.rule.any or topic.rule.all):
            which, how = "all", "wide"
        else:
            continue
        yield warning(
            TOPICS,
            ("topics", topic.slug),
            f"{topic.slug} takes {which} of the {total} items",
            f"its terms may be too {how}: see `tidings explain`",
            at_key=True,
        )


def _alike(topics: Sequence[Topic], taken: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    first: dict[tuple[str, ...], str] = {}
    for topic in topics:
        ids = tuple(taken[topic.slug])
        if not ids:
            continue
        other = first.setdefault(ids, topic.slug)
        if other != topic.slug:
            some = f"{len(ids)} items" if len(ids) > 1 else "one item"
            yield warning(
                TOPICS,
                ("topics", topic.slug),
                f"{topic.slug} takes the same {some} as {other}",
                "two topics with one content: join them, or tell them apart",
                at_key=True,
            )


class Comparison(NamedTuple):
    """What terms are compared with: the aliases, and the bits of the languages that are in use."""

    groups: Groups
    bits: int


def covered(
    wide: Sequence[Term], narrow: Sequence[Term], compare: Comparison
) -> Iterator[tuple[int, int]]:
    """The indices of each wide term and each narrow one that it covers. Nearly linear."""
    starts: dict[str, list[int]] = defaultdict(list)
    openings: dict[str, list[int]] = defaultdict(list)
    for index, term in enumerate(wide):
        for side in sides(term):
            for words in _spelt(side, compare.groups):
                by_start = openings if side.prefix and len(words) == 1 else starts
                by_start[plainly(words)[0]].append(index)
    lengths = {len(opening) for opening in openings}
    for index, term in enumerate(narrow):
        asked = {
            form
            for side in sides(term)
            for word in plainly(_spelt(side, compare.groups)[0])
            for form in forms(word)
        }
        near = {other for word in asked for other in starts.get(word, ())}
        beginnings = {word[:length] for word in asked for length in lengths}
        near.update(other for opening in beginnings for other in openings.get(opening, ()))
        for other in sorted(near):
            if covers(wide[other], term, compare):
                yield other, index


def covers(wide: Term, narrow: Term, compare: Comparison) -> bool:
    """True if every text in which `narrow` is found holds `wide` as well.

    May say False of terms of which it is true all the same. Says True wrongly only of a plural of
    two words, such as leaves, beside one of these.
    """
    if wide.field is not None and wide.field != narrow.field:
        return False
    if wide.near is None:
        (side,) = sides(wide)
        return any(_finds(side, other, compare) for other in sides(narrow))
    if narrow.near is None or wide.near.within < narrow.near.within:
        return False
    return sorted(sides(wide)) == sorted(sides(narrow))


def _finds(wide: Side, narrow: Side, compare: Comparison) -> bool:
    """True if some spelling of `wide` stands within each spelling of `narrow`."""
    if wide.exact:
        length = len(wide.words)
        starts = range(len(narrow.words) - length + 1)
        return narrow.exact and any(
            narrow.words[start : start + length] == wide.words for start in starts
        )
    written = _spelt(wide, compare.groups)
    return all(
        any(_within(words, other, wide, narrow, compare.bits) for words in written)
        for other in _spelt(narrow, compare.groups)
    )


def _spelt(side: Side, groups: Groups) -> tuple[Words, ...]:
    """The spellings of a side in folded form, of which an exact one has only one."""
    if side.exact:
        return (tuple(word.key for form in side.words for word in words_of(form)),)
    return spellings(side.words, groups, prefix=side.prefix)


def _within(words: Words, other: Words, wide: Side, narrow: Side, bits: int) -> bool:
    """True if `words` stand in a row in `other`; the last of either may be a mere beginning."""
    for start in range(len(other) - len(words) + 1):
        end = start + len(words)
        row = other[start:end]
        if not all(
            _holds(one, each, bits, exact=narrow.exact)
            for one, each in zip(words[:-1], row[:-1], strict=True)
        ):
            continue
        is_beginning = narrow.prefix and end == len(other)
        if wide.prefix:
            found = {row[-1]} if is_beginning or narrow.exact else forms(row[-1]).keys()
            same = all(form.removeprefix(CAPITAL).startswith(words[-1]) for form in found)
        else:
            same = not is_beginning and _holds(words[-1], row[-1], bits, exact=narrow.exact)
        if same:
            return True
    return False


def _holds(wide: str, narrow: str, bits: int, *, exact: bool) -> bool:
    """True if a word of a term finds all that another word finds, in all of these languages."""
    found, plain = forms(wide), narrow.removeprefix(CAPITAL)
    if exact:
        return found.get(narrow, 0) & bits == bits
    if found.get(plain, 0) & bits != bits:
        return False
    return not wide.startswith(CAPITAL) or narrow == wide or len(forms(plain)) == 2
