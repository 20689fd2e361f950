"""Putting batches of files in place, one after the other, while the next is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from tidings.application.ports.files import PublishedFile
from tidings.application.ports.world import Outlet
from tidings.application.publishing.press import Batch
from tidings.errors import TidingsError

Placed = Sequence[tuple[PublishedFile, bool]]

# To put a batch in place takes a few waits for the disk and a transaction, whatever its size, and
# while it is put the next one is in memory, too.
FILES = 100
BYTES = 1 << 20


def together(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The same files in the same order, small batches joined.

    Raises whatever making a batch raises, after the ones before it.
    """
    joined: Batch = []
    try:
        for batch in batches:
            joined += batch
            if len(joined) >= FILES or sum(len(data) for _, data in joined) >= BYTES:
                yield joined
                joined = []
    except TidingsError:
        if joined:
            yield joined
        raise
    if joined:
        yield joined


def place(outlet: Outlet, batches: Iterable[Batch], settle: Callable[[Placed], None]) -> None:
    """Put all batches in place in their order; `settle` hears of each that is.

    Most of putting is waiting for the disk, and rendering needs none of it. After a batch that
    could not be placed no other is: what leads to its files comes later. Raises `PublishError`,
    and whatever making a batch raises; by then `settle` has heard of all that was placed.
    """
    with ThreadPoolExecutor(1) as hand:
        placing: Future[Placed] | None = None
        try:
            for batch in batches:
                placing, before = hand.submit(_put, outlet, batch, placing), placing
                if before:
                    settle(before.result())
        finally:
            if placing:
                settle(placing.result())


def _put(outlet: Outlet, batch: Batch, before: Future[Placed] | None) -> Placed:
    if before:
        before.result()
    return outlet.put(batch)
