"""What the witness of a state tells: how far readers have seen it.

It stands alone, since whoever accepts a state goes by it and knows nothing of how it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

PAUSE_SECONDS = 1.0
# Of all digests together. Whoever restores a copy that is older counts all as mailed.
ITEMS_TOLD = 2_000
ABOUT = (
    "How far readers have seen the state of this instance, so that an old copy of it is noticed. "
    "Not for editing; keep it when you restore a backup."
)


@dataclass(frozen=True, slots=True)
class LastEdition:
    """The newest edition of a digest that readers may have had, and the ids of the items that the
    editions from number `since` on announced; 0 where that is not told."""

    number: int
    period: str
    since: int = 0
    items: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LastSeen:
    """How far readers have come: the state's lineage, its generation, and by digest the newest
    edition."""

    lineage: str
    generation: int
    editions: Mapping[str, LastEdition] = field(default_factory=dict)
