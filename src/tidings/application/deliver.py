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
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Protocol

from tidings.application import bounces
from tidings.application.ports import Channel, Clock, Pace, Transport
from tidings.application.publish.plan import PUBLISHED_EDITION
from tidings.core import retry
from tidings.core.audience import SubscriptionStatus, state_of
from tidings.core.digest_mail import MailItem, compose
from tidings.core.mail.message import Sender
from tidings.core.mail.personalise import Inline, PreparedMessage, Render, prepare
from tidings.core.mail.refusals import condemns
from tidings.core.pages.items import TopicMatch as Placement
from tidings.core.pages.site import SiteContext as Frame
from tidings.core.schedule import has_passed
from tidings.core.topics import Matcher
from tidings.errors import FAULTS, DeliveryError, ReplyLost, TemplateError, TransportClosed
from tidings.model import (
    Delivery,
    DeliveryState,
    Digest,
    Envelope,
    Owed,
    OwedSet,
    RecipientState,
    Topic,
)
from tidings.state import Store, Transaction
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


class Owners(Protocol):
    """The processes that send: this one, and those that have ended."""

    @property
    def me(self) -> str:
        """The name of this process in the ledger."""
        ...

    def dead(self, owners: Collection[str]) -> Collection[str]:
        """Those of `owners` that certainly no longer run."""
        ...


@dataclass(frozen=True, slots=True)
class Composition:
    """What bodies are made of besides the state.

    `speaking` returns the renderer for a language; `groups` are keys of group addresses.
    """

    frame: Frame
    topics: tuple[Topic, ...]
    matcher: Matcher
    digests: Mapping[str, Digest]
    sender: Sender
    speaking: Callable[[str], Render]
    inline: Inline
    groups: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mailing:
    """How messages are sent.

    `active` and `paused` are, by digest, the address keys that its lists let have mail or not;
    `pace` limits the rate of all connections; `links` returns the personal links of a recipient of
    a digest, by slot.
    """

    composition: Composition
    active: Mapping[str, Collection[str]]
    pace: Pace
    connections: int = 4
    expires: timedelta = timedelta(days=5)
    in_doubt: retry.InDoubt = "resend"
    lease: timedelta = LEASE
    paused: Mapping[str, Collection[str]] = field(default_factory=dict)
    links: Callable[[str, Delivery], Mapping[str, str]] = lambda _digest, _delivery: {}


@dataclass(slots=True)
class DeliverReport:
    """How the attempts of a run ended.

    `waiting` is still to be sent; `closed` says why sending stopped early, `ours` whether that is
    for us to mend. `orphaned` counts those of `suppressed` whose digest is no longer configured;
    `alike` is what large shares of editions were refused for: nobody is cut off for it.
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


@dataclass(frozen=True, slots=True)
class Post:
    """The parts that sending needs.

    `stop` returns True to begin nothing more; `progress` is called with the numbers of deliveries
    that are done, and in all. Where publishing runs beside this, mails wait for the page of their
    edition, but no longer than `web_first` after its opening.
    """

    store: Store
    transport: Transport
    clock: Clock
    owners: Owners
    mailing: Mailing
    stop: Callable[[], bool] = lambda: False
    progress: Callable[[int, int], None] = lambda _done, _total: None
    web_first: timedelta = timedelta()


def deliver(post: Post) -> DeliverReport:
    """Send until nothing is due, or until told to stop.

    Raises `StoreError`: no message is sent whose attempt could not be written down first.
    """
    run = _Run(post)
    with SenderPool(post.transport, post.clock, post.mailing.connections) as pool:
        run.run(pool)
    with post.store.writing() as state:
        state.editions.drop_settled_variants()
        run.report.waiting = state.deliveries.waiting()
        if run.report.done:
            refused, now = run.refused, post.clock.now()
            run.report.alike = bounces.judge(state, refused, now)
    return run.report


class _Run:
    """One call of `deliver`: its window of claims, its report, and the loop."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._mailing = post.mailing
        self._bodies = BodyCache(post.mailing.composition)
        self._window: deque[Claim] = deque()
        self._exhausted = False
        self._shut = 0
        self.report = DeliverReport()
        # The editions that somebody's server refused.
        self.refused: set[int] = set()
        with post.store.writing() as state:
            # Nobody else in this process sends: what it left "sending" was cut short, too.
            state.deliveries.abandon([*post.owners.dead(state.deliveries.owners()), post.owners.me])
            now = post.clock.now()
            state.deliveries.shorten_leases(now + post.mailing.lease)
            self._total = state.deliveries.due(now)
            self._refusing = set(state.people.refusing())

    def run(self, pool: SenderPool) -> None:
        """Settle, take and submit until nothing is left to do."""
        outcomes: list[SendOutcome] = []
        while True:
            room = self._mailing.pace.grant(self._idle(pool)) if self._may_begin() else 0
            pool.submit(self._commit(outcomes, room))
            self._post.progress(self.report.done, self._total)
            if not pool.pending and (self._exhausted or not self._may_begin()):
                return
            nothing_to_begin = self._exhausted or not self._idle(pool) or not self._may_begin()
            outcomes = pool.collect(None if nothing_to_begin else self._mailing.pace.delay())

    def _idle(self, pool: SenderPool) -> int:
        return max(0, pool.idle - self._shut)

    def _may_begin(self) -> bool:
        return not self.report.closed and not self._post.stop()

    def _commit(self, outcomes: Sequence[SendOutcome], room: int) -> list[SendTask]:
        """Settle what was answered and take what is next, in one transaction."""
        for outcome in outcomes:
            if outcome.bug:
                raise outcome.bug
        if not outcomes and not room:
            return []
        now = self._post.clock.now()
        with self._post.store.writing() as state:
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
            end, retry_at = retry.ending(
                delivery, attempt, outcome.error, now, self._mailing.in_doubt
            )
            settlements.append(Settlement(delivery.id, attempt, end, outcome.detail, retry_at))
            self._report(outcome, end)
            if end is DeliveryState.FAILED:
                self.refused.add(delivery.edition_id)
                self._count_refusal(state, outcome, now)
        if not state.deliveries.settle(settlements, self._post.owners.me, now):
            self.report.closed = "another process took over what this one was sending"
        accepted = {o.claim.delivery.address.casefold() for o in outcomes if o.error is None}
        if again := accepted & self._refusing:
            state.people.accepted(again)
            self._refusing -= again

    def _report(self, outcome: SendOutcome, end: DeliveryState) -> None:
        report, delivery = self.report, outcome.claim.delivery
        if isinstance(outcome.error, TransportClosed):
            # A server that takes three connections and no fourth is still open.
            self._shut += 1
            if outcome.error.ours or self._shut >= self._mailing.connections:
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
        if condemns(outcome.detail):
            key = outcome.claim.delivery.address.casefold()
            self._refusing.add(key)
            state.people.refused(key, now, outcome.detail)

    # --- Taking -----------------------------------------------------------------------------------

    def _take(self, state: Transaction, room: int, now: datetime) -> list[SendTask]:
        """Up to `room` deliveries, marked as being sent by us, with their bodies."""
        me, tasks = self._post.owners.me, list[SendTask]()
        lease_until = now + self._mailing.lease
        while len(tasks) < room and (found := self._next(state, room - len(tasks), now)):
            claims = self._not_closed(state, found, now)
            state.deliveries.take(claims, me, now, lease_until)
            for claim in claims:
                try:
                    prepared = self._bodies.prepared(state, claim, self._window)
                    links = self._mailing.links(claim.edition.digest, claim.delivery)
                except (TemplateError, DeliveryError, *FAULTS) as error:
                    self._settle(state, [unmade(claim, error)], now)
                    continue
                envelope = Envelope(
                    sender=self._mailing.composition.sender.address,
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
                    or has_passed(self._post.web_first, claim.edition.opened_at, now)
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
            verdict = retry.verdict(
                claim.delivery,
                claim.edition.opened_at,
                now,
                self._mailing.expires,
                self._mailing.in_doubt,
            )
            digest = claim.edition.digest
            if digest not in self._mailing.composition.digests:
                end, why = retry.without_digest(claim.delivery, digest)
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
        state = state_of(
            standing,
            listed=key in self._mailing.active.get(digest, ()),
            paused=key in self._mailing.paused.get(digest, ()),
        )
        return state is RecipientState.ACTIVE


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


# --- Bodies of messages ---------------------------------------------------------------------------


class BodyCache:
    """Makes the body of each variant (owed set, language), and keeps it in the state.

    Deliveries come in the order of their variants, so few bodies are in memory.
    """

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        self._prepared: dict[tuple[int, str], PreparedMessage] = {}
        self._owed: Mapping[int, OwedSet] = {}
        self._items: dict[Owed, MailItem] = {}
        self._ranks = {topic.slug: rank for rank, topic in enumerate(composition.topics)}
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
            raise DeliveryError("nothing is owed to them", permanent=True)
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
        if delivery.address.casefold() not in self._composition.groups:
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
        composition, language = self._composition, claim.delivery.language
        mail = compose(
            replace(composition.frame, began=state.began()),
            composition.digests[claim.edition.digest],
            replace(claim.edition, subject=owed.subject),
            composition.topics,
            self._mail_items(state, owed.owed),
            owed.follows,
            catching_up=not self._announced(state, claim).issuperset(o.item_id for o in owed.owed),
        )
        render = composition.speaking(language)
        return prepare(
            mail, composition.sender, render, composition.inline, language, shared=shared
        )

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

    def _mail_items(self, state: Transaction, owed: Sequence[Owed]) -> list[MailItem]:
        """The owed items, each with its text at the owed revision."""
        missing = [each for each in owed if each not in self._items]
        if len(self._items) + len(missing) > ITEMS_IN_MEMORY:
            self._items.clear()
            missing = list(owed)
        ids = [each.item_id for each in missing]
        items, slugs = state.items.get(ids), state.topics.of(ids)
        for each in missing:
            item = items[each.item_id].at_revision(each.revision)
            evidence = self._composition.matcher.classify(item)
            joined = sorted(self._ranks[s] for s in slugs.get(item.id, ()) if s in self._ranks)
            topics = tuple(
                Placement(topic, evidence.get(topic.slug, ()))
                for topic in (self._composition.topics[rank] for rank in joined)
            )
            had = None
            if each.had_revision is not None:
                had = items[each.item_id].at_revision(each.had_revision).text
            self._items[each] = MailItem(item, topics, had)
        return [self._items[each] for each in owed]
