"""What each topic takes of the items that there are, beside what is published of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from tidings.core.topics import Clause, Matcher
from tidings.model import Evidence, Item, Rule, Topic

# Judging line by line is for explanations: beyond so many items it would hold up a page.
LOOKED_AT = 100
CLOSE = 0.6
_REST = ""


@dataclass(frozen=True, slots=True)
class Caught:
    """An item that a topic takes, and the words why. `joining`: the published topic lacks it."""

    item: Item
    evidence: tuple[Evidence, ...]
    joining: bool = False


@dataclass(frozen=True, slots=True)
class TopicDraft:
    """A topic as written now: what it takes, newest first, and what would leave it.

    `compared` is false where nothing is published of it yet, so that nothing joins or leaves.
    """

    topic: Topic
    caught: tuple[Caught, ...]
    leaving: tuple[Item, ...] = ()
    compared: bool = False

    @property
    def joining(self) -> int:
        """How many items would join."""
        return sum(each.joining for each in self.caught)


@dataclass(frozen=True, slots=True)
class Draft:
    """All topics, in their order, the items that they were asked about, and those in no topic."""

    topics: tuple[TopicDraft, ...]
    items: tuple[Item, ...]
    loose: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """An item that a topic just fails to take, and the line of the rule that keeps it out."""

    item: Item
    clause: Clause


def drafted(
    topics: Sequence[Topic],
    matcher: Matcher,
    items: Iterable[Item],
    published: Mapping[str, Set[str]],
) -> Draft:
    """Put the items where they belong; `published` are the ids in each topic as published."""
    ordered = tuple(sorted((i for i in items if i.listed), key=lambda item: item.order))
    caught: dict[str, list[Caught]] = {topic.slug: [] for topic in topics}
    loose = []
    for item in ordered:
        reasons = matcher.classify(item)
        for slug, evidence in reasons.items():
            joining = slug in published and item.id not in published[slug]
            caught[slug].append(Caught(item, evidence, joining))
        if not reasons:
            loose.append(item)
    return Draft(
        topics=tuple(_topic(topic, caught[topic.slug], ordered, published) for topic in topics),
        items=ordered,
        loose=tuple(loose),
    )


def _topic(
    topic: Topic,
    caught: Sequence[Caught],
    items: Sequence[Item],
    published: Mapping[str, Set[str]],
) -> TopicDraft:
    was = published.get(topic.slug, frozenset())
    now = {each.item.id for each in caught}
    leaving = tuple(item for item in items if item.id in was and item.id not in now)
    return TopicDraft(topic, tuple(caught), leaving, topic.slug in published)


def term_counts(
    draft: Draft, chosen: TopicDraft, aliases: Sequence[Sequence[str]]
) -> Mapping[str, int]:
    """How many items each term of a topic brings, by the term as written.

    Of `any` and `all`: how many items of the topic have it. Of `none`: how many it keeps out.
    """
    rule = chosen.topic.rule
    terms = {term.source: term for term in (*rule.any, *rule.all, *rule.none)}
    single = [Topic(source, "", "", Rule(any=(term,))) for source, term in terms.items()]
    rest = Topic(_REST, "", "", replace(rule, none=(), pin=()))
    matcher = Matcher([*single, rest], aliases)
    counts: Counter[str] = Counter(dict.fromkeys(terms, 0))
    inside = {each.item.id for each in chosen.caught}
    none = {term.source for term in rule.none}
    for item in draft.items:
        found = set(matcher.topics_of(item))
        if item.id in inside:
            counts.update(found - none - {_REST})
        elif _REST in found:
            counts.update(found & none)
    return counts


def near_misses(
    draft: Draft, chosen: TopicDraft, matcher: Matcher, most: int = 4
) -> tuple[Missed, ...]:
    """Items that come near to the topic, the nearest first; only the newest are looked at.

    Near is what has the words but is kept out otherwise, or has nearly the words.
    """
    inside = {each.item.id for each in chosen.caught}
    outside = [item for item in draft.items if item.id not in inside][:LOOKED_AT]
    found: list[tuple[float, Missed]] = []
    for item in outside:
        nearest = matcher.judge(chosen.topic.slug, item).nearest
        if nearest is None or nearest.part in ("pin", "ban"):
            continue
        words = nearest.part in ("any", "all")
        closeness = nearest.score if words else 1.0
        if closeness >= CLOSE:
            found.append((closeness, Missed(item, nearest)))
    found.sort(key=lambda each: -each[0])
    return tuple(missed for _, missed in found[:most])
