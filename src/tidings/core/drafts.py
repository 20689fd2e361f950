"""Previews topics while they are written: matched items, near misses, and lines with remarks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from tidings.core.topics import Clause, Languages, Matcher
from tidings.model import Evidence, Item, Problem, Rule, Topic

# A term by term judgement of more items than this would delay the page.
LOOKED_AT = 100
CLOSE = 0.6
TAB = "    "
WIDEST = 400  # a line beyond this is cut: nobody reads on, and a page need not carry it
_REST = ""


@dataclass(frozen=True, slots=True)
class Matched:
    """An item that a topic matches, and why. `joining`: it is not in the topic as published."""

    item: Item
    evidence: tuple[Evidence, ...]
    joining: bool = False


@dataclass(frozen=True, slots=True)
class TopicPreview:
    """A topic as it is written now: the items that it matches, newest first, and those that leave.

    `compared` is false if the topic was never published: then no item joins or leaves.
    """

    topic: Topic
    matched: tuple[Matched, ...]
    leaving: tuple[Item, ...] = ()
    compared: bool = False

    @property
    def joining(self) -> int:
        """The number of items that would join the topic."""
        return sum(each.joining for each in self.matched)


@dataclass(frozen=True, slots=True)
class TopicsPreview:
    """All topics in their order, all listed items, and the items that are in no topic."""

    topics: tuple[TopicPreview, ...]
    items: tuple[Item, ...]
    unmatched: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An item that a topic nearly matches, and the part of the rule that excludes it."""

    item: Item
    clause: Clause


def preview_topics(
    topics: Sequence[Topic],
    matcher: Matcher,
    items: Iterable[Item],
    published: Mapping[str, Set[str]],
) -> TopicsPreview:
    """Match the items to the topics.

    `published` holds the ids of the items in each topic as it was published last.
    """
    ordered = tuple(sorted((i for i in items if i.listed), key=lambda item: item.order))
    matched: dict[str, list[Matched]] = {topic.slug: [] for topic in topics}
    unmatched = []
    for item in ordered:
        reasons = matcher.classify(item)
        for slug, evidence in reasons.items():
            joining = slug in published and item.id not in published[slug]
            matched[slug].append(Matched(item, evidence, joining))
        if not reasons:
            unmatched.append(item)
    return TopicsPreview(
        topics=tuple(_topic(topic, matched[topic.slug], ordered, published) for topic in topics),
        items=ordered,
        unmatched=tuple(unmatched),
    )


def _topic(
    topic: Topic,
    matched: Sequence[Matched],
    items: Sequence[Item],
    published: Mapping[str, Set[str]],
) -> TopicPreview:
    was = published.get(topic.slug, frozenset())
    now = {each.item.id for each in matched}
    leaving = tuple(item for item in items if item.id in was and item.id not in now)
    return TopicPreview(topic, tuple(matched), leaving, topic.slug in published)


def term_counts(
    draft: TopicsPreview,
    chosen: TopicPreview,
    aliases: Sequence[Sequence[str]],
    languages: Languages = Languages(),  # noqa: B008
) -> Mapping[str, int]:
    """Count items for each term of a topic, by the term as written.

    For `any` and `all`: the items of the topic that contain it. For `none`: the items that it
    excludes.
    """
    rule = chosen.topic.rule
    terms = {term.source: term for term in (*rule.any, *rule.all, *rule.none)}
    single = [Topic(source, "", "", Rule(any=(term,))) for source, term in terms.items()]
    rest = Topic(_REST, "", "", replace(rule, none=(), pin=()))
    matcher = Matcher([*single, rest], aliases, languages)
    counts: Counter[str] = Counter(dict.fromkeys(terms, 0))
    inside = {each.item.id for each in chosen.matched}
    none = {term.source for term in rule.none}
    for item in draft.items:
        found = set(matcher.topics_of(item))
        if item.id in inside:
            counts.update(found - none - {_REST})
        elif _REST in found:
            counts.update(found & none)
    return counts


def near_misses(
    draft: TopicsPreview, chosen: TopicPreview, matcher: Matcher, most: int = 4
) -> tuple[NearMiss, ...]:
    """Find at most `most` items that the topic nearly matches, the nearest first.

    They have the words but are excluded otherwise, or have nearly the words. Only the newest
    `LOOKED_AT` items are judged.
    """
    inside = {each.item.id for each in chosen.matched}
    outside = [item for item in draft.items if item.id not in inside][:LOOKED_AT]
    found: list[tuple[float, NearMiss]] = []
    for item in outside:
        nearest = matcher.judge(chosen.topic.slug, item).nearest
        if nearest is None or nearest.part in ("pin", "ban"):
            continue
        words = nearest.part in ("any", "all")
        closeness = nearest.score if words else 1.0
        if closeness >= CLOSE:
            found.append((closeness, NearMiss(item, nearest)))
    found.sort(key=lambda each: -each[0])
    return tuple(missed for _, missed in found[:most])


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line of a file, a remark beside it, and the problems in it."""

    number: int
    text: str
    remark: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A problem with its line, split into the text before the mistake, the mistake, and the rest.

    `caret` marks the mistake from below; it is "" if the column is not known.
    """

    problem: Problem
    place: str
    above: str = ""
    before: str = ""
    wrong: str = ""
    after: str = ""
    caret: str = ""

    @property
    def has_line(self) -> bool:
        """Whether there is a line to show."""
        return bool(self.before or self.wrong or self.after)


def block_of(lines: Sequence[str], slug: str) -> tuple[int, int]:
    """Find the first and last line number of a topic; (0, 0) if it is not there.

    Goes by indentation alone, so it also works in a file that is broken elsewhere.
    """
    begin = re.compile(rf"^(\s+)(['\"]?){re.escape(slug)}\2\s*:(\s|$)")
    for at, line in enumerate(lines):
        if found := begin.match(line):
            return at + 1, _end(lines, at, len(found[1]))
    return 0, 0


def _end(lines: Sequence[str], at: int, depth: int) -> int:
    """The last line of the block that begins at `at`, without trailing comments and space."""
    last = at + 1
    for number, line in enumerate(lines[at + 1 :], at + 2):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if len(line) - len(line.lstrip()) <= depth:
            break
        last = number
    return last


def file_lines(
    lines: Sequence[str],
    block: tuple[int, int],
    remarks: Mapping[str, str],
    problems: Sequence[Problem],
) -> tuple[FileLine, ...]:
    """The lines of a block with remarks and problems; `remarks` are keyed by the text of a line."""
    first, last = block
    return tuple(
        FileLine(
            number,
            lines[number - 1].replace("\t", TAB)[:WIDEST],
            remarks.get(lines[number - 1].strip(), ""),
            tuple(each for each in problems if each.line == number),
        )
        for number in range(first, last + 1)
        if first
    )


def with_line(problem: Problem, lines: Sequence[str]) -> ProblemLine:
    """Add its line to a problem, if the file still has it."""
    place = problem.path
    if problem.line:
        place += f":{problem.line}" + (f":{problem.column}" if problem.column else "")
    if not 0 < problem.line <= len(lines):
        return ProblemLine(problem, place)
    line = lines[problem.line - 1]
    above = lines[problem.line - 2] if problem.line > 1 else ""
    at = max(problem.column - 1, 0)
    marked = (problem.excerpt.splitlines() or [""])[0]
    length = len(marked) if marked and line[at:].startswith(marked) else 0
    start = max(0, at - WIDEST // 2)
    before = line[start:at].replace("\t", TAB)
    wrong = line[at : at + length].replace("\t", TAB)[:WIDEST]
    caret = " " * len(before) + "^" * max(1, len(wrong)) if problem.column else ""
    after = line[at + length :].replace("\t", TAB)[:WIDEST]
    return ProblemLine(
        problem, place, above.replace("\t", TAB)[:WIDEST], before, wrong, after, caret
    )
