"""The worker: runs the same jobs again and again; each decides by the state what is due.

Two jobs, so that a long send never holds up feeds: `cycle` reads, publishes and opens editions,
`deliver` sends. Whatever an alarm misses, the next one finds: nothing is remembered here but what
the seed files looked like at the last tick.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from tidings.adapters.logs import masked, to_stderr
from tidings.application.cycle import CycleReport, run_cycle
from tidings.application.deliver import DeliverReport, call_senders, deliver
from tidings.application.ports import Clock
from tidings.application.proofs import send_proofs
from tidings.core.schedule import is_steady
from tidings.entrypoints import several, wiring
from tidings.entrypoints.monitor import ConfigWatcher, Monitor
from tidings.entrypoints.wiring import Instance
from tidings.errors import OUT_OF_MEMORY, ConfigError, StateReplaced, TidingsError
from tidings.model import Problem, Scan
from tidings.state import Store

if TYPE_CHECKING:
    from tidings.state.workers import ServerOwners

log = logging.getLogger(__name__)

# The date of what is to be done at once, whatever the system's clock says.
LONG_DUE = datetime(1970, 1, 1, tzinfo=UTC)
CENTURY = 36_525  # days
# So long a mail waits for the page of its issue, which the other job puts on the web.
WEB_FIRST = timedelta(minutes=1)

# So long a job of a queue sends, in seconds: then the configuration is looked at, and others may.
JOB_SECONDS = 60

# Is told of an instance; raises `TidingsError` if it cannot work with that one.
Take = Callable[[Instance], None]
Beside = Callable[[Store], AbstractContextManager[Take]]


class Worker:
    """The instance as configured, and what is remembered from tick to tick.

    `take` is told of each configuration before it is in force.
    """

    def __init__(
        self, instance: Instance, store: Store, clock: Clock, take: Take = lambda _: None
    ) -> None:
        instance = wiring.follow(instance, store)
        self._instance = instance
        self._store = store
        self._clock = clock
        self._services = wiring.services(instance, store, clock)
        self._edits = ConfigWatcher(instance)
        self._scan = Scan()
        self._last_tick: datetime | None = None
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._monitor = Monitor(instance, store, clock)
        self._failure = ""
        self._people: tuple[Problem, ...] = ()
        self._leads = False
        self._waits = ""
        self._mail_failure = ""
        # Why it can work no more with the state that it has.
        self.replaced: StateReplaced | None = None
        self.on_interval: Callable[[timedelta], None] = lambda _every: None
        self._take = take

    def reload(self) -> None:
        """Read the configuration again at the next round, whether a file has changed or not."""
        self._edits.ask()

    def stop(self) -> None:
        """Begin nothing more; what is being sent is finished."""
        self._stopping.set()

    def cycle(self) -> None:
        """Read, publish, open editions; a failure is told and tried again at the next tick."""
        with self._turn:
            self._failure = "the run ended unexpectedly; the log says more"
            try:
                with _told("cycle", self._fail, self._end):
                    self._cycle()
            finally:
                # Of several processes, the one that leads tells how its runs go.
                if self._leads or self._instance.settings.state_path:
                    self._monitor.round_finished(self._failure or self._mail_failure)

    def _end(self, replaced: StateReplaced) -> None:
        """Have the worker end: whoever supervises it starts it again, with the state that is there
        now."""
        self.replaced = replaced
        # As if told to: the main thread waits for nothing else.
        os.kill(os.getpid(), signal.SIGTERM)

    def _fail(self, reason: str) -> None:
        self._failure = reason

    @property
    def _roles(self) -> tuple[str, ...]:
        return self._instance.roles or self._instance.settings.worker.roles

    def _may_lead(self) -> bool:
        """Whether this process records and publishes: of several, one does, and none that has an
        older configuration than another that may."""
        owners = several.owners(self._instance, self._store)
        if owners is None or "lead" not in self._roles:
            return "lead" in self._roles
        leads = not self._waits_for(owners) and owners.lead()
        if not leads:
            owners.stand_back()
            # As at the start: nothing is known of what another does meanwhile.
            self._last_tick, self._scan = None, Scan()
        if leads and not self._leads:
            self._monitor.recall()
        if leads != self._leads:
            log.info("worker leads" if leads else "worker leads no more")
        self._leads = leads
        return leads

    def _waits_for(self, owners: ServerOwners) -> str:
        """Who has a newer configuration that is in force, or ""."""
        newer = owners.newer()
        if newer != self._waits and newer:
            log.warning("worker waits, a newer configuration is in force at=%s", newer)
        self._waits = newer
        return newer

    def _cycle(self) -> None:
        self._reload()
        if not self._may_lead():
            self._failure = ""
            return
        now = self._clock.now()
        report = run_cycle(
            self._services,
            "due" if self._may_open(now) else "none",
            settled=self._scan,
            with_delivery=False,
            thorough=self._last_tick is None,
        )
        self._scan = report.recorded.scan
        self._last_tick = now
        _log_cycle(report)
        if report.people != self._people:  # else it was logged before
            for problem in report.people:
                log.error(
                    'people left out place=%s:%d reason="%s"',
                    problem.path,
                    problem.line,
                    _shown(str(problem)),
                )
            self._people = report.people
        self._failure = report.errors[0] if report.errors else ""

    def deliver(self) -> None:
        """Send what waits, proofs first."""
        self.prove()
        self._send(self._stopping.is_set)

    def prove(self) -> None:
        """Mail the proofs that wait: of several processes, the one that leads does."""
        with _told("deliver", self._fail_mail, self._end):
            if several.owners(self._instance, self._store) is None or self._leads:
                for reason in send_proofs(self._services):
                    log.error('proof not sent reason="%s"', _shown(reason))

    def send(self) -> None:
        """Send what waits, as a job of a queue: if that takes long, the next job goes on."""
        until = time.monotonic() + JOB_SECONDS
        self._send(lambda: self._stopping.is_set() or time.monotonic() > until)

    def look_for_work(self) -> None:
        """Have the queue of jobs call senders for what is due, as it asks now and then."""
        with _told("look for work", self._fail_mail, self._end), self._store.sharing() as state:
            call_senders(state, self._clock.now())

    def _send(self, stop: Callable[[], bool]) -> None:
        with _told("deliver", self._fail_mail, self._end):
            owners = several.owners(self._instance, self._store)
            if "send" not in self._roles or (owners and self._waits_for(owners)):
                return
            report = deliver(self._services, stop=stop, web_first=WEB_FIRST)
            _log_delivery(report)
            self._fail_mail(report.closed if report.ours else "")

    def _fail_mail(self, reason: str) -> None:
        """Let the next round count as failed, too: a run fails alike that sends by itself."""
        self._mail_failure = reason

    def _may_open(self, now: datetime) -> bool:
        """Whether a tick at `now` may open editions.

        Not the first: there is no tick to compare the clock with, and files that came while nobody
        was up have yet to settle, so that a slot would pass without them.
        """
        steady = is_steady(self._last_tick, now)
        if self._last_tick and not steady:
            log.warning("clock went back, no edition is opened now=%s", now.isoformat())
        return steady

    def _reload(self) -> None:
        """Follow an edit of the configuration or a template; a bad one changes nothing."""
        if not self._edits.found():
            return
        try:
            instance = wiring.load_instance(
                self._instance.root, self._instance.environ, people=False
            )
            instance = replace(instance, roles=self._instance.roles)
            instance = wiring.follow(instance, self._store)
            services = wiring.services(instance, self._store, self._clock)
            self._take(instance)
        except TidingsError as error:
            log.error("configuration not loaded, the last good one stays in use\n%s", error)
            self._monitor.refused(str(error))
            return
        self._services = services
        before, self._instance = self._instance.settings, instance
        self._monitor.instance = instance
        self._monitor.refused("")
        if instance.settings.worker.log != before.worker.log:
            to_stderr(instance.settings.worker.log)
        log.info("configuration loaded")
        if instance.settings.worker.every != before.worker.every:
            self.on_interval(instance.settings.worker.every)
        if instance.settings.state != before.state:
            log.warning("state file not changed, that needs a restart")


def _alone(_store: Store) -> AbstractContextManager[Take]:
    return nullcontext(lambda _instance: None)


def work(instance: Instance, beside: Beside = _alone) -> None:
    """Work until SIGTERM or SIGINT, then end what was begun. The caller holds the worker lock.

    SIGHUP has the configuration read again, and a round begun at once.
    `beside` is entered for that time, with the state that both then work with; what it gives hears
    of each configuration that is taken.
    """
    # Waited for rather than handled: a handler may run while this thread is about to wait, and
    # then nothing ever wakes it. Blocked before any thread starts, so that all of them inherit it.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, {*ends, signal.SIGHUP})
    store = wiring.open_state(instance)
    try:
        clock = several.clock_of(instance, store)
        if owners := several.owners(instance, store):
            log.info("worker known number=%s", owners.me)
        with beside(store) as take:
            worker = Worker(instance, store, clock, take)
            queue = several.job_queue(instance, worker.look_for_work, worker.send)
            jobs = (worker.cycle, worker.prove) if queue else (worker.cycle, worker.deliver)
            alarm = AlarmClock(jobs, instance.settings.worker.every)
            worker.on_interval = alarm.set_interval
            alarm.start()
            if queue:
                queue.start()
            log.info("worker started every=%s", instance.settings.worker.every)
            while signal.sigwait({*ends, signal.SIGHUP}) not in ends:
                worker.reload()
                # A job of its own, which waits for the round that may be under way.
                alarm.ring(worker.cycle, "at once")
            worker.stop()
        if queue:
            queue.stop()
        alarm.stop()
        log.info("worker stopped")
        if worker.replaced:
            raise worker.replaced
    finally:
        store.close()


class AlarmClock:
    """Has APScheduler do each job now, and again whenever `every` has passed, each once at a time.

    Nothing is planned ahead in it: it would wait by the system's clock, and where that was ahead
    for a moment, for as long as it was ahead. What passes between two rings is counted by the
    monotonic clock. Late is never missed: the state says what is due.
    """

    def __init__(self, jobs: Sequence[Callable[[], None]], every: timedelta) -> None:
        self._jobs = jobs
        self._every = every
        self._woken = threading.Event()
        self._stopping = False
        self._ringing = threading.Thread(target=self._ring_on, name="alarm clock", daemon=True)
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(3)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Ring from now on."""
        self._scheduler.start()
        self._ringing.start()

    def ring(self, job: Callable[[], None], name: str) -> None:
        """Have a job done at once, unless one of that name is still being done."""
        # With an interval, since APScheduler may trip over a job that has none when it is stopped
        # just as that ends: it removes it then. Before so much has passed, somebody rings again.
        self._scheduler.add_job(
            job, "interval", days=CENTURY, next_run_time=LONG_DUE, id=name, replace_existing=True
        )

    def set_interval(self, every: timedelta) -> None:
        """Ring so often, beginning with one interval from now."""
        self._every = every
        self._woken.set()

    def stop(self) -> None:
        """Ring no more, and wait for what is being done."""
        self._stopping = True
        self._woken.set()
        self._ringing.join()
        self._scheduler.pause()
        self._scheduler.shutdown(wait=True)

    def _ring_on(self) -> None:
        changed = False
        while not self._stopping:
            if not changed:
                for job in self._jobs:
                    self.ring(job, job.__name__)
            changed = self._woken.wait(self._every.total_seconds())
            self._woken.clear()


@contextmanager
def _told(
    stage: str, then: Callable[[str], None], end: Callable[[StateReplaced], None]
) -> Iterator[None]:
    """A failure that Tidings knows ends this tick, not the worker; `then` hears of it, too. Where
    the state was replaced, `end` does."""
    try:
        yield
    except ConfigError as error:
        log.error("%s not possible\n%s", stage, error)
        then(str(error))
    except TidingsError as error:
        log.error('%s failed reason="%s"', stage, error)
        then(str(error))
        if isinstance(error, StateReplaced):
            end(error)
    except MemoryError:
        log.error('%s failed reason="%s"', stage, OUT_OF_MEMORY)
        then(OUT_OF_MEMORY)


def _log_cycle(report: CycleReport) -> None:
    read, done = report.recorded, report.published
    if read.retracted:
        log.info("items retracted items=%d", read.retracted)
    if read.reread:
        log.info(
            "items read otherwise files=%d replaced=%d dropped=%d added=%d",
            len(read.reread),
            sum(len(each.replaced) for each in read.reread),
            sum(len(each.dropped) for each in read.reread),
            sum(len(each.added) for each in read.reread),
        )
    if read.new or read.revised or read.filled:
        log.info(
            "items recorded new=%d revised=%d completed=%d", read.new, read.revised, read.filled
        )
    if done.written or done.removed:
        log.info("feeds published written=%d removed=%d", done.written, done.removed)
    for opened in report.opened:
        log.info(
            "edition opened digest=%s number=%d items=%d recipients=%d",
            opened.edition.digest,
            opened.edition.number,
            opened.items,
            opened.recipients,
        )
    for review in report.proofs:
        log.info(
            "proof made digest=%s number=%d proof=%d",
            review.digest,
            review.number,
            review.proof.number,
        )
    for opened in report.unapproved:
        log.warning(
            "edition sent unapproved digest=%s number=%d",
            opened.edition.digest,
            opened.edition.number,
        )
    if report.brought_back:
        log.warning("addresses resumed addresses=%d", len(report.brought_back))
    for problem in read.problems:
        log.warning('listing problem place=%s:%d reason="%s"', problem.path, problem.line, problem)
    for note in read.notes:
        log.info('listing note place=%s:%d reason="%s"', note.path, note.line, note)
    for error in report.errors:
        log.error('stage failed reason="%s"', error)


def _log_delivery(report: DeliverReport) -> None:
    if report.sent or report.suppressed:
        log.info(
            "mail sent sent=%d resent=%d suppressed=%d",
            report.sent,
            report.resent,
            report.suppressed,
        )
    for digest, number in report.orphaned.items():
        log.warning("deliveries closed, no such digest digest=%s number=%d", digest, number)
    for event, outcomes in (
        ("delivery failed", report.failed),
        ("delivery in doubt", report.in_doubt),
        ("delivery deferred", report.deferred),
    ):
        for address, reason in outcomes:
            log.warning('%s address=%s reason="%s"', event, _shown(address), _shown(reason))
    for each in report.alike:
        log.error(
            "refused for one reason, no address marked as bounced"
            ' digest=%s number=%d refused=%d of=%d words="%s"',
            each.digest,
            each.number,
            each.refused,
            each.of,
            _shown(each.words),
        )
    if report.closed:
        log.log(
            logging.ERROR if report.ours else logging.WARNING,
            'sending stopped reason="%s"',
            _shown(report.closed),
        )
    if report.deferred or report.failed or report.in_doubt:
        log.warning(
            "mail not sent deferred=%d in_doubt=%d failed=%d",
            len(report.deferred),
            len(report.in_doubt),
            len(report.failed),
        )


def _shown(text: str) -> str:
    """Addresses in a log are masked, also in the words of a server; only DEBUG has them whole."""
    return text if log.isEnabledFor(logging.DEBUG) else masked(text)
