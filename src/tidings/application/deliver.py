"""Deliver: send what waits, and settle it. Transaction 3.

"Sending" is committed before a message is handed over and the outcome after the answer, so a crash
leaves evidence: what is found "sending" under a dead owner may or may not have arrived. One thread
writes: in one transaction it settles all that was answered and takes the next messages for those
channels, so each channel has at most one message between the two. One recipient who fails stops
nobody else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from tidings.application import refusals
from tidings.application.bodies import Bodies, Composition
from tidings.application.crew import Crew, Outcome, Task, unmade
from tidings.application.ports import Clock, Pace, Transport
from tidings.application.publishing.scope import PUBLISHED_EDITION
from tidings.core import attempts
from tidings.core.audience import Standing, state_of
from tidings.core.lapse import has_passed
from tidings.core.refusals import condemns
from tidings.errors import FAULTS, DeliveryError, ReplyLost, TemplateError, TransportClosed
from tidings.model import Delivery, DeliveryState, Edition, Envelope, RecipientState
from tidings.state import Store, Transaction
from tidings.state.deliveries import Claim, Settlement

# Longer than any attempt can take: a minute to connect and each command, ten for the last reply.
LEASE = timedelta(minutes=30)
WINDOW = 500


class Owners(Protocol):
    """Who is sending: this process, and which of the others are no more."""

    @property
    def me(self) -> str:
        """This process's name in the ledger."""
        ...

    def dead(self, owners: Collection[str]) -> Collection[str]:
        """Those of `owners` that certainly no longer run."""
        ...


@dataclass(frozen=True, slots=True)
class Mailing:
    """How messages are sent. `active` has, for each digest, the address keys that may get mail by
    its lists, `paused` those that may not; `pace` is shared by all connections. `links` are the
    addresses, by slot, under which somebody (digest, address) decides for themselves."""

    composition: Composition
    active: Mapping[str, Collection[str]]
    pace: Pace
    connections: int = 4
    expires: timedelta = timedelta(days=5)
    in_doubt: attempts.InDoubt = "resend"
    lease: timedelta = LEASE
    paused: Mapping[str, Collection[str]] = field(default_factory=dict)
    links: Callable[[str, Delivery], Mapping[str, str]] = lambda _digest, _delivery: {}


@dataclass(slots=True)
class DeliverReport:
    """How the attempts of a run ended; `waiting` is what is still to be sent afterwards, `closed`
    why sending stopped before it was done, `ours` whether that is for us to mend. `orphaned` counts
    those of `suppressed` whose digest, the key, is no longer configured; `alike` is what large
    shares of editions were refused for, so that nobody is cut off for it."""

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
    alike: tuple[refusals.Shared, ...] = ()

    @property
    def stopped(self) -> int:
        """How many were suppressed because their recipients left or were paused."""
        return self.suppressed - sum(self.orphaned.values())

    @property
    def done(self) -> int:
        """How many deliveries this run has dealt with."""
        ended = len(self.deferred) + len(self.failed) + len(self.in_doubt)
        return self.sent + self.suppressed + ended


@dataclass(frozen=True, slots=True)
class Post:
    """What sending works with, joined by the wiring. `stop` asks to begin nothing more; `progress`
    is told of (dealt with, to be dealt with). Where publishing goes on beside this, mails wait for
    the page of their issue, where they lead, but no longer than `web_first` after its opening."""

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
    round_ = _Round(post)
    with Crew(post.transport, post.clock, post.mailing.connections) as crew:
        round_.run(crew)
    with post.store.writing() as state:
        state.editions.drop_settled_variants()
        round_.report.waiting = state.deliveries.waiting()
        if round_.report.done:
            refused, now = round_.refused, post.clock.now()
            round_.report.alike = refusals.judge(state, refused, now)
    return round_.report


class _Round:
    """One call of `deliver`: the window of claims, the report, and the loop."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._mailing = post.mailing
        self._bodies = Bodies(post.mailing.composition)
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

    def run(self, crew: Crew) -> None:
        """Settle, take, hand out, until nothing is left to do."""
        outcomes: list[Outcome] = []
        while True:
            room = self._mailing.pace.grant(self._idle(crew)) if self._may_begin() else 0
            crew.hand_out(self._commit(outcomes, room))
            self._post.progress(self.report.done, self._total)
            if not crew.in_hand and (self._exhausted or not self._may_begin()):
                return
            nothing_to_begin = self._exhausted or not self._idle(crew) or not self._may_begin()
            outcomes = crew.collect(None if nothing_to_begin else self._mailing.pace.delay())

    def _idle(self, crew: Crew) -> int:
        return max(0, crew.idle - self._shut)

    def _may_begin(self) -> bool:
        return not self.report.closed and not self._post.stop()

    def _commit(self, outcomes: Sequence[Outcome], room: int) -> list[Task]:
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

    def _settle(self, state: Transaction, outcomes: Sequence[Outcome], now: datetime) -> None:
        settlements = []
        for outcome in outcomes:
            if outcome.overdue:
                self.report.closed = "this process was stopped for longer than its lease"
                continue
            delivery, attempt = outcome.claim.delivery, outcome.claim.delivery.attempts + 1
            end, retry_at = attempts.ending(
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

    def _report(self, outcome: Outcome, end: DeliveryState) -> None:
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

    def _count_refusal(self, state: Transaction, outcome: Outcome, now: datetime) -> None:
        """Count it against the address; whether that is cut off shows once the round is over."""
        if condemns(outcome.detail):
            key = outcome.claim.delivery.address.casefold()
            self._refusing.add(key)
            state.people.refused(key, now, outcome.detail)

    # --- Taking -----------------------------------------------------------------------------------

    def _take(self, state: Transaction, room: int, now: datetime) -> list[Task]:
        """Up to `room` deliveries, marked as being sent by us, with their bodies."""
        me, tasks = self._post.owners.me, list[Task]()
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
                tasks.append(Task(claim, prepared, self._envelope(claim), lease_until, links))
        return tasks

    def _next(
        self, state: Transaction, room: int, now: datetime
    ) -> Sequence[tuple[Claim, Standing]]:
        """The next claims that are still as they were read; empty when there are no more."""
        while not self._exhausted:
            if not self._window:
                # The newest editions come last: behind one that has to wait is nothing else.
                found = state.deliveries.claimable(now, WINDOW)
                published = int(state.note(PUBLISHED_EDITION) or 0)
                self._window.extend(c for c in found if self._may_go(c.edition, published, now))
                self._exhausted = not self._window
            head = [self._window.popleft() for _ in range(min(room, len(self._window)))]
            if claims := state.deliveries.untouched(head):
                return claims
        return ()

    def _may_go(self, edition: Edition, published: int, now: datetime) -> bool:
        """Whether the page of an issue is on the web, or was waited for long enough."""
        return edition.id <= published or has_passed(self._post.web_first, edition.opened_at, now)

    def _not_closed(
        self, state: Transaction, found: Sequence[tuple[Claim, Standing]], now: datetime
    ) -> list[Claim]:
        """Those that may be attempted; the others are closed with the reason."""
        kept, closed = [], []
        for claim, standing in found:
            verdict = attempts.verdict(
                claim.delivery,
                claim.edition.opened_at,
                now,
                self._mailing.expires,
                self._mailing.in_doubt,
            )
            digest = claim.edition.digest
            if digest not in self._mailing.composition.digests:
                end, why = attempts.without_digest(claim.delivery, digest)
                closed.append((claim, end, why))
                self.report.suppressed += 1
                self.report.orphaned[digest] = self.report.orphaned.get(digest, 0) + 1
            elif not self._gets_mail(claim, standing):
                closed.append((claim, DeliveryState.SUPPRESSED, "left or paused since"))
                self.report.suppressed += 1
            elif verdict:
                closed.append((claim, *verdict))
                self._report(Outcome(claim, verdict[1]), verdict[0])
            else:
                kept.append(claim)
        state.deliveries.close(closed, now)
        return kept

    def _gets_mail(self, claim: Claim, standing: Standing) -> bool:
        """Whether the recipient gets this digest as lists and records stand at this moment."""
        key, digest = claim.delivery.address.casefold(), claim.edition.digest
        state = state_of(
            standing,
            listed=key in self._mailing.active.get(digest, ()),
            paused=key in self._mailing.paused.get(digest, ()),
        )
        return state is RecipientState.ACTIVE

    def _envelope(self, claim: Claim) -> Envelope:
        return Envelope(
            sender=self._mailing.composition.sender.address,
            recipient=claim.delivery.address,
            digest=claim.edition.digest,
            number=claim.edition.number,
            delivery_id=claim.delivery.id,
        )
