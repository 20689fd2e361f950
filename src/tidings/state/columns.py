"""What columns hold that a database has no type of its own for, alike in a file and on a server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from sqlalchemy import BigInteger, Column, Index, Integer, String, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

# Whole numbers of 64 bits: SQLite's all are, PostgreSQL's are so only by this name.
Whole = Integer().with_variant(BigInteger(), "postgresql")


def written(instant: datetime) -> str:
    """An instant as the database has it; a naive one is a bug."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime reached the store")
    return f"{instant.astimezone(UTC).isoformat()[:19]}Z"


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as UTC text that sorts: `2026-11-22T10:00:00Z`."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To text; a naive datetime is a bug."""
        return None if value is None else written(value)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[str | None], datetime | None]:
        """From text, by nothing but what does it: a page of an item takes ten of these."""
        return _instant


class Day(TypeDecorator[date]):
    """A calendar day, stored as ISO text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """To text."""
        return None if value is None else value.isoformat()

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[str | None], date | None]:
        """From text, as in `Instant`."""
        return _day


def _instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def partial(name: str, column: str, only: str) -> Index:
    """An index of the rows alone for which that holds.

    A server's migrations say the same by themselves: naming it here would load its dialect for
    whoever has a file.
    """
    return Index(name, column, sqlite_where=text(only))


def text_columns() -> tuple[Column[str], Column[str], Column[date], Column[str], Column[str]]:
    """The columns of what is said of an item."""
    return (
        Column("title", String, nullable=False),
        Column("summary", String, nullable=False),
        Column("date", Day),
        Column("url", String),
        Column("category", String),
    )


def image_columns() -> tuple[Column[str], Column[str]]:
    """Those of its picture."""
    return Column("image", String), Column("image_alt", String)
