"""Publish: project the committed state into feeds and pages. No transaction: it is idempotent.

`plan` finds what changed, `pages` and `feeds` make the files of that, batch after batch, and
`writer` puts them in place. A crash in between leaves old but valid files; the next run compares
and heals. Only what a change touched is rendered again, unless the
configuration or a template changed, or a file of ours is no longer as we left it.
"""

from __future__ import annotations

from datetime import datetime

from tidings.application.ports import NO_PICTURES, Outlet, PictureFolder, Renderer
from tidings.application.publish.plan import (
    PublishReport,
    check_is_due,
    inputs_of,
    note_check,
    what_changed,
)
from tidings.core.settings import Settings
from tidings.state import Store

__all__ = ["PublishReport", "publish"]


def publish(
    store: Store,
    outlet: Outlet,
    templates: Renderer,
    settings: Settings,
    now: datetime,
    pictures: PictureFolder = NO_PICTURES,
    *,
    thorough: bool = False,
) -> PublishReport:
    """Bring the published folder up to date with the state.

    Whether the pages and sitemaps of items, and the pages of years and months, still stand as we
    left them is looked at once a day, or when the look is to be `thorough`; `now` says when a day
    is over and shows nowhere; `pictures` are made again where a published one is not there.
    What cannot be made or put in place of one topic or digest is named in the report; the others
    are published. Raises `PublishError` when another file cannot be put in place, what was written
    before stands; and `StoreBusy` when somebody else records or publishes for longer than we wait.
    """
    report, inputs = PublishReport(), inputs_of(settings, templates)
    with store.exclusive():
        with store.reading() as state:
            thorough = thorough or check_is_due(state, now)
            if thorough:
                outlet.sweep()
            plan = what_changed(state, outlet, settings, inputs, thorough=thorough)
            if plan is not None and plan.whole and not thorough:
                outlet.sweep()
            if plan is not None:
                # Here, since feeds take two libraries along, and most runs find nothing new.
                from tidings.application.publish import pages, writer

                renderer = pages.PageRenderer(state, templates, settings, plan, report, pictures)
                writer.put(store, outlet, renderer)
            elif thorough:
                outlet.end()
        if thorough:
            with store.writing() as state:
                note_check(state, now)
    return report
