"""One cycle: record, publish, announce, deliver. The same steps for a run and for the worker.

A stage that fails is reported and the next ones still run as far as they make sense: feeds that
cannot be written do not hold up mail, and mail that cannot be sent does not hold up feeds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from tidings.application import refusals
from tidings.application.announce import Announcing, Opened, Send, announce
from tidings.application.classify import Classifier
from tidings.application.deliver import DeliverReport, Post, deliver
from tidings.application.forgetting import Forgetting, forget
from tidings.application.known_files import KnownFiles
from tidings.application.ports.seeds import SeedBox, Survey
from tidings.application.ports.store import Store
from tidings.application.ports.world import Clock, Outlet, Renderer
from tidings.application.publish import Catalogue, Memory, PublishReport, publish
from tidings.application.record import Recording, RecordReport, record
from tidings.errors import PublishError, SeedError, TemplateError

LAST_CYCLE = "last cycle"


@dataclass(frozen=True, slots=True)
class Machinery:
    """Everything that a cycle works with, joined by the wiring."""

    store: Store
    seeds: SeedBox
    outlet: Outlet
    renderer: Renderer
    clock: Clock
    classifier: Classifier
    recording: Recording
    catalogue: Catalogue
    announcing: Announcing
    post: Post
    forgetting: Forgetting | None = None
    # What is kept from one cycle to the next.
    known_files: KnownFiles = field(default_factory=KnownFiles)
    memory: Memory = field(default_factory=Memory)


@dataclass(slots=True)
class CycleReport:
    """What a cycle did, stage by stage. `errors` are stages that could not be finished,
    `brought_back` addresses that had been cut off by mistake."""

    now: datetime
    recorded: RecordReport
    published: PublishReport = field(default_factory=PublishReport)
    opened: tuple[Opened, ...] = ()
    delivered: DeliverReport = field(default_factory=DeliverReport)
    errors: list[str] = field(default_factory=list)
    items: int = 0
    undated: int = 0
    brought_back: tuple[str, ...] = ()


def run_cycle(
    machinery: Machinery,
    send: Send,
    *,
    settled: Survey | None = None,
    with_delivery: bool = True,
    thorough: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> CycleReport:
    """Run the stages in order; `thorough`: look at every published file.

    Raises `StoreError` when the state itself cannot be used, `StoreBusy` when somebody else records
    or publishes for longer than we wait.
    """
    m, opening = machinery, send
    report = CycleReport(m.clock.now(), RecordReport())
    with m.store.turn():
        try:
            report.recorded = record(
                m.store,
                m.seeds,
                m.classifier,
                m.recording,
                report.now,
                settled=settled,
                known_files=m.known_files,
            )
        except SeedError as error:
            report.errors.append(str(error))
            # A slot that is due must not pass as empty because the listings were out of reach.
            opening = "now" if send == "now" else "none"
        try:
            report.published = _publish(m, report, thorough=thorough)
        except (PublishError, TemplateError) as error:
            report.errors.append(str(error))
    if with_delivery or thorough:
        report.brought_back = refusals.heal(m.store, report.now)
    _announce(m, report, opening)
    if with_delivery and send != "none":
        report.delivered = deliver(replace(m.post, progress=progress))
        if report.delivered.ours:
            report.errors.append(report.delivered.closed)
    with m.store.writing() as state:
        state.remember(LAST_CYCLE, report.now.isoformat())
        if m.forgetting:
            forget(state, m.forgetting, report.now)
        census = state.places.census("")
        report.items, report.undated = census.total, census.undated
        if not with_delivery or send == "none":
            report.delivered.waiting = state.deliveries.waiting()
    return report


def _publish(m: Machinery, report: CycleReport, *, thorough: bool = False) -> PublishReport:
    return publish(
        m.store,
        m.outlet,
        m.renderer,
        m.catalogue,
        report.now,
        thorough=thorough,
        memory=m.memory,
    )


def _announce(m: Machinery, report: CycleReport, send: Send) -> None:
    """Open editions digest by digest: one whose templates are broken holds up no other."""
    for digest in m.announcing.digests:
        how = replace(m.announcing, digests=(digest,))
        try:
            report.opened += announce(m.store, how, send, report.now)
        except TemplateError as error:
            report.errors.append(str(error))
    if report.opened:
        _publish_issues(m, report)


def _publish_issues(m: Machinery, report: CycleReport) -> None:
    """Put what was opened on the web, before the first mail leads there."""
    try:
        done = _publish(m, report)
    except (PublishError, TemplateError) as error:
        report.errors.append(str(error))
        return
    report.published.feeds += done.feeds
    report.published.pages += done.pages
    report.published.written += done.written
