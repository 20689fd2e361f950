"""Monitors a long-running process: edits of its configuration, and how its rounds go.

The heartbeat and the mail to the operator run in threads of their own, so no round waits for them
or fails because of them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from tidings.adapters.logs import masked
from tidings.adapters.monitoring import ping
from tidings.application import status
from tidings.application.ports import Clock
from tidings.core.incidents import IncidentState, Notice, due, having_told, observed
from tidings.core.mail.message import message_id
from tidings.core.mail.notices import Alert, alert
from tidings.core.schedule import has_passed
from tidings.entrypoints import wiring
from tidings.entrypoints.wiring import Instance
from tidings.errors import TidingsError
from tidings.model import Envelope
from tidings.state import Store

log = logging.getLogger(__name__)

# A message that could not be sent is tried again after this time.
AGAIN = timedelta(minutes=5)


class BackgroundTask:
    """Runs one task at a time in a thread; a task that comes while one runs is dropped."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._busy = threading.Lock()

    def do(self, task: Callable[[], None]) -> bool:
        """Start a task, unless one is running; returns whether it was started."""
        if not self._busy.acquire(blocking=False):
            return False

        def done() -> None:
            try:
                task()
            finally:
                self._busy.release()

        # A daemon: a server that does not answer holds up no end.
        threading.Thread(target=done, name=self._name, daemon=True).start()
        return True

    def wait(self) -> None:
        """Wait for the task that is running."""
        with self._busy:
            pass


class Monitor:
    """Follows the rounds of a worker, and alerts the operator. `instance` may be replaced."""

    def __init__(self, instance: Instance, store: Store, clock: Clock) -> None:
        self.instance = instance
        self._store = store
        self._clock = clock
        self._changing = threading.Lock()
        self._incident = status.recall(store)
        self._tried_at: datetime | None = None
        self._unanswered = False
        self.heartbeat = BackgroundTask("heartbeat")
        self.alerts = BackgroundTask("alerts")

    def recall(self) -> None:
        """Go on from what another process has left in the state."""
        with self._changing:
            self._incident = status.recall(self._store)

    def round_finished(self, failure: str) -> None:
        """Record a finished round, with its failure or "", and tell whoever must know."""
        now, settings = self._clock.now(), self.instance.settings
        try:
            late = status.late(self._store, settings, now)
        except TidingsError as error:
            late, failure = "", failure or str(error)
        self._change(lambda known: observed(known, masked(failure), late, now))
        if url := settings.worker.heartbeat:
            well = not failure and not late
            self.heartbeat.do(lambda: self._ping(url, well=well))
        self._alert(now)

    def refused(self, reason: str) -> None:
        """Record why an edited configuration is not in force; "" if it is."""
        self._change(lambda known: replace(known, refused=masked(reason)))

    def _change(self, change: Callable[[IncidentState], IncidentState]) -> None:
        with self._changing:
            before, self._incident = self._incident, change(self._incident)
            if self._incident != before:
                # A state that cannot be written is what the round has failed for.
                with suppress(TidingsError):
                    status.remember(self._store, self._incident)

    def _ping(self, url: str, *, well: bool) -> None:
        reason = ping(url, well=well)
        if reason and not self._unanswered:
            log.warning('heartbeat not answered reason="%s"', reason)
        elif self._unanswered and not reason:
            log.info("heartbeat answered")
        self._unanswered = bool(reason)

    def _alert(self, now: datetime) -> None:
        worker = self.instance.settings.worker
        notice = due(self._incident, worker.alert_after, now) if worker.alerts else None
        recent = self._tried_at is not None and not has_passed(AGAIN, self._tried_at, now)
        if not notice or not worker.alerts or recent:
            return
        instance, incident, address = self.instance, self._incident, worker.alerts
        self._tried_at = now
        self.alerts.do(lambda: self._send(instance, notice, incident, address, now))

    def _send(
        self,
        instance: Instance,
        notice: Notice,
        incident: IncidentState,
        address: str,
        now: datetime,
    ) -> None:
        try:
            send_alert(instance, notice, incident, address, now)
        except TidingsError as error:
            log.warning('alert not sent reason="%s"', masked(str(error)))
            return
        self._tried_at = None
        log.info("alert sent about=%s", notice)
        self._change(lambda known: having_told(known, notice, now))


def send_alert(
    instance: Instance, notice: Notice, incident: IncidentState, address: str, now: datetime
) -> None:
    """Mail an alert to the operator. Raises `TidingsError`."""
    settings, key = instance.settings, wiring.secret(instance)
    sender, about = settings.mail, f"alert/{notice}/{now.isoformat()}"
    name = message_id(key, about, address.casefold(), settings.site.authority)
    message = alert(Alert(notice, incident, settings.site.title, address, name, now), sender)
    channel = wiring.transport(instance).connect()
    try:
        number = int(now.timestamp())
        channel.send(Envelope(sender.envelope_sender, address, "alerts", number, 1), message)
    finally:
        channel.close()


class ConfigWatcher:
    """Notices that the files which configure an instance were edited.

    One thread may call `found`, any may call `ask`.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._stamps = wiring.watched(instance)
        self._asked = threading.Event()

    def ask(self) -> None:
        """Make the next call of `found` return True."""
        self._asked.set()

    def found(self) -> bool:
        """Whether a file was edited since the last call, or somebody asked for a reload."""
        try:
            stamps = wiring.watched(self._instance)
        except OSError:
            return False  # a file that goes while it is looked at: the next look tells
        if stamps == self._stamps and not self._asked.is_set():
            return False
        self._stamps = stamps
        self._asked.clear()
        return True
