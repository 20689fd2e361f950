"""Rows to nouns and back, shared by the parts of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, CursorResult, Insert, Table, insert

from tidings.core.identity import normalise
from tidings.model import Image, Item, Retraction, Revision, SeedRef, SourceEntry, Text
from tidings.state.schema import items, revisions, sightings

T = TypeVar("T")

# SQLite takes 32,766 variables in one statement; a few hundred are as fast and safe everywhere.
CHUNK = 500


def chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    """The values in portions small enough for one `IN (…)`."""
    iterator = iter(values)
    while portion := tuple(islice(iterator, CHUNK)):
        yield portion


def key_of(result: CursorResult[Any]) -> int:
    """The primary key that an insert was given."""
    key = result.inserted_primary_key
    if key is None:
        raise LookupError("the insert gave no key")
    return int(key[0])


@cache
def upsert(table: Table) -> Insert:
    """A statement that takes all columns of a row, and puts it in the place of one of its key.

    Made once for each table, which takes 0.07 ms: of sending a message to everybody, more than to
    run it.
    """
    return upsert_with(table)


def upsert_with(table: Table, **changed: object) -> Insert:
    """The same, where `changed` is what becomes of a column, if not that it is replaced.

    PostgreSQL's construct is the one that compiles for SQLite as well.
    """
    # Here, since the dialect takes its drivers along, for which who only looks has no use.
    from sqlalchemy.dialects import postgresql

    statement = postgresql.insert(table)
    keys = list(table.primary_key.columns)
    others: dict[str, object] = {
        c.name: statement.excluded[c.name] for c in table.columns if c not in set(keys)
    }
    return statement.on_conflict_do_update(index_elements=keys, set_=others | changed)


@cache
def insert_new(table: Table) -> Insert:
    """A statement that takes all columns of a row, and passes over one whose key is there."""
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table).on_conflict_do_nothing()


def count_up(db: Connection, table: Table, counter: Column[int], row: dict[str, object]) -> int:
    """Add a row, or count one more in that of its key and replace the rest of it; returns the count
    that it has then. One statement: nobody else's count is lost."""
    from sqlalchemy.dialects import postgresql

    keys = list(table.primary_key.columns)
    statement = postgresql.insert(table).values(row)
    others = {name: value for name, value in row.items() if name not in table.primary_key.columns}
    counted = statement.on_conflict_do_update(
        index_elements=keys, set_={**others, counter.name: counter + 1}
    )
    return int(db.execute(counted.returning(counter)).scalar_one())


def pour(
    connection: Connection,
    table: Table,
    values: Sequence[Sequence[object]],
    columns: Sequence[str] = (),
    *,
    passing_over: bool = False,
    replacing: bool = False,
) -> None:
    """Put many rows into a table, given as the database has them, by its columns or by these;
    `passing_over` those whose key is there, or `replacing` them.

    It goes by the driver: 30,000 deliveries take 0.1 s of CPU so and 0.27 s as SQLAlchemy takes
    them, and opening an edition for 300,000 people puts in three rows for each of them.
    """
    names = tuple(columns or table.columns.keys())
    if not values:
        return
    if connection.dialect.name == "postgresql" and not (passing_over or replacing):
        quote = connection.dialect.identifier_preparer.quote
        cursor: Any = connection.connection.cursor()
        with cursor.copy(
            f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN"
        ) as copy:
            for row in values:
                copy.write_row(row)
        return
    statement = insert(table)
    if passing_over or replacing:
        statement = upsert(table) if replacing else insert_new(table)
    if connection.dialect.positional:
        compiled = statement.compile(connection, column_keys=names)
        connection.exec_driver_sql(str(compiled), [tuple(row) for row in values])
        return
    connection.execute(statement, [dict(zip(names, row, strict=True)) for row in values])


def text_values(text: Text) -> dict[str, object]:
    """The five text columns for a row."""
    return {
        "title": text.title,
        "summary": text.summary,
        "date": text.date,
        "url": text.url,
        "category": text.category,
        "image": text.image.url if text.image else None,
        "image_alt": text.image.alt if text.image else None,
    }


def _text_of(table: Table) -> tuple[Column[Any], ...]:
    c = table.c
    return c.title, c.summary, c.date, c.url, c.category, c.image, c.image_alt


def _text(row: Sequence[Any]) -> Text:
    """From the columns of `_text_of`."""
    title, summary, day, url, category, image, alt = row
    return Text(title, summary, day, url, category, Image(image, alt or "") if image else None)


# What items, revisions and sightings are made of, in the order in which these functions take it:
# pages need so many that a look for each column by its name would be felt.
ITEM = (
    items.c.id,
    items.c.slug,
    *_text_of(items),
    items.c.published,
    items.c.arrived_at,
    items.c.arrival_rank,
    items.c.revised_at,
    items.c.retracted_at,
    items.c.retraction_reason,
    items.c.retracted_by,
    items.c.retracted_quietly,
    items.c.merged_into,
)
REVISION = (
    revisions.c.item_id,
    revisions.c.number,
    *_text_of(revisions),
    revisions.c.at,
    revisions.c.path,
)
SIGHTING = (
    sightings.c.item_id,
    sightings.c.path,
    sightings.c.line,
    *_text_of(sightings),
    sightings.c.first_seen_at,
    sightings.c.position,
    sightings.c.guid,
)


def item_of(
    row: Sequence[Any], history: Sequence[Revision], sources: Sequence[SourceEntry]
) -> Item:
    """An item from its `ITEM` columns, its revisions and its sightings."""
    item_id, slug, *text, published, arrived_at, rank, revised_at = row[:13]
    at, reason, by, quietly, into = row[13:]
    retraction = None if at is None else Retraction(reason, at, by, bool(quietly))
    return Item(
        id=item_id,
        slug=slug,
        text=_text(text),
        published=published,
        arrived_at=arrived_at,
        arrival_rank=rank,
        revised_at=revised_at,
        retraction=retraction,
        merged_into=into,
        history=tuple(history),
        sources=tuple(sources),
    )


def item_values(item: Item) -> dict[str, object]:
    """The columns of an item that a change can touch; `merged_into` has a way of its own."""
    return {
        "id": item.id,
        "slug": item.slug,
        "title_key": normalise(item.title),
        **text_values(item.text),
        "published": item.published,
        "arrived_at": item.arrived_at,
        "arrival_rank": item.arrival_rank,
        "listed_at": item.published or item.arrived,
        "revision": item.revision,
        "revised_at": item.revised_at,
        "retracted_at": item.retraction.at if item.retraction else None,
        "retraction_reason": item.retraction.reason if item.retraction else None,
        "retracted_by": item.retraction.by if item.retraction else "",
        "retracted_quietly": int(item.retraction.quietly) if item.retraction else 0,
    }


def revision_of(row: Sequence[Any]) -> Revision:
    """A revision from its `REVISION` columns."""
    _, number, *text, at, path = row
    return Revision(number, _text(text), at, path)


def sighting_of(row: Sequence[Any]) -> SourceEntry:
    """A sighting from its `SIGHTING` columns."""
    item_id, path, line, *text, first_seen_at, position, guid = row
    ref = SeedRef(path, line)
    return SourceEntry(ref, _text(text), item_id, first_seen_at, position, guid)


def revision_values(item_id: str, revision: Revision) -> dict[str, object]:
    """The columns of an item's revision."""
    return {
        "item_id": item_id,
        "number": revision.number,
        **text_values(revision.text),
        "at": revision.at,
        "path": revision.path,
    }


def sighting_values(sighting: SourceEntry) -> dict[str, object]:
    """The columns of a sighting."""
    return {
        "path": sighting.ref.path,
        "item_id": sighting.item_id,
        "position": sighting.position,
        "line": sighting.ref.line,
        "title_key": normalise(sighting.text.title),
        **text_values(sighting.text),
        "first_seen_at": sighting.first_seen_at,
        "guid": sighting.guid,
    }
