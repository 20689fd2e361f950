"""What is owed to whom in an edition, and how its delivery stands."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from tidings.state.schema.columns import Instant, metadata

owed_sets = Table(
    "owed_sets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition_id", Integer, ForeignKey("editions.id"), nullable=False, index=True),
    # The topics chosen by those who are owed this, null for all: it shapes what they read.
    Column("follows", String),
    Column("subject", String, nullable=False),
)

owed_items = Table(
    "owed_items",
    metadata,
    Column("owed_set", Integer, ForeignKey("owed_sets.id"), primary_key=True),
    Column("item_id", String, ForeignKey("items.id"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("had_revision", Integer),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition_id", Integer, ForeignKey("editions.id"), nullable=False),
    Column("address_key", String, nullable=False),
    Column("address", String, nullable=False),
    Column("name", String, nullable=False),
    Column("language", String, nullable=False),
    Column("owed_set", Integer, ForeignKey("owed_sets.id")),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("message_id", String, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("next_attempt_at", Instant),
    Column("lease_owner", String),
    Column("lease_until", Instant),
    Column("detail", String, nullable=False),
    # How often a process died while it was sending this, and whether somebody put it on hold.
    Column("crashes", Integer, nullable=False, server_default=text("0")),
    Column("held", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("edition_id", "address_key"),
    Index("deliveries_by_state", "state", "owed_set", "id"),
    Index("deliveries_by_address", "address_key"),
    Index("deliveries_by_message_id", "message_id"),
)

# The rendered body of a variant, kept from its first attempt until its last message is settled.
variants = Table(
    "variants",
    metadata,
    Column("owed_set", Integer, ForeignKey("owed_sets.id"), primary_key=True),
    Column("language", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
