"""What editors decided on items, and what they may want to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, insert, or_, select, update

from tidings.model import Decision, NearMiss, Verdict
from tidings.state import rows
from tidings.state.schema import decisions, items, near_misses


class Decisions:
    """Decisions, standing and undone, and suggestions for some."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, decision: Decision) -> None:
        """Put a decision on record; its id is given here."""
        self._db.execute(
            insert(decisions).values(
                verdict=decision.verdict.value,
                item_id=decision.item_id,
                other_id=decision.other_id,
                path=decision.path,
                at=decision.at,
                by=decision.by,
                reason=decision.reason,
                memo=decision.memo,
                undone_by="",
            )
        )

    def of(self, item_ids: Collection[str]) -> tuple[Decision, ...]:
        """Every decision that concerns one of these items, undone ones too, in their order."""
        found: dict[int, Decision] = {}
        for portion in rows.chunks(item_ids):
            query = select(decisions).where(
                or_(decisions.c.item_id.in_(portion), decisions.c.other_id.in_(portion))
            )
            found.update({row.id: _decision_of(row) for row in self._db.execute(query)})
        return tuple(found[key] for key in sorted(found))

    def undo(self, decision_id: int, at: datetime, by: str) -> None:
        """Note that a decision no longer stands."""
        undone = {"undone_at": at, "undone_by": by}
        self._db.execute(update(decisions).where(decisions.c.id == decision_id).values(undone))

    def suggest(self, near: Iterable[NearMiss]) -> None:
        """Remember pairs of items that somebody should look at; known pairs stay as they are."""
        values = [
            {"new_id": each.new_id, "known_id": each.known_id, "why": each.why, "at": each.at}
            for each in near
        ]
        if values:
            self._db.execute(insert(near_misses).prefix_with("OR IGNORE"), values)

    def suggested(self) -> tuple[NearMiss, ...]:
        """The pairs that nobody has decided on, oldest first."""
        gone = [
            exists().where(
                items.c.id == side,
                or_(items.c.merged_into.is_not(None), items.c.retracted_at.is_not(None)),
            )
            for side in (near_misses.c.new_id, near_misses.c.known_id)
        ]
        pair = or_(
            and_(
                decisions.c.item_id == near_misses.c.known_id,
                decisions.c.other_id == near_misses.c.new_id,
            ),
            and_(
                decisions.c.item_id == near_misses.c.new_id,
                decisions.c.other_id == near_misses.c.known_id,
            ),
        )
        told_apart = exists().where(
            pair, decisions.c.verdict == Verdict.DISTINCT.value, decisions.c.undone_at.is_(None)
        )
        query = (
            select(near_misses)
            .where(~gone[0], ~gone[1], ~told_apart)
            .order_by(near_misses.c.at, near_misses.c.new_id, near_misses.c.known_id)
        )
        return tuple(
            NearMiss(row.new_id, row.known_id, row.why, row.at) for row in self._db.execute(query)
        )


def _decision_of(row: Row[Any]) -> Decision:
    return Decision(
        verdict=Verdict(row.verdict),
        item_id=row.item_id,
        at=row.at,
        by=row.by,
        reason=row.reason,
        other_id=row.other_id,
        path=row.path,
        memo=row.memo,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        id=row.id,
    )
