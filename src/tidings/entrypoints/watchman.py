"""Tells others how the worker's rounds go: a heartbeat, and mail to the operator.

Both happen aside, in threads of their own: whatever becomes of them, no round waits or fails.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from tidings.adapters.logs import masked
from tidings.adapters.monitoring import ping
from tidings.application import watching
from tidings.application.ports import Clock
from tidings.core.alerts import Alert, alert
from tidings.core.incidents import Watch, Word, due, having_told, observed
from tidings.core.lapse import has_passed
from tidings.core.messages import message_id
from tidings.entrypoints import wiring
from tidings.entrypoints.wiring import Instance
from tidings.errors import TidingsError
from tidings.model import Envelope
from tidings.state import Store

log = logging.getLogger(__name__)

# A message that could not be sent is tried again after this time.
AGAIN = timedelta(minutes=5)


class Aside:
    """Does one thing at a time in a thread; what comes while it is busy is not done."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._busy = threading.Lock()

    def do(self, errand: Callable[[], None]) -> bool:
        """Begin, unless something is still being done; whether it was begun."""
        if not self._busy.acquire(blocking=False):
            return False

        def done() -> None:
            try:
                errand()
            finally:
                self._busy.release()

        # A daemon: a server that does not answer holds up no end.
        threading.Thread(target=done, name=self._name, daemon=True).start()
        return True

    def wait(self) -> None:
        """Wait for what is being done."""
        with self._busy:
            pass


class Watchman:
    """What is known of the rounds so far, and who is told of it. `instance` may be replaced."""

    def __init__(self, instance: Instance, store: Store, clock: Clock) -> None:
        self.instance = instance
        self._store = store
        self._clock = clock
        self._changing = threading.Lock()
        self._watch = watching.recall(store)
        self._tried_at: datetime | None = None
        self._unanswered = False
        self.heartbeat = Aside("heartbeat")
        self.post = Aside("alerts")

    def saw(self, failure: str) -> None:
        """A round has ended, with this failure or ""."""
        now, settings = self._clock.now(), self.instance.settings
        try:
            late = watching.late(
                self._store,
                settings.digests,
                settings.zone,
                now,
                expires=settings.mail.expires,
            )
        except TidingsError as error:
            late, failure = "", failure or str(error)
        self._change(lambda watch: observed(watch, masked(failure), late, now))
        if url := settings.worker.heartbeat:
            well = not failure and not late
            self.heartbeat.do(lambda: self._ping(url, well=well))
        self._alert(now)

    def refused(self, reason: str) -> None:
        """An edited configuration is not in force for this reason, or, if "", it is."""
        self._change(lambda watch: replace(watch, refused=masked(reason)))

    def _change(self, change: Callable[[Watch], Watch]) -> None:
        with self._changing:
            before, self._watch = self._watch, change(self._watch)
            if self._watch != before:
                # A state that cannot be written is what the round has failed for.
                with suppress(TidingsError):
                    watching.remember(self._store, self._watch)

    def _ping(self, url: str, *, well: bool) -> None:
        reason = ping(url, well=well)
        if reason and not self._unanswered:
            log.warning('heartbeat not answered reason="%s"', reason)
        elif self._unanswered and not reason:
            log.info("heartbeat answered")
        self._unanswered = bool(reason)

    def _alert(self, now: datetime) -> None:
        worker = self.instance.settings.worker
        word = due(self._watch, worker.alert_after, now) if worker.alerts else None
        recent = self._tried_at is not None and not has_passed(AGAIN, self._tried_at, now)
        if not word or not worker.alerts or recent:
            return
        instance, watch, address = self.instance, self._watch, worker.alerts
        self._tried_at = now
        self.post.do(lambda: self._send(instance, word, watch, address, now))

    def _send(
        self, instance: Instance, word: Word, watch: Watch, address: str, now: datetime
    ) -> None:
        try:
            send_alert(instance, word, watch, address, now)
        except TidingsError as error:
            log.warning('alert not sent reason="%s"', masked(str(error)))
            return
        self._tried_at = None
        log.info("alert sent about=%s", word)
        self._change(lambda present: having_told(present, word, now))


def send_alert(instance: Instance, word: Word, watch: Watch, address: str, now: datetime) -> None:
    """Mail the operator by the way that all mail takes. Raises `TidingsError`."""
    settings, sender = instance.settings, wiring.sender(instance.settings)
    domain = urlsplit(settings.site.url).hostname or "localhost"
    name = message_id(
        wiring.secret(instance), f"alert/{word}/{now.isoformat()}", address.casefold(), domain
    )
    message = alert(Alert(word, watch, settings.site.title, address, name, now), sender)
    channel = wiring.transport(instance).connect()
    try:
        number = int(now.timestamp())
        channel.send(Envelope(sender.address, address, "alerts", number, 1), message)
    finally:
        channel.close()
