"""Takes a state of today back to an older version, for tests of what the way forward does to it."""

from __future__ import annotations

# What undoes each version since 8; version 8 only made keys of titles again.
_UNDOING: dict[int, tuple[str, ...]] = {
    20: (),
    21: ("ALTER TABLE files DROP COLUMN etag",),
    22: (
        "DROP TRIGGER deliveries_had_otherwise",
        "DROP TRIGGER deliveries_had_new",
        "DROP TRIGGER deliveries_had_no_more",
        "DROP TRIGGER announced_late",
        "DROP TRIGGER announced_otherwise",
        "DROP TRIGGER announced_no_more",
        "DROP TRIGGER items_merged_otherwise",
        "DROP TRIGGER items_told_otherwise",
        "DROP TRIGGER moved_from_address",
        "DROP TRIGGER moved_otherwise",
        "DROP TRIGGER moved_back",
        "DROP INDEX items_corrected",
        "DROP INDEX owed_items_by_item",
        "DROP INDEX deliveries_by_address",
        "CREATE INDEX deliveries_by_address ON deliveries (address_key)",
        "DROP TABLE cleared",
    ),
    23: ("DROP TABLE recipients", "DROP TABLE recipient_lists"),
    19: ("DROP INDEX sightings_known", "ALTER TABLE sightings DROP COLUMN guid"),
    18: (
        "DROP TABLE edition_notes",
        "DROP TABLE rulings",
        "DROP TABLE proofs",
        "DROP TABLE reviews",
    ),
    17: (
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
    ),
    16: ("ALTER TABLE deliveries DROP COLUMN returned_at", "DROP TABLE probes"),
    15: (
        "DROP INDEX items_pictured",
        *(
            f"ALTER TABLE {table} DROP COLUMN {column}"
            for table in ("items", "revisions", "sightings")
            for column in ("image", "image_alt")
        ),
        "DROP TABLE pictures",
    ),
    14: (
        "DROP INDEX items_by_language",
        "ALTER TABLE items DROP COLUMN language",
        "ALTER TABLE announcements DROP COLUMN language",
        "ALTER TABLE digests DROP COLUMN items_in",
        "ALTER TABLE choices DROP COLUMN items_in",
        "ALTER TABLE applications DROP COLUMN items_in",
        "ALTER TABLE subscriptions DROP COLUMN items_in",
        "ALTER TABLE subscriptions DROP COLUMN items_in_since",
    ),
    13: ("DROP TABLE reader_events", "DELETE FROM notes WHERE name = 'not counted'"),
    12: ("DROP TABLE links",),
    11: (
        "ALTER TABLE deliveries DROP COLUMN doubted",
        "ALTER TABLE deliveries DROP COLUMN dated_at",
        "ALTER TABLE owed_sets DROP COLUMN is_first",
        "ALTER TABLE owed_items DROP COLUMN printed",
    ),
    10: (
        "ALTER TABLE subscriptions DROP COLUMN off",
        "ALTER TABLE subscriptions DROP COLUMN returned",
        "ALTER TABLE subscriptions DROP COLUMN topics",
        "ALTER TABLE subscriptions DROP COLUMN topics_since",
        "DROP TABLE listed",
    ),
    9: (
        "ALTER TABLE editions DROP COLUMN slot_day",
        "ALTER TABLE editions DROP COLUMN slot_at",
    ),
}


def back_to(version: int) -> tuple[str, ...]:
    """The statements that make a state one of that version."""
    newer = sorted((each for each in _UNDOING if each > version), reverse=True)
    undoing = (statement for each in newer for statement in _UNDOING[each])
    return (*undoing, f"PRAGMA user_version = {version}")
