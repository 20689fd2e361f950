"""`tidings parse FILE...`: how a listing is read. Needs no instance and no state."""

from __future__ import annotations

import json as documents
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from tidings.adapters import inputs
from tidings.adapters.seeds import Formats, SeedFolder
from tidings.application.ports import UnmadePicture
from tidings.core.addresses import web_address
from tidings.core.listings import LAYOUTS, Hints, Reading, example_of, nearest_title
from tidings.core.listings import parse as read_listing
from tidings.core.listings.reading import accepting, beside, said
from tidings.core.listings.text import collapse, split_lines
from tidings.core.settings.values import InvalidValue, parse_day
from tidings.entrypoints.cli.common import (
    console,
    count,
    headline,
    instance_of,
    iso,
    print_json,
    problem_json,
    problem_rows,
    row,
)
from tidings.entrypoints.cli.exits import Exit
from tidings.entrypoints.wiring import pictures
from tidings.errors import TidingsError
from tidings.model import Example, Help, Image, Listing, Problem, ReadError

STANDARD_INPUT = "-"
_LEFT = 48
_INDENT = "    "


def parse(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Listings to read; - is standard input.")
    ],
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
        typer.Option(metavar="TITLE", help="The first entry's title: shows the example to set."),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option("--date", metavar="DAY", help="With --first: its day, as 2026-03-31."),
    ] = None,
) -> None:
    """Show how listings are read: layout, confidence, every line and what it was taken for."""
    _check(layout, date_order)
    order = date_order.lower() if date_order else None
    hints = Hints(layout=layout, language=language, date_order=order, zone=_zone(context))
    if first is not None or day is not None:
        _teach(files, hints, first, day, json=json)
        return
    shown = {str(file): _read(file, hints) for file in files}
    readings = {path: reading for path, (_, reading) in shown.items()}
    problems = [problem for reading in readings.values() for problem in reading.problems]
    if json:
        _print_json(readings)
        _complain(problems)
    else:
        _tell(shown)
    if any(problem.severity == "problem" for problem in problems):
        raise typer.Exit(Exit.FAILED)


def _zone(context: typer.Context) -> ZoneInfo | None:
    """The time zone of the instance, if there is one: instants are of its days."""
    root: Path = context.obj
    if not (root / "config" / "tidings.yaml").is_file():
        return None
    try:
        return instance_of(context).settings.zone
    except TidingsError:
        return None  # `check` says what is wrong with it


def _check(layout: str | None, date_order: str | None) -> None:
    """Refuse what no source may say. Raises `typer.BadParameter`."""
    if layout is not None and layout not in LAYOUTS:
        raise typer.BadParameter(f'"{layout}" is no layout; there are: {", ".join(LAYOUTS)}')
    if date_order is not None and date_order.upper() not in ("DMY", "MDY"):
        raise typer.BadParameter(f'"{date_order}" is no order of day and month: DMY or MDY')


def _read(file: Path, hints: Hints) -> tuple[str, Reading]:
    """Read a file from anywhere, or standard input (`-`); one that is refused has no text and a
    reading without entries."""
    if str(file) == STANDARD_INPUT:
        with TemporaryDirectory() as folder:
            (Path(folder) / STANDARD_INPUT).write_bytes(sys.stdin.buffer.read())
            return _read_below(Path(folder), file, hints)
    return _read_below(file.parent, file, hints)


def _read_below(folder: Path, file: Path, hints: Hints) -> tuple[str, Reading]:
    box = SeedFolder(
        folder,
        [file.name],
        file_limit=8 * 2**20,
        line_limit=64 * 2**10,
        formats=Formats(inputs.is_opened, inputs.opened),
    )
    answer = box.read(file.name)
    if isinstance(answer, ReadError):
        return "", Reading((), (answer.problem,), "", 0.0)
    reading = read_listing(answer.text, str(file), hints=hints)
    return answer.text, replace(reading, problems=(*reading.problems, *_missing(file, reading)))


def _missing(file: Path, reading: Reading) -> Iterator[Problem]:
    """The pictures beside a listing of which nothing can be made."""
    if all(each.text.image is None for each in reading.listings):
        return
    path, below = str(file), file.parent
    folder, prefix = pictures(below), path[: path.rfind("/") + 1]
    for listing in reading.listings:
        image = listing.text.image
        if image and not web_address(image.url):
            made = folder.make(image.url.removeprefix(prefix))
            if isinstance(made, UnmadePicture):
                told = f"the picture {image.url} is not shown: {made.message}"
                yield Problem(
                    listing.ref.path, listing.ref.line, 1, told, made.hint, help=Help.LISTING
                )


def _complain(problems: Iterable[Problem]) -> None:
    print("".join(f"{problem}\n" for problem in problems), end="", file=sys.stderr)


# --- For programs --------------------------------------------------------------------------------


def _print_json(readings: Mapping[str, Reading]) -> None:
    """Print of one file the plain array of entries, of several a document."""
    if len(readings) == 1:
        (reading,) = readings.values()
        _print_entries(reading)
        return
    shown = {
        path: {
            **_reading_json(reading),
            "problems": [problem_json(problem) for problem in reading.problems],
            "guess": _reading_json(reading.best) if reading.best else None,
            "rival": _reading_json(reading.rival) if reading.rival else None,
        }
        for path, reading in readings.items()
    }
    print_json({"files": shown})


def _print_entries(reading: Reading) -> None:
    entries = [_entry_json(listing) for listing in reading.listings]
    documents.dump(entries, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def _reading_json(reading: Reading) -> dict[str, object]:
    return {
        "layout": reading.layout,
        "confidence": round(reading.confidence, 3),
        "entries": [_entry_json(listing) for listing in reading.listings],
    }


def _entry_json(listing: Listing) -> dict[str, object]:
    text = listing.text
    return {
        "published": iso(text.date),
        "title": text.title,
        "summary": text.summary,
        "url": text.url,
        "category": text.category,
        "line": listing.ref.line,
        # Only where there is one: programs know the others.
        **({"image": text.image.url, "image_alt": text.image.alt} if text.image else {}),
    }


# --- For people ----------------------------------------------------------------------------------


def _tell(readings: dict[str, tuple[str, Reading]]) -> None:
    out = console()
    for path, (text, reading) in readings.items():
        entries = count(len(reading.listings), "entry", "entries")
        how = f", read as {reading.layout}, {reading.confidence:.0%} sure" if reading.layout else ""
        headline(out, f"{path}: {entries}{how}")
        if reading.guess:
            _guess(out, path, reading)
        if reading.roles:
            _side_by_side(out, text, reading)
        else:
            _one_by_one(out, reading)
        for problem in reading.problems:
            problem_rows(out, problem)
        out.print()


def _guess(out: Console, path: str, reading: Reading) -> None:
    """Print the best guess at a held file, and the nearest different reading, each with the command
    that shows all of it and what accepts it."""
    guess = count(len(reading.guess), "entry", "entries")
    row(out, "best guess", f"{guess}, not published")
    best, rival = reading.best, reading.rival
    if best is None:
        return
    row(out, "", f"{best.layout}, {said(best, rival)}")
    row(out, "", f"`{accepting(path, best, rival)}`")
    if rival:
        row(out, "", f"{beside(best, rival)}: {rival.layout}, {said(rival, best)}")
        row(out, "", f"`{accepting(path, rival, best)}`")


def _side_by_side(out: Console, text: str, reading: Reading) -> None:
    """Print every line of the file that is not blank, and beside it what it was taken for."""
    roles = dict(reading.roles)
    titles = {listing.ref.line: listing.text for listing in (*reading.listings, *reading.guess)}
    for number, line in enumerate(split_lines(text), start=1):
        if not line.strip():
            continue
        role = roles.get(number, "")
        read = titles.get(number)
        said = f"{read.date or 'undated'!s:<11}{_begin(read.title)}" if read else ""
        if read and read.image:
            said += f"  {_picture(read.image)}"
        if read and read.category:
            said += f"  [{read.category}]"
        style = "bold" if read else "" if role else "dim"
        left = _begin(collapse(line), _LEFT)
        out.print(Text(f"{number:>6}  {left:<{_LEFT}}  {role or '-':<14} {said}".rstrip(), style))


def _one_by_one(out: Console, reading: Reading) -> None:
    """Print the entries of a file whose lines have no roles: a table, or a refused file."""
    for listing in reading.listings:
        day = listing.text.date.isoformat() if listing.text.date else "undated"
        out.print(Text(f"{listing.ref.line:>6}  {day:<11} {listing.text.title}"))
        if listing.text.summary:
            out.print(Text(f"{'':<20}{_begin(listing.text.summary)}", style="dim"))
        if listing.text.image:
            out.print(Text(f"{'':<20}{_picture(listing.text.image)}", style="dim"))


def _picture(image: Image) -> str:
    told = f", {image.alt}" if image.alt else ""
    return f"(picture: {image.url}{told})"


def _begin(text: str, width: int = 60) -> str:
    if len(text) <= width:
        return text
    cut = text[: width - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut[:-1]) + " …"


# --- Teaching by the first entry -----------------------------------------------------------------


def _teach(
    files: list[Path], hints: Hints, first: str | None, day: str | None, *, json: bool
) -> None:
    """Show the whole reading that the first entry chooses, and the setting that confirms it."""
    if first is None or not first.strip():
        raise typer.BadParameter("--date goes with --first, which names a title")
    if len(files) != 1:
        raise typer.BadParameter("--first takes one file")
    (file,) = files
    example = Example(" ".join(first.split()), _day(day))
    text, reading = _read(file, replace(hints, example=example, threshold=0.0))
    if not reading.taught:
        _refuse(file, text, reading, example, json=json)
    problems = reading.problems
    if json:
        _print_entries(reading)
        _complain(problems)
        return
    out = console()
    entries = count(len(reading.listings), "entry", "entries")
    how = f"read as {reading.layout}, {reading.confidence:.0%} sure"
    headline(out, f"{file}: {entries}, {how}")
    _list(reading)
    for problem in problems:
        problem_rows(out, problem)
    confirmed = example_of(reading.listings)
    _, again = _read(file, replace(hints, example=confirmed))
    if again.listings == reading.listings:
        print("\nIf all of this is right, give the source of the file this example:\n")
    else:
        print(
            "\nAnother reading has the same first and last entry and as many. This example chooses"
            "\nthe one that is shown, which is published if it reaches the threshold:\n"
        )
        confirmed = example
    print(_yaml_of(confirmed))


def _yaml_of(example: Example) -> str:
    """Format an example as YAML, to be pasted under its source in tidings.yaml."""
    lines = [f"{_INDENT}example:", f"{_INDENT}  title: {_quoted(example.title)}"]
    day = example.published.isoformat() if example.published else "null"
    lines.append(f"{_INDENT}  published: {day}")
    if example.last is not None:
        lines.append(f"{_INDENT}  last: {_quoted(example.last)}")
    if example.entries is not None:
        lines.append(f"{_INDENT}  entries: {example.entries}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Quote a text for YAML, in which every JSON string is valid."""
    shown = documents.dumps(text, ensure_ascii=False)
    # What YAML takes for the end of a line, or for no text, JSON does not escape.
    return "".join(
        sign if sign.isprintable() or sign == " " else documents.dumps(sign)[1:-1] for sign in shown
    )


def _list(reading: Reading) -> None:
    """Print every entry in full: people can confirm only what they see."""
    for listing in reading.listings:
        text = listing.text
        day = text.date.isoformat() if text.date else "undated"
        category = f"  [{text.category}]" if text.category else ""
        print(f"{listing.ref.line:>6}  {day:<11}{text.title}{category}")
        if text.summary:
            print(f"{'':<19}{text.summary}")
        if text.image:
            print(f"{'':<19}{_picture(text.image)}")


def _refuse(file: Path, text: str, reading: Reading, example: Example, *, json: bool) -> None:
    """Say that no reading has this entry, name the nearest title, and end with 1."""
    if json:
        print("[]")
    if reading.best is not None and reading.problems:
        print(f"{file}: {reading.problems[0].message}", file=sys.stderr)
        raise typer.Exit(Exit.FAILED)
    if not text:
        print("".join(f"{problem}\n" for problem in reading.problems), end="", file=sys.stderr)
        raise typer.Exit(Exit.FAILED)
    of = f" of {example.published.isoformat()}" if example.published else ""
    told = f'no reading has "{example.title}"{of} as an entry'
    titles = [one.text.title for one in (*reading.listings, *reading.guess)]
    near = nearest_title(example.title, titles) or nearest_title(example.title, split_lines(text))
    hint = f' (did you mean "{" ".join(near.split())}"?)' if near else ""
    print(f"{file}: {told}{hint}", file=sys.stderr)
    raise typer.Exit(Exit.FAILED)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return parse_day(text)
    except InvalidValue as error:
        raise typer.BadParameter(f"--date: {error.message}; {error.hint}") from None
