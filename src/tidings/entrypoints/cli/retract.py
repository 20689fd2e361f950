"""`tidings retract`: withdraw an item, and say why."""

from __future__ import annotations

import typer

from tidings.entrypoints.cli.decided import By, Json, Name, Reason, Undo, deciding, tell
from tidings.entrypoints.cli.exits import usage


def retract(
    context: typer.Context,
    item: Name,
    reason: Reason = "",
    by: By = "",
    undo: Undo = False,
    json: Json = False,
) -> None:
    """Withdraw an item: readers see its title and the reason, and who had it by mail is told."""
    from tidings.application import edit

    if not undo and not reason.strip():
        raise usage("say why with --reason: it is all that readers will see of the item")
    with deciding(context, by, reason) as (store, editor):
        act = edit.undo_retract if undo else edit.retract
        edited = act(store, editor, item)
    if undo:
        tell(edited, "No longer retracted.", "It is not retracted.", json=json)
        return
    later = "pages and feeds show it with the next run, mail with the next edition"
    tell(edited, "Retracted.", "It is retracted already.", json=json, next_steps=later)
