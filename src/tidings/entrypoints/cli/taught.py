"""`tidings parse FILE --first TITLE`: all entries of the reading that has it, and its example."""

from __future__ import annotations

import json as documents
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tidings.entrypoints.cli.exits import Exit

if TYPE_CHECKING:
    from datetime import date

    from tidings.core.listings import Hints, Reading
    from tidings.model import Example

_INDENT = "    "


def teach(
    files: list[Path], hints: Hints, first: str | None, day: str | None, *, json: bool
) -> None:
    """Show the whole reading that the first entry chooses, and the setting that confirms it."""
    from tidings.core.listings import example_of
    from tidings.entrypoints.cli import present
    from tidings.entrypoints.cli.listed import entry, read
    from tidings.model import Example

    if first is None or not first.strip():
        raise typer.BadParameter("--date goes with --first, which names a title")
    if len(files) != 1:
        raise typer.BadParameter("--first takes one file")
    (file,) = files
    example = Example(" ".join(first.split()), _day(day))
    text, reading = read(file, replace(hints, example=example, threshold=0.0))
    if not reading.taught:
        _refuse(file, text, reading, example, json=json)
    problems = reading.problems
    if json:
        documents.dump(
            [entry(one) for one in reading.listings], sys.stdout, ensure_ascii=False, indent=1
        )
        sys.stdout.write("\n")
        print("".join(f"{problem}\n" for problem in problems), end="", file=sys.stderr)
        return
    out = present.console()
    entries = present.count(len(reading.listings), "entry", "entries")
    how = f"read as {reading.layout}, {reading.confidence:.0%} sure"
    present.headline(out, f"{file}: {entries}, {how}")
    _list(reading)
    for problem in problems:
        present.problem_rows(out, problem)
    confirmed = example_of(reading.listings)
    _, again = read(file, replace(hints, example=confirmed))
    if again.listings == reading.listings:
        print("\nIf all of this is right, give the source of the file this example:\n")
    else:
        print(
            "\nAnother reading has the same first and last entry and as many. This example chooses"
            "\nthe one that is shown, which is published if it reaches the threshold:\n"
        )
        confirmed = example
    print(yaml_of(confirmed))


def yaml_of(example: Example) -> str:
    """The setting of an example, to be pasted under its source in tidings.yaml."""
    lines = [f"{_INDENT}example:", f"{_INDENT}  title: {_quoted(example.title)}"]
    day = example.published.isoformat() if example.published else "null"
    lines.append(f"{_INDENT}  published: {day}")
    if example.last is not None:
        lines.append(f"{_INDENT}  last: {_quoted(example.last)}")
    if example.entries is not None:
        lines.append(f"{_INDENT}  entries: {example.entries}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """The text as YAML, always in quotes: a JSON string is one, whatever is in it."""
    shown = documents.dumps(text, ensure_ascii=False)
    # What YAML takes for the end of a line, or for no text, JSON does not escape.
    return "".join(
        sign if sign.isprintable() or sign == " " else documents.dumps(sign)[1:-1] for sign in shown
    )


def _list(reading: Reading) -> None:
    """Every entry, in full: what is not seen is not confirmed."""
    for listing in reading.listings:
        text = listing.text
        day = text.date.isoformat() if text.date else "undated"
        category = f"  [{text.category}]" if text.category else ""
        print(f"{listing.ref.line:>6}  {day:<11}{text.title}{category}")
        if text.summary:
            print(f"{'':<19}{text.summary}")


def _refuse(file: Path, text: str, reading: Reading, example: Example, *, json: bool) -> None:
    """Say that no reading has this entry, with the nearest title that one has."""
    from tidings.core.listings import nearest_title
    from tidings.core.listings.text import split_lines

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
    from tidings.core.settings import InvalidValue, parse_day

    if text is None:
        return None
    try:
        return parse_day(text)
    except InvalidValue as error:
        raise typer.BadParameter(f"--date: {error.message}; {error.hint}") from None
