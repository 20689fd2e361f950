"""`tidings backup FILE`: one consistent file, also while a worker runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from tidings.entrypoints.cli.exits import usage


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write (tar).")],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
) -> None:
    """Write the state and the secret key into one file, whatever else runs."""
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import present
    from tidings.entrypoints.cli.run import fixed_instant

    if file.is_dir() or (file.exists() and not force):
        remedy = "name a file in it" if file.is_dir() else "name another file, or say --force"
        raise usage(f"{file} exists: {remedy}")
    root: Path = context.obj
    instance = wiring.load_instance(root, os.environ)
    now = wiring.clock(fixed_instant("", instance.settings.zone)).now()
    held = wiring.back_up(instance, file, now)
    out = present.console()
    present.headline(out, f"A backup stands in {file}.")
    out.print()
    present.row(out, "holds", ", ".join(held))
    present.row(out, "restore", f"stop the worker, unpack it into {instance.state_path.parent}/,")
    present.row(out, "", "then `tidings state accept`")
    if "secret.key" not in held:
        present.row(out, "lacks", "the secret key, which comes from elsewhere: keep that, too")
