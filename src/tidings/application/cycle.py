"""One cycle: record, publish, announce, deliver. The same steps for a run and for the worker.

A stage that fails is reported and the next ones still run as far as they make sense: feeds that
cannot be written do not hold up mail, and mail that cannot be sent does not hold up feeds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tidings.application import bounces, erasure, lists
from tidings.application.announce import Opened, Send, mail_host
from tidings.application.deliver import DeliverReport, call_senders, deliver
from tidings.application.pending import Pending, pending
from tidings.application.pictures import follow_pictures
from tidings.application.ports import Services
from tidings.application.proofs import send_proofs
from tidings.application.publish import PublishReport, publish
from tidings.application.record import RecordReport, record
from tidings.application.review import announce, put_notes_away
from tidings.core import audience
from tidings.core.incidents import LAST_CYCLE, SITE_ID
from tidings.core.schedule import has_passed
from tidings.core.settings import Settings, Site
from tidings.core.tokens import CONFIRM_WITHIN
from tidings.errors import FAULTS, OUT_OF_MEMORY, SeedError, TidingsError
from tidings.model import Problem, Review, Scan
from tidings.state import Transaction
from tidings.state.health import MAIL_HOST

log = logging.getLogger(__name__)

LAST_PURGE = "last forgetting"
PURGE_EVERY = timedelta(days=1)
# At most so many requests are forgotten by it.
FORGOTTEN = 10_000
# Of many topics that fail alike, so many are named.
NAMED = 3


@dataclass(slots=True)
class CycleReport:
    """What a cycle did, stage by stage. `errors` are stages that could not be finished,
    `brought_back` addresses that had been cut off by mistake; `people` is what is wrong with lists
    of recipients. `proofs` are the reviews of which there is a new proof, `pending` those that have
    not come to an end, `unapproved` the editions among those opened that nobody has approved."""

    now: datetime
    recorded: RecordReport
    published: PublishReport = field(default_factory=PublishReport)
    opened: tuple[Opened, ...] = ()
    proofs: tuple[Review, ...] = ()
    unapproved: tuple[Opened, ...] = ()
    pending: tuple[Pending, ...] = ()
    delivered: DeliverReport = field(default_factory=DeliverReport)
    errors: list[str] = field(default_factory=list)
    items: int = 0
    undated: int = 0
    brought_back: tuple[str, ...] = ()
    people: tuple[Problem, ...] = ()

    @property
    def overdue(self) -> bool:
        """Whether something waits for an approval though its slot has passed."""
        return any(each.review.overdue(self.now) for each in self.pending)


def run_cycle(
    services: Services,
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
    opening, store = send, services.store
    report = CycleReport(services.clock.now(), RecordReport())
    with store.exclusive():
        try:
            report.recorded = record(
                store,
                services.seeds,
                services.classifier,
                services.recording,
                report.now,
                settled=settled,
            )
        except SeedError as error:
            report.errors.append(str(error))
            # A slot that is due must not pass as empty because the listings were out of reach.
            opening = "now" if send == "now" else "none"
        read = report.recorded
        log.debug("listings read files=%d new=%d revised=%d", read.files, read.new, read.revised)
        _follow_pictures(services, report)
        with _stage(report, "publishing"):
            report.published = _publish(services, report, thorough=thorough)
        log.debug("published written=%d", report.published.written)
    if with_delivery or thorough:
        with _stage(report, "resuming bounced addresses"):
            report.brought_back = bounces.heal(store, report.now)
    with store.writing() as state:
        wrong = lists.watch(state, services.settings, services.key)
    report.people = (*services.settings.left_out, *wrong)
    _announce(services, report, opening)
    log.debug("editions opened number=%d", len(report.opened))
    if with_delivery and send != "none":
        _deliver(services, report, progress)
    with store.writing() as state:
        state.remember(LAST_CYCLE, report.now.isoformat())
        _introduce(state, services.settings.site)
        purge(state, services.settings, services.key, report.now)
        if report.opened:  # and the pages stand which their mails wait for
            call_senders(state, services.clock.now())
        report.pending = tuple(pending(state, services.settings))
        census = state.lists.census("")
        report.items, report.undated = census.total, census.undated
        if not with_delivery or send == "none":
            report.delivered.waiting = state.deliveries.waiting()
    return report


def _introduce(state: Transaction, site: Site) -> None:
    """Remember what the first run knew the site by: it stays so, whatever is configured later."""
    if state.note(SITE_ID) is None:
        state.remember(SITE_ID, site.id)
    if state.note(MAIL_HOST) is None:
        state.remember(MAIL_HOST, mail_host(state, site))


def _deliver(services: Services, report: CycleReport, progress: Callable[[int, int], None]) -> None:
    with _stage(report, "mailing proofs"):
        for reason in send_proofs(services):
            _tell(report, reason)
    report.delivered = deliver(services, progress=progress)
    log.debug("delivered sent=%d waiting=%d", report.delivered.sent, report.delivered.waiting)
    if report.delivered.ours:
        report.errors.append(report.delivered.closed)


@contextmanager
def _stage(report: CycleReport, doing: str) -> Iterator[None]:
    """A part of a cycle whose failure is told, and holds up no other: not even a state that is in
    use, or a disk or memory that fails. Whatever needs those as well will say so itself."""
    try:
        yield
    except TidingsError as error:
        _tell(report, str(error))
    except OSError as error:
        _tell(report, f"{doing} failed: {error}: correct that; the next run tries again")
    except MemoryError:
        _tell(report, f"{doing} failed: {OUT_OF_MEMORY}")
    except FAULTS as fault:
        log.exception("%s failed", doing)
        reason = f"{doing} failed by a fault of Tidings: {type(fault).__name__}: {fault}"
        _tell(report, f"{reason}: please report it with what the log says")


def _tell(report: CycleReport, error: str) -> None:
    if error not in report.errors:
        report.errors.append(error)


def _follow_pictures(services: Services, report: CycleReport) -> None:
    with _stage(report, "making pictures"):
        wrong = follow_pictures(services.store, services.pictures, report.now)
        report.recorded.problems.extend(wrong)


def _publish(services: Services, report: CycleReport, *, thorough: bool = False) -> PublishReport:
    s = services
    done = publish(
        s.store, s.outlet, s.renderer, s.settings, report.now, s.pictures, thorough=thorough
    )
    for reason in dict.fromkeys(done.failed.values()):
        folders = [folder for folder, why in done.failed.items() if why == reason]
        more = f" and {len(folders) - NAMED:,} more" if len(folders) > NAMED else ""
        named = ", ".join(folders[:NAMED])
        _tell(report, f"not published, though all else was: {named}{more}: {reason}")
    return done


def _announce(services: Services, report: CycleReport, send: Send) -> None:
    """Open editions digest by digest: one whose templates are broken holds up no other."""
    for digest in services.settings.digests:
        with _stage(report, f"opening an edition of {digest.slug}"):
            step = announce(services, digest, send, report.now)
            report.opened += (step.opened,) if step.opened else ()
            report.proofs += (step.proof,) if step.proof else ()
            if step.opened and step.unapproved:
                report.unapproved += (step.opened,)
    if report.opened:
        _publish_issues(services, report)
    with _stage(report, "putting notes away"):
        opened = {each.edition.id for each in report.opened}
        for edition_id, reason in put_notes_away(services).items():
            if edition_id in opened:  # told once: a folder may be read-only for good
                _tell(report, reason)


def _publish_issues(services: Services, report: CycleReport) -> None:
    """Put what was opened on the web, before the first mail leads there."""
    done = PublishReport()
    with _stage(report, "publishing"):
        done = _publish(services, report)
    report.published.feeds += done.feeds
    report.published.pages += done.pages
    report.published.written += done.written


def purge(state: Transaction, settings: Settings, key: bytes, now: datetime) -> int:
    """Once a day, erase who left more than `privacy.keep` ago, and forget who never confirmed.

    A pseudonym made with the instance's `key` remains of them. Returns how many people that were.
    """
    last = state.note(LAST_PURGE)
    if last and not has_passed(PURGE_EVERY, datetime.fromisoformat(last), now):
        return 0
    state.remember(LAST_PURGE, now.isoformat())
    until = now - settings.privacy.keep
    gone = state.people.stale(until)
    for address in gone:
        erasure.erase(state, address, audience.pseudonym(key, address), key, now)
    # The service does so all the time; this is for when it does not run.
    forgotten = state.choices.forget_wishes(now - CONFIRM_WITHIN, FORGOTTEN)
    state.links.forget_unconfirmed()
    return len(gone) + forgotten
