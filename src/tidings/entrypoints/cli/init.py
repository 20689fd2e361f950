"""`tidings init` and `schema`: files that an instance begins with, and schemas for editors."""

from __future__ import annotations

import json
import os
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

import typer

from tidings.core.settings import schema as schemas
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import console, headline, row
from tidings.entrypoints.cli.exits import usage

SAMPLE_YEAR = "news.example.org,2026"

# What an instance makes and Git must not have, as lines of a .gitignore.
IGNORED = (
    "# Made by Tidings: secrets, addresses of people, and what can be made again",
    "/state/",
    "/outbox/",
    "/.tidings-witness*",
    "/.tidings-*/",
    "/feeds/*",
    "!/feeds/README.md",
    "# Backups hold the state and its key",
    "*.tar",
    "*.tar.*",
)
# A folder with nothing else in it counts as empty: a repository that was just begun.
OF_GIT = {".git", ".gitattributes", ".gitignore"}
SCHEMAS = Path("config/.schema")

File = Literal["tidings", "topics", "digests", "recipients"]


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
) -> None:
    """Write an instance: commented configuration, sample listings, a folder for templates."""
    if directory.exists() and (not directory.is_dir() or _is_used(directory)):
        raise usage(f"{directory} exists and is not an empty folder; name a new one")
    directory.mkdir(0o755, parents=True, exist_ok=True)
    _copy(files("tidings") / "sample", directory)
    _ignore(directory / ".gitignore")
    main = directory / "config" / "tidings.yaml"
    year = wiring.clock().now().year
    text = main.read_text(encoding="utf-8")
    main.write_text(text.replace(SAMPLE_YEAR, f"news.example.org,{year}"), encoding="utf-8")
    out = console()
    headline(out, f"An instance stands in {directory}.")
    out.print()
    go = f"tidings -C {directory}"
    row(out, "first", f"{directory}/config/tidings.yaml: set site.id and site.url for good")
    row(out, "then", f"{go} check")
    row(out, "", f"{go} run --send now")


def _is_used(directory: Path) -> bool:
    return any(each.name not in OF_GIT for each in directory.iterdir())


def _ignore(file: Path) -> None:
    """Append to .gitignore the lines of `IGNORED` that it lacks."""
    said = file.read_bytes() if file.exists() else b""
    lines = {line.strip() for line in said.splitlines()}
    lacking = [line for line in IGNORED if line.encode() not in lines]
    with file.open("ab") as stream:
        if said and not said.endswith(b"\n"):
            stream.write(b"\n")
        stream.writelines(f"{line}\n".encode() for line in lacking)


def _copy(source: Traversable, target: Path) -> None:
    for child in source.iterdir():
        place = target / child.name
        if child.is_dir():
            place.mkdir(0o755)
            _copy(child, place)
        else:
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(child.read_bytes())


def schema(
    context: typer.Context,
    file: Annotated[File | None, typer.Argument(help="Only of this file.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the schemas to where editors look for them.")
    ] = False,
) -> None:
    """Print the JSON Schema of the configuration. Needs no instance."""
    names = (file,) if file else schemas.NAMES
    if write:
        folder: Path = context.obj / SCHEMAS
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
    """Return the schema of one configuration file as JSON."""
    return json.dumps(schemas.schema(name), ensure_ascii=False, indent=2) + "\n"
