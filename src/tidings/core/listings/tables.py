"""Listings in JSON, JSON lines and tables: one record an entry, its fields known by their names."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tidings.core.addresses import deceives
from tidings.core.invisible import visible
from tidings.core.listings.dates import (
    Broken,
    Dated,
    Numeric,
    Stamp,
    find_short,
    order_of,
    read_stamp,
    settled,
    short_order_of,
)
from tidings.core.listings.delimited import TableRow, read_delimited
from tidings.core.listings.fields import (
    FIELDS,
    columns_of,
    is_of_greenwich,
    shown_value,
    words_of,
)
from tidings.core.listings.instants import moved, read_instant
from tidings.core.listings.languages import is_english
from tidings.core.listings.markup import shown, unescaped
from tidings.core.listings.pictures import may_be_picture
from tidings.core.listings.reading import Hints, Reading, quarantined
from tidings.core.listings.text import (
    LONGEST_TITLE,
    WORDLESS,
    WORDLESS_HINT,
    collapse,
    has_words,
    split_lines,
    without_controls,
)
from tidings.model import Image, Listing, Problem, SeedRef, Text

_MOST_PROBLEMS: Final = 100
_LISTS: Final = ("items", "entries", "news", "articles", "posts", "results", "data", "listings")
_DEEPEST: Final = 6  # objects within objects, until no list is looked for
_MOST_MISSED: Final = 20  # titles written in an unusual way, until none is looked for
_MOST_NAMED: Final = 8  # columns in one note
_MOSTLY: Final = 0.5
_FEWEST: Final = 2  # dates that make a column of dates, where there are as many rows
_BESIDE_NEWS = (
    "website webpage collectionpage aboutpage organization newsmediaorganization person "
    "imageobject breadcrumblist searchaction sitenavigationelement postaladdress place"
)
_NO_NEWS: Final = frozenset(_BESIDE_NEWS.split())
_KINDS: Final = frozenset(("post", "page", "attachment"))  # of WordPress: no category
_LOOKED_AT: Final = 200  # records, to tell what is in a column
_JSON_FEED: Final = "https://jsonfeed.org/version/"
_TRAILING_COMMA = re.compile(r'"(?:[^"\\]++|\\.)*+"|,(?=\s*+[\]}])', re.DOTALL)
_TWICE: Final = "\0twice"  # a key of no JSON that anybody writes: the keys that an object has twice


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Table:
    """The records of a file, the line of the columns' names (0 for JSON, which has none), by field
    the columns that it is read from, and what was wrong already. A feed (JSON Feed 1.1) knows each
    entry by its `id`."""

    path: str
    layout: str
    line: int
    records: Sequence[_Record]
    columns: Mapping[str, Sequence[str]]
    hints: Hints
    problems: list[Problem] = field(default_factory=list)
    is_feed: bool = False


# --- JSON -----------------------------------------------------------------------------------------


def read_json(text: str, path: str, hints: Hints) -> Reading:
    """Read a JSON array of objects, or the array of entries within an object ("items").

    A comma behind the last element is forgiven, and so are several objects on lines of their own.
    """
    text = text.lstrip("\ufeff")
    try:
        whole = _loaded(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and _all_objects(text):
            return read_json_lines(text, path, hints)
        problem = Problem(path, error.lineno, error.colno, f"this is not JSON: {error.msg}", _MEND)
        return Reading((), (problem,), "json", 0.0)
    except (RecursionError, ValueError):
        return quarantined(path, "this JSON is nested too deeply", _MEND)
    found = _list_in(whole, hints.columns)
    if found is None:
        return quarantined(path, "there is no list of entries in this JSON", _SHAPE)
    objects = [_flat(each) for each in found if isinstance(each, dict) and _may_be_news(each)]
    columns = columns_of((name for each in objects for name in each), hints.columns)
    is_feed = isinstance(whole, dict) and str(whole.get("version")).startswith(_JSON_FEED)
    placed = list(_placed(objects, columns, text))
    table = _Table(path, "json", 0, placed, columns, hints, is_feed=is_feed)
    if others := sum(not isinstance(each, dict) for each in found):
        told = f"{others} of the {len(found)} elements of this list are no objects"
        table.problems.append(Problem(path, 0, 0, told, _SHAPE))
    return _reading(table)


def _loaded(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError:
        mended = _TRAILING_COMMA.sub(lambda found: "" if found[0] == "," else found[0], text)
        if mended == text:
            raise
        return json.loads(mended, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; which of its keys it has twice, with different values, is kept beside them."""
    made: dict[str, object] = {}
    twice = []
    for name, value in pairs:
        if name in made and made[name] != value:
            twice.append(name)
        made.setdefault(name, value)
    if twice:
        made[_TWICE] = twice
    return made


def _all_objects(text: str) -> bool:
    lines = [line for line in split_lines(text) if line.strip()]
    return all(line.lstrip().startswith("{") and line.rstrip(" ,").endswith("}") for line in lines)


def read_json_lines(text: str, path: str, hints: Hints) -> Reading:
    """Read one JSON object a line."""
    text = text.lstrip("\ufeff")
    if text.lstrip().startswith("["):
        return read_json(text, path, hints)
    records: list[_Record] = []
    problems: list[Problem] = []
    for number, line in enumerate(split_lines(text), start=1):
        if not line.strip():
            continue
        try:
            value = _loaded(line.rstrip().removesuffix(","))
        except (RecursionError, ValueError) as error:
            told = getattr(error, "msg", "nested too deeply")
            problems.append(Problem(path, number, 1, f"this is not JSON: {told}", _MEND))
            continue
        if isinstance(value, dict):
            records.append(_Record(number, _flat(value)))
        else:
            problems.append(Problem(path, number, 1, "this line is no JSON object", _SHAPE))
    columns = columns_of((name for each in records for name in each.fields), hints.columns)
    return _reading(_Table(path, "json lines", 0, records, columns, hints, problems))


_MEND: Final = "correct the file, or give it the ending .txt if it is plain text"
_SHAPE: Final = "entries have the fields title, date, summary, url and category"


def _list_in(whole: object, given: Mapping[str, str]) -> Sequence[object] | None:
    """The list of entries in a document: of several the one whose objects have most of the fields,
    under a usual name, first; or the document itself as the only entry."""
    best: Sequence[object] | None = None
    most = (0, False)
    level: list[tuple[str, object]] = [("", whole)]
    for _ in range(_DEEPEST):
        below: list[tuple[str, object]] = []
        for name, value in level:
            if isinstance(value, list):
                objects = [each for each in value if isinstance(each, dict)]
                told = (_known_in(objects, given), name in _LISTS)
                if objects and told > most:
                    best, most = value, told
                if not told[0]:
                    below += [(name, each) for each in objects]
            elif isinstance(value, dict):
                below += value.items()
        level = below
    if best is not None:
        return best
    alone = isinstance(whole, dict) and _known_in([whole], given) > 1
    return [whole] if alone else None


def _known_in(objects: Sequence[dict[str, object]], given: Mapping[str, str]) -> int:
    """How many fields the objects of a list have; 0 without a title."""
    columns = columns_of((name for each in objects[:20] for name in _flat(each)), given)
    return len(columns) if "title" in columns else 0


def _flat(value: dict[str, object]) -> dict[str, object]:
    """An object with what it wraps: `item` of a list of schema.org, `attributes` of JSON:API."""
    for name in ("item", "attributes"):
        inner = value.get(name)
        if isinstance(inner, dict):
            return inner
    return value


def _may_be_news(value: Mapping[str, object]) -> bool:
    """False for what schema.org says beside the news: of the site, its people, its pictures."""
    return str(value.get("@type", "")).casefold() not in _NO_NEWS


def _placed(
    found: Iterable[Mapping[str, object]], columns: Mapping[str, Sequence[str]], text: str
) -> Iterator[_Record]:
    """The records with the lines of their titles, looked for from the last one on."""
    at, line, missed = 0, 1, 0
    for fields in found:
        title = _value("title", fields, columns)
        where = -1
        for ascii_only in (False, True):
            if title and where < 0 and missed < _MOST_MISSED:
                where = text.find(json.dumps(title, ensure_ascii=ascii_only), at)
        missed += where < 0
        if where >= 0:
            line += text.count("\n", at, where)
            at = where
        yield _Record(line, fields)


# --- Tables ---------------------------------------------------------------------------------------


def read_csv(text: str, path: str, hints: Hints) -> Reading:
    """Read a table whose first line names its columns, parted by commas, semicolons or tabs."""

    def looks_like_row(header: Sequence[str], cells: Sequence[str]) -> bool:
        if len(cells) != len(header) or len(cells) < _FEWEST:
            return False
        named = columns_of(header, hints.columns).get("date")
        return named is not None and _stamp(cells[list(header).index(named[0])], hints) is not None

    rows = read_delimited(split_lines(text.lstrip("\ufeff")), looks_like_row)
    if not rows:
        return quarantined(path, "the file is empty", "put listings into it or remove it")
    header = rows[0]
    if header.wrong:
        return quarantined(path, header.wrong, _QUOTES, header.line)
    return read_table(header, rows[1:], path, hints)


_QUOTES: Final = "put quotes around a text, and write each quote within it twice"


def read_table(
    header: TableRow,
    rows: Sequence[TableRow],
    path: str,
    hints: Hints,
    layout: str = "csv",
) -> Reading:
    """Read the rows of a table by the names of its columns."""
    names = [collapse(without_controls(name)[0]) for name in header.cells]
    columns = columns_of(filter(None, names), hints.columns)
    if "title" not in columns:
        named = ", ".join(filter(None, names[:_MOST_NAMED])) or "none"
        return quarantined(
            path,
            f"no column of this table is known as the title; they are: {named}",
            "name it title, or say `columns: {title: ...}` for its source",
            header.line,
        )
    problems: list[Problem] = []
    records: list[_Record] = []
    twice = {name for name, times in Counter(filter(None, names)).items() if times > 1}
    differing: Counter[str] = Counter()
    read = {column for named in columns.values() for column in named}
    for row in rows:
        cells = _without_empty_end(row.cells, len(names))
        if row.wrong:
            problems.append(Problem(path, row.line, 1, row.wrong, _QUOTES))
        elif len(cells) > len(names):
            told = f"this row has {len(cells)} columns, the first {len(names)}"
            problems.append(Problem(path, row.line, 1, told, "put quotes around its texts"))
        else:
            fields, two = _fields(names, cells, twice & read)
            differing.update(two)
            if not two:
                records.append(_Record(row.line, fields))
    for name, number in differing.items():
        counted = "1 row, which is" if number == 1 else f"{number} rows, which are"
        told = f'two columns are named "{name}" and differ in {counted} left out'
        problems.append(Problem(path, header.line, 1, told, "give one of them another name"))
    return _reading(_Table(path, layout, header.line, records, columns, hints, problems))


def _without_empty_end(cells: Sequence[str], size: int) -> Sequence[str]:
    """The cells without the empty ones that a row has beyond the columns."""
    return cells if any(cell.strip() for cell in cells[size:]) else cells[:size]


def _fields(
    names: Sequence[str], cells: Sequence[str], twice: set[str]
) -> tuple[dict[str, object], set[str]]:
    """A row by the names of its columns; and those names that it has two values for."""
    fields: dict[str, object] = {}
    differing = set()
    for name, cell in zip(names, cells, strict=False):
        if not fields.get(name):
            fields[name] = cell.strip()
        elif name in twice and cell.strip() and cell.strip() != fields[name]:
            differing.add(name)
    return fields, differing


def read_records(
    records: Iterable[tuple[int, Mapping[str, object]]], path: str, hints: Hints
) -> Reading:
    """Read entries whose fields have names in a text, each with its line."""
    made = [_Record(line, fields) for line, fields in records]
    columns = columns_of((name for each in made for name in each.fields), hints.columns)
    return _reading(_Table(path, "fields", 0, made, columns, hints))


def is_date(text: str, hints: Hints) -> bool:
    """True for a text that is a day, or may be one once the order of its numbers is known."""
    stamp = _stamp(text, hints)
    return stamp is not None and not isinstance(stamp, Broken)


# --- From records to entries ----------------------------------------------------------------------


def _value(
    field: str, record: Mapping[str, object], columns: Mapping[str, Sequence[str]]
) -> str | None:
    """The text of a field: of several columns the first that has any."""
    for column in columns.get(field, ()):
        value = shown_value(record.get(column))
        if isinstance(value, str) and value.strip():
            return value
    return None


def _date_in(record: Mapping[str, object], columns: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """The date of a record as it stands there, "" if it has none, and its column: the first that
    the record has."""
    column = next((each for each in columns.get("date", ()) if each in record), "")
    value = record.get(column)
    if value is None or value == "":
        return "", column
    shown_ = shown_value(value)
    return _clean(str(value if shown_ is None else shown_)) or str(value), column


def _clean(value: str | None) -> str:
    return collapse(without_controls(value or "")[0])


def _text(value: str | None) -> str:
    """A text as a page would show it."""
    return _clean(shown(value)) if value else ""


def _stamp(text: str, hints: Hints, column: str = "") -> Stamp | None:
    day = read_instant(text, hints.zone, is_utc=is_of_greenwich(column))
    if day:
        return Dated(day)
    names = hints.names()
    if stamp := read_stamp(text, thorough=False, names=names):
        return stamp
    short = find_short(text, names)
    return short[0].stamp if short and (short[0].start, short[0].end) == (0, len(text)) else None


def _reading(table: _Table) -> Reading:
    told, path, hints = table.problems, table.path, table.hints
    if not table.records and not told:
        return quarantined(path, "the file is empty", "put listings into it or remove it")
    dates = [_date_in(record.fields, table.columns) for record in table.records]
    stamps = [_stamp(text, hints, column) if text else None for text, column in dates]
    titles = [_text(_value("title", record.fields, table.columns)) for record in table.records]
    english = is_english(titles, hints.language)
    order = order_of(filter(None, stamps), is_english=english, date_order=hints.date_order)
    years = {stamp.year for stamp in stamps if isinstance(stamp, Numeric)}
    years |= {stamp.day.year for stamp in stamps if isinstance(stamp, Dated)}
    short = short_order_of(filter(None, stamps), order, years, is_english=english)
    listings: list[Listing] = []
    for record, (day, _), stamp in zip(table.records, dates, stamps, strict=True):
        known = settled(stamp, order, short) if stamp else None
        read = _listing(record, table, day, known)
        if isinstance(read, Problem):
            told.append(read)
        else:
            listings.append(read)
    told += _left_out(table, {column for _, column in dates})
    told.sort(key=lambda problem: problem.line)
    if len(told) > _MOST_PROBLEMS:
        more = len(told) - _MOST_PROBLEMS
        told[_MOST_PROBLEMS:] = [Problem(path, 0, 0, f"{more} more entries cannot be read")]
    return Reading(tuple(listings), tuple(told), table.layout, 1.0 if listings else 0.0)


def _listing(
    record: _Record, table: _Table, day: str, known: Dated | Broken | None
) -> Listing | Problem:
    path, columns, fields = table.path, table.columns, record.fields

    def problem(message: str, hint: str) -> Problem:
        return Problem(path, record.line, 1, message, hint)

    named = _value("title", fields, columns)
    title = _text(named)
    if twice := _twice(fields, columns):
        return problem(f'this object has two values for "{twice}"', "remove one of them")
    if not named or not visible(named):
        return problem("this entry has no title", _SHAPE)
    if len(title) > LONGEST_TITLE:
        return problem(f"this is too long for a title ({len(title)} characters)", "shorten it")
    if not has_words(title):
        return problem(WORDLESS, WORDLESS_HINT)
    if day and known is None:
        return problem(
            f"the date of this entry cannot be read: {day[:40]!r}", "write it as 2022-02-16"
        )
    if isinstance(known, Broken):
        return problem(known.message, known.hint)
    text = Text(
        title,
        _text(_value("summary", fields, columns)),
        moved(known.day, known.clock, table.hints.zone) if known else None,
        _address(_value("url", fields, columns)),
        _category(fields, columns) or table.hints.category,
        _image(fields, table),
    )
    guid = _clean(str(fields.get("id") or "")) if table.is_feed else ""
    return Listing(text, SeedRef(path, record.line), guid)


def _image(fields: Mapping[str, object], table: _Table) -> Image | None:
    """The picture of an entry. A column that only its name says to be one may hold other things,
    such as whose the picture is."""
    columns = table.columns
    values = (_picture_address(fields.get(column)) for column in columns.get("image", ()))
    named = next((url for value in values if (url := _clean(unescaped(value)))), "")
    if not named or ("image" not in table.hints.columns and not may_be_picture(named)):
        return None
    return Image(named, _text(_value("image_alt", fields, columns)))


def _picture_address(value: object) -> str:
    """The address of a picture in JSON: of several the first, of an object what it names so."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, Mapping):
        value = next((value[name] for name in ("url", "contentUrl", "src") if name in value), value)
    found = shown_value(value)
    return found if isinstance(found, str) else ""


def _address(value: str | None) -> str | None:
    address = _clean(unescaped(value or ""))
    return address if address and not deceives(address) else None


def _category(fields: Mapping[str, object], columns: Mapping[str, Sequence[str]]) -> str:
    named = _text(_value("category", fields, columns))
    return "" if named in _KINDS else named


def _twice(fields: Mapping[str, object], columns: Mapping[str, Sequence[str]]) -> str:
    """A key that is read and that an object has twice, with different values; "" if there is
    none."""
    names = fields.get(_TWICE)
    read = {column for named in columns.values() for column in named}
    return next((name for name in names if name in read), "") if isinstance(names, list) else ""


# --- What no field takes --------------------------------------------------------------------------


def _left_out(table: _Table, dates: set[str]) -> Iterator[Problem]:
    """What `columns` names and the table has not; a column of dates that nothing takes, where
    entries have none; and a note of the others. `dates` are the columns that days were read of."""
    names = dict.fromkeys(name for record in table.records for name in record.fields)
    known = {words_of(name) for name in names}
    for field_, column in table.hints.columns.items():
        if column not in names and words_of(column) not in known:
            told = f'there is no column "{column}", which `columns` names for the {field_}'
            yield Problem(table.path, table.line, int(table.line > 0), told, _named(names))
    taken = {
        column
        for field_, named in table.columns.items()
        for column in named
        if field_ != "date" or column in dates
    }
    rest = [name for name in names if name[:1] not in ("", "@", "\0") and name not in taken]
    dated = [name for name in rest if "date" not in table.columns and _is_of_dates(name, table)]
    for name in dated:
        yield Problem(
            table.path,
            table.line,
            int(table.line > 0),
            f'the column "{name}" has dates, and no field takes it: the entries have no date',
            f"name it date, or say `columns: {{date: {name}}}` for its source",
        )
    others = [f'"{name}"' for name in rest if name not in dated]
    if others:
        more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
        told = f"nothing is read of the columns {', '.join(others[:_MOST_NAMED])}{more}"
        hint = f"`columns` of a source says which column is read as its {', '.join(FIELDS[:3])} …"
        line = table.line
        yield Problem(table.path, line, int(line > 0), told, hint, severity="note")


def _named(names: Iterable[str]) -> str:
    shown_ = [f'"{name}"' for name in names if name and name != _TWICE]
    return f"the columns are {', '.join(shown_[:_MOST_NAMED])}" if shown_ else ""


def _is_of_dates(name: str, table: _Table) -> bool:
    """True for a column of which most values are dates."""
    values = [shown_value(record.fields.get(name)) for record in table.records[:_LOOKED_AT]]
    given = [_clean(str(value)) for value in values if value is not None and value != ""]
    # A number alone may be seconds since 1970, or of anything.
    dates = sum(not each.isdigit() and _stamp(each, table.hints) is not None for each in given)
    return dates >= min(_FEWEST, len(values)) and dates > _MOSTLY * len(given)
