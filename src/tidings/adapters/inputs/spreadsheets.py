"""Opens spreadsheets (.xlsx): the first sheet that has anything, as CSV.

It stands alone, since tables are read in `core.listings`: here a file only becomes one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, Final
from zipfile import BadZipFile

from lxml import etree

from tidings.adapters.inputs.archives import checked
from tidings.errors import InputRefused

_MOST_CELLS: Final = 200_000
_MOST_COLUMNS: Final = 200


def opened(data: bytes, _encoding: str | None = None) -> str:
    """The rows of the first sheet that has any, and of further ones with the same first row.

    Raises `InputRefused`.
    """
    archive = checked(data, "spreadsheet")
    # Here, since hardly anybody has a spreadsheet.
    import openpyxl

    try:
        book = openpyxl.load_workbook(archive, read_only=True, data_only=True, keep_links=False)
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        first: Sequence[str] | None = None
        for sheet in book.worksheets:
            rows = _rows(sheet)
            head = next(rows, None)
            if head is None or (first is not None and head != first):
                continue
            writer.writerows([] if first is not None else [head])
            first = first or head
            writer.writerows(rows)
        book.close()
    except (
        BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError,
        etree.XMLSyntaxError, SyntaxError,
    ) as error:  # fmt: skip
        raise InputRefused("this is no spreadsheet, or a damaged one", "save it again") from error
    return out.getvalue()


def _rows(sheet: Any) -> Iterator[list[str]]:
    """The rows of a sheet from the first that has anything, as texts."""
    seen, begun = 0, False
    sheet.reset_dimensions()
    for row in sheet.iter_rows(max_col=_MOST_COLUMNS):
        seen += max(len(row), 1)
        if seen > _MOST_CELLS:
            raise InputRefused("this spreadsheet has too many cells", "save a shorter one")
        cells = [_shown(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        begun = begun or bool(cells)
        if begun:
            yield cells


def _shown(cell: Any) -> str:
    """A cell as text: days as ISO 8601; of a link its address where the text is none."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
