"""Takes a state of today back to an older version, for tests of what the way forward does to it."""

from __future__ import annotations

# What versions 12 to 16 added.
TO_VERSION_11 = (
    "DROP TABLE edition_notes",
    "DROP TABLE rulings",
    "DROP TABLE proofs",
    "DROP TABLE reviews",
    "DROP TABLE links",
    "DROP TABLE reader_events",
    "DROP INDEX items_by_language",
    "ALTER TABLE items DROP COLUMN language",
    "ALTER TABLE announcements DROP COLUMN language",
    "ALTER TABLE digests DROP COLUMN items_in",
    "ALTER TABLE choices DROP COLUMN items_in",
    "ALTER TABLE applications DROP COLUMN items_in",
    "ALTER TABLE subscriptions DROP COLUMN items_in",
    "ALTER TABLE subscriptions DROP COLUMN items_in_since",
    "DROP INDEX items_pictured",
    *(
        f"ALTER TABLE {table} DROP COLUMN {column}"
        for table in ("items", "revisions", "sightings")
        for column in ("image", "image_alt")
    ),
    "DROP TABLE pictures",
    "PRAGMA user_version = 11",
)
# And versions 9 to 11; version 8 only made keys of titles again.
TO_VERSION_7 = (
    *TO_VERSION_11,
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
