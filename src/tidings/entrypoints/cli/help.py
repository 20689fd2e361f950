"""`tidings help`: what people try first. It stands alone since a verb is a module of its name."""

from __future__ import annotations

from typing import Annotated

import typer


def help(  # noqa: A001 (the verb is called so)
    verb: Annotated[
        list[str] | None,
        typer.Argument(metavar="[VERB]...", help="Whose help, such as `run` or `state accept`."),
    ] = None,
) -> None:
    """Show the help of the command or of a verb."""
    from tidings.entrypoints.cli import app

    app([*(verb or []), "--help"], prog_name="tidings", standalone_mode=False)
