"""`tidings init DIR`: write an instance that runs as it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.exits import usage

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

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


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
) -> None:
    """Write an instance: commented configuration, sample listings, a folder for templates."""
    from importlib.resources import files

    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import present

    if directory.exists() and (not directory.is_dir() or _is_used(directory)):
        raise usage(f"{directory} exists and is not an empty folder; name a new one")
    directory.mkdir(0o755, parents=True, exist_ok=True)
    _copy(files("tidings") / "sample", directory)
    _ignore(directory / ".gitignore")
    main = directory / "config" / "tidings.yaml"
    year = wiring.clock().now().year
    text = main.read_text(encoding="utf-8")
    main.write_text(text.replace(SAMPLE_YEAR, f"news.example.org,{year}"), encoding="utf-8")
    out = present.console()
    present.headline(out, f"An instance stands in {directory}.")
    out.print()
    go = f"tidings -C {directory}"
    present.row(out, "first", f"{directory}/config/tidings.yaml: set site.id and site.url for good")
    present.row(out, "then", f"{go} check")
    present.row(out, "", f"{go} run --send now")


def _is_used(directory: Path) -> bool:
    return any(each.name not in OF_GIT for each in directory.iterdir())


def _ignore(file: Path) -> None:
    """Have Git leave out what must not get into it; what the file says already stays as it is."""
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
