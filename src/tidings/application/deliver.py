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
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from tidings.application import bounces
from tidings.application.ports import Channel, Clock, Services, Transport
from tidings.application.publish.plan import PUBLISHED_EDITION
from tidings.core import audience, schedule
from tidings.core.audience import SubscriptionStatus, state_of
from tidings.core.mail.digest import compose, prepare
from tidings.core.mail.message import PreparedMessage
from tidings.core.mail.refusals import condemns
from tidings.core.mail.server import PAUSE_NOTE, ServerPause, refused_again
from tidings.core.pages.items import ClassifiedItem, TopicMatch
from tidings.core.pages.site import site_context
from tidings.core.tokens import MEMBER, Member
from tidings.errors import FAULTS, DeliveryError, ReplyLost, TemplateError, TransportClosed
from tidings.model import (
    DeliveryState,
    Envelope,
    Owed,
    OwedSet,
    Recipient,
    RecipientState,
)
from tidings.state import Transaction
from tidings.state.deliveries import Claim, Settlement

log = logging.getLogger(__name__)

# Longer than an attempt can take: a minute to connect and for each command, ten for the last reply.
LEASE = timedelta(minutes=30)
WINDOW = 500
# Seconds to wait for more outcomes: less than a server's answer takes, more than a commit.
SETTLE_TOGETHER = 0.003
IN_MEMORY = 2
ITEMS_IN_MEMORY = 500
# The items of so many variants are read with one statement.
READ_AHEAD = 16


@dataclass(slots=True)
class DeliverReport:
    """How the attempts of a run ended.

    `waiting` is still to be sent; `closed` says why sending stopped early, `ours` whether that is
    for us to mend, `paused_until` when the server is asked again. `orphaned` counts those of `suppressed` whose digest is no longer configured;
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
    paused_until: datetime | None = None
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
    with SenderPool(services.transport, services.clock, run.crew) as pool:
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
        self._digests = {digest.slug: digest for digest in services.settings.digests}
        self._stop, self._web_first, self._lease = stop, web_first, lease
        self._bodies = BodyCache(services)
        # The people on each digest's lists, by key.
        self._listed: dict[str, Mapping[str, Recipient]] = {}
        self._window: deque[Claim] = deque()
        self._exhausted = False
        # Whether the server answered to any message, and what it was asked not to do before.
        self._let_in = False
        self.report = DeliverReport()
        # The editions that somebody's server refused.
        self.refused: set[int] = set()
        owners = services.owners
        with services.store.writing() as state:
            # Nobody else in this process sends: what it left "sending" was cut short, too.
            state.deliveries.abandon([*owners.dead(state.deliveries.owners()), owners.me])
            now = services.clock.now()
            state.deliveries.shorten_leases(now + lease)
            self._total = state.deliveries.due(now)
            self._refusing = set(state.people.refusing())
            self._pause = ServerPause.read(state.note(PAUSE_NOTE))
        known_as = services.known_as
        paused = self._pause is not None and self._pause.stands(known_as)
        # After a pause, one connection probes.
        self.crew = 1 if paused else self._mail.connections
        if self._pause and self._pause.holds(known_as, now):
            self._exhausted = True
            self.report.closed = self._pause.reason
            self.report.paused_until = self._pause.until

    def run(self, pool: SenderPool, progress: Callable[[int, int], None]) -> None:
        """Settle, take and submit until nothing is left to do."""
        outcomes: list[SendOutcome] = []
        rate = self._services.rate
        while True:
            room = rate.grant(pool.idle) if self._may_begin() else 0
            pool.submit(self._commit(outcomes, room, pool.size))
            if self._let_in and pool.size == self.crew < self._mail.connections:
                self.crew = pool.size = self._mail.connections
            progress(self.report.done, self._total)
            if not pool.pending and (self._exhausted or not self._may_begin()):
                return
            nothing_to_begin = self._exhausted or not pool.idle or not self._may_begin()
            outcomes = pool.collect(None if nothing_to_begin else rate.delay())

    def _may_begin(self) -> bool:
        return not self.report.closed and not self._stop()

    def _commit(
        self, outcomes: Sequence[SendOutcome], room: int, connections: int
    ) -> list[SendTask]:
        """Settle what was answered and take what is next, in one transaction.

        `connections` are those that are left."""
        for outcome in outcomes:
            if outcome.bug:
                raise outcome.bug
        if not outcomes and not room:
            return []
        now = self._services.clock.now()
        with self._services.store.writing() as state:
            self._watch(state, outcomes, connections, now)
            self._settle(state, outcomes, now)
            return self._take(state, room, now) if self._may_begin() else []

    # --- The server -------------------------------------------------------------------------------

    def _watch(
        self,
        state: Transaction,
        outcomes: Sequence[SendOutcome],
        connections: int,
        now: datetime,
    ) -> None:
        """See from what was answered whether the server lets us send, and note when it does not.

        One that takes three connections and no fourth is still open.
        """
        for outcome in outcomes:
            error = outcome.error
            if outcome.answered and not isinstance(error, TransportClosed):
                self._let_in = True
                if self._pause:
                    self._pause = None
                    state.remember(PAUSE_NOTE, "")
        for outcome in outcomes:
            error = outcome.error
            if not isinstance(error, TransportClosed) or self.report.closed:
                continue
            if error.ours or connections == 0:
                self.report.closed, self.report.ours = outcome.detail, error.ours
                if error.refused:
                    known_as = self._services.known_as
                    self._pause = refused_again(self._pause, outcome.detail, known_as, now)
                    self.report.paused_until = self._pause.until
                    state.remember(PAUSE_NOTE, self._pause.written())

    def _found_no_room(self, outcome: SendOutcome) -> bool:
        """Whether an attempt never came about, by no fault of the message. Where nothing is to be
        reached at all, the message is put off for longer each time."""
        error = outcome.error
        if not isinstance(error, TransportClosed):
            return False
        unreachable = self.report.closed == outcome.detail and not self._let_in
        return error.ours or error.refused or not unreachable

    # --- Settling ---------------------------------------------------------------------------------

    def _settle(self, state: Transaction, outcomes: Sequence[SendOutcome], now: datetime) -> None:
        settlements = []
        for outcome in outcomes:
            if outcome.overdue:
                self.report.closed = "this process was stopped for longer than its lease"
                continue
            delivery, attempt = outcome.claim.delivery, outcome.claim.delivery.attempts + 1
            if self._found_no_room(outcome):
                end = schedule.given_back(delivery)
                back = Settlement(delivery.id, attempt, end, delivery.detail, counted=False)
                settlements.append(back)
                self._exhausted = False
                continue
            end, retry_at = schedule.after_attempt(
                delivery, attempt, outcome.error, now, self._mail.in_doubt
            )
            settlements.append(Settlement(delivery.id, attempt, end, outcome.detail, retry_at))
            self._report(outcome, end)
            if end is DeliveryState.FAILED:
                self.refused.add(delivery.edition_id)
                self._count_refusal(state, outcome, now)
        if not state.deliveries.settle(settlements, self._services.owners.me, now):
            self.report.closed = "another process took over what this one was sending"
        accepted = {o.claim.delivery.address.casefold() for o in outcomes if o.error is None}
        if again := accepted & self._refusing:
            state.people.accepted(again)
            self._refusing -= again

    def _report(self, outcome: SendOutcome, end: DeliveryState) -> None:
        report, delivery = self.report, outcome.claim.delivery
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
        if condemns(outcome.detail):
            key = outcome.claim.delivery.address.casefold()
            self._refusing.add(key)
            state.people.refused(key, now, outcome.detail)

    # --- Taking -----------------------------------------------------------------------------------

    def _take(self, state: Transaction, room: int, now: datetime) -> list[SendTask]:
        """Up to `room` deliveries, marked as being sent by us, with their bodies."""
        me, tasks = self._services.owners.me, list[SendTask]()
        lease_until = now + self._lease
        while len(tasks) < room and (found := self._next(state, room - len(tasks), now)):
            claims = self._not_closed(state, found, now)
            state.deliveries.take(claims, me, now, lease_until)
            for claim in claims:
                try:
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
            elif not self._gets_mail(claim, standing):
                closed.append((claim, DeliveryState.SUPPRESSED, "left or paused since"))
                self.report.suppressed += 1
            elif verdict:
                closed.append((claim, *verdict))
                self._report(SendOutcome(claim, verdict[1]), verdict[0])
            else:
                kept.append(claim)
        state.deliveries.close(closed, now)
        return kept

    def _gets_mail(self, claim: Claim, standing: SubscriptionStatus) -> bool:
        """Whether the recipient gets this digest by lists and records as they are now."""
        key, digest = claim.delivery.address.casefold(), claim.edition.digest
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
    """How a task ended; `answered`: the transport was asked; `overdue`: not begun, its lease had
    run out; `bug` is to be raised."""

    claim: Claim
    detail: str = ""
    error: DeliveryError | None = None
    answered: bool = False
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

    `size` is how many there may be; a thread whose channel is shut leaves, and there may be one
    less, lest it take what those need that do send.

    A context manager: leaving it waits for the messages that are being sent.
    """

    def __init__(self, transport: Transport, clock: Clock, size: int) -> None:
        self._transport = transport
        self._clock = clock
        self._tasks: SimpleQueue[SendTask | None] = SimpleQueue()
        self._outcomes: SimpleQueue[SendOutcome] = SimpleQueue()
        self.size = size
        self._threads: list[threading.Thread] = []
        self._left = 0
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
        return max(0, self.size - self.pending)

    def submit(self, tasks: Sequence[SendTask]) -> None:
        """Hand each task to an idle thread; threads are started as needed."""
        for task in tasks:
            self.pending += 1
            if len(self._threads) - self._left < min(self.pending, self.size):
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
        left = sum(isinstance(outcome.error, TransportClosed) for outcome in outcomes)
        self._left += left
        self.size -= left
        return outcomes

    def _work(self) -> None:
        channel: Channel | None = None
        shut = False
        while not shut and (task := self._tasks.get()) is not None:
            try:
                channel = channel or self._transport.connect()
                outcome = self._send(channel, task)
                shut = isinstance(outcome.error, TransportClosed)
            except BaseException as bug:  # noqa: BLE001 (raised again by whoever collects it)
                outcome = SendOutcome(task.claim, bug=bug)
            self._outcomes.put(outcome)
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
            return SendOutcome(task.claim, channel.send(task.envelope, message), answered=True)
        except DeliveryError as error:
            return SendOutcome(task.claim, str(error), error, answered=True)


# --- Bodies of messages ---------------------------------------------------------------------------


class BodyCache:
    """Makes the body of each variant (owed set, language), and keeps it in the state.

    Deliveries come in the order of their variants, so few bodies are in memory.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        settings = services.settings
        self._context = site_context(settings)
        self._digests = {digest.slug: digest for digest in settings.digests}
        self._groups = audience.group_addresses(settings.lists)
        self._topics = settings.topics
        self._prepared: dict[tuple[int, str], PreparedMessage] = {}
        self._owed: Mapping[int, OwedSet] = {}
        self._items: dict[Owed, ClassifiedItem] = {}
        self._ranks = {topic.slug: rank for rank, topic in enumerate(settings.topics)}
        self._contents: tuple[int, frozenset[str]] = (0, frozenset())

    def prepared(
        self, state: Transaction, claim: Claim, ahead: Iterable[Claim] = ()
    ) -> PreparedMessage:
        """The body for a claim; made and kept in this transaction if it is the first of its kind.

        What the claims `ahead` need is read with it. Raises TemplateError, and DeliveryError if the
        body cannot be made.
        """
        delivery = claim.delivery
        if delivery.owed_set is None:
            raise DeliveryError("there is nothing new for them", permanent=True)
        key = (delivery.owed_set, delivery.language)
        found = self._prepared.get(key)
        if found is None:
            while len(self._prepared) >= IN_MEMORY:
                del self._prepared[next(iter(self._prepared))]
            kept = state.editions.variant(*key)
            if kept:
                found = PreparedMessage.load(kept)
            else:
                found = self._make(state, claim, self._owed_set(state, key[0], ahead))
                state.editions.keep_variant(*key, found.dump())
            self._prepared[key] = found
        if delivery.address.casefold() not in self._groups:
            return found
        if found.for_groups is None:
            owed = self._owed_set(state, key[0], ahead)
            found = replace(found, for_groups=self._make(state, claim, owed, shared=True))
            state.editions.keep_variant(*key, found.dump())
            self._prepared[key] = found
        return found.for_groups or found

    def _make(
        self, state: Transaction, claim: Claim, owed: OwedSet, *, shared: bool = False
    ) -> PreparedMessage:
        language = claim.delivery.language
        mail = compose(
            replace(self._context, began=state.began()),
            self._digests[claim.edition.digest],
            replace(claim.edition, subject=owed.subject),
            self._topics,
            self._mail_items(state, owed.owed),
            owed.follows,
            catching_up=not self._announced(state, claim).issuperset(o.item_id for o in owed.owed),
        )
        render = self._services.renderer.speaking(language)
        sender, host = self._services.settings.mail, claim.delivery.message_id.rpartition("@")[2]
        return prepare(mail, sender, render, language, shared=shared, host=host.rstrip(">"))

    def _announced(self, state: Transaction, claim: Claim) -> frozenset[str]:
        """The ids of the items that an edition announced, read once for all its variants."""
        edition = claim.edition
        if self._contents[0] != edition.id:
            announced = state.editions.announced(edition.digest)
            here = (each.item_id for each in announced if each.opened_at == edition.opened_at)
            self._contents = (edition.id, frozenset(here))
        return self._contents[1]

    def _owed_set(self, state: Transaction, key: int, ahead: Iterable[Claim]) -> OwedSet:
        """An owed set; those of the next claims are read with it, and their items.

        Variants share most items or have few, so that reading many costs little.
        """
        if key not in self._owed:
            coming = dict.fromkeys((key, *(claim.delivery.owed_set for claim in ahead)))
            keys = [each for each in coming if each is not None][:READ_AHEAD]
            self._owed = state.editions.owed_sets(keys)
            wanted: dict[Owed, None] = {}
            for each in self._owed.values():
                more = wanted | dict.fromkeys(each.owed)
                if len(more) > ITEMS_IN_MEMORY:
                    break
                wanted = more
            with suppress(*FAULTS):  # whose it is comes upon it again
                self._mail_items(state, tuple(wanted))
        return self._owed[key]

    def _mail_items(self, state: Transaction, owed: Sequence[Owed]) -> list[ClassifiedItem]:
        """The owed items, each with its text at the owed revision."""
        missing = [each for each in owed if each not in self._items]
        if len(self._items) + len(missing) > ITEMS_IN_MEMORY:
            self._items.clear()
            missing = list(owed)
        ids = [each.item_id for each in missing]
        items, slugs = state.items.get(ids), state.topics.of(ids)
        for each in missing:
            item = items[each.item_id].at_revision(each.revision)
            evidence = self._services.classifier.matcher.classify(item)
            joined = sorted(self._ranks[s] for s in slugs.get(item.id, ()) if s in self._ranks)
            topics = tuple(
                TopicMatch(topic, evidence.get(topic.slug, ()))
                for topic in (self._topics[rank] for rank in joined)
            )
            had = None
            if each.had_revision is not None:
                had = items[each.item_id].at_revision(each.had_revision).text
            self._items[each] = ClassifiedItem(item, topics, had)
        return [self._items[each] for each in owed]
