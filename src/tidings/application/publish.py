"""Publish: project the committed state into feeds and pages. No transaction: it is idempotent.

A crash in between leaves old but valid files; the next run compares and heals. Only what a change
touched is rendered again, unless the configuration or a template changed, or a file of ours is no
longer as we left it.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import suppress
from datetime import datetime

from tidings.application.ports import Outlet, Renderer
from tidings.application.publishing.catalogue import Catalogue, PublishReport
from tidings.application.publishing.memory import Memory
from tidings.application.publishing.placing import Answer, place, together
from tidings.application.publishing.press import Batch, Press
from tidings.application.publishing.scope import Scope, check_is_due, note_check, scope_of
from tidings.errors import PublishError, TidingsError
from tidings.state import Store

__all__ = ["Catalogue", "Memory", "PublishReport", "publish"]


def publish(
    store: Store,
    outlet: Outlet,
    renderer: Renderer,
    catalogue: Catalogue,
    now: datetime,
    *,
    thorough: bool = False,
    memory: Memory | None = None,
) -> PublishReport:
    """Bring the published folder up to date with the state.

    `memory` is that of earlier publications, from the same state and catalogue.
    Whether the pages and sitemaps of items, and the pages of years and months, still stand as we
    left them is looked at once a day, or when the look is to be `thorough`; `now` says when a day
    is over and shows nowhere.
    What cannot be made or put in place of one topic or digest is named in the report; the others
    are published. Raises `PublishError` when another file cannot be put in place, what was written
    before stands; and `StoreBusy` when somebody else records or publishes for longer than we wait.
    """
    with store.exclusive():
        return _publish(
            store, outlet, renderer, catalogue, now, memory or Memory(), thorough=thorough
        )


def _publish(
    store: Store,
    outlet: Outlet,
    renderer: Renderer,
    catalogue: Catalogue,
    now: datetime,
    memory: Memory,
    *,
    thorough: bool,
) -> PublishReport:
    report = PublishReport()
    with store.reading() as state:
        thorough = thorough or check_is_due(state, now)
        scope = scope_of(state, outlet, catalogue, memory.censuses, thorough=thorough)
        if thorough or (scope is not None and scope.whole):
            outlet.sweep()
        stale: set[str] = set()
        if scope is not None:
            press = Press(state, renderer, catalogue, scope, report, memory.entries)
            stale = _put(store, outlet, press)
            report.removed = len(stale)
    if scope is None and not thorough:
        return report
    with store.writing() as state:
        if scope is not None:
            state.files.forget(stale)
            scope.remember(state, catalogue, report.failed)
            if press.sitemaps is not None:
                from tidings.application.publishing import sitemaps

                state.remember(sitemaps.PUBLISHED_SITEMAPS, sitemaps.note(press.sitemaps))
        if thorough:
            note_check(state, now)
    return report


def _put(store: Store, outlet: Outlet, press: Press) -> set[str]:
    """Put what was rendered in place, and remove what must not stay; returns what that was."""
    from tidings.application.publishing import sitemaps

    scope = press.scope
    outlet.begin()
    kept: set[str] = set()

    def settle(answer: Answer) -> None:
        press.report.written += sum(written for _, written in answer.placed)
        press.report.failed.update(answer.failed)
        kept.update(file.path for file, _ in answer.placed)
        # At once: a file that a later failure made us forget would never be removed.
        with store.writing() as books:
            books.files.save(file for file, _ in answer.placed)

    try:
        place(outlet, together(_batches(press, scope, outlet)), settle)
    except TidingsError:
        with suppress(PublishError):
            outlet.end()
        raise
    gone = scope.ours.keys() if scope.whole else _gone(press)
    failed = tuple(f"{folder}/" for folder in press.report.failed)
    stale = {path for path in set(gone) - kept if not path.startswith(failed)}
    outlet.remove(sorted(stale - sitemaps.left(press, outlet)))
    outlet.end()
    return stale


def _gone(press: Press) -> Set[str]:
    from tidings.application.publishing import pages, sitemaps, years

    gone = years.gone(press) | press.state.files.known(sitemaps.gone(press))
    return gone | pages.gone(press)


def _batches(press: Press, scope: Scope, outlet: Outlet) -> Iterator[Batch]:
    """Files to put in place together, batch after batch. Whoever follows a link finds what it
    leads to: assets, item pages, issues, topic pages, feeds, and the first page last."""
    # Most runs find nothing new, and feeds take two libraries along.
    from tidings.application.publishing import archive, feeds, pages, sitemaps, years

    if scope.whole:
        yield [(f"assets/{name}", data) for name, data in press.renderer.assets().items()]
    yield from pages.item_pages(press)
    yield from archive.issues(press)
    yield from years.years_of_topics(press)
    yield from pages.topics(press)
    yield from pages.corrections(press)
    yield from feeds.all_feeds(press)
    yield from sitemaps.sitemaps(press)
    if scope.whole:
        yield from sitemaps.robots(press, outlet)
    yield from pages.front(press)
