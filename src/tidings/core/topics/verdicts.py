"""How a rule judged an item, clause by clause: what `explain` and failing rule tests show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tidings.model import Evidence

Part = Literal["any", "all", "none", "source", "after", "before", "pin", "ban"]


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of a rule beside an item.

    `written` is the line as it stands in the rule: a term, a glob, a date, an id. `holds` says
    whether it is true of the item; one under `none` or `ban` that is true keeps the item out.
    `evidence` are the words that make it true: one piece, or the two sides of a distance. `seen`
    is what a clause without words was compared with: the item's path, date or id, "" for none.

    Of a term that is not found, `closeness` says how near the text comes (0 to 1, 0 for not at
    all), `remark` in which way, and `evidence` shows the words that come near.
    """

    part: Part
    written: str
    holds: bool
    evidence: tuple[Evidence, ...] = ()
    seen: str = ""
    closeness: float = 0.0
    remark: str = ""

    @property
    def wanted(self) -> bool:
        """False for the clauses that keep items out when they are true."""
        return self.part not in ("none", "ban")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a rule judged an item.

    `clauses` are all lines of the rule, part by part as written. `failing` are those that keep the
    item out, the one to look at first in front: of `any`, when none of its terms is found, only the
    term that comes nearest. It is empty when the item is in. `pinned` is true when a pin decided.
    """

    holds: bool
    clauses: tuple[Clause, ...]
    failing: tuple[Clause, ...] = ()
    pinned: bool = False

    @property
    def nearest(self) -> Clause | None:
        """The clause to look at first when the item is out, None when it is in."""
        return self.failing[0] if self.failing else None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The words that satisfied terms of `any`, then of `all`."""
        return tuple(
            found
            for clause in self.clauses
            if clause.part in ("any", "all") and clause.holds
            for found in clause.evidence
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """Terms that should have been found: all of `any` if none was, and what `all` lacks."""
        parts = {clause.part for clause in self.failing}
        return tuple(
            clause.written
            for clause in self.clauses
            if clause.part in ("any", "all") and clause.part in parts and not clause.holds
        )

    @property
    def against(self) -> tuple[Evidence, ...]:
        """The words that satisfied terms of `none`."""
        return tuple(
            found
            for clause in self.clauses
            if clause.part == "none" and clause.holds
            for found in clause.evidence
        )


# What to look at first. Without its words an item is no matter of the topic; where it comes from
# and when comes next; what `none` says matters only to an item that would be in otherwise.
_ORDER: tuple[Part, ...] = ("ban", "any", "all", "source", "after", "before", "none")


def verdict(clauses: tuple[Clause, ...], *, by_hand: bool = False) -> Verdict:
    """What the clauses come to. `by_hand` marks a rule that takes nothing but its pins."""
    failing: list[Clause] = []
    for part in _ORDER:
        of_part = [clause for clause in clauses if clause.part == part]
        wrong = [clause for clause in of_part if clause.holds != clause.wanted]
        if part in ("any", "source") and len(wrong) < len(of_part):
            continue  # one is enough
        if part in ("any", "source"):
            wrong = sorted(wrong, key=lambda clause: -clause.closeness)[:1]
        failing += wrong
    banned = any(clause.part == "ban" and clause.holds for clause in clauses)
    pinned = not banned and any(clause.part == "pin" and clause.holds for clause in clauses)
    if pinned:
        return Verdict(True, clauses, pinned=True)
    if by_hand and not failing:
        failing = [clause for clause in clauses if clause.part == "pin"]
        return Verdict(False, clauses, tuple(failing))
    return Verdict(not failing, clauses, tuple(failing))
