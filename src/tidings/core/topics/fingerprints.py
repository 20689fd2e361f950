"""A short hash of what each topic's rule means, so that the state notices an edited rule."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

from tidings.core.topics.aliases import Group, parse_aliases, spellings
from tidings.core.topics.index import condition
from tidings.model import Term, Topic

# Raise it when folding or matching changes what any rule finds: every topic is then judged anew.
MATCHER_VERSION: Final = 1


def fingerprint(
    topics: Sequence[Topic], aliases: Sequence[Sequence[str]] = ()
) -> Mapping[str, str]:
    """A hash for each slug, of the rule and of the aliases that touch it: 32 hex digits.

    It stays the same when a title, an `about` or a test changes, when terms are written in another
    order or case, and in every process. Raises ValueError as `Matcher` does.
    """
    groups = parse_aliases(aliases)
    return {topic.slug: _hash(topic, groups) for topic in topics}


def _hash(topic: Topic, groups: Sequence[Group]) -> str:
    meaning = {
        "version": MATCHER_VERSION,
        "any": _clause(topic.rule.any, groups),
        "all": _clause(topic.rule.all, groups),
        "none": _clause(topic.rule.none, groups),
    }
    canonical = json.dumps(meaning, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:32]


def _clause(terms: Sequence[Term], groups: Sequence[Group]) -> list[str]:
    """Each term once, in an order of its own, with every spelling that satisfies it."""
    return sorted({json.dumps(_meaning(term, groups)) for term in terms})


def _meaning(term: Term, groups: Sequence[Group]) -> list[object]:
    words, where, exact, prefix = condition(term)
    ways = [words] if exact else sorted(spellings(words, groups, prefix=prefix))
    return [where, exact, prefix, ways]
