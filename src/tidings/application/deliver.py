"""Sends what waits, and settles it.

"Sending" is committed before a message is handed over and the outcome after the answer, so a crash
leaves evidence: what is found "sending" under a dead owner may or may not have arrived. One thread
writes: in one transaction it settles all that was answered and takes the next messages, so each
channel has at most one message between the two. One recipient who fails stops nobody else.

Bodies are rendered just before the first message with them is sent, and kept in the state until the
last. So every copy is the same, whatever was edited or restarted in between.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from tidings.application import bounces
from tidings.application.bodies import BodyCache
from tidings.application.erasure import is_erased
from tidings.application.ports import Channel, Clock, Services, Transport
from tidings.application.publish.plan import PUBLISHED_EDITION
from tidings.application.renames import by_slug
from tidings.application.withdrawn import RetractedItems
from tidings.core import audience, schedule
from tidings.core.audience import SubscriptionStatus, state_of
from tidings.core.mail.message import PreparedMessage
from tidings.core.mail.refusals import condemns
from tidings.core.tokens import MEMBER, Member
from tidings.errors import FAULTS, DeliveryError, ReplyLost, TemplateError, TransportClosed
from tidings.model import (
    DeliveryState,
    Envelope,
    Recipient,
    RecipientState,
    address_key,
)
from tidings.state import Transaction
from tidings.state.deliveries import Claim, Settlement

log = logging.getLogger(__name__)

# Longer than an attempt can take: a minute to connect and for each command, ten for the last reply.
LEASE = timedelta(minutes=30)
WINDOW = 500
# Seconds to wait for more outcomes: less than a server's answer takes, more than a commit.
SETTLE_TOGETHER = 0.003


@dataclass(slots=True)
class DeliverReport:
    """How the attempts of a run ended.

    `waiting` is still to be sent; `closed` says why sending stopped early, `ours` whether that is
    for us to mend. `orphaned` counts those of `suppressed` whose digest is no longer configured;
    `alike` is what large shares of editions were refused for: no address counts as bounced.
    """

    sent: int = 0
    resent: int = 0
    suppressed: int = 0
    deferred: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    in_doubt: list[tuple[str, str]] = field(default_factory=list)
    orphaned: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    closed: str = ""
    ours: bool = False
    alike: tuple[bounces.SharedRefusal, ...] = ()

    @property
    def stopped(self) -> int:
        """The number suppressed because their recipients left or were paused."""
        return self.suppressed - sum(self.orphaned.values())

    @property
    def done(self) -> int:
        """The number of deliveries that this run has dealt with."""
        ended = len(self.deferred) + len(self.failed) + len(self.in_doubt)
        return self.sent + self.suppressed + ended


def deliver(
    services: Services,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    web_first: timedelta = timedelta(),
    lease: timedelta = LEASE,
) -> DeliverReport:
    """Send until nothing is due, or until told to stop.

    `stop` returns True to begin nothing more; `progress` is called with the numbers of deliveries
    that are done, and in all. Where publishing runs beside this, mails wait for the page of their
    edition, but no longer than `web_first` after its opening. What this process has marked as being
    sent is another's after `lease`. Raises `StoreError`: no message is sent whose attempt could not
    be written down first.
    """
    run = _Run(services, stop, web_first, lease)
    with SenderPool(services.transport, services.clock, run.connections) as pool:
        run.run(pool, progress)
    with services.store.writing() as state:
        state.editions.drop_settled_variants()
        run.report.waiting = state.deliveries.waiting()
        if run.report.done:
            refused, now = run.refused, services.clock.now()
            run.report.alike = bounces.judge(state, refused, now)
    return run.report


class _Run:
    """One call of `deliver`: its window of claims, its report, and the loop."""

    def __init__(
        self,
        services: Services,
        stop: Callable[[], bool],
        web_first: timedelta,
        lease: timedelta,
    ) -> None:
        self._services = services
        self._mail = services.settings.mail
        self._sender = self._mail.address
        self._digests = by_slug(services.settings.digests)
        self._into = {old: d.slug for d in services.settings.digests for old in d.merged}
        self._stop, self._web_first, self._lease = stop, web_first, lease
        self.connections = self._mail.connections
        self._bodies = BodyCache(services)
        self._retracted = RetractedItems(services)
        # The people on each digest's lists, by key.
        self._listed: dict[str, Mapping[str, Recipient]] = {}
        self._window: deque[Claim] = deque()
        self._exhausted = False
        self._shut = 0
        self.report = DeliverReport()
        # The editions that somebody's server refused.
        self.refused: set[int] = set()
        owners = services.owners
        with services.store.writing() as state:
            # Nobody else in this process sends: what it left "sending" was cut short, too.
            state.deliveries.abandon([*owners.dead(state.deliveries.owners()), owners.me])
            now = services.clock.now()
            state.deliveries.shorten_leases(now + lease)
            if state.deliveries.any_moved():
                state.addresses.redirect(now)
            self._total = state.deliveries.due(now)
            self._refusing = set(state.people.refusing())

    def run(self, pool: SenderPool, progress: Callable[[int, int], None]) -> None:
        """Settle, take and submit until nothing is left to do."""
        outcomes: list[SendOutcome] = []
        rate = self._services.rate
        while True:
            room = rate.grant(self._idle(pool)) if self._may_begin() else 0
            pool.submit(self._commit(outcomes, room))
            progress(self.report.done, self._total)
            if not pool.pending and (self._exhausted or not self._may_begin()):
                return
            nothing_to_begin = self._exhausted or not self._idle(pool) or not self._may_begin()
            outcomes = pool.collect(None if nothing_to_begin else rate.delay())

    def _idle(self, pool: SenderPool) -> int:
        return max(0, pool.idle - self._shut)

    def _may_begin(self) -> bool:
        return not self.report.closed and not self._stop()

    def _commit(self, outcomes: Sequence[SendOutcome], room: int) -> list[SendTask]:
        """Settle what was answered and take what is next, in one transaction."""
        for outcome in outcomes:
            if outcome.bug:
                raise outcome.bug
        if not outcomes and not room:
            return []
        now = self._services.clock.now()
        with self._services.store.writing() as state:
            self._settle(state, outcomes, now)
            return self._take(state, room, now) if self._may_begin() else []

    # --- Settling ---------------------------------------------------------------------------------

    def _settle(self, state: Transaction, outcomes: Sequence[SendOutcome], now: datetime) -> None:
        settlements = []
        for outcome in outcomes:
            if outcome.overdue:
                self.report.closed = "this process was stopped for longer than its lease"
                continue
            delivery, attempt = outcome.claim.delivery, outcome.claim.delivery.attempts + 1
            end, retry_at = schedule.after_attempt(
                delivery, attempt, outcome.error, now, self._mail.in_doubt
            )
            lost = isinstance(outcome.error, ReplyLost)
            settlements.append(
                Settlement(delivery.id, attempt, end, outcome.detail, retry_at, lost=lost)
            )
            self._report(outcome, end)
            if end is DeliveryState.FAILED:
                self.refused.add(delivery.edition_id)
                self._count_refusal(state, outcome, now)
        if not state.deliveries.settle(settlements, self._services.owners.me, now):
            self.report.closed = "another process took over what this one was sending"
        accepted = {address_key(o.claim.delivery.address) for o in outcomes if o.error is None}
        if again := accepted & self._refusing:
            state.people.accepted(again)
            self._refusing -= again

    def _report(self, outcome: SendOutcome, end: DeliveryState) -> None:
        report, delivery = self.report, outcome.claim.delivery
        if isinstance(outcome.error, TransportClosed):
            # A server that takes three connections and no fourth is still open.
            self._shut += 1
            if outcome.error.ours or self._shut >= self.connections:
                report.closed, report.ours = outcome.detail, outcome.error.ours
        if end is DeliveryState.SENT:
            report.sent += 1
            report.resent += delivery.state is DeliveryState.SENDING
        elif end is DeliveryState.FAILED:
            report.failed.append((delivery.address, outcome.detail))
        elif end is DeliveryState.IN_DOUBT or isinstance(outcome.error, ReplyLost):
            report.in_doubt.append((delivery.address, outcome.detail))
        elif end is DeliveryState.DEFERRED:
            report.deferred.append((delivery.address, outcome.detail))

    def _count_refusal(self, state: Transaction, outcome: SendOutcome, now: datetime) -> None:
        """Count a refusal against the address; `bounces.judge` decides at the end of the run."""
        address = outcome.claim.delivery.address
        # Nothing is written down of who was erased while the message was being sent.
        if condemns(outcome.detail) and not is_erased(state, self._services.key, address):
            key = address_key(address)
            self._refusing.add(key)
            state.people.refused(key, now, outcome.detail)

    # --- Taking -----------------------------------------------------------------------------------

    def _take(self, state: Transaction, room: int, now: datetime) -> list[SendTask]:
        """Up to `room` deliveries, marked as being sent by us, with their bodies."""
        me, tasks = self._services.owners.me, list[SendTask]()
        lease_until = now + self._lease
        self._retracted.look(state)
        while len(tasks) < room and (found := self._next(state, room - len(tasks), now)):
            claims = [_dated(claim, now) for claim in self._not_closed(state, found, now)]
            state.deliveries.take(claims, me, now, lease_until)
            for taken in claims:
                claim = taken
                try:
                    claim, closed = self._retracted.leave_out(state, taken)
                    if closed:
                        state.deliveries.close([(claim, *closed)], now)
                        self._report(SendOutcome(claim, closed[1]), closed[0])
                        continue
                    prepared = self._bodies.prepared(state, claim, self._window)
                    links = self._links(claim)
                except (TemplateError, DeliveryError, *FAULTS) as error:
                    self._settle(state, [unmade(claim, error)], now)
                    continue
                envelope = Envelope(
                    sender=self._sender,
                    recipient=claim.delivery.address,
                    digest=claim.edition.digest,
                    number=claim.edition.number,
                    delivery_id=claim.delivery.id,
                )
                tasks.append(SendTask(claim, prepared, envelope, lease_until, links))
        return tasks

    def _next(
        self, state: Transaction, room: int, now: datetime
    ) -> Sequence[tuple[Claim, SubscriptionStatus]]:
        """The next claims that are still as they were read; empty when there are no more."""
        while not self._exhausted:
            if not self._window:
                # The newest editions come last: behind one that has to wait is nothing else.
                found = state.deliveries.claimable(now, WINDOW)
                published = int(state.note(PUBLISHED_EDITION) or 0)
                self._window.extend(
                    claim
                    for claim in found
                    if claim.edition.id <= published
                    or schedule.has_passed(self._web_first, claim.edition.opened_at, now)
                )
                self._exhausted = not self._window
            head = [self._window.popleft() for _ in range(min(room, len(self._window)))]
            if claims := state.deliveries.untouched(head):
                return claims
        return ()

    def _not_closed(
        self, state: Transaction, found: Sequence[tuple[Claim, SubscriptionStatus]], now: datetime
    ) -> list[Claim]:
        """Return those that may be attempted, and close the others with the reason."""
        kept, closed = [], []
        for claim, standing in found:
            verdict = schedule.closing(
                claim.delivery,
                claim.edition.opened_at,
                now,
                self._mail.expires,
                self._mail.in_doubt,
            )
            digest = claim.edition.digest
            if digest not in self._digests:
                end, why = schedule.without_digest(claim.delivery, digest)
                closed.append((claim, end, why))
                self.report.suppressed += 1
                self.report.orphaned[digest] = self.report.orphaned.get(digest, 0) + 1
            elif not self._gets_mail(claim, self._today(state, claim, standing)):
                closed.append((claim, *schedule.without_reader(claim.delivery)))
                self.report.suppressed += 1
            elif verdict:
                closed.append((claim, *verdict))
                self._report(SendOutcome(claim, verdict[1]), verdict[0])
            else:
                kept.append(claim)
        state.deliveries.close(closed, now)
        return kept

    def _today(
        self, state: Transaction, claim: Claim, standing: SubscriptionStatus
    ) -> SubscriptionStatus:
        """What is on record about the digest of a claim, or about what that has become part of."""
        into = self._into.get(claim.edition.digest)
        if into is None:
            return standing
        choices = state.choices.of(address_key(claim.delivery.address))
        own = next((choice for choice in choices if choice.digest == into), None)
        return SubscriptionStatus(
            standing.mark, own.state if own else None, joined=bool(own and own.joined)
        )

    def _gets_mail(self, claim: Claim, standing: SubscriptionStatus) -> bool:
        """Whether the recipient gets this digest by lists and records as they are now."""
        key, digest = address_key(claim.delivery.address), claim.edition.digest
        if digest not in self._listed:
            people = audience.recipients(self._digests[digest], self._services.settings.lists)
            self._listed[digest] = {person.key: person for person in people}
        person = self._listed[digest].get(key)
        active = person is not None and audience.gets_mail(person)
        paused = person is not None and not active
        return state_of(standing, listed=active, paused=paused) is RecipientState.ACTIVE

    def _links(self, claim: Claim) -> Mapping[str, str]:
        """The personal links of a recipient, by slot; none as long as nothing is served."""
        url, to = self._mail.service_url, claim.delivery
        if not url:
            return {}
        # The pages that a mail leads to speak as it does.
        member = Member(claim.edition.digest, to.address, to.language)
        token = self._services.sign(MEMBER, member.packed())
        return {"leave": f"{url}leave/{token}", "choices": f"{url}choices/{token}"}


def _dated(claim: Claim, now: datetime) -> Claim:
    """A claim with the Date of the attempt that is made of it now."""
    dated_at = schedule.dated(claim.delivery, now)
    return replace(claim, delivery=replace(claim.delivery, dated_at=dated_at))


# --- Threads that send ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendTask:
    """A message to send before the lease ends; `links` are its recipient's own, by slot."""

    claim: Claim
    prepared: PreparedMessage
    envelope: Envelope
    lease_until: datetime
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """How a task ended; `overdue`: not begun, its lease had run out; `bug` is to be raised."""

    claim: Claim
    detail: str = ""
    error: DeliveryError | None = None
    overdue: bool = False
    bug: BaseException | None = None


def unmade(claim: Claim, why: Exception) -> SendOutcome:
    """The outcome for a message that could not be made: it is tried again later.

    Others are sent: the fault may lie in the content of this one.
    """
    if isinstance(why, DeliveryError):
        return SendOutcome(claim, str(why), why)
    reason = str(why)
    if not isinstance(why, TemplateError):
        log.error("message not made delivery=%d", claim.delivery.id, exc_info=why)
        reason = f"the message could not be made: {type(why).__name__}: {why}"
    return SendOutcome(claim, reason, DeliveryError(reason, permanent=False))


class SenderPool:
    """Threads that send, each with its own channel and one message at a time.

    A context manager: leaving it waits for the messages that are being sent.
    """

    def __init__(self, transport: Transport, clock: Clock, size: int) -> None:
        self._transport = transport
        self._clock = clock
        self._tasks: SimpleQueue[SendTask | None] = SimpleQueue()
        self._outcomes: SimpleQueue[SendOutcome] = SimpleQueue()
        self._size = size
        self._threads: list[threading.Thread] = []
        self.pending = 0

    def __enter__(self) -> SenderPool:
        return self

    def __exit__(self, *_: object) -> None:
        for _thread in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    @property
    def idle(self) -> int:
        """How many more messages may be submitted."""
        return self._size - self.pending

    def submit(self, tasks: Sequence[SendTask]) -> None:
        """Hand each task to an idle thread; threads are started as needed."""
        for task in tasks:
            self.pending += 1
            if len(self._threads) < min(self.pending, self._size):
                thread = threading.Thread(target=self._work, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._tasks.put(task)

    def collect(self, wait: float | None) -> list[SendOutcome]:
        """Return the outcomes so far; wait up to `wait` seconds (None: without limit) for one.

        After the first, the others get a moment, so that one transaction settles several.
        """
        outcomes: list[SendOutcome] = []
        try:
            if self.pending or wait:
                outcomes.append(self._outcomes.get(timeout=wait))
            while len(outcomes) < self.pending:
                outcomes.append(self._outcomes.get(timeout=SETTLE_TOGETHER))
            while True:
                outcomes.append(self._outcomes.get_nowait())
        except Empty:
            pass
        self.pending -= len(outcomes)
        return outcomes

    def _work(self) -> None:
        channel: Channel | None = None
        while (task := self._tasks.get()) is not None:
            try:
                channel = channel or self._transport.connect()
                self._outcomes.put(self._send(channel, task))
            except BaseException as bug:  # noqa: BLE001 (raised again by whoever collects it)
                self._outcomes.put(SendOutcome(task.claim, bug=bug))
        if channel:
            channel.close()

    def _send(self, channel: Channel, task: SendTask) -> SendOutcome:
        if self._clock.now() >= task.lease_until:
            return SendOutcome(task.claim, overdue=True)
        try:
            message = task.prepared.for_recipient(task.claim.delivery, task.links)
        except (DeliveryError, *FAULTS) as error:
            return unmade(task.claim, error)
        try:
            return SendOutcome(task.claim, channel.send(task.envelope, message))
        except DeliveryError as error:
            return SendOutcome(task.claim, str(error), error)
