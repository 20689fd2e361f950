"""The instants that entries of a feed bear as their `updated`: no two of them the same.

What came in or was corrected in one run would all bear the instant of that run; validators of feeds
warn of entries that share one, for a reader that goes by it alone takes them for the same change.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

SECOND = timedelta(seconds=1)
# How far back whoever looks for a free second has to know what is in use.
WINDOW = timedelta(hours=1)


class Moments:
    """Instants handed out in one run at `now`, a whole second, each of them once.

    `taken` are those in use in the `WINDOW` before `now`, and later. What is older is not looked
    after: a first import has items without number, and changes are of the present.
    """

    def __init__(self, now: datetime, taken: Iterable[datetime] = ()) -> None:
        self._now = now
        self._next = now
        self._taken: set[datetime] = set()
        self._changes: set[datetime] = set()
        self.take(*taken)

    def take(self, *instants: datetime) -> None:
        """Note that instants are in use."""
        since = self._now - WINDOW
        self._taken.update(instant for instant in instants if instant >= since)

    def free(self, instant: datetime) -> bool:
        """Whether nobody has this instant yet."""
        return instant not in self._taken

    def of_change(self, last: datetime) -> datetime:
        """The instant of a change to what changed `last` at that instant: the latest second that
        is free and not later than `now`.

        An entry's `updated` only ever grows. Where no second is left between `last` and `now`, two
        entries share `now`: truth comes before beauty. A clock that went back is outrun by a
        second. What changes twice in one run changes once for whoever reads feeds.
        """
        if last in self._changes:
            return last
        while not self.free(self._next) and self._now - self._next < WINDOW:
            self._next -= SECOND
        if self._next <= last or not self.free(self._next):
            return max(self._now, last + SECOND)
        self.take(self._next)
        self._changes.add(self._next)
        return self._next
