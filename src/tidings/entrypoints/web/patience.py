"""HTTP as uvicorn speaks it, but with an end to waiting: nobody holds a connection for ever.

A request has to arrive whole within some time of the connection being free for it, and whoever is
sent something has to read on. Where there are more connections than there is room for, the one that
has been silent the longest goes. So programs that open connections and leave it at that, or that
send a byte now and then, take nothing from the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# Seconds. A form takes less even over a bad line.
TO_ASK = 20.0
TO_READ = 60.0


class Patience:
    """Calls `then` in so many seconds, unless it is told that it need not wait any more."""

    def __init__(self, seconds: float, then: Callable[[], None]) -> None:
        self._seconds = seconds
        self._then = then
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait from now on, if it does not already."""
        self._timer = self._timer or loop.call_later(self._seconds, self._then)

    def end(self) -> None:
        """Wait no more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None


class PatientProtocol(H11Protocol):
    """A connection on which neither a request nor a reader is waited for without end.

    `silent` are the connections of a server on which a request is awaited, the longest first;
    `room` is how many it may have in all.
    """

    room = 1_000
    silent: dict[PatientProtocol, None]

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._for_request = Patience(TO_ASK, self._close)
        self._for_reader = Patience(TO_READ, self._abort)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """From now on a request is awaited."""
        super().connection_made(transport)
        self._await_request()
        if len(self.connections) > self.room:
            # If all others are busy, it is this one.
            longest = next(iter(self.silent))
            del self.silent[longest]
            longest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """More of a request, or all of it."""
        super().data_received(data)
        self._await_request()

    def on_response_complete(self) -> None:
        """The next request is awaited, unless it is here already."""
        super().on_response_complete()
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        super().connection_lost(exc)
        self._for_request.end()
        self._for_reader.end()
        self.silent.pop(self, None)

    def pause_writing(self) -> None:
        """Enough is on its way that has not been read."""
        super().pause_writing()
        self._for_reader.begin(self.loop)

    def resume_writing(self) -> None:
        """It was read."""
        super().resume_writing()
        self._for_reader.end()

    def _await_request(self) -> None:
        waiting = self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        if waiting and not self.transport.is_closing():
            self._for_request.begin(self.loop)
            self.silent.setdefault(self)
        else:
            self._for_request.end()
            self.silent.pop(self, None)

    def _close(self) -> None:
        self.transport.close()

    def _abort(self) -> None:
        self.transport.abort()


def protocol(room: int) -> type[PatientProtocol]:
    """The protocol of one server, which may have so many connections at once."""
    return type("Protocol", (PatientProtocol,), {"room": room, "silent": {}})
