"""Sends what waits, and settles it.

"Sending" is committed before a message is handed over and the outcome after the answer, so a crash
leaves evidence: what is found "sending" under a dead owner may or may not have arrived. One thread
writes: in one transaction it settles all that was answered and takes the next messages, so each
channel has at most one message between the two. One recipient who fails stops nobody else.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tidings.application import bounces
from tidings.application.bodies import BodyCache
from tidings.application.erasure import is_erased
from tidings.application.lists import ListedPeople
from tidings.application.ports import Services
from tidings.application.probes import send_probes
from tidings.application.publish.plan import PUBLISHED_EDITION
from tidings.application.renames import by_slug
from tidings.application.senders import (
    DrySenderPool,
    SenderPool,
    SendOutcome,
    SendTask,
    lift_pause,
    pause_server,
    server_pause,
    unmade,
)
from tidings.application.withdrawn import RetractedItems
from tidings.core import audience, schedule
from tidings.core.audience import SubscriptionStatus, state_of
from tidings.core.mail.refusals import condemns
from tidings.core.mail.return_path import ReturnKind, return_path
from tidings.core.tokens import Member
from tidings.errors import (
    FAULTS,
    DeliveryError,
    ReplyLost,
    TemplateError,
    TooLarge,
    TransportClosed,
)
from tidings.model import (
    Delivery,
    DeliveryState,
    Envelope,
    RecipientState,
    address_key,
)
from tidings.state import Transaction
from tidings.state.deliveries import Claim, Settlement

log = logging.getLogger(__name__)

# Longer than an attempt can take: a minute to connect and for each command, ten for the last reply.
LEASE = timedelta(minutes=30)
WINDOW = 500
# How often a long run looks whether other processes have ended.
LOOK_EVERY = timedelta(seconds=10)
# A plan settles at once what it takes, and each window is sorted out of all that waits.
REHEARSED_WINDOW = 20_000
# So many messages in a row that were shut out are no matter of each alone.
IN_VAIN = 3
# So many answers are waited for to make a connection anew, with TLS and login.
CONNECTING = 10


@dataclass(slots=True)
class DeliverReport:
    """How the attempts of a run ended.

    `waiting` is still to be sent; `closed` says why sending stopped early, `ours` whether that is
    for us to mend, `paused_until` when the server is asked again. `orphaned` counts those of
    `suppressed` whose digest is no longer configured; `alike` is what large shares of editions were
    refused for: no address counts as bounced.
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
    pool_of = DrySenderPool if services.rehearsed else SenderPool
    with pool_of(services.transport, services.clock, run.crew) as pool:
        run.run(pool, progress)
    if not run.report.closed and not stop():
        send_probes(services)
    with services.store.sharing() as state:
        run.end(state)
    if run.report.done:
        with services.store.writing() as state:
            refused, now = run.refused, services.clock.now()
            run.report.alike = bounces.judge(
                state, refused, now, probing=services.settings.mail.keyed
            )
    return run.report


def call_senders(state: Transaction, now: datetime) -> None:
    """Tell the queue of jobs, where one is used, of what is due."""
    if state.uses_queue:
        state.jobs.call_senders(state.deliveries.due(now))


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
        self._digests = by_slug(services.settings.digests)
        self._into = {old: d.slug for d in services.settings.digests for old in d.merged}
        self._stop, self._web_first, self._lease = stop, web_first, lease
        self._bodies = BodyCache(services)
        self._retracted = RetractedItems(services)
        self._listed = ListedPeople(services.settings.lists)
        self._window: deque[Claim] = deque()
        self._most = REHEARSED_WINDOW if services.rehearsed else WINDOW
        self._exhausted = False
        self._known_links: Mapping[Member, str] = {}
        # What a connection is to send next, by the delivery that it is at.
        self._following: dict[int, Claim] = {}
        # How often a connection did not have to wait, less what it cost where something else came.
        self._saved = IN_VAIN * CONNECTING
        # Whether the server has answered to any message, and how it shut somebody out; which
        # messages were shut out since it answered, and which were given back in this run.
        self._let_in = False
        self._shut_by: tuple[SendOutcome, TransportClosed] | None = None
        self._in_vain: dict[int, Delivery] = {}
        self._given_back: set[int] = set()
        self.report = DeliverReport()
        # The editions that somebody's server refused.
        self.refused: set[int] = set()
        # Another name is another process to all the others: under one name a run begins and ends.
        self._me, self._looked_at = services.owners.me, services.clock.now()
        with services.store.sharing() as state:
            # Nobody else in this process sends: what it left "sending" was cut short, too.
            state.deliveries.abandon([self._me])
            self._abandon_dead(state)
            now = services.clock.now()
            state.deliveries.shorten_leases(now + lease)
            moved = state.deliveries.any_moved()
            self._total = state.deliveries.due(now)
            self._refusing = set(state.people.refusing())
            pause = server_pause(state, services.known_as)
        if moved:
            with services.store.writing() as state:
                state.addresses.redirect(now)
        # After a pause, one connection probes.
        self.crew = 1 if pause else self._mail.connections
        if pause and pause.holds(now):
            self._exhausted = True
            self.report.closed, self.report.paused_until = pause.reason, pause.until

    def run(self, pool: SenderPool, progress: Callable[[int, int], None]) -> None:
        """Settle, take and submit until nothing is left to do."""
        outcomes: list[SendOutcome] = []
        rate = self._services.rate
        while True:
            room = rate.grant(pool.idle) if self._may_begin() and not self._wavers() else 0
            pool.submit(self._commit(outcomes, room, pool))
            if self._let_in and pool.size == self.crew < self._mail.connections:
                self.crew = pool.size = self._mail.connections
            progress(self.report.done, self._total)
            if not pool.pending and (self._exhausted or not self._may_begin()):
                return
            busy = self._exhausted or not pool.idle or self._wavers()
            nothing_to_begin = busy or not self._may_begin()
            outcomes = pool.collect(None if nothing_to_begin else rate.delay())

    def _wavers(self) -> bool:
        """Whether somebody was shut out, and nobody was let in yet."""
        return self._shut_by is not None and not self._let_in

    def _may_begin(self) -> bool:
        if not self.report.closed and not self._services.owners.lives:
            self.report.closed = "the others no longer count on this process: it was not heard of"
        return not self.report.closed and not self._stop()

    def _abandon_dead(self, state: Transaction) -> None:
        """Let others have what processes left that have ended."""
        if dead := self._services.owners.dead(state.deliveries.owners()):
            state.deliveries.abandon(dead)

    def end(self, state: Transaction) -> None:
        """Let go of what was not begun, and count what waits."""
        state.deliveries.release(self._me)
        state.editions.drop_settled_variants()
        self._put_off_in_vain(state)
        self.report.waiting = state.deliveries.waiting()
        if not self.report.closed:  # another is to go on if this was told to stop before the end
            call_senders(state, self._services.clock.now())

    def _commit(
        self, outcomes: Sequence[SendOutcome], room: int, crew: SenderPool
    ) -> list[SendTask]:
        """Settle what was answered and take what is next, in one transaction."""
        for outcome in outcomes:
            if outcome.bug:
                raise outcome.bug
        if not outcomes and not room:
            return []
        coming = [
            self._following.pop(outcome.claim.delivery.id)
            for outcome in outcomes
            if outcome.claim.delivery.id in self._following
        ]
        if coming:
            # Nothing of it was sent: it waits as before, but comes first.
            self._window.extendleft(reversed(coming))
            self._exhausted = False
        now = self._services.clock.now()
        with self._services.store.sharing() as state:
            self._watch(state, outcomes, crew, now)
            self._settle(state, outcomes, now)
            if not self._may_begin():
                return []
            tasks = self._take(state, room, now)
        if not crew.pipelines or self._mail.rate is not None:
            return tasks
        taken = {task.claim.delivery.id for task in tasks}
        missed = sum(claim.delivery.id not in taken for claim in coming)
        self._saved += len(coming) - missed - CONNECTING * missed
        if self._saved < 0:
            return tasks
        return [self._with_following(task, now) for task in tasks]

    # --- The server -------------------------------------------------------------------------------

    def _watch(
        self, state: Transaction, outcomes: Sequence[SendOutcome], crew: SenderPool, now: datetime
    ) -> None:
        """See from what was answered whether the server lets us send, and note when it does not.

        One that takes three connections and no fourth is still open. So whoever is shut out waits
        for what others hear, and it is shut once none of them is left.
        """
        for outcome in outcomes:
            if isinstance(outcome.error, TransportClosed):
                self._shut_by = outcome, outcome.error
                self._in_vain[outcome.claim.delivery.id] = outcome.claim.delivery
            elif outcome.answered:
                self._in_vain.clear()
                if not self._let_in:
                    self._let_in = True
                    lift_pause(state)
        if self._shut_by is None or self.report.closed:
            return
        outcome, error = self._shut_by
        alone = crew.size == 0 or (crew.pending == 0 and not self._let_in)
        if not alone and (error.of_one or not error.ours):
            return
        if error.of_one and self._another_may_pass(state, now):
            crew.size, self._shut_by = max(1, crew.size), None
            return
        self.report.closed, self.report.ours = outcome.detail, error.ours
        if error.refused:
            pause = pause_server(state, outcome.detail, self._services.known_as, now)
            self.report.paused_until = pause.until

    def _put_off_in_vain(self, state: Transaction) -> None:
        """Let those come last the next time for whom the server shut us out before it let anybody
        in: others may pass. An attempt counts unless it is us that the server refuses."""
        if self._shut_by is None or self._let_in or not self._shut_by[1].of_one:
            return
        now, counted = self._services.clock.now(), not self._shut_by[1].refused
        for key, delivery in self._in_vain.items():
            until = now + schedule.retry_pause(key, delivery.attempts + 1)
            state.deliveries.put_off(key, delivery.attempts + counted, now, until)

    def _another_may_pass(self, state: Transaction, now: datetime) -> bool:
        """Whether it may have been for the message that the server shut somebody out: then others
        are not to wait for it."""
        others = state.deliveries.due(now) - len(self._in_vain)
        return len(self._in_vain) < IN_VAIN and (self._let_in or others > 0)

    def _found_no_room(self, outcome: SendOutcome) -> bool:
        """Whether an attempt never came about, by no fault of the message. Where nothing is to be
        reached at all, the message is put off for longer each time, and so is one that is shut out
        again where others pass."""
        error, key = outcome.error, outcome.claim.delivery.id
        if not isinstance(error, TransportClosed):
            return False
        if error.of_one and self._let_in:
            again = key in self._given_back
            self._given_back.add(key)
            return not again
        unreachable = self.report.closed == outcome.detail and not self._let_in
        return error.ours or error.refused or not unreachable

    def _shortened(self, state: Transaction, outcome: SendOutcome) -> bool:
        """Whether a message was too large, and brings a shorter body now."""
        error, claim = outcome.error, outcome.claim
        if not isinstance(error, TooLarge) or claim.delivery.may_have_arrived:
            return False
        try:
            shorter = self._bodies.shorter(state, claim, error.most)
        except (TemplateError, DeliveryError, *FAULTS):
            return False
        if shorter is not None:
            state.deliveries.bring(claim.delivery, shorter)
        return shorter is not None

    # --- Settling ---------------------------------------------------------------------------------

    def _settle(self, state: Transaction, outcomes: Sequence[SendOutcome], now: datetime) -> None:
        settlements = []
        for outcome in outcomes:
            if outcome.overdue:
                self.report.closed = "this process was stopped for longer than its lease"
                continue
            delivery, attempt = outcome.claim.delivery, outcome.claim.delivery.attempts + 1
            if self._found_no_room(outcome) or self._shortened(state, outcome):
                back = DeliveryState.QUEUED, delivery.detail
                settlements.append(Settlement(delivery.id, attempt, *back, counted=False))
                self._exhausted = False
                continue
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
        if not state.deliveries.settle(settlements, self._me, now):
            self.report.closed = "another process took over what this one was sending"
        if self._refusing:
            accepted = {address_key(o.claim.delivery.address) for o in outcomes if o.error is None}
            again = accepted & self._refusing
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
        address = outcome.claim.delivery.address
        # Nothing is written down of who was erased while the message was being sent.
        if condemns(outcome.detail) and not is_erased(state, self._services.key, address):
            key = address_key(address)
            self._refusing.add(key)
            state.people.refused(key, now, outcome.detail)
            state.figures.bounced(outcome.claim.delivery.id, now)

    # --- Taking -----------------------------------------------------------------------------------

    def _take(self, state: Transaction, room: int, now: datetime) -> list[SendTask]:
        """Up to `room` deliveries, marked as being sent by us, with their bodies."""
        me, tasks = self._me, list[SendTask]()
        lease_until = now + self._lease
        self._retracted.look(state)
        while len(tasks) < room and (found := self._next(state, room - len(tasks), now)):
            claims = [_dated(claim, now) for claim in self._not_closed(state, found, now)]
            state.deliveries.take(claims, me, now, lease_until)
            tokens = self._tokens(state, claims)
            for taken in claims:
                claim = taken
                try:
                    claim, closed = self._retracted.leave_out(state, taken)
                    if closed:
                        state.deliveries.close([(claim, *closed)], now)
                        self._report(SendOutcome(claim, closed[1]), closed[0])
                        continue
                    prepared = self._bodies.prepared(state, claim, self._window)
                    links = self._links(claim, tokens)
                except (TemplateError, DeliveryError, *FAULTS) as error:
                    self._settle(state, [unmade(claim, error)], now)
                    continue
                envelope = self._envelope(claim, now)
                tasks.append(SendTask(claim, prepared, envelope, lease_until, links))
        return tasks

    def _with_following(self, task: SendTask, now: datetime) -> SendTask:
        """A task, with the message that its connection may begin behind it. That is looked at and
        taken as any other once it is its turn: until then, nothing of its content is sent."""
        if not self._window:
            return task
        claim = self._window.popleft()
        self._following[task.claim.delivery.id] = claim
        return replace(task, following=(claim, self._envelope(claim, now)))

    def _envelope(self, claim: Claim, now: datetime) -> Envelope:
        return Envelope(
            sender=self._return_path(claim, now),
            recipient=claim.delivery.address,
            digest=claim.edition.digest,
            number=claim.edition.number,
            delivery_id=claim.delivery.id,
        )

    def _next(
        self, state: Transaction, room: int, now: datetime
    ) -> Sequence[tuple[Claim, SubscriptionStatus]]:
        """The next claims that are still as they were read; empty when there are no more."""
        while not self._exhausted:
            if not self._window:
                # The newest editions come last: behind one that has to wait is nothing else.
                if schedule.has_passed(LOOK_EVERY, self._looked_at, now):
                    self._looked_at = now
                    self._abandon_dead(state)
                found = state.deliveries.reserve(self._me, now, now + self._lease, self._most)
                published = int(state.note(PUBLISHED_EDITION) or 0)
                coming = {claim.delivery.id for claim in self._following.values()}
                self._window.extend(
                    claim
                    for claim in found
                    if claim.delivery.id not in coming
                    and (
                        claim.edition.id <= published
                        or schedule.has_passed(self._web_first, claim.edition.opened_at, now)
                    )
                )
                self._exhausted = not self._window
            head = [self._window.popleft() for _ in range(min(room, len(self._window)))]
            if claims := state.deliveries.untouched(head, self._me):
                return claims
        return ()

    def _not_closed(
        self, state: Transaction, found: Sequence[tuple[Claim, SubscriptionStatus]], now: datetime
    ) -> list[Claim]:
        """Return those that may be attempted, and close the others with the reason."""
        kept, closed = [], []
        self._listed.look(state, self._digests, [claim for claim, _ in found], self._window)
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
        person = self._listed.person(claim)
        active = person is not None and audience.gets_mail(person)
        paused = person is not None and not active
        return state_of(standing, listed=active, paused=paused) is RecipientState.ACTIVE

    def _return_path(self, claim: Claim, now: datetime) -> str:
        """The envelope sender: the same for all copies of a message, which have one Date."""
        pattern, to = self._mail.bounce_address, claim.delivery
        if not pattern or not self._mail.keyed:
            return self._mail.envelope_sender
        day = (schedule.dated(to, now) or claim.edition.opened_at).date()
        kind, key = ReturnKind.DELIVERY, self._services.key
        return return_path(pattern, key, kind, day, to.id, to.message_id)

    def _tokens(self, state: Transaction, claims: Sequence[Claim]) -> Mapping[Member, str]:
        """What is in the links of the recipients, and of those who come next; nothing as long as
        nothing is served, and no request to leave says whose it is."""
        if not self._mail.service_url and not self._mail.leaves_by_token:
            return {}
        members = [_member(claim) for claim in claims]
        if not all(member in self._known_links for member in members):
            coming = (_member(claim) for claim in self._window)
            self._known_links = state.links.give((*members, *coming))
        return self._known_links

    def _links(self, claim: Claim, tokens: Mapping[Member, str]) -> Mapping[str, str]:
        """The personal links of a recipient, by slot."""
        url, token = self._mail.service_url, tokens.get(_member(claim))
        if not token:
            return {}
        pages = {"leave": f"{url}leave/{token}", "choices": f"{url}choices/{token}"} if url else {}
        return {**pages, "token": token}


def _member(claim: Claim) -> Member:
    """Whom the links in a message are for; the pages that it leads to speak as it does."""
    to = claim.delivery
    return Member(claim.edition.digest, to.address, to.language)


def _dated(claim: Claim, now: datetime) -> Claim:
    """A claim with the Date of the attempt that is made of it now."""
    dated_at = schedule.dated(claim.delivery, now)
    return Claim(replace(claim.delivery, dated_at=dated_at), claim.edition)
