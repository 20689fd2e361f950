"""`tidings parse FILE...`: how a listing is read. Needs no instance and no state."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.exits import Exit

if TYPE_CHECKING:
    from rich.console import Console

    from tidings.core.listings import Reading

_LEFT = 48


def parse(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Listings to read.")],
    json: Annotated[
        bool, typer.Option("--json", help="For programs; of one file, the plain array of entries.")
    ] = False,
    layout: Annotated[
        str | None, typer.Option(help="Try this layout only, as a source's layout does.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="The language of the texts, as a source's language does.")
    ] = None,
    date_order: Annotated[
        str | None, typer.Option(help="DMY or MDY, as a source's date_order does.")
    ] = None,
    first: Annotated[
        str | None,
        typer.Option(metavar="TITLE", help="Teach: the first entry's title; lists all entries."),
    ] = None,
    date: Annotated[
        str | None, typer.Option(metavar="DAY", help="With --first: its day, as 2026-03-31.")
    ] = None,
) -> None:
    """Show how listings are read: layout, confidence, every line and what it was taken for."""
    from tidings.core.listings import Hints
    from tidings.entrypoints.cli.listed import read

    _check(layout, date_order)
    order = date_order.lower() if date_order else None
    hints = Hints(layout=layout, language=language, date_order=order)
    if first is not None or date is not None:
        from tidings.entrypoints.cli.taught import teach

        teach(files, hints, first, date, json=json)
        return
    shown = {str(file): read(file, hints) for file in files}
    readings = {path: reading for path, (_, reading) in shown.items()}
    problems = [problem for reading in readings.values() for problem in reading.problems]
    if json:
        _as_json(readings)
    else:
        _tell(shown)
    if json and problems:
        print("\n".join(str(problem) for problem in problems), file=sys.stderr)
    if problems:
        raise typer.Exit(Exit.FAILED)


def _check(layout: str | None, date_order: str | None) -> None:
    """Refuse what no source may say. Raises `typer.BadParameter`."""
    from tidings.core.listings import LAYOUTS

    if layout is not None and layout not in LAYOUTS:
        raise typer.BadParameter(f'"{layout}" is no layout; there are: {", ".join(LAYOUTS)}')
    if date_order is not None and date_order.upper() not in ("DMY", "MDY"):
        raise typer.BadParameter(f'"{date_order}" is no order of day and month: DMY or MDY')


def _as_json(readings: dict[str, Reading]) -> None:
    import json

    from tidings.entrypoints.cli import present
    from tidings.entrypoints.cli.listed import entry

    if len(readings) == 1:
        (reading,) = readings.values()
        entries = [entry(listing) for listing in reading.listings]
        json.dump(entries, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
        return
    shown = {
        path: {
            "layout": reading.layout,
            "confidence": round(reading.confidence, 3),
            "entries": [entry(listing) for listing in reading.listings],
            "problems": [present.problem_json(problem) for problem in reading.problems],
            "guess": _reading(reading.best),
            "rival": _reading(reading.rival),
        }
        for path, reading in readings.items()
    }
    present.as_json({"files": shown})


def _reading(reading: Reading | None) -> dict[str, object] | None:
    """A reading that is not published, for programs."""
    from tidings.entrypoints.cli.listed import entry

    if reading is None:
        return None
    return {
        "layout": reading.layout,
        "confidence": round(reading.confidence, 3),
        "entries": [entry(listing) for listing in reading.listings],
    }


def _tell(readings: dict[str, tuple[str, Reading]]) -> None:
    from tidings.entrypoints.cli import present

    out = present.console()
    for path, (text, reading) in readings.items():
        entries = present.count(len(reading.listings), "entry", "entries")
        how = f", read as {reading.layout}, {reading.confidence:.0%} sure" if reading.layout else ""
        present.headline(out, f"{path}: {entries}{how}")
        if reading.guess:
            _guess(out, path, reading)
        if reading.roles:
            _side_by_side(out, text, reading)
        else:
            _one_by_one(out, reading)
        for problem in reading.problems:
            present.problem_rows(out, problem)
        out.print()


def _guess(out: Console, path: str, reading: Reading) -> None:
    """What a held file would have given, and the nearest different reading, each with the command
    that shows all of it and what accepts it."""
    from tidings.core.listings.reading import accepting, beside, said
    from tidings.entrypoints.cli import present

    guess = present.count(len(reading.guess), "entry", "entries")
    present.row(out, "best guess", f"{guess}, not published")
    best, rival = reading.best, reading.rival
    if best is None:
        return
    present.row(out, "", f"{best.layout}, {said(best, rival)}")
    present.row(out, "", f"`{accepting(path, best, rival)}`")
    if rival:
        present.row(out, "", f"{beside(best, rival)}: {rival.layout}, {said(rival, best)}")
        present.row(out, "", f"`{accepting(path, rival, best)}`")


def _side_by_side(out: Console, text: str, reading: Reading) -> None:
    """Every line of the file that is not blank, and beside it what it was taken for."""
    from rich.text import Text

    from tidings.core.listings.text import collapse, split_lines

    roles = dict(reading.roles)
    titles = {listing.ref.line: listing.text for listing in (*reading.listings, *reading.guess)}
    for number, line in enumerate(split_lines(text), start=1):
        if not line.strip():
            continue
        role = roles.get(number, "")
        read = titles.get(number)
        said = f"{read.date or 'undated'!s:<11}{_begin(read.title)}" if read else ""
        if read and read.category:
            said += f"  [{read.category}]"
        style = "bold" if read else "" if role else "dim"
        left = _begin(collapse(line), _LEFT)
        out.print(Text(f"{number:>6}  {left:<{_LEFT}}  {role or '-':<14} {said}".rstrip(), style))


def _one_by_one(out: Console, reading: Reading) -> None:
    """The entries of a file whose lines have no roles: of a table, or of one not read at all."""
    from rich.text import Text

    for listing in reading.listings:
        day = listing.text.date.isoformat() if listing.text.date else "undated"
        out.print(Text(f"{listing.ref.line:>6}  {day:<11} {listing.text.title}"))
        if listing.text.summary:
            out.print(Text(f"{'':<20}{_begin(listing.text.summary)}", style="dim"))


def _begin(text: str, width: int = 60) -> str:
    if len(text) <= width:
        return text
    cut = text[: width - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut[:-1]) + " …"
