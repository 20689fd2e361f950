"""Letting two items be one, taking that back, and telling items apart that only look alike."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from tidings.application.editing.desk import Desk, Edited, Editor, editing
from tidings.application.editing.memos import as_plain, as_text
from tidings.application.finding import find_item
from tidings.core.changes import Said, compare, filled, retold
from tidings.errors import NotPossible
from tidings.model import Changes, DecisionKind, Item, Text
from tidings.state import Store


def merge(store: Store, editor: Editor, name: str, other_name: str) -> Edited:
    """Let `other_name` be the same news as `name`: its sources become the other's, its page leads
    there, and whatever is read of it later goes there, too."""
    with editing(store, editor) as desk:
        item, other = desk.find(name), find_item(desk.state, other_name)
        if other.merged_into == item.id:
            return Edited(item, other, changed=False)
        if other.merged_into:
            desk.find(other.slug)
        if other.id == item.id:
            raise NotPossible(f"{name} and {other_name} are one item already: {item.slug}")
        return join(desk, item, other)


def join(desk: Desk, item: Item, other: Item, *, fill: bool = True) -> Edited:
    """Let one item lead to another, which takes over what was missing in it (`fill`)."""
    became = _completed(desk, item, filled(item.text, other.text)) if fill else item
    own = [seen for seen in other.sources if seen.item_id == other.id]
    desk.state.items.merge(other.id, item.id, item.revision, desk.run)
    away = desk.get(other.id)
    desk.change(Changes(filled=(became, away)))
    counted = desk.state.editions.count_for(other.id, item.id)
    apart = desk.decided(DecisionKind.DISTINCT, item, other)
    if apart:
        desk.undo(apart)
    desk.note(
        DecisionKind.MERGE,
        item,
        other,
        memo={
            "was": as_plain(item.text),
            "became": as_plain(became.text),
            "published": item.published.isoformat() if item.published else None,
            "revision": item.revision,
            "counted": counted,
            "said": {seen.ref.path: as_plain(seen.text) for seen in own},
        },
    )
    return Edited(desk.get(item.id), away)


def undo_merge(store: Store, editor: Editor, name: str, other_name: str) -> Edited:
    """Let both be items again, each with the sources that were its own."""
    with editing(store, editor) as desk:
        item, other = find_item(desk.state, name), find_item(desk.state, other_name)
        if other.merged_into != item.id:
            raise NotPossible(f"{other.slug} is not merged into {item.slug}")
        return part(desk, item, other)


def part(desk: Desk, item: Item, other: Item) -> Edited:
    """Let an item that leads to another stand for itself again."""
    decision = desk.decided(DecisionKind.MERGE, item, other)
    memo = json.loads(decision.memo) if decision else {}
    desk.state.items.merge(other.id, None, None, desk.run)
    if memo:
        desk.state.editions.count_no_more(item.id, memo["revision"], memo["counted"])
        item = _as_it_was(item, memo)
    other = _caught_up(desk, desk.get(other.id), memo.get("said", {}))
    desk.change(Changes(revised=(other,), filled=(item,)))
    if decision:
        desk.undo(decision)
    return Edited(desk.get(item.id), other)


def tell_apart(store: Store, editor: Editor, name: str, other_name: str) -> Edited:
    """Note that two items are two: nobody need look at the pair again."""
    with editing(store, editor) as desk:
        item, other = desk.find(name), desk.find(other_name)
        if other.id == item.id:
            raise NotPossible(f"{name} and {other_name} are one item: {item.slug}")
        if desk.decided(DecisionKind.DISTINCT, item, other) or desk.decided(
            DecisionKind.DISTINCT, other, item
        ):
            return Edited(item, other, changed=False)
        desk.note(DecisionKind.DISTINCT, item, other)
        return Edited(item, other)


def _completed(desk: Desk, item: Item, text: Text) -> Item:
    """The item with what was missing in it, in silence."""
    if text.date is not None and text.date != item.date:
        minting = desk.minting(text)
        published = minting.published(text.date, item.arrived_at, item.updated)
        item = replace(item, published=published)
    return retold(item, text)


def _as_it_was(item: Item, memo: dict[str, object]) -> Item:
    """The item without what a merge put into it, as far as nobody has changed that since."""
    was, became, now = as_text(memo["was"]), as_text(memo["became"]), item.text
    text = Text(
        title=now.title,
        summary=was.summary if now.summary == became.summary else now.summary,
        date=was.date if now.date == became.date else now.date,
        url=was.url if now.url == became.url else now.url,
        category=was.category if now.category == became.category else now.category,
    )
    published = item.published
    if text.date != now.date:
        before = memo["published"]
        published = datetime.fromisoformat(str(before)) if before else None
    return retold(replace(item, published=published), text)


def _caught_up(desk: Desk, item: Item, said: dict[str, object]) -> Item:
    """The item after what its own sources said of it while it was merged into another."""
    minting = desk.minting(*(seen.text for seen in item.sources))
    for seen in item.sources:
        if seen.item_id == item.id:
            before = said.get(seen.ref.path)
            told = Said(seen.ref.path, seen.text, as_text(before) if before else None)
            item = compare(item, told, minting, desk.editor.now)
    return item
