"""The tables. A change here needs a migration in `migrations`; a test compares the two."""

from __future__ import annotations

from tidings.state.schema.books import files, notes, runs
from tidings.state.schema.columns import Day, Instant, metadata
from tidings.state.schema.editions import announcements, digests, editions
from tidings.state.schema.items import (
    decisions,
    items,
    last_read,
    near_misses,
    problems,
    revisions,
    sightings,
    sources,
    vanished,
)
from tidings.state.schema.ledger import deliveries, owed_items, owed_sets, variants
from tidings.state.schema.people import applications, choices, people, subscriptions
from tidings.state.schema.topics import memberships, months, topics

__all__ = [
    "Day",
    "Instant",
    "announcements",
    "applications",
    "choices",
    "decisions",
    "deliveries",
    "digests",
    "editions",
    "files",
    "items",
    "last_read",
    "memberships",
    "metadata",
    "months",
    "near_misses",
    "notes",
    "owed_items",
    "owed_sets",
    "people",
    "problems",
    "revisions",
    "runs",
    "sightings",
    "sources",
    "subscriptions",
    "topics",
    "vanished",
    "variants",
]
