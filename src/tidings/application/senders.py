"""Threads that send, one message at a time each, and what the mail server lets them do.

A server that refuses us refuses everybody: that sets one pause, which the state keeps and which
whoever sends anything goes by (`core.mail.server`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from queue import Empty, SimpleQueue

from tidings.application.ports import Channel, Clock, Transport
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
    pause = refused_again(server_pause(state, known_as), reason, known_as, now)
    state.remember(PAUSE_NOTE, pause.written())
    return pause


def lift_pause(state: Transaction) -> None:
    """Let everybody ask the server: it has answered, or somebody has seen to it."""
    if state.note(PAUSE_NOTE):
        state.remember(PAUSE_NOTE, "")


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


class SenderPool:
    """Threads that send, each with its own channel and one message at a time.

    `size` is how many there may be. A thread whose channel is shut leaves, and there may be one
    less, lest it take what those need that do send; one that was let in before begins anew.

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
        self.pending += len(tasks)
        wanted = min(self.pending, self.size) - len(self._threads) + self._left
        # All before the first of them speaks, so that they share what it hears.
        channels = [self._transport.connect() for _ in range(wanted)]
        for channel in channels:
            thread = threading.Thread(target=self._work, args=(channel,), daemon=True)
            self._threads.append(thread)
            thread.start()
        for task in tasks:
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
        left = sum(outcome.left for outcome in outcomes)
        self._left += left
        self.size -= left
        return outcomes

    def _work(self, channel: Channel) -> None:
        leaves = let_in = False
        while not leaves and (task := self._tasks.get()) is not None:
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
            self._outcomes.put(outcome)
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
    try:
        return SendOutcome(task.claim, channel.send(task.envelope, message), answered=True)
    except DeliveryError as error:
        return SendOutcome(task.claim, str(error), error, answered=True)
