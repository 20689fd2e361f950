"""Which news belongs to which topic, and why.

Terms are read by `parse_term`; a `Matcher` is built once from the topics and the alias lists, and
its `classify(item)` gives the topics whose rule holds, each with the words that satisfied it.
`judge(slug, item)` goes through one rule line by line, also where it does not hold.
"""

from __future__ import annotations

from tidings.core.topics.aliases import parse_alias, parse_aliases
from tidings.core.topics.checks import Outcome, run_tests, try_rules
from tidings.core.topics.fingerprints import MATCHER_VERSION, fingerprint
from tidings.core.topics.matching import Matcher
from tidings.core.topics.terms import parse_term
from tidings.core.topics.verdicts import Clause, Verdict

__all__ = [
    "MATCHER_VERSION",
    "Clause",
    "Matcher",
    "Outcome",
    "Verdict",
    "fingerprint",
    "parse_alias",
    "parse_aliases",
    "parse_term",
    "run_tests",
    "try_rules",
]
