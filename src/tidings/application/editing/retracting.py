"""Withdrawing an item, and taking that back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from tidings.application.editing.desk import Edited, Editor, editing
from tidings.core.changes import last_change, reinstated, retracted
from tidings.model import Changes, DecisionKind, Retraction
from tidings.state import Store


def retract(store: Store, editor: Editor, name: str) -> Edited:
    """Withdraw an item: feeds and pages keep its title and the reason, and who had it is told."""
    with editing(store, editor) as desk:
        item = desk.find(name)
        had = item.retraction
        if had and had.by:
            return Edited(item, changed=False)
        memo: dict[str, object] = {}
        if had:
            at = had.at.isoformat()
            memo = {"reason": had.reason, "at": at, "quietly": had.quietly}
        item = retracted(item, Retraction(editor.reason, editor.now, editor.by), desk.moments)
        desk.change(Changes(retracted=(item,)))
        desk.note(DecisionKind.RETRACT, item, memo=memo)
        return Edited(item)


def undo_retract(store: Store, editor: Editor, name: str) -> Edited:
    """Take a retraction back, also one that sources made: the item is what it was before."""
    with editing(store, editor) as desk:
        item = desk.find(name)
        if item.retraction is None:
            return Edited(item, changed=False)
        decision = desk.decided(DecisionKind.RETRACT, item)
        memo = json.loads(decision.memo) if decision else {}
        gone = all(seen.position is None for seen in item.sources)
        if decision and memo and gone:
            # Its sources had taken it back before.
            at, quietly = datetime.fromisoformat(memo["at"]), memo.get("quietly", False)
            before = Retraction(memo["reason"], at, quietly=quietly)
            revised_at = desk.moments.of_change(last_change(item))
            item = replace(item, retraction=before, revised_at=revised_at)
            desk.change(Changes(retracted=(item,)))
        else:
            told = item.id in desk.state.editions.told([item.id])
            item = reinstated(item, editor.now, desk.moments, told=told)
            desk.change(Changes(revised=(item,)))
        if decision:
            desk.undo(decision)
        return Edited(item)
