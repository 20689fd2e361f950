"""What readers have seen of the state, as told from outside of it.

A state file can be lost or go back in time; what was published and mailed from it cannot. So the
state counts its changes, and a small file beside the feeds remembers how far readers have come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# The notes in the state by which it is told from an older copy of itself.
LINEAGE = "lineage"
GENERATION = "generation"
# Set in the copy that a backup holds: the instant at which it was made; "" in a state in use.
BACKUP = "backup"
# The lineage that began when a restored or rebuilt state was accepted; absent before.
ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class LastEdition:
    """The newest edition of a digest that readers may have had."""

    number: int
    period: str


@dataclass(frozen=True, slots=True)
class Seen:
    """How far readers have come: the state's lineage, its generation, and by digest the newest
    edition."""

    lineage: str
    generation: int
    editions: Mapping[str, LastEdition] = field(default_factory=dict)
