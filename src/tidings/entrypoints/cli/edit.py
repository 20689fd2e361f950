"""`tidings retract`, `merge` and `split`: what a person decides about items."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from tidings.application import edit
from tidings.application.edit import Editor, EditResult
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    ItemName,
    Json,
    console,
    count,
    headline,
    item_json,
    opened,
    print_json,
    row,
)
from tidings.entrypoints.cli.exits import usage
from tidings.state import Store

Reason = Annotated[str, typer.Option("--reason", metavar="R", help="Why, in a sentence.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides: you, if not given.")]
Undo = Annotated[bool, typer.Option("--undo", help="Undo the decision.")]


def retract(
    context: typer.Context,
    item: ItemName,
    reason: Reason = "",
    by: By = "",
    undo: Undo = False,
    json: Json = False,
) -> None:
    """Retract an item: readers see its title and the reason; who got it by mail is notified."""
    if not undo and not reason.strip():
        raise usage("say why with --reason: it is all that readers will see of the item")
    with _editing(context, by, reason) as (store, editor):
        act = edit.undo_retract if undo else edit.retract
        edited = act(store, editor, item)
    if undo:
        _tell(edited, "No longer retracted.", "It is not retracted.", json=json)
        return
    later = "pages and feeds show it with the next run, mail with the next edition"
    if edited.waiting:
        messages = count(edited.waiting, "message that waits", "messages that wait")
        later += f"; {messages} to be sent will not bring it"
    _tell(edited, "Retracted.", "It is retracted already.", json=json, next_steps=later)


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
        bool, typer.Option("--not", help="They are two: do not suggest this pair again.")
    ] = False,
    json: Json = False,
) -> None:
    """Make item B the same item as item A; its page leads to A from then on."""
    if undo and apart:
        raise usage("give --undo or --not: use only one of them")
    with _editing(context, by, reason) as (store, editor):
        if apart:
            edited = edit.tell_apart(store, editor, *pair)
        else:
            act = edit.undo_merge if undo else edit.merge
            edited = act(store, editor, *pair)
    if apart:
        known = "They are known to be two."
        _tell(edited, known, known, json=json, next_steps="`tidings status` no longer names them")
    elif undo:
        _tell(edited, "Two items again.", "They are two.", json=json)
    else:
        _tell(edited, "One item now.", "They are one already.", json=json)


def split(
    context: typer.Context,
    item: ItemName,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The file, as pages name it.")],
    reason: Reason = "",
    by: By = "",
    undo: Undo = False,
    json: Json = False,
) -> None:
    """Make what one source says of an item an item of its own."""
    with _editing(context, by, reason) as (store, editor):
        act = edit.undo_split if undo else edit.split
        edited = act(store, editor, item, source)
    if undo:
        _tell(
            edited,
            "One item again.",
            "What was split off is part of another item by now.",
            json=json,
        )
    else:
        _tell(edited, "Two items now.", "They are two already.", json=json)


@contextmanager
def _editing(context: typer.Context, by: str, reason: str) -> Iterator[tuple[Store, Editor]]:
    """Yield the state, open for writing also while a worker runs, and the editor."""
    with opened(context) as (instance, store, now):
        yield store, wiring.editor(instance, _line(by) or login(), _line(reason), now)


def login() -> str:
    """Return the name of the user who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _tell(edited: EditResult, done: str, already: str, *, json: bool, next_steps: str = "") -> None:
    """Print in a sentence what was decided, then the items as they are now."""
    if json:
        other = edited.other
        print_json(
            {
                "changed": edited.changed,
                "item": item_json(edited.item),
                "other": item_json(other) if other else None,
                **({"waiting": edited.waiting} if edited.waiting else {}),
            }
        )
        return
    out = console()
    headline(out, done if edited.changed else already)
    out.print()
    row(out, "item", edited.item.title)
    row(out, "", edited.item.slug)
    if edited.other:
        row(out, "other", edited.other.title)
        row(out, "", edited.other.slug)
    if edited.changed:
        out.print()
        row(out, "next", next_steps or "pages and feeds show it with the next run")
