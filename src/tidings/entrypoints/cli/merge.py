"""`tidings merge`: two items are one piece of news, or are not."""

from __future__ import annotations

from typing import Annotated

import typer

from tidings.entrypoints.cli.decided import By, Json, Reason, Undo, deciding, tell
from tidings.entrypoints.cli.exits import usage


def merge(
    context: typer.Context,
    pair: Annotated[
        tuple[str, str],
        typer.Argument(metavar="A B", help="The item that stays, and the one that leads to it."),
    ],
    reason: Reason = "",
    by: By = "",
    undo: Undo = False,
    apart: Annotated[
        bool, typer.Option("--not", help="They are two: suggest this pair no more.")
    ] = False,
    json: Json = False,
) -> None:
    """Let item B be the same news as item A, and lead to it from now on."""
    from tidings.application import edit

    if undo and apart:
        raise usage("give --undo or --not: they do not go together")
    with deciding(context, by, reason) as (store, editor):
        if apart:
            edited = edit.tell_apart(store, editor, *pair)
        else:
            act = edit.undo_merge if undo else edit.merge
            edited = act(store, editor, *pair)
    if apart:
        known = "They are known to be two."
        tell(edited, known, known, json=json, next_steps="`tidings status` names them no more")
    elif undo:
        tell(edited, "Two items again.", "They are two.", json=json)
    else:
        tell(edited, "One item now.", "They are one already.", json=json)
