"""What was read, and what editors say of it: sources, items, decisions."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from tidings.state.schema.columns import Day, Instant, metadata


def _text_columns() -> tuple[Column[str], Column[str], Column[date], Column[str], Column[str]]:
    return (
        Column("title", String, nullable=False),
        Column("summary", String, nullable=False),
        Column("date", Day),
        Column("url", String),
        Column("category", String),
    )


sources = Table(
    "sources",
    metadata,
    Column("path", String, primary_key=True),
    Column("size", Integer),
    Column("mtime_ns", Integer),
    Column("ctime_ns", Integer),
    Column("inode", Integer),
    Column("digest", String, nullable=False),
    Column("layout", String, nullable=False),
    Column("confidence", String, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("settings", String, nullable=False),
    Column("read_at", Instant, nullable=False),
)

# What the sightings of a file were read from, and by what, also while the file itself cannot be
# read. The text is compressed; null where a version before kept none.
last_read = Table(
    "last_read",
    metadata,
    Column("path", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("settings", String, nullable=False),
    Column("packed", LargeBinary),
)

problems = Table(
    "problems",
    metadata,
    Column("path", String, ForeignKey("sources.path", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("line", Integer, nullable=False),
    Column("column", Integer, nullable=False),
    Column("message", String, nullable=False),
    Column("hint", String, nullable=False),
    Column("excerpt", String, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", String, primary_key=True),
    Column("slug", String, nullable=False, unique=True),
    Column("title_key", String, nullable=False, index=True),
    *_text_columns(),
    Column("published", Instant),
    Column("arrived_at", Instant, nullable=False),
    Column("arrival_rank", Integer, nullable=False),
    # What lists are sorted by: published, or the arrival less its rank.
    Column("listed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("revised_at", Instant),
    Column("retracted_at", Instant),
    Column("retraction_reason", String),
    # Who withdrew it; empty if its sources took it back.
    Column("retracted_by", String, nullable=False, server_default=text("''")),
    # 1 if it was a wrong reading: no list and no feed has it.
    Column("retracted_quietly", Integer, nullable=False, server_default=text("0")),
    # The item that is the same news, and the revision of it that whoever had this one has had.
    Column("merged_into", String, ForeignKey("items.id")),
    Column("merged_revision", Integer),
    # The run of the last change that readers are told of, and of the last change of any kind.
    Column("changed_run", Integer, nullable=False),
    Column("touched_run", Integer, nullable=False, index=True),
    Index("items_by_day", "date"),
    Index("items_listed", "listed_at"),
    Index("items_changed", "changed_run"),
    Index("items_revised", "revised_at"),
    # Partial, so that nobody looks for the many that are neither by these.
    Index("items_merged", "merged_into", sqlite_where=text("merged_into IS NOT NULL")),
    Index("items_retracted", "retracted_at", sqlite_where=text("retracted_at IS NOT NULL")),
)

revisions = Table(
    "revisions",
    metadata,
    Column("item_id", String, ForeignKey("items.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    *_text_columns(),
    Column("at", Instant, nullable=False),
    Column("path", String, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    Column("path", String, primary_key=True),
    Column("item_id", String, ForeignKey("items.id"), primary_key=True, index=True),
    # Its place in the file's last reading; null once the entry is gone from the file.
    Column("position", Integer),
    Column("line", Integer, nullable=False),
    Column("title_key", String, nullable=False, index=True),
    *_text_columns(),
    Column("first_seen_at", Instant, nullable=False),
)

# Items that an entry left whose source says `removed: retract`, until that is decided on.
vanished = Table(
    "vanished",
    metadata,
    Column("item_id", String, ForeignKey("items.id"), primary_key=True),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("verdict", String, nullable=False),
    Column("item_id", String, ForeignKey("items.id"), nullable=False, index=True),
    Column("other_id", String, ForeignKey("items.id"), index=True),
    Column("path", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("memo", String, nullable=False),
    Column("undone_at", Instant),
    Column("undone_by", String, nullable=False),
)

near_misses = Table(
    "near_misses",
    metadata,
    Column("new_id", String, ForeignKey("items.id"), primary_key=True),
    Column("known_id", String, ForeignKey("items.id"), primary_key=True),
    Column("why", String, nullable=False),
    Column("at", Instant, nullable=False),
)
