"""Threads that send, one message at a time each, and what the mail server lets them do.

A server that refuses us refuses everybody: that sets one pause, which the state keeps and which
whoever sends anything goes by (`core.mail.server`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from queue import Empty, SimpleQueue

from tidings.application.ports import Channel, Clock, PipeliningChannel, Transport
from tidings.core.mail.message import PreparedMessage, to_header
from tidings.core.mail.server import PAUSE_NOTE, ServerPause, refused_again
from tidings.errors import FAULTS, DeliveryError, TemplateError, TransportClosed
from tidings.model import Envelope
from tidings.state import Transaction
from tidings.state.deliveries import Claim

log = logging.getLogger(__name__)

# Seconds to wait for more outcomes: less than a server's answer takes, more than a commit.
SETTLE_TOGETHER = 0.003


def server_pause(state: Transaction, known_as: str) -> ServerPause | None:
    """What the mail server refused us for, as it knows us now; the pause may be over by then."""
    pause = ServerPause.read(state.note(PAUSE_NOTE))
    return pause if pause and pause.stands(known_as) else None


def pause_server(state: Transaction, reason: str, known_as: str, now: datetime) -> ServerPause:
    """Let nobody ask the server for a while, and for longer than the last time."""

    def longer(note: str | None) -> str:
        known = ServerPause.read(note)
        before = known if known and known.stands(known_as) else None
        if before and before.holds(now):
            return before.written()  # another process was refused at the same time
        return refused_again(before, reason, known_as, now).written()

    pause = ServerPause.read(state.alter(PAUSE_NOTE, longer))
    return pause or refused_again(None, reason, known_as, now)


def lift_pause(state: Transaction) -> None:
    """Let everybody ask the server: it has answered, or somebody has seen to it."""
    if state.note(PAUSE_NOTE):
        state.remember(PAUSE_NOTE, "")


@dataclass(frozen=True, slots=True)
class SendTask:
    """A message to send before the lease ends; `links` are its recipient's own, by slot.

    `following` is the message that the same connection is to send next, if all goes well, and its
    envelope: it is in no way taken yet.
    """

    claim: Claim
    prepared: PreparedMessage
    envelope: Envelope
    lease_until: datetime
    links: Mapping[str, str] = field(default_factory=dict)
    following: tuple[Claim, Envelope] | None = None


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """How a task ended; `answered`: the transport was asked; `left`: its thread sends no more;
    `overdue`: not begun, its lease had run out; `bug` is to be raised."""

    claim: Claim
    detail: str = ""
    error: DeliveryError | None = None
    answered: bool = False
    left: bool = False
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


REHEARSED = "not sent: this was a dry run"
# So many messages of a rehearsal are taken and settled in one transaction.
REHEARSED_TOGETHER = 500


@dataclass(eq=False, slots=True)
class _Sender:
    """A thread with its channel, what it is to send, and which delivery it has begun ahead."""

    channel: Channel
    tasks: SimpleQueue[SendTask | None] = field(default_factory=SimpleQueue)
    thread: threading.Thread | None = None
    begun: int = 0


class SenderPool:
    """Threads that send, each with its own channel and one message at a time.

    `size` is how many there may be. A thread whose channel is shut leaves, and there may be one
    less, lest it take what those need that do send; one that was let in before begins anew. What a
    channel has begun ahead comes to its thread.

    A context manager: leaving it waits for the messages that are being sent.
    """

    def __init__(self, transport: Transport, clock: Clock, size: int) -> None:
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._outcomes: list[SendOutcome] = []
        # Rung with the first outcome, and with the last that is expected.
        self._bell: SimpleQueue[None] = SimpleQueue()
        self.size = size
        self._senders: list[_Sender] = []
        # Those without a message, and those with one, by its delivery.
        self._free: list[_Sender] = []
        self._at_work: dict[int, _Sender] = {}
        self.pending = 0

    def __enter__(self) -> SenderPool:
        return self

    def __exit__(self, *_: object) -> None:
        for sender in self._senders:
            sender.tasks.put(None)
        for sender in self._senders:
            if sender.thread:
                sender.thread.join()

    @property
    def idle(self) -> int:
        """How many more messages may be submitted."""
        return max(0, self.size - self.pending)

    @property
    def pipelines(self) -> bool:
        """Whether it helps to say which message follows another."""
        channels = (sender.channel for sender in self._senders)
        return any(isinstance(each, PipeliningChannel) and each.pipelines for each in channels)

    def submit(self, tasks: Sequence[SendTask]) -> None:
        """Hand each task to an idle thread; threads are started as needed."""
        self.pending += len(tasks)
        # All before the first of them speaks, so that they share what it hears.
        started = [_Sender(self._transport.connect()) for _ in range(len(tasks) - len(self._free))]
        self._senders += started
        begun = {sender.begun: sender for sender in self._free if sender.begun}
        ready = [(task, begun.pop(task.claim.delivery.id, None)) for task in tasks]
        taken = {id(sender) for _, sender in ready if sender}
        # Last those that have begun something else: they have to connect anew.
        rest = [sender for sender in self._free if id(sender) not in taken]
        rest = sorted((*rest, *started), key=lambda sender: sender.begun != 0, reverse=True)
        for task, found in ready:
            sender = found or rest.pop()
            sender.begun = task.following[0].delivery.id if task.following else 0
            self._at_work[task.claim.delivery.id] = sender
            sender.tasks.put(task)
        self._free = rest
        for sender in started:
            sender.thread = threading.Thread(target=self._work, args=(sender,), daemon=True)
            sender.thread.start()

    def collect(self, wait: float | None) -> list[SendOutcome]:
        """Return the outcomes so far; wait up to `wait` seconds (None: without limit) for one.

        After the first, the others get a moment, so that one transaction settles several.
        """
        if self.pending or wait:
            self._await(wait)
        with self._lock:
            outcomes, self._outcomes = self._outcomes, []
        self.pending -= len(outcomes)
        for outcome in outcomes:
            sender = self._at_work.pop(outcome.claim.delivery.id)
            if outcome.left:
                self.size -= 1
            else:
                self._free.append(sender)
        return outcomes

    def _await(self, wait: float | None) -> None:
        """Wait for an outcome, and for the others as long as they keep coming.

        Not to be woken by each of ten saves as many handovers between threads for every commit.
        """
        while not self._bell.empty():
            self._bell.get()
        try:
            if not self._outcomes:
                self._bell.get(timeout=wait)
        except Empty:
            return
        known = 0
        while known < len(self._outcomes) < self.pending:
            known = len(self._outcomes)
            with suppress(Empty):
                self._bell.get(timeout=SETTLE_TOGETHER)
                known = 0  # it was the first that rang

    def _tell(self, outcome: SendOutcome) -> None:
        with self._lock:
            self._outcomes.append(outcome)
            if len(self._outcomes) in (1, self.pending):
                self._bell.put(None)

    def _work(self, sender: _Sender) -> None:
        leaves = let_in = False
        channel = sender.channel
        while not leaves and (task := sender.tasks.get()) is not None:
            try:
                outcome = _send(channel, task, self._clock)
            except BaseException as bug:  # noqa: BLE001 (raised again by whoever collects it)
                outcome = SendOutcome(task.claim, bug=bug)
            if isinstance(outcome.error, TransportClosed):
                leaves = not (let_in and outcome.error.of_one)
                outcome = replace(outcome, left=leaves)
                let_in = False
            elif outcome.answered:
                let_in = True
            self._tell(outcome)
        channel.close()


class DrySenderPool(SenderPool):
    """Sends for a plan, over a way out that leads nowhere: nothing is waited for, so that no thread
    is needed, and many messages are taken and settled in one transaction of the private copy."""

    def __init__(self, transport: Transport, clock: Clock, size: int) -> None:
        super().__init__(transport, clock, size)
        self._channel = transport.connect()
        self._ended: list[SendOutcome] = []
        self._made: PreparedMessage | None = None

    @property
    def idle(self) -> int:
        """How many more messages may be submitted."""
        return REHEARSED_TOGETHER if self.size else 0

    def submit(self, tasks: Sequence[SendTask]) -> None:
        """Send each task at once."""
        self._ended += map(self._rehearse, tasks)
        self.pending = len(self._ended)

    def _rehearse(self, task: SendTask) -> SendOutcome:
        """Send the first message of a variant; of the others only whether they can be addressed
        might differ."""
        if task.prepared is not self._made:
            self._made = task.prepared
            return _send(self._channel, task, self._clock)
        try:
            to_header(task.claim.delivery)
        except (DeliveryError, *FAULTS) as error:
            return unmade(task.claim, error)
        return SendOutcome(task.claim, REHEARSED, answered=True)

    def collect(self, wait: float | None) -> list[SendOutcome]:  # noqa: ARG002
        """Return the outcomes; nothing is waited for."""
        outcomes, self._ended, self.pending = self._ended, [], 0
        return outcomes


def _send(channel: Channel, task: SendTask, clock: Clock) -> SendOutcome:
    if clock.now() >= task.lease_until:
        return SendOutcome(task.claim, overdue=True)
    try:
        message = task.prepared.for_recipient(task.claim.delivery, task.links)
    except (DeliveryError, *FAULTS) as error:
        return unmade(task.claim, error)
    if task.following and isinstance(channel, PipeliningChannel):
        channel.begin_after(task.following[1])
    try:
        return SendOutcome(task.claim, channel.send(task.envelope, message), answered=True)
    except DeliveryError as error:
        return SendOutcome(task.claim, str(error), error, answered=True)
