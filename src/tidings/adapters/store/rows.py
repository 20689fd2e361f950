"""Rows to nouns and back, shared by the parts of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Row

from tidings.core.identity import normalise
from tidings.model import Item, Retraction, Revision, SeedRef, Sighting, Text

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


def text_of(row: Row[Any]) -> Text:
    """The five text columns of a row."""
    return Text(row.title, row.summary, row.date, row.url, row.category)


def text_values(text: Text) -> dict[str, object]:
    """The five text columns for a row."""
    return {
        "title": text.title,
        "summary": text.summary,
        "date": text.date,
        "url": text.url,
        "category": text.category,
    }


def item_of(row: Row[Any], history: Sequence[Revision], sources: Sequence[Sighting]) -> Item:
    """An item from its row, its revisions and its sightings."""
    retraction = None
    if row.retracted_at is not None:
        retraction = Retraction(row.retraction_reason, row.retracted_at, row.retracted_by)
    return Item(
        id=row.id,
        slug=row.slug,
        text=text_of(row),
        published=row.published,
        arrived_at=row.arrived_at,
        arrival_rank=row.arrival_rank,
        revised_at=row.revised_at,
        retraction=retraction,
        merged_into=row.merged_into,
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
    }


def revision_of(row: Row[Any]) -> Revision:
    """A revision from its row."""
    return Revision(row.number, text_of(row), row.at, row.path)


def sighting_of(row: Row[Any]) -> Sighting:
    """A sighting from its row."""
    ref = SeedRef(row.path, row.line)
    return Sighting(ref, text_of(row), row.item_id, row.first_seen_at, row.position)


def sighting_values(sighting: Sighting) -> dict[str, object]:
    """The columns of a sighting."""
    return {
        "path": sighting.ref.path,
        "item_id": sighting.item_id,
        "position": sighting.position,
        "line": sighting.ref.line,
        "title_key": normalise(sighting.text.title),
        **text_values(sighting.text),
        "first_seen_at": sighting.first_seen_at,
    }
