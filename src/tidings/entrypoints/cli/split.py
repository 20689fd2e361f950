"""`tidings split`: what one source says is an item of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from tidings.entrypoints.cli.decided import By, Json, Name, Reason, Undo, deciding, tell


def split(
    context: typer.Context,
    item: Name,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The file, as pages name it.")],
    reason: Reason = "",
    by: By = "",
    undo: Undo = False,
    json: Json = False,
) -> None:
    """Let what one source says of an item be an item of its own."""
    from tidings.application import edit

    with deciding(context, by, reason) as (store, editor):
        act = edit.undo_split if undo else edit.split
        edited = act(store, editor, item, source)
    if undo:
        tell(edited, "One item again.", "What was split off leads elsewhere by now.", json=json)
    else:
        tell(edited, "Two items now.", "They are two already.", json=json)
