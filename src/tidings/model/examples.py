"""An entry of a listing as it should be read: by it an administrator teaches a source's layout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Example:
    """The first entry of a listing, by its `title` and the day it was `published`.

    `last` is the title of the listing's last entry and `entries` their number: with either,
    somebody has looked at the whole reading, and `published` None says that the first entry has no
    date. Without them it says that no date is given.
    """

    title: str
    published: date | None = None
    last: str | None = None
    entries: int | None = None

    @property
    def confirms(self) -> bool:
        """Whether more than the first entry is given."""
        return self.last is not None or self.entries is not None


@dataclass(frozen=True, slots=True)
class Taught:
    """What an example has taught of its source: the `layout` that it chose, and how far `behind`
    the most confident reading of its file that one was, from 0 to 1."""

    layout: str
    behind: float
