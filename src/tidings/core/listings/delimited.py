"""Tables in text: how one is parted, and its rows, each judged by itself.

A field in quotes may hold anything, line breaks too (RFC 4180). Where quotes are not closed, or
something stands behind the closing one, only that row is lost: the next line is a row again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tidings.core.listings.fields import field_of

DELIMITERS: Final = ",;\t|"
_NO_DELIMITER: Final = "\x1f"  # of a table of one column
_SEP = re.compile(r"\s*[\"']?sep=(?P<sign>.)[\"']?[,;\t|]*\s*", re.IGNORECASE)
_BLANKS = re.compile(" *")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written: what parts its fields, what these are quoted with, and whether a
    quote within them is written with a backslash instead of twice."""

    delimiter: str
    quote: str = '"'
    escapes: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: the lines that it begins and ends on, its fields, or what is wrong with it."""

    line: int
    last: int
    cells: tuple[str, ...] = ()
    wrong: str = ""


UNCLOSED: Final = "the quotes of this row are not closed"
UNOPENED: Final = "the quotes of this row are closed and were not opened"
BEHIND: Final = "something stands behind the closing quote of a field in this row"


# Whether a line, by its fields, is as likely as not a row of its own, in a table with such columns.
LooksLikeRow = Callable[[Sequence[str], Sequence[str]], bool]


def read_delimited(lines: Sequence[str], looks_like_row: LooksLikeRow) -> list[TableRow]:
    """The rows of a table, blank ones left out. In linear time.

    Quotes that hold a line that `looks_like_row` were not meant to.
    """
    first = _first_row(lines, 0)
    named = _SEP.fullmatch(lines[first]) if first < len(lines) else None
    if named:
        first = _first_row(lines, first + 1)
    if first == len(lines):
        return []
    dialect = Dialect(named["sign"]) if named else dialect_of(lines[first])
    rows = _rows(lines, first, dialect, looks_like_row)
    if any(row.wrong for row in rows) and any('\\"' in line for line in lines):
        others = _rows(lines, first, replace(dialect, escapes=True), looks_like_row)
        if _wrong(others) < _wrong(rows):
            return others
    return rows


def dialect_of(header: str) -> Dialect:
    """By the first row: the one by which most of its fields have a known name, else most fields."""
    quotes = ("'", '"') if header.lstrip().startswith("'") else ('"',)
    best, most = Dialect(_NO_DELIMITER), (0, 1)
    for quote in quotes:
        for sign in DELIMITERS:
            dialect = Dialect(sign, quote)
            cells = cells_of(header, dialect)
            told = (sum(field_of(cell) is not None for cell in cells), len(cells))
            if len(cells) > 1 and told > most:
                best, most = dialect, told
    return best


def cells_of(line: str, dialect: Dialect) -> tuple[str, ...]:
    """The fields of a line; none if its quotes are wrong."""
    return _Scanner([line], dialect).row(0).cells


def _first_row(lines: Sequence[str], at: int) -> int:
    return next((row for row in range(at, len(lines)) if lines[row].strip()), len(lines))


def _wrong(rows: Sequence[TableRow]) -> int:
    return sum(bool(row.wrong) for row in rows)


def _rows(
    lines: Sequence[str], first: int, dialect: Dialect, looks_like_row: LooksLikeRow
) -> list[TableRow]:
    scanner = _Scanner(lines, dialect)
    header = scanner.row(first)
    rows = [header]
    at, closing = header.last, 0
    likely: list[int] | None = None
    while at < len(lines):
        row = scanner.row(at)
        if row.last > row.line:
            if likely is None:
                alone = ((line, scanner.alone(line)) for line in range(len(lines)))
                likely = [line for line, cells in alone if looks_like_row(header.cells, cells)]
            within = bisect_left(likely, row.line)
            if within < len(likely) and likely[within] < row.last:
                closing = row.last
                row = TableRow(row.line, row.line, wrong=UNCLOSED)
        elif row.line == closing and any(cell.count(dialect.quote) % 2 for cell in row.cells):
            row = replace(row, cells=(), wrong=UNOPENED)
        if row.wrong or any(cell.strip() for cell in row.cells):
            rows.append(row)
        at = row.last
    return rows


class _Scanner:
    """Reads rows of a table from any of its lines.

    What stands in quotes at the beginning of a line ends in the same place, wherever the quotes
    were opened. So each line is looked at once for that, however many rows before it are wrong.
    """

    def __init__(self, lines: Sequence[str], dialect: Dialect) -> None:
        self._lines = lines
        self._delimiter, self._quote = dialect.delimiter, dialect.quote
        quote, sign = re.escape(dialect.quote), r"\\." if dialect.escapes else r"\\"
        self._inside = re.compile(rf"(?:[^{quote}\\]++|{sign}|\\|{quote}{quote})*+", re.DOTALL)
        escape = rf"\\(.)|{quote}({quote})" if dialect.escapes else rf"({quote}){quote}"
        self._escape = re.compile(escape, re.DOTALL)
        self._ends: dict[int, tuple[int, str]] = {}

    def alone(self, at: int) -> Sequence[str]:
        """The fields of a line, whatever stands above it; none if it is no row by itself."""
        cells, wrong = self._scan(self._lines[at], inside=False)
        return () if wrong else cells

    def row(self, at: int) -> TableRow:
        """The row that begins on the line of that index."""
        cells, wrong = self._scan(self._lines[at], inside=False)
        last = at
        if wrong == UNCLOSED:
            last, wrong = self._end(at + 1)
            if wrong:
                wrong = UNCLOSED
            else:
                text = "\n".join(self._lines[at : last + 1])
                cells, wrong = self._scan(text, inside=False)
        if wrong:
            return TableRow(at + 1, at + 1, wrong=wrong)
        return TableRow(at + 1, last + 1, tuple(cells))

    def _end(self, at: int) -> tuple[int, str]:
        """The index of the line on which a row ends that stands in quotes at the beginning of this
        line, and what is wrong with it."""
        trail = []
        while at not in self._ends:
            if at >= len(self._lines):
                self._ends[at] = (at, UNCLOSED)
                break
            trail.append(at)
            _, wrong = self._scan(self._lines[at], inside=True)
            if wrong != UNCLOSED:
                self._ends[at] = (at, wrong)
                break
            at += 1
        for each in trail:
            self._ends[each] = self._ends[at]
        return self._ends[at]

    def _scan(self, text: str, *, inside: bool) -> tuple[list[str], str]:
        """The fields of a text that begins in quotes or not, and what is wrong with them."""
        cells: list[str] = []
        at, end = 0, len(text)
        while True:
            if not inside:
                start = _past_blanks(text, at)
                inside = text.startswith(self._quote, start)
                at = start + 1 if inside else at
            if inside:
                found = self._inside.match(text, at)
                stop = found.end() if found else end
                if stop == end:
                    return cells, UNCLOSED
                cells.append(self._escape.sub(_unescaped, text[at:stop]))
                at = _past_blanks(text, stop + 1)
                if at < end and text[at] != self._delimiter:
                    return cells, BEHIND
                inside = False
            else:
                stop = text.find(self._delimiter, at)
                stop = end if stop < 0 else stop
                cells.append(text[at:stop])
                at = stop
            if at >= end:
                return cells, ""
            at += 1


def _unescaped(sign: re.Match[str]) -> str:
    return sign[1] or sign[2]


def _past_blanks(text: str, at: int) -> int:
    """Where something else than blanks stands; a tab may part fields."""
    found = _BLANKS.match(text, at)
    return found.end() if found else at
