"""When a mail server that lets us send nothing is asked again, whatever waits.

A refused login, sender or greeting is no message's fault, and asking again and again locks an
account. So it sets one pause on the server: a minute, doubled each time up to half an hour. When it
is over, one connection tries; the first message that is answered lifts it, and so does a change
of anything that the server knows us by. All that is known of it is one value, which the state
keeps, so that neither a restart nor another process asks too early.

It stands alone, since those who send, those who look, and those who take decisions all need it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

# The name of the note in the state that holds the value; "" while nothing is wrong.
PAUSE_NOTE = "mail server"
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ServerPause:
    """Nothing is sent before `until`, for the `reason` that the server gave `since` then.

    `refusals` counts those in a row; `known_as` changes with anything that the server knows us by.
    """

    reason: str
    since: datetime
    until: datetime
    refusals: int
    known_as: str

    @classmethod
    def read(cls, note: str | None) -> ServerPause | None:
        """The value that a note in the state holds; None for none, and for what cannot be read."""
        try:
            kept = json.loads(note or "null")
            times = {name: datetime.fromisoformat(kept[name]) for name in ("since", "until")}
            return cls(**{**kept, **times})
        except (ValueError, TypeError, KeyError):
            return None

    def written(self) -> str:
        """The value as a note in the state."""
        return json.dumps(asdict(self), default=datetime.isoformat)

    def stands(self, known_as: str) -> bool:
        """Whether it still says something of the server, as it knows us now."""
        return self.known_as == known_as

    def holds(self, now: datetime) -> bool:
        """Whether nothing may be tried yet. No pause of a clock that was ahead outlasts another."""
        return timedelta() < self.until - now <= LONGEST


def refused_again(
    before: ServerPause | None, reason: str, known_as: str, now: datetime
) -> ServerPause:
    """The pause after the server refused us; `before` is the one that it ends."""
    if before is None:
        return ServerPause(reason, now, now + SHORTEST, 1, known_as)
    wait = min(SHORTEST * 2 ** min(before.refusals, 16), LONGEST)
    return ServerPause(reason, before.since, now + wait, before.refusals + 1, known_as)
