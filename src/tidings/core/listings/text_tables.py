"""Tables that were pasted as text: parted by tabs, or with the name of its field before each value.

These are as certain as files of tables, since fields are named, or told apart by what is in them.
Any doubt leaves the text to the reader of texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import mean
from typing import Final

from tidings.core.listings.delimited import TableRow, dialect_of, read_delimited
from tidings.core.listings.fields import columns_of, field_of, words_of
from tidings.core.listings.pasted import LABEL, TITLES, listing_lines
from tidings.core.listings.reading import Hints, Reading
from tidings.core.listings.rows import unmarked
from tidings.core.listings.tables import is_date, read_records, read_table
from tidings.core.listings.text import (
    collapse,
    ends_a_sentence,
    is_aside,
    is_rule,
    split_lines,
    without_controls,
)

_FEWEST_ROWS: Final = 2
_MOSTLY: Final = 0.9  # of the rows have as many cells as the first
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_EDGES = re.compile(r"^\s*\||\|\s*$")  # of a row of a table in markdown
_RULE = re.compile(r"[\s|:+=-]+")


def read_text_table(text: str, path: str, hints: Hints) -> Reading | None:
    """Read a table that stands in a text; None if none does."""
    clean, _ = without_controls(text.lstrip("\ufeff"))
    lines = split_lines(clean)
    return _labelled(lines, path, hints) or _parted(lines, path, hints)


# --- Parted by tabs, or by bars -------------------------------------------------------------------


def _parted(lines: Sequence[str], path: str, hints: Hints) -> Reading | None:
    if not any("\t" in line or "|" in line for line in lines):
        return None
    rows = read_delimited(_without_edges(lines), lambda _header, _cells: False)
    filled = [row for row in rows if row.cells]
    header = filled[0] if filled else None
    if header is None or len(header.cells) < 2 or dialect_of_rows(lines) not in ("\t", "|"):
        return None
    columns = columns_of((collapse(cell) for cell in header.cells if cell), hints.columns)
    known = sum(map(len, columns.values()))
    if "title" in columns and 2 * known > len(header.cells):
        below = rows[rows.index(header) + 1 :]
        return _read_plain(header, below, path, hints, columns)
    named = _inferred(filled, hints) if dialect_of_rows(lines) == "\t" else None
    if named is None:
        return None
    columns = columns_of(filter(None, named), {})
    return _read_plain(TableRow(0, 0, named), rows, path, hints, columns)


def _read_plain(
    header: TableRow,
    rows: Sequence[TableRow],
    path: str,
    hints: Hints,
    columns: Mapping[str, Sequence[str]],
) -> Reading:
    """Read a table whose titles may have marks and links, as all texts may."""
    names, at = hints.names(), [collapse(cell) for cell in header.cells].index(columns["title"][0])
    addressed = "url" in columns
    made = []
    for row in rows:
        if any(cell.strip() for cell in row.cells[len(header.cells) :]):
            told = f"this row has {len(row.cells)} columns, the first {len(header.cells)}"
            made.append(replace(row, wrong=told))
            continue
        if at >= len(row.cells):
            made.append(row)
            continue
        title, url = unmarked(row.cells[at], names)
        cells = [*row.cells[: len(header.cells)], *[""] * (len(header.cells) - len(row.cells))]
        cells[at] = title
        made.append(replace(row, cells=(*cells, *(() if addressed else (url,)))))
    named = header.cells if addressed else (*header.cells, "url")
    return read_table(replace(header, cells=named), made, path, hints, "table")


def dialect_of_rows(lines: Sequence[str]) -> str:
    """What parts the first row of a text."""
    first = next((line for line in lines if line.strip()), "")
    return dialect_of(_EDGES.sub("", first)).delimiter


def _without_edges(lines: Sequence[str]) -> list[str]:
    """The lines of a table in markdown without what stands around them, and its rule."""
    if not any(line.lstrip()[:1] == "|" for line in lines):
        return list(lines)
    return ["" if _RULE.fullmatch(line) else _EDGES.sub("", line) for line in lines]


def _inferred(rows: Sequence[TableRow], hints: Hints) -> tuple[str, ...] | None:
    """The fields of the columns of a table without names: the one of dates, the one of addresses,
    and of the others the title, then a text that is longer. None where that is not plain."""
    size = len(rows[0].cells)
    alike = [row for row in rows if len(row.cells) == size]
    if len(rows) < _FEWEST_ROWS or len(alike) < _MOSTLY * len(rows):
        return None
    columns = [[collapse(row.cells[at]) for row in alike] for at in range(size)]
    named = [""] * size
    texts: list[int] = []
    for at, values in enumerate(columns):
        given = [value for value in values if value]
        if given and len(given) == len(values) and all(is_date(value, hints) for value in given):
            named[at] = "date"
        elif given and all(_ADDRESS.fullmatch(value) for value in given):
            named[at] = "url"
        elif sum(any(map(str.isalpha, value)) for value in given) > len(given) / 2:
            texts.append(at)
    distinct = [at for at in texts if len(set(columns[at])) == len(columns[at])]
    labels = [at for at in texts if at not in distinct]
    if named.count("date") != 1 or not distinct or len(distinct) > 2 or len(labels) > 1:
        return None
    lengths = {at: mean(map(len, columns[at])) for at in distinct}
    named[distinct[0]] = "title"
    if len(distinct) == 2:
        if lengths[distinct[1]] <= lengths[distinct[0]]:
            return None
        named[distinct[1]] = "summary"
    for at in labels:
        # Texts that come twice, or categories.
        named[at] = "category" if len(distinct) == 2 or at < distinct[0] else ""
        if not named[at]:
            return None
    return tuple(named)


# --- With the name of its field before each value -------------------------------------------------

_TEXT: Final = "text"  # the name of a value that has none


def _labelled(lines: Sequence[str], path: str, hints: Hints) -> Reading | None:
    """Read entries of which each value stands behind the name of its field ("Title: A hub")."""
    kept = listing_lines(lines, lambda line: is_date(_value_of(line), hints))
    found = [LABEL.match(line) if line else None for line in kept]
    names = [words_of(match["name"]) if match else "" for match in found]
    given = {words_of(column) for column in hints.columns.values()}
    fields = {name: each for name in names if name and (each := field_of(name))}
    titles = sum(name in TITLES for name in names)
    known = {fields[name] for name in names if name in fields}
    if not titles or len(known) < 2:
        return None
    often = Counter(name for name in names if name and name not in fields)
    others = {name for name, count in often.items() if 2 * count > titles > 1} | given
    taken = [name if name in fields or name in others else "" for name in names]
    return _records(kept, found, taken, path, hints)


def _value_of(line: str) -> str:
    found = LABEL.match(line)
    return collapse(found["value"] if found else line)


def _records(
    lines: Sequence[str | None],
    found: Sequence[re.Match[str] | None],
    names: Sequence[str],
    path: str,
    hints: Hints,
) -> Reading | None:
    first = _first_name(lines, names)
    dated = any(field_of(name) == "date" for name in names)
    last = max(at for at, name in enumerate(names) if name)
    records: list[tuple[int, dict[str, object]]] = []
    at = ""
    for number, (line, match, name) in enumerate(zip(lines, found, names, strict=True)):
        text = collapse(line or "")
        if name and match:
            if not records or name == first or name in records[-1][1]:
                records.append((number + 1, {}))
            if name in TITLES:
                records[-1] = (number + 1, records[-1][1])
            records[-1][1][name] = collapse(match["value"].strip("*_"))
            at = name
        elif not dated and text and is_date(text, hints):
            return None  # dates have no name
        elif records and text and not is_rule(text) and not is_aside(text):
            fields = records[-1][1]
            key = at if field_of(at) in ("summary", None) or not fields[at] else _TEXT
            said = str(fields.get(key, ""))
            # Below the last sentence a short line is of the page.
            if number < last or not ends_a_sentence(said) or ends_a_sentence(text):
                fields[key] = f"{said} {text}".strip()
    return read_records(records, path, hints)


def _first_name(lines: Sequence[str | None], names: Sequence[str]) -> str:
    """The name that entries begin with: the one that most often stands below a blank line."""
    above: list[str | None] = [None, *lines]
    begins = Counter(
        name for name, line in zip(names, above, strict=False) if name and not (line or "").strip()
    )
    return begins.most_common(1)[0][0] if begins else next(name for name in names if name)
