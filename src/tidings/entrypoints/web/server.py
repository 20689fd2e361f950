"""uvicorn as it is run here: in a thread of its own, with limits that uvicorn does not have.

uvicorn closes a connection that stays idle between requests. It does not limit how long a request
may take to arrive or a reader to read on, and beyond its limit of connections it refuses those who
ask. `TimedProtocol` does the first two and makes room by closing the connection that has been
silent the longest, so that programs which open connections and leave it at that, or send a byte now
and then, take nothing from the others.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from tidings.entrypoints.web.app import application, metrics_application
from tidings.entrypoints.web.app_state import AppState, Repeater
from tidings.entrypoints.web.responses import text_response
from tidings.errors import ConfigError
from tidings.model import Help, Problem

log = logging.getLogger(__name__)

# Seconds for a request to arrive whole, and for a reader to take what was sent.
REQUEST_SECONDS = 20.0
READER_SECONDS = 60.0
# Seconds between two looks for an edited configuration.
LOOK_EVERY = 5.0
BACKLOG = 2048
# File descriptors: as many as we ask the system for, and those for the state, seeds and mail.
DESCRIPTORS = 16_384
RESERVED = 64
# How many connections the loop accepts in one turn.
ACCEPTED_AT_ONCE = 64


class Timeout:
    """Calls `then` in so many seconds, unless it is stopped before."""

    def __init__(self, seconds: float, then: Callable[[], None]) -> None:
        self._seconds = seconds
        self._then = then
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start, if it does not run already."""
        self._timer = self._timer or loop.call_later(self._seconds, self._then)

    def stop(self) -> None:
        """Stop, if it runs."""
        if self._timer:
            self._timer.cancel()
            self._timer = None


class TimedProtocol(H11Protocol):
    """A connection that is closed if a request does not arrive in time or is not read in time.

    `limit` is how many connections a server may have, `silent` those of them from which a request
    is awaited, the longest first.
    """

    limit = 1_000
    silent: dict[TimedProtocol, None]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, and make room if there are too many connections."""
        super().connection_made(transport)
        self._request_timeout = Timeout(REQUEST_SECONDS, transport.close)
        self._reader_timeout = Timeout(READER_SECONDS, transport.abort)
        self._update_request_timeout()
        if len(self.connections) > self.limit:
            # If all others are busy, it is this one.
            longest = next(iter(self.silent))
            del self.silent[longest]
            longest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        self._update_request_timeout()

    def send_400_response(self, _message: str) -> None:
        """Answer what is no request (RFC 9112 §2.2)."""
        refusal = text_response("This request was not understood.\n", 400)
        headers = [*refusal.raw_headers, (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(refusal.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: what strangers ask for in vain is no outcome."""

    def on_response_complete(self) -> None:
        """Wait for the next request, unless it is here already."""
        super().on_response_complete()
        self._update_request_timeout()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._request_timeout.stop()
        self._reader_timeout.stop()
        self.silent.pop(self, None)

    def pause_writing(self) -> None:
        """Wait for the reader to take what was sent."""
        super().pause_writing()
        self._reader_timeout.start(self.loop)

    def resume_writing(self) -> None:
        """Go on: the reader has taken it."""
        super().resume_writing()
        self._reader_timeout.stop()

    def _update_request_timeout(self) -> None:
        awaited = self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        if awaited and not self.transport.is_closing():
            self._request_timeout.start(self.loop)
            self.silent.setdefault(self)
        else:
            self._request_timeout.stop()
            self.silent.pop(self, None)


class Server(uvicorn.Server):
    """uvicorn with a long queue of callers, of whom it accepts a few at a time."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        asyncio.get_running_loop().set_exception_handler(_log_exception)
        # asyncio has made the queue as short as the number of connections that it accepts in one
        # turn. That number has to be small, since it goes on accepting without descriptors left.
        for each in sockets or ():
            each.listen(BACKLOG)


def _log_exception(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody caught; a caller for whom there is no descriptor waits and is no fault."""
    error = context.get("exception")
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        log.debug('connection not accepted yet reason="%s"', error)
    else:
        loop.default_exception_handler(context)


def server(
    app: ASGIApp, *, lifespan: Literal["on", "off"] = "off", grace: int = 10
) -> uvicorn.Server:
    """The server, not yet started. It logs no requests: addresses of people stand in them.

    `grace` is for how many seconds it waits for answers under way when it is to end.
    """
    limits = {"limit": _connection_limit(), "silent": {}}
    return Server(
        uvicorn.Config(
            app,
            http=type("LimitedProtocol", (TimedProtocol,), limits),
            backlog=ACCEPTED_AT_ONCE,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan=lifespan,
            ws="none",
            timeout_keep_alive=20,
            timeout_graceful_shutdown=grace,
        )
    )


def _connection_limit() -> int:
    """How many connections there may be: each takes a descriptor, some another one for a file.

    Raises the limit of descriptors as far as the system lets us.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # fewer will do
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    descriptors = DESCRIPTORS if soft == resource.RLIM_INFINITY else min(DESCRIPTORS, soft)
    # Connections that are accepted and closed at once keep theirs for some turns of the loop.
    return max(1, (descriptors - RESERVED - 4 * ACCEPTED_AT_ONCE) * 2 // 3)


def listen(host: str, port: int, hint: str = "see --host and --port") -> socket.socket:
    """A socket that accepts connections. Raises `ConfigError` if there can be none."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problem = Problem(
            "tidings",
            0,
            0,
            f"{host}:{port}: {reason}",
            hint,
            help=Help.WRONG_ARGUMENT,
        )
        raise ConfigError([problem]) from error


def address_of(listening: socket.socket) -> str:
    """Where a socket is reached with a browser."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def beside(state: AppState, host: str, port: int) -> Iterator[str]:
    """Serve in a thread of its own while the block runs; gives the address."""
    with listen(host, port) as listening, answering(state, listening) as address:
        yield address


@contextmanager
def answering(state: AppState, listening: socket.socket) -> Iterator[str]:
    """Serve on a socket in a thread of its own while the block runs; gives the address."""
    with _running(metrics_application(state), _metrics_socket(state), "metrics"):
        try:
            with _running(application(state), listening, "serve"):
                log.info("serving address=%s", address_of(listening))
                if state.site.open:
                    # What was asked for before a restart is still to be mailed.
                    state.confirmations.wake()
                yield address_of(listening)
        finally:
            state.close()


@contextmanager
def _running(app: ASGIApp, listening: socket.socket | None, name: str) -> Iterator[None]:
    """Serve an application in a thread while the block runs; without a socket, serve nothing."""
    if listening is None:
        yield
        return
    running = server(app)
    thread = threading.Thread(target=running.run, args=([listening],), name=name)
    thread.start()
    try:
        yield
    finally:
        running.should_exit = True
        thread.join()
        listening.close()


def _metrics_socket(state: AppState) -> socket.socket | None:
    """Where the figures are served by themselves, if they are. Raises `ConfigError`."""
    if not state.metrics_at:
        return None
    host, _, port = state.metrics_at.rpartition(":")
    listening = listen(host.strip("[]"), int(port), "see worker.metrics")
    log.info("serving metrics address=%s", address_of(listening))
    return listening


def serve(state: AppState, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was begun.

    An edited configuration is taken within seconds, at SIGHUP at once.
    """
    # Waited for, since uvicorn's own handler ends the process before anything is put in order.
    # Blocked before any thread starts, so that all of them inherit it.
    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    looking = Repeater("edits", state.look, LOOK_EVERY)
    with beside(state, host, port):
        looking.wake()
        while signal.sigwait(signals) == signal.SIGHUP:
            state.edits.ask()
            looking.wake()
        looking.stop()
    log.info("serving stopped")
