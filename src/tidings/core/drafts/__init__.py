"""What an administrator sees while writing: topics with what they take, and files with remarks.

Frozen values, and the pure functions that make them; the live preview shows them.
"""

from __future__ import annotations

from tidings.core.drafts.catching import (
    Caught,
    Draft,
    Missed,
    TopicDraft,
    drafted,
    near_misses,
    term_counts,
)
from tidings.core.drafts.lines import FileLine, Shown, block_of, remarks_on, shown
from tidings.core.drafts.schemes import in_scheme

__all__ = [
    "Caught",
    "Draft",
    "FileLine",
    "Missed",
    "Shown",
    "TopicDraft",
    "block_of",
    "drafted",
    "in_scheme",
    "near_misses",
    "remarks_on",
    "shown",
    "term_counts",
]
