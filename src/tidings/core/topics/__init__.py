"""Which news belongs to which topic, and why.

Terms are read by `parse_term`; a `Matcher` is built once from the topics and the alias lists, and
its `classify(text)` gives the topics whose rule holds, each with the words that satisfied it.
"""

from __future__ import annotations

from tidings.core.topics.aliases import parse_alias, parse_aliases
from tidings.core.topics.checks import Failure, run_tests
from tidings.core.topics.fingerprints import MATCHER_VERSION, fingerprint
from tidings.core.topics.matching import Matcher, Verdict
from tidings.core.topics.terms import parse_term

__all__ = [
    "MATCHER_VERSION",
    "Failure",
    "Matcher",
    "Verdict",
    "fingerprint",
    "parse_alias",
    "parse_aliases",
    "parse_term",
    "run_tests",
]
