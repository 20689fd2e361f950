"""Where items stand: what a page or a feed needs of a topic, however many items there are.

Part of the transaction in `store`. A topic is named by its slug; "" stands for everything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from datetime import datetime
from typing import Protocol

from tidings.core.pages.items import ItemSummary
from tidings.core.pages.site import TopicCounts
from tidings.core.selection import Selection


class Places(Protocol):
    """Items in the order of lists, newest first. No answer costs more than its own size."""

    def newest(self, slug: str, limit: int) -> tuple[str, ...]:
        """Ids of the newest items."""
        ...

    def selection(self, slug: str, *, first_run: int, limit: int, maximum: int) -> Selection:
        """What a feed holds: equal to `core.selection.select` over every member."""
        ...

    def heads(self, ids: Collection[str]) -> Mapping[str, ItemSummary]:
        """As much of items as links to them need, by id."""
        ...

    def of_year(self, slug: str, year: int | None) -> tuple[ItemSummary, ...]:
        """A topic's items of one year, or (None) those without a date."""
        ...

    def of_month(self, slug: str, month: tuple[int, int]) -> tuple[ItemSummary, ...]:
        """A topic's items of one month: (year, 1 to 12)."""
        ...

    def neighbours(self, ids: Collection[str]) -> Mapping[str, tuple[str | None, str | None]]:
        """The ids of the next newer and the next older item of each, among all items."""
        ...

    def arrivals(self, ids: Collection[str]) -> Set[int]:
        """Of each of these items: how many had arrived with it. None is ever taken away."""
        ...

    def last_arrival(self) -> int:
        """How many items have ever arrived, with those that were merged."""
        ...

    def arrived(self, first: int, last: int) -> tuple[tuple[str, datetime], ...]:
        """The slugs of the items from the `first` that arrived to the `last`, in that order, each
        with its `updated`."""
        ...

    def census(self, slug: str) -> TopicCounts:
        """The figures of a topic."""
        ...

    def censuses(self, slugs: Collection[str]) -> Mapping[str, TopicCounts]:
        """The figures of several topics."""
        ...

    def recounted_since(self, run: int) -> Set[tuple[str, tuple[int, int] | None]]:
        """Topics with the months (None: the undated) whose items came or went after this run."""
        ...

    def corrected(self, limit: int) -> tuple[str, ...]:
        """Ids of the items revised or retracted last, the latest first."""
        ...
