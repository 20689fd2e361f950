"""Digests, their editions, and what each announced."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint

from tidings.state.schema.columns import Instant, metadata

digests = Table(
    "digests",
    metadata,
    Column("slug", String, primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
    Column("topics", String, nullable=False),
)

# A slot that passed without an edition has no number and no subject.
editions = Table(
    "editions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String, nullable=False),
    Column("period", String, nullable=False),
    Column("number", Integer),
    Column("opened_at", Instant, nullable=False),
    Column("subject", String),
    UniqueConstraint("digest", "period"),
    UniqueConstraint("digest", "number"),
)

# An item that was passed over (history: skip) is known to the digest without an edition.
announcements = Table(
    "announcements",
    metadata,
    Column("digest", String, primary_key=True),
    Column("item_id", String, ForeignKey("items.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("corrected", Integer, nullable=False),
    Column("edition_id", Integer, ForeignKey("editions.id"), index=True),
)
