"""One cycle: record, publish, announce, deliver. The same steps for a run and for the worker.

A stage that fails is reported and the next ones still run as far as they make sense: feeds that
cannot be written do not hold up mail, and mail that cannot be sent does not hold up feeds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from tidings.application import bounces
from tidings.application.announce import Announcing, Opened, Send, announce
from tidings.application.classify import Classifier
from tidings.application.deliver import DeliverReport, Post, deliver
from tidings.application.forgetting import Forgetting, forget
from tidings.application.ports import Clock, Outlet, Renderer, SeedFolder
from tidings.application.publish import PublishReport, publish
from tidings.application.record import Recording, RecordReport, record
from tidings.core.settings import Settings
from tidings.errors import FAULTS, SeedError, StoreBusy, TidingsError
from tidings.model import Scan
from tidings.state import Store

log = logging.getLogger(__name__)

LAST_CYCLE = "last cycle"
# Of many topics that fail alike, so many are named.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Machinery:
    """Everything that a cycle works with, joined by the wiring."""

    store: Store
    seeds: SeedFolder
    outlet: Outlet
    renderer: Renderer
    clock: Clock
    classifier: Classifier
    recording: Recording
    settings: Settings
    announcing: Announcing
    post: Post
    forgetting: Forgetting | None = None


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
    settled: Scan | None = None,
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
    with m.store.exclusive():
        try:
            report.recorded = record(
                m.store,
                m.seeds,
                m.classifier,
                m.recording,
                report.now,
                settled=settled,
            )
        except SeedError as error:
            report.errors.append(str(error))
            # A slot that is due must not pass as empty because the listings were out of reach.
            opening = "now" if send == "now" else "none"
        with _stage(report, "publishing"):
            report.published = _publish(m, report, thorough=thorough)
    if with_delivery or thorough:
        with _stage(report, "taking bounced addresses back"):
            report.brought_back = bounces.heal(m.store, report.now)
    _announce(m, report, opening)
    if with_delivery and send != "none":
        report.delivered = deliver(replace(m.post, progress=progress))
        if report.delivered.ours:
            report.errors.append(report.delivered.closed)
    with m.store.writing() as state:
        state.remember(LAST_CYCLE, report.now.isoformat())
        if m.forgetting:
            forget(state, m.forgetting, report.now)
        census = state.lists.census("")
        report.items, report.undated = census.total, census.undated
        if not with_delivery or send == "none":
            report.delivered.waiting = state.deliveries.waiting()
    return report


@contextmanager
def _stage(report: CycleReport, doing: str) -> Iterator[None]:
    """A part of a cycle whose failure is told, and holds up no other; raises `StoreBusy`."""
    try:
        yield
    except StoreBusy:
        raise
    except TidingsError as error:
        _tell(report, str(error))
    except FAULTS as fault:
        log.exception("%s failed", doing)
        reason = f"{doing} failed by a fault of Tidings: {type(fault).__name__}: {fault}"
        _tell(report, f"{reason}: please report it with what the log says")


def _tell(report: CycleReport, error: str) -> None:
    if error not in report.errors:
        report.errors.append(error)


def _publish(m: Machinery, report: CycleReport, *, thorough: bool = False) -> PublishReport:
    done = publish(m.store, m.outlet, m.renderer, m.settings, report.now, thorough=thorough)
    for reason in dict.fromkeys(done.failed.values()):
        folders = [folder for folder, why in done.failed.items() if why == reason]
        more = f" and {len(folders) - NAMED:,} more" if len(folders) > NAMED else ""
        named = ", ".join(folders[:NAMED])
        _tell(report, f"not published, though all else was: {named}{more}: {reason}")
    return done


def _announce(m: Machinery, report: CycleReport, send: Send) -> None:
    """Open editions digest by digest: one whose templates are broken holds up no other."""
    for digest in m.announcing.digests:
        how = replace(m.announcing, digests=(digest,))
        with _stage(report, f"opening an edition of {digest.slug}"):
            report.opened += announce(m.store, how, send, report.now)
    if report.opened:
        _publish_issues(m, report)


def _publish_issues(m: Machinery, report: CycleReport) -> None:
    """Put what was opened on the web, before the first mail leads there."""
    done = PublishReport()
    with _stage(report, "publishing"):
        done = _publish(m, report)
    report.published.feeds += done.feeds
    report.published.pages += done.pages
    report.published.written += done.written
