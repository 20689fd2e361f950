"""When the operator is told that something is wrong: not of each blip, once, and when it is over.

An incident begins with a number of failed rounds in a row, or with something that is late. It is
over with the first good round. All that is known of it is one value, which the state keeps, so that
a restart neither repeats nor forgets a word.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from tidings.core.lapse import has_passed

# The note in the state that holds the value.
WATCH = "watch"

# After one message that something is wrong, the next one waits for so long.
PAUSE = timedelta(hours=1)

Word = Literal["begun", "over"]


@dataclass(frozen=True, slots=True)
class Watch:
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
    def read(cls, note: str | None) -> Watch:
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


def observed(watch: Watch, failure: str, late: str, now: datetime) -> Watch:
    """The watch after a round that ended with this failure, or "", while this is late, or ""."""
    since = (watch.since or now) if failure or late else None
    failures = watch.failures + 1 if failure else 0
    return replace(watch, failures=failures, reason=failure, late=late, since=since)


def due(watch: Watch, after: int, now: datetime) -> Word | None:
    """What the operator is to be told now; an incident takes `after` failures in a row."""
    if watch.told:
        return None if watch.failures or watch.late else "over"
    if watch.failures < after and not watch.late:
        return None
    recent = watch.told_at is not None and not has_passed(PAUSE, watch.told_at, now)
    return None if recent else "begun"


def having_told(watch: Watch, word: Word, now: datetime) -> Watch:
    """The watch once the operator has been told."""
    if word == "over":
        return replace(watch, told=False)
    return replace(watch, told=True, told_at=now)
