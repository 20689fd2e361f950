"""Reads a list of recipients that is kept as a CSV file."""

from __future__ import annotations

import csv
import re
from typing import NamedTuple

from tidings.adapters.config.yaml import Document, Place
from tidings.core.settings import Plain, suggestion
from tidings.model import Help

COLUMNS = ("address", "name", "topics", "language", "items_in", "paused", "shared")
# Cells that hold several values.
LISTS = ("topics", "items_in")

# A cell, quoted or not, and the comma or the end behind it.
_CELL = re.compile(r'( *"(?:[^"]|"")*"[^,\r\n]*|[^,\r\n]*)(,|[\r\n]|\Z)')


def compose_rows(text: str, file: str) -> Document:
    """Turn CSV (RFC 4180) with a header into a list of recipients; empty cells are left out.

    The topics, and the languages of items, of a row are separated by spaces or semicolons. Never
    raises.
    """
    document = Document(file, plain=[])
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    reader = csv.reader(lines, strict=True)
    rows: list[_Row] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            break
        except csv.Error as error:
            place = Place(file, line, 1, lines[line - 1].rstrip())
            document.problems.append(
                place.problem(f"cannot be read as CSV: {error}", help=Help.CSV_LIST)
            )
            document.unreadable = True  # a quote that is never closed takes all rows below it
            continue
        if any(cells):
            whole = "".join(lines[line - 1 : reader.line_num])
            rows.append(_Row(file, line, cells, _columns(whole)))
    _fill(document, rows)
    return document


class _Row(NamedTuple):
    """A row of cells, the line where it begins, and where on that line cells begin."""

    file: str
    line: int
    cells: list[str]
    columns: list[int]

    def place(self, index: int) -> Place:
        """The place of a cell: no column below a line break within the row."""
        column = self.columns[index] if index < len(self.columns) else 0
        return Place(self.file, self.line, column, self.cells[index])


def _columns(row: str) -> list[int]:
    """The column of each cell of a row, up to the first that goes on in the next line."""
    columns = []
    for cell in _CELL.finditer(row):
        skipped = len(cell[1]) - len(cell[1].lstrip(' "'))
        columns.append(cell.start(1) + skipped + 1)
        if "\n" in cell[1].rstrip() or not cell[2]:
            break
    return columns


def _fill(document: Document, rows: list[_Row]) -> None:
    header = rows[0] if rows else _Row(document.file, 1, [], [])
    names = [name.casefold() for name in header.cells]
    if not _check_header(document, header, names):
        document.unreadable = True
        return
    people: list[Plain] = []
    for row in rows[1:]:
        place = row.place(0)
        if len(row.cells) > len(names):
            message = f"the row has {len(row.cells)} cells, the header {len(names)}"
            hint = "quote a cell that holds a comma; topics are separated by spaces"
            document.problems.append(place.problem(message, hint, Help.CSV_LIST))
            continue
        index = len(people)
        cells = {name: cell for name, cell in zip(names, row.cells, strict=False) if cell}
        for at, name in enumerate(names[: len(row.cells)]):
            if name in cells:
                document.values[index, name] = row.place(at)
        document.values[(index,)] = document.keys[(index,)] = place
        people.append({name: _cell(name, cell) for name, cell in cells.items()})
        for several in LISTS:
            for part, _ in enumerate(_parts(cells.get(several, ""))):
                document.values[index, several, part] = document.values[index, several]
    document.plain = people


def _check_header(document: Document, header: _Row, names: list[str]) -> bool:
    place = Place(document.file, header.line, 1, ",".join(header.cells))
    if "address" not in names:
        hint = f"the first line names the columns: {','.join(COLUMNS)}"
        if names and ";" in names[0]:
            hint = "save it with commas between the cells"
        document.problems.append(place.problem('there is no column "address"', hint, Help.CSV_LIST))
        return False
    for at, name in enumerate(names):
        if name not in COLUMNS:
            message, hint = f'unknown column "{name}"', suggestion(name, COLUMNS)
            document.problems.append(header.place(at).problem(message, hint, Help.CSV_LIST))
        elif name in names[:at]:
            message = f'the column "{name}" is here twice'
            document.problems.append(header.place(at).problem(message, help=Help.CSV_LIST))
    return all(name in COLUMNS for name in names) and len(set(names)) == len(names)


def _cell(name: str, cell: str) -> Plain:
    return _parts(cell) if name in LISTS and cell != "all" else cell


def _parts(cell: str) -> list[Plain]:
    return [part for part in re.split(r"[\s;]+", cell) if part]
