"""When the operator is told that something is wrong: not of each blip, once, and when it is over.

An incident begins with a number of failed rounds in a row, or with something that is late. It is
over with the first good round. All that is known of it is one value, which the state keeps, so that
a restart neither repeats nor forgets a notice.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from tidings.core.schedule import has_passed

# The names of the notes in the state that hold the value, and the instant of the last run.
INCIDENT_NOTE = "watch"
LAST_CYCLE = "last cycle"
# The `site.id` that the state was begun with.
SITE_ID = "site id"
# What could not be published.
PUBLISHED_RUN = "published run"
PUBLISHED_FAILED = "published but for"

# After one message that something is wrong, the next one waits for so long.
PAUSE = timedelta(hours=1)

Notice = Literal["begun", "over"]


@dataclass(frozen=True, slots=True)
class IncidentState:
    """How the last rounds went: so many `failures` in a row, for the `reason` that the last one
    had; what is `late`, in words; `since` when either is so.

    `told_at` is when the operator was last told of an incident, `told` whether of one that goes on.
    `refused` says why an edited configuration is not in force, "" if it is.
    """

    failures: int = 0
    reason: str = ""
    late: str = ""
    since: datetime | None = None
    told_at: datetime | None = None
    told: bool = False
    refused: str = ""

    @classmethod
    def read(cls, note: str | None) -> IncidentState:
        """The value that a note in the state holds; a note that cannot be read says nothing."""
        try:
            kept = json.loads(note or "{}")
            for name in ("since", "told_at"):
                kept[name] = datetime.fromisoformat(kept[name]) if kept.get(name) else None
            return cls(**kept)
        except (ValueError, TypeError, AttributeError):
            return cls()

    def written(self) -> str:
        """The value as a note in the state."""
        return json.dumps(asdict(self), default=datetime.isoformat)


def observed(incident: IncidentState, failure: str, late: str, now: datetime) -> IncidentState:
    """The incident after a round that ended with this failure, or "", while this is late, or ""."""
    since = (incident.since or now) if failure or late else None
    failures = incident.failures + 1 if failure else 0
    return replace(incident, failures=failures, reason=failure, late=late, since=since)


def due(incident: IncidentState, after: int, now: datetime) -> Notice | None:
    """What the operator is to be told now; an incident takes `after` failures in a row."""
    if incident.told:
        return None if incident.failures or incident.late else "over"
    if incident.failures < after and not incident.late:
        return None
    recent = incident.told_at is not None and not has_passed(PAUSE, incident.told_at, now)
    return None if recent else "begun"


def having_told(incident: IncidentState, notice: Notice, now: datetime) -> IncidentState:
    """The incident once the operator has been told."""
    if notice == "over":
        return replace(incident, told=False)
    return replace(incident, told=True, told_at=now)


def unpublished(note: str | None) -> dict[str, str]:
    """The folders of topics and digests of which the last publication failed to publish something,
    each with the reason, as the note `PUBLISHED_FAILED` in the state holds them."""
    found: dict[str, str] = json.loads(note or "{}")
    return found
