"""Listings in JSON, JSON lines and CSV: one record an entry, its fields known by their names."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tidings.core.listings.dates import Broken, Order, Stamp, order_of, read_stamp, settled
from tidings.core.listings.languages import is_english
from tidings.core.listings.reading import Hints, Reading, quarantined
from tidings.core.listings.text import (
    LONGEST_TITLE,
    WORDLESS,
    WORDLESS_HINT,
    collapse,
    has_words,
    plain,
    split_lines,
    without_controls,
)
from tidings.model import Listing, Problem, SeedRef, Text

# The names of fields, compared as `plain` words; of several in a record the first here is taken.
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "title": ("title", "headline", "titulo", "titre", "titel", "titolo", "tytul", "name", "baslik"),
    "date": (
        "published", "date", "date published", "pubdate", "pub date", "publication date",
        "published at", "fecha", "datum", "data", "dato", "tarih", "day",
    ),
    "summary": (
        "summary", "description", "abstract", "excerpt", "teaser", "text", "body", "content",
        "content text", "resumen", "resume", "resumo", "zusammenfassung", "riassunto",
        "samenvatting",
    ),
    "url": ("url", "link", "href", "permalink", "enlace", "lien"),
    "category": ("category", "section", "topic", "type", "categoria", "categorie", "kategorie"),
})  # fmt: skip
_MOST_PROBLEMS: Final = 100
_LISTS: Final = ("items", "entries", "news", "articles", "posts", "results", "data", "listings")
_MOST_MISSED: Final = 20  # titles written in an unusual way, until none is looked for
_DELIMITERS: Final = ",;\t|"


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    fields: Mapping[str, object]


def read_json(text: str, path: str, hints: Hints) -> Reading:
    """Read a JSON array of objects, or the first such array in an object ("items")."""
    try:
        whole = json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        problem = Problem(path, error.lineno, error.colno, f"this is not JSON: {error.msg}", _MEND)
        return Reading((), (problem,), "json", 0.0)
    except (RecursionError, ValueError):
        return quarantined(path, "this JSON is nested too deeply", _MEND)
    found = _list_in(whole)
    if found is None:
        return quarantined(path, "there is no list of entries in this JSON", _SHAPE)
    records = list(_placed(found, text))
    order = _order(records, hints)
    return _reading(records, path, "json", order, hints)


def read_json_lines(text: str, path: str, hints: Hints) -> Reading:
    """Read one JSON object a line."""
    records: list[_Record] = []
    problems: list[Problem] = []
    for number, line in enumerate(split_lines(text.lstrip("\ufeff")), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (RecursionError, ValueError) as error:
            told = getattr(error, "msg", "nested too deeply")
            problems.append(Problem(path, number, 1, f"this is not JSON: {told}", _MEND))
            continue
        if isinstance(value, dict):
            records.append(_Record(number, value))
        else:
            problems.append(Problem(path, number, 1, "this line is no JSON object", _SHAPE))
    order = _order(records, hints)
    return _reading(records, path, "json lines", order, hints, problems)


def read_csv(text: str, path: str, hints: Hints) -> Reading:
    """Read a table whose first line names its columns, parted by commas, semicolons or tabs."""
    lines = split_lines(text.lstrip("\ufeff"))
    header = next((line for line in lines if line.strip()), "")
    delimiter = max(_DELIMITERS, key=header.count)
    table = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    records: list[_Record] = []
    problems: list[Problem] = []
    columns: list[str] = []
    last = 0
    try:
        for row in table:
            first, last = last + 1, table.line_num
            if not any(cell.strip() for cell in row):
                continue
            if not columns:
                columns = row
            elif len(row) > len(columns):
                told = f"this row has {len(row)} columns, the first {len(columns)}"
                problems.append(Problem(path, first, 1, told, "put quotes around its texts"))
            else:
                records.append(_Record(first, dict(zip(columns, row, strict=False))))
    except csv.Error as error:
        problems.append(Problem(path, table.line_num, 1, f"this is not CSV: {error}", _MEND))
    if not _column("title", columns):
        return quarantined(path, "no column of this table is named title", _SHAPE)
    order = _order(records, hints)
    return _reading(records, path, "csv", order, hints, problems)


_MEND: Final = "correct the file, or give it the ending .txt if it is plain text"
_SHAPE: Final = "entries have the fields title, date, summary, url and category"


def _list_in(whole: object) -> Sequence[Mapping[str, object]] | None:
    if isinstance(whole, list):
        objects = [value for value in whole if isinstance(value, dict)]
        return objects if objects and len(objects) == len(whole) else None
    if isinstance(whole, dict):
        named = [whole[name] for name in _LISTS if name in whole]
        for value in (*named, *whole.values()):
            if isinstance(value, list) and (found := _list_in(value)):
                return found
    return None


def _placed(found: Iterable[Mapping[str, object]], text: str) -> Iterator[_Record]:
    """The records with the lines of their titles, looked for from the last one on."""
    at, line, missed = 0, 1, 0
    for fields in found:
        title = _field("title", fields)
        where = -1
        for ascii_only in (False, True):
            if title and where < 0 and missed < _MOST_MISSED:
                where = text.find(json.dumps(title, ensure_ascii=ascii_only), at)
        missed += where < 0
        if where >= 0:
            line += text.count("\n", at, where)
            at = where
        yield _Record(line, fields)


def _column(field: str, columns: Iterable[str]) -> str | None:
    names = {_name(column): column for column in columns}
    return next((names[name] for name in _FIELDS[field] if name in names), None)


def _name(column: str) -> str:
    return plain(" ".join(column.replace("_", " ").replace("-", " ").split()))


def _field(field: str, record: Mapping[str, object]) -> str | None:
    column = _column(field, record)
    value = record[column] if column is not None else None
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, str) else None


def _clean(value: str | None) -> str:
    return collapse(without_controls(value or "")[0])


def _order(records: Sequence[_Record], hints: Hints) -> Order | None:
    stamps = (_stamp(record, hints) for record in records)
    texts = (_clean(_field("title", record.fields)) for record in records)
    return order_of(
        filter(None, stamps),
        is_english=is_english(texts, hints.language),
        date_order=hints.date_order,
    )


def _stamp(record: _Record, hints: Hints) -> Stamp | None:
    day = _clean(_field("date", record.fields))
    return read_stamp(day, thorough=False, names=hints.names()) if day else None


def _reading(
    records: Sequence[_Record],
    path: str,
    layout: str,
    order: Order | None,
    hints: Hints,
    problems: Sequence[Problem] = (),
) -> Reading:
    told = list(problems)
    listings: list[Listing] = []
    for record in records:
        read = _listing(record, path, _stamp(record, hints), order, hints.category)
        if isinstance(read, Problem):
            told.append(read)
        else:
            listings.append(read)
    if not records and not told:
        return quarantined(path, "the file is empty", "put listings into it or remove it")
    told.sort(key=lambda problem: problem.line)
    if len(told) > _MOST_PROBLEMS:
        more = len(told) - _MOST_PROBLEMS
        told[_MOST_PROBLEMS:] = [Problem(path, 0, 0, f"{more} more entries cannot be read")]
    return Reading(tuple(listings), tuple(told), layout, 1.0 if listings else 0.0)


def _listing(
    record: _Record, path: str, stamp: Stamp | None, order: Order | None, category: str | None
) -> Listing | Problem:
    title = _clean(_field("title", record.fields))
    if not title:
        return Problem(path, record.line, 1, "this entry has no title", _SHAPE)
    if len(title) > LONGEST_TITLE:
        told = f"this is too long for a title ({len(title)} characters)"
        return Problem(path, record.line, 1, told, "shorten it")
    if not has_words(title):
        return Problem(path, record.line, 1, WORDLESS, WORDLESS_HINT)
    given = _column("date", record.fields)
    value = record.fields[given] if given is not None else None
    if value not in (None, "") and stamp is None:
        told = f"the date of this entry cannot be read: {str(value)[:40]!r}"
        return Problem(path, record.line, 1, told, "write it as 2022-02-16")
    day = settled(stamp, order) if stamp else None
    if isinstance(day, Broken):
        return Problem(path, record.line, 1, day.message, day.hint)
    text = Text(
        title,
        _clean(_field("summary", record.fields)),
        day.day if day else None,
        _clean(_field("url", record.fields)) or None,
        _clean(_field("category", record.fields)) or category,
    )
    return Listing(text, SeedRef(path, record.line))
