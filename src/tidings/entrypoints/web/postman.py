"""A thread that sends what waits for confirmation, when there is something and every minute."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from tidings.errors import TidingsError

log = logging.getLogger(__name__)

EVERY = 60.0


class Postman:
    """Calls `send` when rung for, and now and then for what could not be sent before."""

    def __init__(self, send: Callable[[], int]) -> None:
        self._send = send
        self._change = threading.Condition()
        self._rung = False
        self._stopping = False
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """There is something to send."""
        with self._change:
            self._rung = True
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._work, name="postman", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def stop(self) -> None:
        """Send what was rung for, then go home."""
        with self._change:
            thread, self._thread = self._thread, None
            self._stopping = True
            self._change.notify_all()
        if thread:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._change:
                if not self._rung and not self._stopping:
                    self._change.wait(EVERY)
                if self._stopping and not self._rung:
                    return
                self._rung = False
            try:
                if sent := self._send():
                    log.info("confirmations sent sent=%d", sent)
            except TidingsError as error:
                log.warning('confirmations not sent reason="%s"', error)
