"""What the state remembers of itself: single notes, the runs, the files that it published."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from tidings.state.schema.columns import Instant, metadata

notes = Table(
    "notes",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("path", String, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("mtime_ns", Integer, nullable=False),
    Column("digest", String, nullable=False),
)
