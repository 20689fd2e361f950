"""What `retract`, `merge` and `split` share: who decides, and what is said of the outcome."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.opened import steered

if TYPE_CHECKING:
    from tidings.application.edit import Editor, EditResult
    from tidings.model import Item
    from tidings.state import Store

Name = Annotated[str, typer.Argument(metavar="ITEM", help="Its id or slug, or how either begins.")]
Reason = Annotated[str, typer.Option("--reason", metavar="R", help="Why, in a sentence.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides: you, if not given.")]
Undo = Annotated[bool, typer.Option("--undo", help="Take the decision back.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@contextmanager
def deciding(context: typer.Context, by: str, reason: str) -> Iterator[tuple[Store, Editor]]:
    """The state open for writing, also while a worker runs, and who decides."""
    from tidings.entrypoints import wiring

    with steered(context) as (instance, store, now):
        yield store, wiring.editor(instance, _line(by) or login(), _line(reason), now)


def login() -> str:
    """Who is at the keyboard."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _line(text: str) -> str:
    return " ".join(text.split())


def tell(edited: EditResult, done: str, already: str, *, json: bool, next_steps: str = "") -> None:
    """What was decided, in a sentence; then the items as they are now."""
    from tidings.entrypoints.cli import present

    if json:
        other = edited.other
        present.as_json(
            {
                "changed": edited.changed,
                "item": as_plain(edited.item),
                "other": as_plain(other) if other else None,
            }
        )
        return
    out = present.console()
    present.headline(out, done if edited.changed else already)
    out.print()
    present.row(out, "item", edited.item.title)
    present.row(out, "", edited.item.slug)
    if edited.other:
        present.row(out, "other", edited.other.title)
        present.row(out, "", edited.other.slug)
    if edited.changed:
        out.print()
        present.row(out, "next", next_steps or "pages and feeds show it with the next run")


def as_plain(item: Item) -> dict[str, object]:
    """An item for programs."""
    withdrawn = item.retraction
    return {
        "id": item.id,
        "slug": item.slug,
        "title": item.title,
        "date": item.date.isoformat() if item.date else None,
        "revision": item.revision,
        "retracted": withdrawn.reason if withdrawn else None,
        "merged_into": item.merged_into,
    }
