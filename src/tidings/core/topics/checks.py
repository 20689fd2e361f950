"""Runs the examples that topics carry against their rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidings.core.topics.matching import Matcher
from tidings.core.topics.verdicts import Verdict
from tidings.model import RuleTest, Text, Topic


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule test that did not come out as its topic says, with the verdict that explains it."""

    topic: str
    test: RuleTest
    verdict: Verdict

    def __str__(self) -> str:
        verdict = self.verdict
        if not self.test.must_match:
            found = ", ".join(evidence.term for evidence in verdict.evidence) or "no term asked for"
            return f"{self.topic}: should not match “{self._text}”; found: {found}"
        reasons = []
        if verdict.missing:
            reasons.append("not found: " + ", ".join(verdict.missing))
        if verdict.against:
            reasons.append("kept out by: " + ", ".join(found.term for found in verdict.against))
        return f"{self.topic}: should match “{self._text}”; {'; '.join(reasons)}"

    @property
    def _text(self) -> str:
        return f"{self.test.title} / {self.test.summary}" if self.test.summary else self.test.title


def run_tests(
    topics: Sequence[Topic], aliases: Sequence[Sequence[str]] = ()
) -> tuple[Failure, ...]:
    """Run the rule tests that the topics carry; the failures, in the order of the file."""
    matcher = Matcher(topics, aliases)
    failures = []
    for topic in topics:
        for test in topic.tests:
            verdict = matcher.judge_text(topic.slug, Text(test.title, test.summary))
            if verdict.holds != test.must_match:
                failures.append(Failure(topic.slug, test, verdict))
    return tuple(failures)
