"""`tidings schema`: the configuration as JSON Schema, for editors."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

FOLDER = Path("config/.schema")

File = Literal["tidings", "topics", "digests", "recipients"]


def schema(
    context: typer.Context,
    file: Annotated[File | None, typer.Argument(help="Only of this file.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the schemas to where editors look for them.")
    ] = False,
) -> None:
    """Print the JSON Schema of the configuration. Needs no instance."""
    from tidings.core.settings.schema import NAMES

    names = (file,) if file else NAMES
    if write:
        folder: Path = context.obj / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / f"{name}.json").write_text(schema_text(name), encoding="utf-8")
            print(folder / f"{name}.json")
        return
    if file:
        sys.stdout.write(schema_text(file))
        return
    whole = {name: json.loads(schema_text(name)) for name in names}
    sys.stdout.write(json.dumps(whole, ensure_ascii=False, indent=2) + "\n")


def schema_text(name: str) -> str:
    """The schema of one file as the text of a JSON file."""
    from tidings.core.settings.schema import schema as of

    return json.dumps(of(name), ensure_ascii=False, indent=2) + "\n"
