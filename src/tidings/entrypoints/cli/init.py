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


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
) -> None:
    """Write an instance: commented configuration, sample listings, a folder for templates."""
    from importlib.resources import files

    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import present

    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise usage(f"{directory} exists and is not an empty folder; name a new one")
    directory.mkdir(parents=True, exist_ok=True)
    _copy(files("tidings") / "sample", directory)
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


def _copy(source: Traversable, target: Path) -> None:
    for child in source.iterdir():
        place = target / child.name
        if child.is_dir():
            place.mkdir()
            _copy(child, place)
        else:
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(child.read_bytes())
