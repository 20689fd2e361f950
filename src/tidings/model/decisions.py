"""What editors decide on items, and what they are asked to decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What can be decided: to withdraw an item; that one is the same news as another, or is not;
    that what one source says is an item of its own."""

    RETRACT = "retract"
    MERGE = "merge"
    SPLIT = "split"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on an item: what, by whom, when and why ("" where nobody said).

    `other_id` is the item merged into `item_id`, told apart from it, or split off it; `path` is the
    source whose text was split off. `memo` is what undoing it needs to know, as JSON. `undone_at`
    is None as long as it stands.
    """

    verdict: Verdict
    item_id: str
    at: datetime
    by: str
    reason: str = ""
    other_id: str | None = None
    path: str = ""
    memo: str = "{}"
    undone_at: datetime | None = None
    undone_by: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A new item that may be the same news as one that was known, and why one might think so."""

    new_id: str
    known_id: str
    why: str
    at: datetime
