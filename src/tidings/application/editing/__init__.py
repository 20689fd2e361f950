"""Editing: what editors decide on items, and taking it back. One transaction each.

A decision is on record with who, when and why, and holds against whatever is read later. Whoever
reads the feeds sees it with the next publication, whoever had the item by mail with the next
edition. Raises `NoSuchItem` for a name that is no item, and `NotPossible` for a decision that does
not fit the item.
"""

from __future__ import annotations

from tidings.application.editing.desk import Edited, Editor
from tidings.application.editing.merging import merge, tell_apart, undo_merge
from tidings.application.editing.retracting import retract, undo_retract
from tidings.application.editing.splitting import split, undo_split

__all__ = [
    "Edited",
    "Editor",
    "merge",
    "retract",
    "split",
    "tell_apart",
    "undo_merge",
    "undo_retract",
    "undo_split",
]
