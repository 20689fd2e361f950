"""Letting what one source says of an item be an item of its own, and taking that back."""

from __future__ import annotations

from tidings.application.editing.desk import Edited, Editor, editing
from tidings.application.editing.merging import join, part
from tidings.errors import NotPossible
from tidings.model import Changes, DecisionKind, Item, SourceEntry
from tidings.state import Store


def split(store: Store, editor: Editor, name: str, path: str) -> Edited:
    """Let what one source says of an item be an item of its own."""
    with editing(store, editor) as desk:
        item = desk.find(name)
        seen = _said_by(item, path)
        others = [each for each in item.sources if each is not seen]
        if not others:
            raise NotPossible(
                f"{path} is the only source of {item.slug}: there is nothing to split"
            )
        if seen.item_id != item.id:
            away = desk.get(seen.item_id)
            if len(away.sources) == 1:
                # It was an item of its own before it was merged: that one is back.
                desk.note(DecisionKind.SPLIT, item, away, path)
                return part(desk, desk.get(away.merged_into or item.id), away)
        elif not any(each.item_id == item.id for each in others):
            raise NotPossible(
                f"{path} is the only source that {item.slug} has of its own: undo the merge instead"
            )
        made = desk.minting(seen.text).item(seen.text, path)
        desk.state.items.amend(Changes(new=(made,)), desk.run)
        desk.state.items.hand_over(path, seen.item_id, made.id)
        desk.place(Changes(new=(made,), filled=(desk.get(item.id),)))
        desk.note(DecisionKind.SPLIT, item, made, path)
        return Edited(desk.get(item.id), desk.get(made.id))


def undo_split(store: Store, editor: Editor, name: str, path: str) -> Edited:
    """Let what was split off lead back to the item that it came from."""
    with editing(store, editor) as desk:
        item = desk.find(name)
        standing = [
            each
            for each in desk.state.decisions.of([item.id])
            if each.verdict is DecisionKind.SPLIT
            and each.undone_at is None
            and each.item_id == item.id
            and each.path == path
        ]
        if not standing or standing[-1].other_id is None:
            raise NotPossible(f"nothing that {path} says was split off {item.slug}")
        other = desk.get(standing[-1].other_id)
        desk.undo(standing[-1])
        if other.merged_into:
            return Edited(item, other, changed=False)
        return join(desk, item, other, fill=False)


def _said_by(item: Item, path: str) -> SourceEntry:
    found = [seen for seen in item.sources if seen.ref.path == path]
    if not found:
        paths = ", ".join(sorted({seen.ref.path for seen in item.sources}))
        raise NotPossible(f"{path} is no source of {item.slug}; there are {paths}")
    # Of two that one file has, what was merged in is what can be split off.
    return min(found, key=lambda seen: (seen.item_id == item.id, seen.item_id))
