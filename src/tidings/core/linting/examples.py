"""The rule tests that topics carry: those that fail, and topics that have none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidings.core.linting.remarks import TOPICS, warning
from tidings.core.settings import Fault
from tidings.core.topics import try_rules
from tidings.model import Topic


def failing(topics: Sequence[Topic], aliases: Sequence[Sequence[str]]) -> Iterator[Fault]:
    """Each rule test that fails, as a problem at its own line."""
    by_slug = {topic.slug: topic for topic in topics}
    for failure in try_rules(topics, aliases):
        if failure.passed:
            continue
        kind = "match" if failure.test.must_match else "no_match"
        alike = [
            test
            for test in by_slug[failure.topic].tests
            if test.must_match == failure.test.must_match
        ]
        path = ("topics", failure.topic, "tests", kind, alike.index(failure.test))
        yield Fault(TOPICS, path, f"a rule test fails: {failure}")


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
