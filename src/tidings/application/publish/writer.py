"""Putting what is rendered in place: batch after batch, each while the next is rendered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from tidings.application.ports import Outlet
from tidings.application.publish import feeds, pages
from tidings.application.publish.pages import Batch, PageRenderer
from tidings.errors import Overtaken, PublishError, TidingsError
from tidings.model import PublishedFile
from tidings.state import Store

# To put a batch in place takes a few waits for the disk and a transaction, whatever its size, and
# while it is put the next one is in memory, too.
FILES = 100
BYTES = 1 << 20


def put(store: Store, outlet: Outlet, renderer: PageRenderer) -> None:
    """Put what is rendered in place, remove what must not stay, and note that this is published."""
    plan, report = renderer.plan, renderer.report
    dates: feeds.Dates = {}
    kept = _write(store, outlet, renderer, _batches(renderer, dates, outlet))
    if plan.whole:
        gone: Set[str] = plan.ours.keys() - {each.published for each in renderer.made.values()}
    else:
        gone = pages.stale_year_pages(renderer) | pages.stale_item_pages(renderer)
        gone |= pages.stale_pictures(renderer)
        gone |= feeds.stale_sitemaps(renderer, dates)
    failed = tuple(f"{folder}/" for folder in report.failed)
    stale = {path for path in gone - kept if not path.startswith(failed)}
    outlet.remove(sorted(stale - feeds.left(renderer, outlet)))
    outlet.end()
    report.removed = len(stale)
    with store.writing() as state:
        state.files.forget(stale)
        plan.remember(state, report.failed)
        if feeds.sitemaps_changed(renderer):
            feeds.remember(state, dates)


def _write(
    store: Store, outlet: Outlet, renderer: PageRenderer, batches: Iterator[Batch]
) -> set[str]:
    """Put all batches in place; returns the paths of all files that now stand."""
    report, kept = renderer.report, set[str]()

    def settle(results: WriteResults) -> None:
        report.written += sum(written for _, written in results.placed)
        report.failed.update(results.failed)
        kept.update(file.path for file, _ in results.placed)
        # At once: a file that a later failure made us forget would never be removed.
        with store.writing() as state:
            state.files.save(file for file, _ in results.placed)

    outlet.begin()
    try:
        write(outlet, batched(batches), settle)
    except TidingsError:
        with suppress(PublishError):
            outlet.end()
        raise
    return kept


def _batches(renderer: PageRenderer, dates: feeds.Dates, outlet: Outlet) -> Iterator[Batch]:
    """Files to put in place together, batch after batch. Whoever follows a link finds what it
    leads to: assets, item pages, issues, topic pages, feeds, and the first page last."""
    if renderer.plan.whole:
        assets = renderer.templates.assets(renderer.settings.site.look)
        yield [(f"assets/{name}", data) for name, data in assets.items()]
    yield from pages.pictures(renderer, outlet)
    yield from pages.item_pages(renderer)
    yield from pages.issue_pages(renderer)
    yield from feeds.digest_feeds(renderer)
    yield from pages.year_pages(renderer)
    yield from pages.topic_pages(renderer)
    yield from pages.title_pages(renderer)
    yield from pages.corrections_page(renderer)
    yield from feeds.feeds(renderer)
    yield from feeds.sitemaps(renderer, dates)
    if renderer.plan.whole:
        yield from feeds.robots(renderer, outlet)
    yield from pages.front_page(renderer)


def batched(batches: Iterable[Batch]) -> Iterator[Batch]:
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
class WriteResults:
    """What came of a batch: the files in place, the folders of topics and digests that could not be
    put, each with the reason, and the error after which nothing more may be put."""

    placed: list[tuple[PublishedFile, bool]] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    error: PublishError | None = None


def write(outlet: Outlet, batches: Iterable[Batch], settle: Callable[[WriteResults], None]) -> None:
    """Put all batches in place in their order; `settle` hears of each.

    Most of putting is waiting for the disk, and rendering needs none of it. After something of
    everybody's that could not be placed nothing else is: what leads to it comes later. Raises
    `PublishError`, and whatever making a batch raises; by then `settle` has heard of all that was
    placed.
    """
    with ThreadPoolExecutor(1) as thread:
        writing: Future[WriteResults] | None = None
        try:
            for batch in batches:
                writing, before = thread.submit(_put, outlet, batch, writing), writing
                if before:
                    _settle(before, settle)
        finally:
            if writing:
                _settle(writing, settle)


def _settle(writing: Future[WriteResults], settle: Callable[[WriteResults], None]) -> None:
    results = writing.result()
    settle(results)
    if results.error:
        raise results.error


def _put(outlet: Outlet, batch: Batch, before: Future[WriteResults] | None) -> WriteResults:
    if before and (error := before.result().error):
        return WriteResults(error=error)
    # Of a path that is given twice the last one counts, as if one had replaced the other.
    files = list(dict(batch).items())
    try:
        return WriteResults(list(outlet.put(files)))
    except Overtaken as error:
        return WriteResults(error=error)
    except PublishError as error:
        folders = _by_folder(files)
        return _put_apart(outlet, folders) if any(folders) else WriteResults(error=error)


def _put_apart(outlet: Outlet, folders: Mapping[str, Batch]) -> WriteResults:
    """Put what is everybody's, then what is each topic's and each digest's, as far as it goes."""
    results = WriteResults()
    for folder, files in folders.items():
        try:
            results.placed += outlet.put(files)
        except PublishError as error:
            if not folder or isinstance(error, Overtaken):
                results.error = error
                break
            results.failed[folder] = str(error)
    return results


def _by_folder(files: Batch) -> dict[str, Batch]:
    """The files of each topic and digest by their folders, in their order; under "" the others."""
    found: dict[str, Batch] = defaultdict(list)
    for path, data in files:
        steps = path.split("/")
        own = len(steps) > 2 and steps[0] in ("topics", "digests")
        found["/".join(steps[:2]) if own else ""].append((path, data))
    return found
