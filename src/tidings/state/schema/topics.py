"""Topics and who is in them, and how many by month."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, text

from tidings.state.schema.columns import Instant, metadata

# The row with slug "" stands for everything: the feed and the page of all items.
topics = Table(
    "topics",
    metadata,
    Column("slug", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("first_run", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_run", Integer, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("topic", String, primary_key=True),
    Column("item_id", String, ForeignKey("items.id"), primary_key=True, index=True),
    Column("cause", String, nullable=False),
    Column("since_run", Integer, nullable=False),
    # The item's place and last change, and its month ("" if undated), beside the topic: so that
    # what a page or a feed needs of a large topic is found by an index. Triggers keep them.
    Column("listed_at", Instant, nullable=False, server_default=text("''")),
    Column("changed_run", Integer, nullable=False, server_default=text("0")),
    Column("month", String, nullable=False, server_default=text("''")),
    Index("memberships_listed", "topic", "listed_at"),
    Index("memberships_changed", "topic", "changed_run"),
    Index("memberships_by_month", "topic", "month"),
)

# How many items each topic (and, under "", everything) has of each month, "" for undated ones, and
# the run that last changed the number. Triggers count, so that no way of writing forgets to.
months = Table(
    "months",
    metadata,
    Column("topic", String, primary_key=True),
    Column("month", String, primary_key=True),
    Column("total", Integer, nullable=False),
    Column("touched_run", Integer, nullable=False, index=True),
)
