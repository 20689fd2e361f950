"""Explain: why an item is in a topic, or what kept it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidings.application.edit import find_item
from tidings.core.topics import Matcher, RuleResult
from tidings.model import Item, Text, Topic
from tidings.state import Store


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a topic's rule judges an item now, and whether the state has it among its items.

    `recorded` is None for a text that is no item. Where it differs from the verdict, the rule was
    edited since the last run.
    """

    topic: Topic
    verdict: RuleResult
    recorded: bool | None = None

    @property
    def outdated(self) -> bool:
        """Whether the next run would put the item into the topic, or take it out."""
        return self.recorded is not None and self.recorded != self.verdict.holds


def explain_item(
    store: Store, matcher: Matcher, topics: Sequence[Topic], name: str
) -> tuple[Item, tuple[Explanation, ...]]:
    """The item that is meant, and how each of these topics judges it, those that hold first.

    Raises `NoSuchItem`, with what comes near.
    """
    with store.reading() as state:
        item = find_item(state, name)
        recorded = state.topics.of([item.id]).get(item.id, ())
    judged = [
        Explanation(topic, matcher.judge(topic.slug, item), topic.slug in recorded)
        for topic in topics
    ]
    return item, _holding_first(judged)


def explain_text(matcher: Matcher, topics: Sequence[Topic], text: Text) -> tuple[Explanation, ...]:
    """How each of these topics judges a text that is no item: only the rules' terms are asked."""
    judged = [Explanation(topic, matcher.judge_text(topic.slug, text)) for topic in topics]
    return _holding_first(judged)


def _holding_first(judged: Sequence[Explanation]) -> tuple[Explanation, ...]:
    """In the topics' order; of those that do not hold, the nearest to it first."""

    def place(each: Explanation) -> float:
        nearest = each.verdict.nearest
        return -2.0 if each.verdict.holds else -nearest.score if nearest else 0.0

    return tuple(sorted(judged, key=place))
