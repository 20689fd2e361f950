"""Which news belongs to which topic, and why.

Terms are read by `parse_term`; a `Matcher` is built once from the topics and the alias lists, and
its `classify(item)` gives the topics whose rule holds, each with the words that satisfied it.
`judge(slug, item)` goes through one rule line by line, also where it does not hold.
"""

from __future__ import annotations

from tidings.core.topics.checks import Outcome, failing, try_rules
from tidings.core.topics.explain import Clause, RuleResult
from tidings.core.topics.matcher import Matcher
from tidings.core.topics.terms import (
    MATCHER_VERSION,
    fingerprint,
    parse_alias,
    parse_aliases,
    parse_term,
)

__all__ = [
    "MATCHER_VERSION",
    "Clause",
    "Matcher",
    "Outcome",
    "RuleResult",
    "failing",
    "fingerprint",
    "parse_alias",
    "parse_aliases",
    "parse_term",
    "try_rules",
]
