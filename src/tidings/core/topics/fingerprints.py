"""A short hash of what each topic's rule means, so that the state notices an edited rule."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

from tidings.core.topics.aliases import Groups, parse_aliases
from tidings.core.topics.index import Condition, condition, ways
from tidings.model import Term, Topic

# Raise it when folding or matching changes what any rule finds: every topic is then judged anew.
MATCHER_VERSION: Final = 1


def fingerprint(
    topics: Sequence[Topic], aliases: Sequence[Sequence[str]] = ()
) -> Mapping[str, str]:
    """A hash for each slug, of the rule and of the aliases that touch it: 32 hex digits.

    It stays the same when a title, an `about`, a `note` or a test changes, when terms are written
    in another order or case, and in every process. Raises ValueError as `Matcher` does.
    """
    groups = parse_aliases(aliases)
    return {topic.slug: _hash(topic, groups) for topic in topics}


def _hash(topic: Topic, groups: Groups) -> str:
    rule = topic.rule
    meaning: dict[str, object] = {
        "version": MATCHER_VERSION,
        "any": _clause(rule.any, groups),
        "all": _clause(rule.all, groups),
        "none": _clause(rule.none, groups),
    }
    limits: dict[str, object] = {
        "sources": sorted(set(rule.sources)),
        "after": rule.after and rule.after.isoformat(),
        "before": rule.before and rule.before.isoformat(),
        "pin": sorted(set(rule.pin)),
        "ban": sorted(set(rule.ban)),
    }
    # Only what is given counts, so that rules of words alone keep the mark that they have.
    meaning |= {name: limit for name, limit in limits.items() if limit}
    canonical = json.dumps(meaning, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:32]


def _clause(terms: Sequence[Term], groups: Groups) -> list[str]:
    """Each term once, in an order of its own, with every spelling that satisfies it."""
    return sorted({json.dumps(_meaning(condition(term), groups)) for term in terms})


def _meaning(asked: Condition, groups: Groups) -> list[object]:
    each = sorted([side.exact, side.prefix, sorted(ways(side, groups))] for side in asked.sides)
    if len(each) == 1:
        (only,) = each
        return [asked.field, *only]
    return [asked.field, asked.within, *each]
