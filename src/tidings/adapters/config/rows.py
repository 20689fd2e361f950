"""Reads a list of recipients that is kept as a CSV file."""

from __future__ import annotations

import csv
import re

from tidings.adapters.config.documents import Document, Place
from tidings.core.settings import Plain, suggestion

COLUMNS = ("address", "name", "topics", "language", "paused")


def compose_rows(text: str, file: str) -> Document:
    """Turn CSV (RFC 4180) with a header into a list of recipients; empty cells are left out.

    The topics of a row are separated by spaces or semicolons. Never raises.
    """
    document = Document(file, plain=[])
    reader = csv.reader(re.findall(r"[^\n]*\n|[^\n]+", text), strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((line, [cell.strip() for cell in row]))
            line = reader.line_num + 1
    except csv.Error as error:
        place = Place(file, line)
        document.problems.append(place.problem(f"cannot be read as CSV: {error}"))
    _fill(document, rows)
    return document


def _fill(document: Document, rows: list[tuple[int, list[str]]]) -> None:
    line, header = rows[0] if rows else (1, [])
    names = [name.casefold() for name in header]
    if not _check_header(document, line, names):
        return
    people: list[Plain] = []
    for line, row in rows[1:]:
        place = Place(document.file, line, 0, row[0])
        if len(row) > len(names):
            message = f"the row has {len(row)} cells, the header {len(names)}"
            hint = "quote a cell that holds a comma; topics are separated by spaces"
            document.problems.append(place.problem(message, hint))
            continue
        index = len(people)
        cells = {name: cell for name, cell in zip(names, row, strict=False) if cell}
        for name, cell in cells.items():
            document.values[index, name] = Place(document.file, line, 0, cell)
        document.values[(index,)] = document.keys[(index,)] = place
        people.append({name: _cell(name, cell) for name, cell in cells.items()})
        for part, _ in enumerate(_topics(cells.get("topics", ""))):
            document.values[index, "topics", part] = document.values[index, "topics"]
    document.plain = people


def _check_header(document: Document, line: int, names: list[str]) -> bool:
    place = Place(document.file, line, 1, ",".join(names))
    if "address" not in names:
        hint = f"the first line names the columns: {','.join(COLUMNS)}"
        if names and ";" in names[0]:
            hint = "save it with commas between the cells"
        document.problems.append(place.problem('there is no column "address"', hint))
        return False
    for name in dict.fromkeys(names):
        if name not in COLUMNS:
            hint = suggestion(name, COLUMNS)
            document.problems.append(place.problem(f'unknown column "{name}"', hint))
        elif names.count(name) > 1:
            document.problems.append(place.problem(f'the column "{name}" is here twice'))
    return all(name in COLUMNS for name in names) and len(set(names)) == len(names)


def _cell(name: str, cell: str) -> Plain:
    return _topics(cell) if name == "topics" and cell != "all" else cell


def _topics(cell: str) -> list[Plain]:
    return [slug for slug in re.split(r"[\s;]+", cell) if slug]
