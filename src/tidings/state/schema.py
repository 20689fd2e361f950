"""The tables, each declared once. A change here needs a migration; a test compares the two.

What triggers keep (`months`, and what memberships copy of items) is in the migrations.
"""

from __future__ import annotations

from sqlalchemy import (
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

from tidings.state.columns import Day, Instant, Whole, image_columns, partial, text_columns

metadata = MetaData()


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
    Column("etag", String, nullable=False, server_default=text("''")),
    partial("files_few", "path", "many = 0"),
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
    *text_columns(),
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
    # The language that readers are told it is in, "und" where that is not known; null where a
    # version before told none.
    Column("language", String),
    Index("items_by_language", "language"),
    *image_columns(),
    Index("items_by_day", "date"),
    Index("items_listed", "listed_at"),
    Index("items_changed", "changed_run"),
    Index("items_revised", "revised_at"),
    # Partial, so that nobody looks for the many that are neither by these.
    Index("items_arrived", "arrival", unique=True),
    partial("items_corrected", "revision", "revision > 0"),
    partial("items_merged", "merged_into", "merged_into IS NOT NULL"),
    partial("items_retracted", "retracted_at", "retracted_at IS NOT NULL"),
    partial("items_pictured", "image", "image IS NOT NULL"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("item_id", String, ForeignKey("items.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    *text_columns(),
    Column("at", Instant, nullable=False),
    Column("path", String, nullable=False),
    *image_columns(),
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
    *text_columns(),
    Column("first_seen_at", Instant, nullable=False),
    *image_columns(),
    # What its source knows it by; empty where none says so.
    Column("guid", String, nullable=False, server_default=text("''")),
    partial("sightings_known", "guid", "guid <> ''"),
)

# Local pictures that items show: how the file looked when it was last made, and what was made of
# it; the name is "" if nothing was.
pictures = Table(
    "pictures",
    metadata,
    Column("path", String, primary_key=True),
    Column("size", Whole),
    Column("mtime_ns", Whole),
    Column("ctime_ns", Whole),
    Column("inode", Whole),
    Column("name", String, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("length", Integer, nullable=False),
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
    # The languages of items, null for all.
    Column("items_in", String),
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
    # The item's language then; null where a version before noted none.
    Column("language", String),
)


# What is to become an edition, while its reviewers are asked, and what became of it.
reviews = Table(
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("period", String, nullable=False),
    Column("slot_day", Day),
    Column("slot_at", Instant),
    Column("due_at", Instant),
    Column("opened_at", Instant, nullable=False),
    Column("state", String, nullable=False),
    Column("edition_id", Integer, ForeignKey("editions.id")),
    Index("reviews_by_digest", "digest", "state"),
)

# What it would bring, and how mailing that went, as JSON; the texts as mailed, compressed, of the
# newest proof alone.
proofs = Table(
    "proofs",
    metadata,
    Column("review_id", Integer, ForeignKey("reviews.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("contents", String, nullable=False),
    Column("note", String),
    Column("mails", String, nullable=False, server_default=text("'{}'")),
    Column("texts", LargeBinary),
)

rulings = Table(
    "rulings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("review_id", Integer, ForeignKey("reviews.id"), nullable=False),
    Column("proof", Integer, nullable=False),
    Column("verdict", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Instant, nullable=False),
    Index("rulings_by_review", "review_id"),
)

# The note that an edition took, as JSON; 1 once its files were put away, or are others by now.
edition_notes = Table(
    "edition_notes",
    metadata,
    Column("edition_id", Integer, ForeignKey("editions.id"), primary_key=True),
    Column("name", String, nullable=False),
    Column("note", String, nullable=False),
    Column("kept", Integer, nullable=False, server_default=text("0")),
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
    Index("owed_items_by_item", "item_id"),
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
    # When a report came that it was returned, or a complaint.
    Column("returned_at", Instant),
    UniqueConstraint("edition_id", "address_key"),
    Index("deliveries_by_state", "state", "owed_set", "id"),
    Index("deliveries_by_address", "address_key", "owed_set"),
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
    # The same of the languages of items.
    Column("items_in", String, nullable=False, server_default=text("'*'")),
    Column("items_in_since", String, nullable=False, server_default=text("'{}'")),
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
    # The languages of items: as for topics.
    Column("items_in", String),
    Index("choices_by_address", "address_key"),
)

# Messages that ask whether an address takes mail, before it is marked as bounced. One that is
# forgotten leaves its number free, but no Message-ID that was used.
probes = Table(
    "probes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address_key", String, nullable=False, unique=True),
    Column("address", String, nullable=False),
    Column("language", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("sent_at", Instant),
)

# Who joined and left which digest, wanting which topics ("*" or null for all), and what bounced:
# without a name, so that it stays when somebody is erased.
reader_events = Table(
    "reader_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("topics", String),
    Column("delivery_id", Integer),
    Index("reader_events_at", "at"),
)

# The links in mail. Of who was erased the address is empty; an unconfirmed one goes with its wish.
links = Table(
    "links",
    metadata,
    Column("token", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("address_key", String, nullable=False),
    Column("address", String, nullable=False),
    Column("language", String),
    Column("unconfirmed", Integer, nullable=False, server_default=text("0")),
    Index("links_of", "address_key", "digest"),
    partial("links_unconfirmed", "token", "unconfirmed = 1"),
)

# Wishes that wait for their confirmation. Their mail goes out once it is due; `mailbox` is where
# the address leads to, by which mails are counted.
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
    Column("items_in", String),
    Column("due_at", Instant, nullable=False, server_default=text("''")),
    Column("mailbox", String, nullable=False, server_default=text("''")),
    partial("applications_waiting", "due_at", "waiting = 1"),
    Index("applications_by_age", "due_at"),
    Index("applications_by_address", "address_key"),
    partial("applications_mailed", "mailbox", "mails > 0"),
)

# What strangers asked for since an instant, under names that nobody can read.
limits = Table(
    "limits",
    metadata,
    Column("name", String, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("counted", Integer, nullable=False),
    Column("most", Integer, nullable=False),
    Column("until", Instant, nullable=False),
    Index("limits_by_end", "until"),
)

# Mailboxes that are never to be written to, by a keyed hash.
unwanted = Table(
    "unwanted",
    metadata,
    Column("mark", String, primary_key=True),
    Column("at", Instant, nullable=False),
)

# Changes of address, asked for on the page of a digest. A mail about one goes out once it is due:
# before it is done to the new address, afterwards to the old one. `memo` is what undoing it needs.
address_changes = Table(
    "address_changes",
    metadata,
    Column("id", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("old_key", String, nullable=False),
    Column("old_address", String, nullable=False),
    Column("new_key", String, nullable=False),
    Column("new_address", String, nullable=False),
    Column("language", String, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("undone_at", Instant),
    Column("due_at", Instant),
    Column("memo", String, nullable=False, server_default=text("'{}'")),
    Index("address_changes_by_old", "old_key"),
    Index("address_changes_by_new", "new_key"),
    partial("address_changes_waiting", "due_at", "due_at IS NOT NULL"),
)

# Where people were written to before. What was sent there, up to a delivery, they have had.
former_addresses = Table(
    "former_addresses",
    metadata,
    Column("old_key", String, primary_key=True),
    Column("new_key", String, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("upto", Integer, nullable=False),
    Index("former_addresses_by_new", "new_key"),
)
