"""The crew: a few threads, each with its own channel and at most one message in hand."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue

from tidings.application.ports import Channel, Clock, Transport
from tidings.core.prepared import Prepared
from tidings.errors import FAULTS, DeliveryError, TidingsError
from tidings.model import Envelope
from tidings.state.deliveries import Claim

log = logging.getLogger(__name__)

# Seconds: little beside a real server's answer, much beside what a commit costs.
MOMENT = 0.003


@dataclass(frozen=True, slots=True)
class Task:
    """A message to send before the lease ends; `links` are its recipient's own, by slot."""

    claim: Claim
    prepared: Prepared
    envelope: Envelope
    lease_until: datetime
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended. `overdue` was not begun: its lease had run out. `bug` is to be raised."""

    claim: Claim
    detail: str = ""
    error: DeliveryError | None = None
    overdue: bool = False
    bug: BaseException | None = None


def unmade(claim: Claim, why: Exception) -> Outcome:
    """How a message ends that could not be made: it waits for whoever mends the template, or
    Tidings. It alone: the fault may lie in what this one brings."""
    if isinstance(why, DeliveryError):
        return Outcome(claim, str(why), why)
    reason = str(why)
    if not isinstance(why, TidingsError):
        log.error("message not made delivery=%d", claim.delivery.id, exc_info=why)
        reason = f"the message could not be made: {type(why).__name__}: {why}"
    return Outcome(claim, reason, DeliveryError(reason, permanent=False))


class Crew:
    """Threads that send. Use as a context: leaving it lets them finish what they have in hand."""

    def __init__(self, transport: Transport, clock: Clock, size: int) -> None:
        self._transport = transport
        self._clock = clock
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self._size = size
        self._threads: list[threading.Thread] = []
        self.in_hand = 0

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for _thread in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    @property
    def idle(self) -> int:
        """How many more messages may be handed out."""
        return self._size - self.in_hand

    def hand_out(self, tasks: Sequence[Task]) -> None:
        """Give each task to an idle thread."""
        for task in tasks:
            self.in_hand += 1
            if len(self._threads) < min(self.in_hand, self._size):
                thread = threading.Thread(target=self._work, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._tasks.put(task)

    def collect(self, wait: float | None) -> list[Outcome]:
        """The outcomes so far; waits up to `wait` seconds (None: as long as it takes) for one.

        Where answers come fast it pays to settle several at once: after the first, a moment is
        given to the others.
        """
        outcomes: list[Outcome] = []
        try:
            if self.in_hand or wait:
                outcomes.append(self._outcomes.get(timeout=wait))
            while len(outcomes) < self.in_hand:
                outcomes.append(self._outcomes.get(timeout=MOMENT))
            while True:
                outcomes.append(self._outcomes.get_nowait())
        except Empty:
            pass
        self.in_hand -= len(outcomes)
        return outcomes

    def _work(self) -> None:
        channel: Channel | None = None
        while (task := self._tasks.get()) is not None:
            try:
                channel = channel or self._transport.connect()
                self._outcomes.put(self._send(channel, task))
            except BaseException as bug:  # noqa: BLE001 (raised again by whoever collects it)
                self._outcomes.put(Outcome(task.claim, bug=bug))
        if channel:
            channel.close()

    def _send(self, channel: Channel, task: Task) -> Outcome:
        if self._clock.now() >= task.lease_until:
            return Outcome(task.claim, overdue=True)
        try:
            message = task.prepared.for_recipient(task.claim.delivery, task.links)
        except (DeliveryError, *FAULTS) as error:
            return unmade(task.claim, error)
        try:
            return Outcome(task.claim, channel.send(task.envelope, message))
        except DeliveryError as error:
            return Outcome(task.claim, str(error), error)
