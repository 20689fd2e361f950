"""Runs the examples that topics carry against their rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidings.core.topics.explain import RuleResult
from tidings.core.topics.languages import Languages
from tidings.core.topics.matcher import Matcher
from tidings.model import Evidence, RuleTest, Text, Topic


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rule test as it came out, with the result that explains it."""

    topic: str
    test: RuleTest
    result: RuleResult

    @property
    def passed(self) -> bool:
        """True if the rule says of the text what its topic says."""
        return self.result.holds == self.test.must_match

    @property
    def wanted(self) -> str:
        """What the test asks for: the rule should, or should not, match the text."""
        return f"should {'' if self.test.must_match else 'not '}match “{self._said}”"

    @property
    def reason(self) -> str:
        """Which clauses made the rule say what it says, with the words that decided them."""
        result = self.result
        if result.holds:
            found = "; ".join(
                f"{clause.written} ({self._quoted(clause.evidence)})"
                for clause in result.clauses
                if clause.part in ("any", "all") and clause.holds
            )
            return f"found: {found or 'no term asked for'}"
        reasons = []
        if result.missing:
            reasons.append(f"not found: {_some(result.missing)}")
        kept_out = [
            f"{clause.written} ({self._quoted(clause.evidence)})"
            for clause in result.failing
            if clause.part == "none"
        ]
        if kept_out:
            reasons.append(f"kept out by: {', '.join(kept_out)}")
        nearest = result.nearest
        if nearest and nearest.remark:
            reasons.append(f"nearest: {nearest.written}, {nearest.remark}")
        return "; ".join(reasons) or "the topic has only its pinned items"

    def __str__(self) -> str:
        return f"{self.topic}: {self.wanted}; {self.reason}"

    @property
    def _said(self) -> str:
        return f"{self.test.title} / {self.test.summary}" if self.test.summary else self.test.title

    def _quoted(self, evidence: Sequence[Evidence]) -> str:
        fields = {"title": self.test.title, "summary": self.test.summary}
        words = " … ".join(fields[piece.field][piece.start : piece.end] for piece in evidence)
        return f"“{words}” in the {evidence[0].field}" if evidence else ""


def try_rules(
    topics: Sequence[Topic],
    aliases: Sequence[Sequence[str]] = (),
    languages: Languages = Languages(),  # noqa: B008
) -> tuple[Outcome, ...]:
    """Run every rule test that the topics carry, in the order of the file."""
    matcher = Matcher(topics, aliases, languages)
    return tuple(
        Outcome(topic.slug, test, matcher.judge_text(topic.slug, Text(test.title, test.summary)))
        for topic in topics
        for test in topic.tests
    )


def failing(
    topics: Sequence[Topic],
    aliases: Sequence[Sequence[str]] = (),
    languages: Languages = Languages(),  # noqa: B008
) -> tuple[Outcome, ...]:
    """Those of `try_rules` that have not passed; nothing is worked out to explain the others."""
    matcher = Matcher(topics, aliases, languages)
    return tuple(
        Outcome(topic.slug, test, matcher.judge_text(topic.slug, text))
        for topic in topics
        for test in topic.tests
        if matcher.takes_text(topic.slug, text := Text(test.title, test.summary)) != test.must_match
    )


def _some(terms: Sequence[str], most: int = 5) -> str:
    """The first few of many terms."""
    rest = len(terms) - most
    return ", ".join(terms[:most]) + (f" and {rest} more" if rest > 0 else "")
