"""What is on record of people: what they have had, what they chose, what they asked for."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from tidings.state.schema.columns import Instant, metadata

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("digest", String, primary_key=True),
    Column("address_key", String, primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
)

# What people and their mail servers did, by address: it wins over the list that names them.
people = Table(
    "people",
    metadata,
    Column("address_key", String, primary_key=True),
    Column("state", String),
    Column("refusals", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("detail", String, nullable=False),
)

# What people decided about one digest, which wins over the lists and over what `people` says.
choices = Table(
    "choices",
    metadata,
    Column("digest", String, primary_key=True),
    Column("address_key", String, primary_key=True),
    Column("address", String, nullable=False),
    Column("name", String, nullable=False),
    Column("state", String),
    Column("joined", Integer, nullable=False),
    # Null for no choice; "*" for all of the digest's.
    Column("topics", String),
    Column("language", String),
    Column("changed_at", Instant, nullable=False),
    Index("choices_by_address", "address_key"),
)

# Wishes that wait for their confirmation.
applications = Table(
    "applications",
    metadata,
    Column("digest", String, primary_key=True),
    Column("address_key", String, primary_key=True),
    Column("address", String, nullable=False),
    Column("topics", String),
    Column("language", String),
    Column("asked_at", Instant, nullable=False),
    Column("since", Instant, nullable=False),
    Column("mails", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
)
