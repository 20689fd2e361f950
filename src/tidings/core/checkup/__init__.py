"""What facts about a machine and an instance amount to: judgements that `doctor` tells."""

from __future__ import annotations

from tidings.core.checkup.access import foreign_owner, kept_secret, usable
from tidings.core.checkup.git import clean, not_looked_at, tracked, unignored
from tidings.core.checkup.mail import greeted
from tidings.core.checkup.moments import clock, last_round
from tidings.core.checkup.published import behind, standing
from tidings.core.checkup.room import Room, room
from tidings.core.checkup.versions import libraries, python, sqlite
from tidings.core.checkup.wording import from_error

__all__ = [
    "Room",
    "behind",
    "clean",
    "clock",
    "foreign_owner",
    "from_error",
    "greeted",
    "kept_secret",
    "last_round",
    "libraries",
    "not_looked_at",
    "python",
    "room",
    "sqlite",
    "standing",
    "tracked",
    "unignored",
    "usable",
]
