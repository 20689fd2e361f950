"""The tables, each declared once. A change here needs a migration; a test compares the two.

What triggers keep (`months`, and what memberships copy of items) is in the migrations.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData()

# Whole numbers of 64 bits: SQLite's all are, PostgreSQL's are so only by this name.
Whole = Integer().with_variant(BigInteger(), "postgresql")


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as UTC text that sorts: `2026-11-22T10:00:00Z`."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To text; a naive datetime is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the store")
        return f"{value.astimezone(UTC).isoformat()[:19]}Z"

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


def _partial(name: str, column: str, only: str) -> Index:
    """An index of the rows alone for which that holds."""
    return Index(name, column, sqlite_where=text(only), postgresql_where=text(only))


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
    Column("size", Whole, nullable=False),
    Column("mtime_ns", Whole, nullable=False),
    Column("digest", String, nullable=False),
    # 1 for those of which there are the more, the more items there are.
    Column("many", Integer, nullable=False, server_default=text("0")),
    _partial("files_few", "path", "many = 0"),
)


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
    Column("size", Whole),
    Column("mtime_ns", Whole),
    Column("ctime_ns", Whole),
    Column("inode", Whole),
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
    # How many had arrived with it: counted by the store, without a gap.
    Column("arrival", Whole, nullable=False, server_default=text("0")),
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
    Index("items_arrived", "arrival", unique=True),
    _partial("items_merged", "merged_into", "merged_into IS NOT NULL"),
    _partial("items_retracted", "retracted_at", "retracted_at IS NOT NULL"),
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


digests = Table(
    "digests",
    metadata,
    Column("slug", String, primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
    Column("topics", String, nullable=False),
)

# A slot that passed without an edition has no number and no subject. Its local date and its instant
# are null where a version before noted none, and of what was opened by hand.
editions = Table(
    "editions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String, nullable=False),
    Column("period", String, nullable=False),
    Column("number", Integer),
    Column("opened_at", Instant, nullable=False),
    Column("subject", String),
    Column("slot_day", Day),
    Column("slot_at", Instant),
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


owed_sets = Table(
    "owed_sets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition_id", Integer, ForeignKey("editions.id"), nullable=False, index=True),
    # The topics chosen by those who are owed this, null for all: it shapes what they read.
    Column("follows", String),
    Column("subject", String, nullable=False),
    # Whether the subject says that it brings all that there was before.
    Column("is_first", Integer, nullable=False, server_default=text("0")),
)

owed_items = Table(
    "owed_items",
    metadata,
    Column("owed_set", Integer, ForeignKey("owed_sets.id"), primary_key=True),
    Column("item_id", String, ForeignKey("items.id"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("had_revision", Integer),
    # Not so what a mail only counted, since it had no room for it.
    Column("printed", Integer, nullable=False, server_default=text("1")),
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
    # How often a process crashed while sending this, and whether somebody put it on hold.
    Column("crashes", Integer, nullable=False, server_default=text("0")),
    Column("held", Integer, nullable=False, server_default=text("0")),
    # Whether an attempt that failed may have arrived all the same, and the Date of the last one.
    Column("doubted", Integer, nullable=False, server_default=text("0")),
    Column("dated_at", Instant),
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


subscriptions = Table(
    "subscriptions",
    metadata,
    Column("digest", String, primary_key=True),
    Column("address_key", String, primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
    # 1 while no list has them and they have not joined; how often they came back after that.
    Column("off", Integer, nullable=False, server_default=text("0")),
    Column("returned", Integer, nullable=False, server_default=text("0")),
    # The topics at the last edition ("*" for all, null where that is not known), and since when
    # those count that were added, as JSON.
    Column("topics", String),
    Column("topics_since", String, nullable=False, server_default=text("'{}'")),
)

# Who was on each list when it was last believed: one that shrinks at once is not.
listed = Table(
    "listed",
    metadata,
    Column("list", String, primary_key=True),
    Column("address_key", String, primary_key=True),
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
