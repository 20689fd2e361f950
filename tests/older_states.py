"""Takes a state of today back to an older version, for tests of what the way forward does to it."""

from __future__ import annotations

# What versions 9 to 14 added; version 8 only made keys of titles again.
TO_VERSION_7 = (
    "DROP INDEX sightings_known",
    "ALTER TABLE sightings DROP COLUMN guid",
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
