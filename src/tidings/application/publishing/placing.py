"""Putting batches of files in place, one after the other, while the next is rendered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from tidings.application.ports import Outlet
from tidings.application.publishing.press import Batch
from tidings.errors import PublishError, TidingsError
from tidings.model import PublishedFile

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


@dataclass(slots=True)
class Answer:
    """What came of a batch: the files in place, the folders of topics and digests that could not be
    put, each with the reason, and the error after which nothing more may be put."""

    placed: list[tuple[PublishedFile, bool]] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    error: PublishError | None = None


def place(outlet: Outlet, batches: Iterable[Batch], settle: Callable[[Answer], None]) -> None:
    """Put all batches in place in their order; `settle` hears of each.

    Most of putting is waiting for the disk, and rendering needs none of it. After something of
    everybody's that could not be placed nothing else is: what leads to it comes later. Raises
    `PublishError`, and whatever making a batch raises; by then `settle` has heard of all that was
    placed.
    """
    with ThreadPoolExecutor(1) as hand:
        placing: Future[Answer] | None = None
        try:
            for batch in batches:
                placing, before = hand.submit(_put, outlet, batch, placing), placing
                if before:
                    _settle(before, settle)
        finally:
            if placing:
                _settle(placing, settle)


def _settle(placing: Future[Answer], settle: Callable[[Answer], None]) -> None:
    answer = placing.result()
    settle(answer)
    if answer.error:
        raise answer.error


def _put(outlet: Outlet, batch: Batch, before: Future[Answer] | None) -> Answer:
    if before and (error := before.result().error):
        return Answer(error=error)
    # Of a path that is given twice the last one counts, as if one had replaced the other.
    files = list(dict(batch).items())
    try:
        return Answer(list(outlet.put(files)))
    except PublishError as error:
        folders = _by_folder(files)
        return _put_apart(outlet, folders) if any(folders) else Answer(error=error)


def _put_apart(outlet: Outlet, folders: Mapping[str, Batch]) -> Answer:
    """Put what is everybody's, then what is each topic's and each digest's, as far as it goes."""
    answer = Answer()
    for folder, files in folders.items():
        try:
            answer.placed += outlet.put(files)
        except PublishError as error:
            if not folder:
                answer.error = error
                break
            answer.failed[folder] = str(error)
    return answer


def _by_folder(files: Batch) -> dict[str, Batch]:
    """The files of each topic and digest by their folders, in their order; under "" the others."""
    found: dict[str, Batch] = defaultdict(list)
    for path, data in files:
        steps = path.split("/")
        own = len(steps) > 2 and steps[0] in ("topics", "digests")
        found["/".join(steps[:2]) if own else ""].append((path, data))
    return found
