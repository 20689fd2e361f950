"""Takes a state of today back to an older version, for tests of what the way forward does to it."""

from __future__ import annotations

# What version 14 added.
TO_VERSION_13 = (
    "DROP INDEX applications_waiting",
    "DROP INDEX applications_by_age",
    "DROP INDEX applications_by_address",
    "DROP INDEX applications_mailed",
    "ALTER TABLE applications DROP COLUMN due_at",
    "ALTER TABLE applications DROP COLUMN mailbox",
    "DROP TABLE limits",
    "DROP TABLE unwanted",
    "DROP TABLE address_changes",
    "DROP TABLE former_addresses",
    "PRAGMA user_version = 13",
)

# What versions 9 to 14 added; version 8 only made keys of titles again.
TO_VERSION_7 = (
    *TO_VERSION_13,
    "DROP TABLE links",
    "DROP TABLE reader_events",
    "DELETE FROM notes WHERE name = 'not counted'",
    "ALTER TABLE subscriptions DROP COLUMN off",
    "ALTER TABLE subscriptions DROP COLUMN returned",
    "ALTER TABLE subscriptions DROP COLUMN topics",
    "ALTER TABLE subscriptions DROP COLUMN topics_since",
    "DROP TABLE listed",
    "ALTER TABLE editions DROP COLUMN slot_day",
    "ALTER TABLE editions DROP COLUMN slot_at",
    "ALTER TABLE deliveries DROP COLUMN doubted",
    "ALTER TABLE deliveries DROP COLUMN dated_at",
    "ALTER TABLE owed_sets DROP COLUMN is_first",
    "ALTER TABLE owed_items DROP COLUMN printed",
    "PRAGMA user_version = 7",
)
