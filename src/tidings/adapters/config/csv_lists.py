"""Reads a list of recipients that is kept as a CSV file."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from typing import NamedTuple

from tidings.adapters.config.csv_words import COLUMNS, STATUS, TRUTH, column, plain, unguarded
from tidings.adapters.config.yaml import Document, Place
from tidings.core.settings import Plain, suggestion
from tidings.model import Help

_OF_PERSON = {"address", "topics", "language", "paused", "shared", "start"}
_SEPARATORS = ",;\t"
# Excel says so in the first line.
_SAID = re.compile(r'"?sep=([,;\t])"?\s*')
_BARE = re.compile(r"""[^\s,;<>"]+@[^\s,;<>"]+""")
# A mail address with a name before it, as mail programs write it.
_NAMED = re.compile(r'\s*"?(?P<name>[^"<>]*?)"?\s*<(?P<address>[^<>\s]+@[^<>\s]+)>\s*')


def compose_rows(text: str, file: str) -> Document:
    """Turn a table (CSV after RFC 4180, with commas, semicolons or tabs) into a list of recipients;
    empty cells are left out.

    Its first row names the columns, in our words or another program's; a table of addresses alone
    needs none. The topics of a row are separated by spaces or semicolons. Rows of people who
    unsubscribed or bounced elsewhere are skipped, and noted. Never raises.
    """
    document = Document(file, plain=[])
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    if alone := _addresses(file, lines):
        _fill(document, alone)
        return document
    said = _SAID.fullmatch(lines[0]) if lines else None
    separator = said[1] if said else _separator(lines)
    reader = csv.reader(lines, strict=True, delimiter=separator)
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
        if any(cells) and not (said and line == 1):
            whole = "".join(lines[line - 1 : reader.line_num])
            while len(cells) > 1 and not cells[-1]:
                cells.pop()
            rows.append(_Row(file, line, cells, _columns(whole, separator)))
    _fill(document, rows)
    return document


def _addresses(file: str, lines: list[str]) -> list[_Row]:
    """The rows of a file that has an address a line, and nothing else; none if it is another."""
    found = [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]
    if not all(_NAMED.fullmatch(line) or _BARE.fullmatch(line) for _, line in found):
        return []
    header = [_Row(file, 1, ["address"], [1])] if found else []
    return [*header, *(_Row(file, number, [line], [1]) for number, line in found)]


def _separator(lines: list[str]) -> str:
    """What separates the cells: that by which the first row names the most columns."""
    first = next((line for line in lines if line.strip(" ,;\t\r\n")), "")
    split = {each: [c.strip(' "\r\n') for c in first.split(each)] for each in _SEPARATORS}
    known = {each: sum(bool(column(cell)) for cell in cells) for each, cells in split.items()}
    return max(_SEPARATORS, key=lambda each: (known[each], len(split[each]) if known[each] else 0))


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


def _columns(row: str, separator: str) -> list[int]:
    """The column of each cell of a row, up to the first that goes on in the next line."""
    cells = rf'( *"(?:[^"]|"")*"[^{separator}\r\n]*|[^{separator}\r\n]*)({separator}|[\r\n]|\Z)'
    columns = []
    for cell in re.finditer(cells, row):
        skipped = len(cell[1]) - len(cell[1].lstrip(' "'))
        columns.append(cell.start(1) + skipped + 1)
        if "\n" in cell[1].rstrip() or not cell[2]:
            break
    return columns


def _fill(document: Document, rows: list[_Row]) -> None:
    header = rows[0] if rows else _Row(document.file, 1, [], [])
    names = _names(document, header)
    if names is None:
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
        filled = zip(names, row.cells, strict=False)
        cells = {name: unguarded(cell) for name, cell in filled if name and cell}
        if (status := cells.get("status", "")) and plain(status) not in STATUS:
            message = f'nobody knows what the status "{status}" means'
            hint = "write active, paused or unsubscribed"
            document.problems.append(place.problem(message, hint, Help.CSV_LIST))
            continue
        if why := _why_not(cells):
            document.skipped[why] = document.skipped.get(why, 0) + 1
            continue
        index = len(people)
        document.values[(index,)] = document.keys[(index,)] = place
        for at, name in enumerate(names[: len(row.cells)]):
            if name in cells:
                document.values[index, name] = row.place(at)
        people.append(_person(cells))
        for part, _ in enumerate(_topics(cells.get("topics", ""))):
            document.values[index, "topics", part] = document.values[index, "topics"]
    document.plain = people


def _names(document: Document, header: _Row) -> list[str] | None:
    """What each column has, "" for one that is passed over; None if that cannot be told."""
    place = Place(document.file, header.line, 1, ",".join(header.cells))
    own = [plain(cell) for cell in header.cells]
    names = [column(cell) for cell in header.cells]
    # Where another program has the mail address in a column of its own, "address" is a street.
    theirs = any(column(said) == "address" for said in own if said != "address")
    if theirs:
        names = ["" if said == "address" else name for name, said in zip(names, own, strict=True)]
    if "address" not in names:
        hint = f"the first line names the columns: {','.join(COLUMNS)}"
        document.problems.append(place.problem('there is no column "address"', hint, Help.CSV_LIST))
        return None
    sound = True
    for at, name in enumerate(names):
        said = header.cells[at].casefold()
        if not name and said and not theirs:
            message, hint = f'unknown column "{said}"', suggestion(said, COLUMNS)
        elif name and name in names[:at]:
            message, hint = f'the column "{said}" is here twice', ""
        else:
            continue
        sound = False
        document.problems.append(header.place(at).problem(message, hint, Help.CSV_LIST))
    return names if sound else None


def _why_not(cells: Mapping[str, str]) -> str:
    """Why a row is of somebody who is not to get mail: what became of them elsewhere."""
    if cells.get("unsubscribed"):
        return "unsubscribed"
    if cells.get("cleaned"):
        return "bounced"
    status = STATUS.get(plain(cells.get("status", "")))
    return status if status and status != "paused" else ""


def _person(cells: Mapping[str, str]) -> Plain:
    found: dict[str, Plain] = {n: _cell(n, cell) for n, cell in cells.items() if n in _OF_PERSON}
    named = _NAMED.fullmatch(cells.get("address", ""))
    if named:
        found["address"] = named["address"]
    parts = (cells.get("name") or (named["name"] if named else ""),)
    name = parts if parts[0] else (cells.get("first", ""), cells.get("last", ""))
    if together := " ".join(" ".join(name).split()):
        found["name"] = together
    if STATUS[plain(cells.get("status", ""))] == "paused":
        found["paused"] = True
    return found


def _cell(name: str, cell: str) -> Plain:
    if name in ("paused", "shared"):
        return TRUTH.get(cell.casefold(), cell)
    return _topics(cell) if name == "topics" and cell != "all" else cell


def _topics(cell: str) -> list[Plain]:
    return [slug for slug in re.split(r"[\s;]+", cell) if slug]
