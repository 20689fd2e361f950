"""Which news belongs to which topic, and why.

Terms are read by `parse_term`; a `Matcher` is built once from the topics and the alias lists, and
its `classify(item)` gives the topics whose rule holds, each with the words that satisfied it.
`judge(slug, item)` goes through one rule line by line, also where it does not hold.
"""

from __future__ import annotations

from tidings.core.topics.checks import Outcome, failing, try_rules
from tidings.core.topics.explain import Clause, RuleResult
from tidings.core.topics.languages import Languages
from tidings.core.topics.matcher import Matcher
from tidings.core.topics.terms import (
    MATCHER_VERSION,
    fingerprint,
    folding_of,
    parse_alias,
    parse_aliases,
    parse_term,
)

__all__ = [
    "MATCHER_VERSION",
    "Clause",
    "Languages",
    "Matcher",
    "Outcome",
    "RuleResult",
    "failing",
    "fingerprint",
    "folding_of",
    "parse_alias",
    "parse_aliases",
    "parse_term",
    "try_rules",
]
