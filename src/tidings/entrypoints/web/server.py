"""uvicorn, as it is run here: alone in its process, or in a thread beside the worker."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

import uvicorn
from starlette.types import ASGIApp

from tidings.entrypoints.web.app import application
from tidings.entrypoints.web.patience import protocol
from tidings.entrypoints.web.reception import Reception
from tidings.errors import ConfigError
from tidings.model import Problem

log = logging.getLogger(__name__)

BACKLOG = 2048
LOOK_EVERY = 5.0
DESCRIPTORS = 16_384
# For the state, the seeds, mail; and how many callers are taken up before one is answered.
OTHERWISE = 64
AT_ONCE = 64


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections. Raises `ConfigError` if there can be none."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problem = Problem("tidings", 0, 0, f"{host}:{port}: {reason}", "see --host and --port")
        raise ConfigError([problem]) from error


class Server(uvicorn.Server):
    """uvicorn, which takes up some callers at a time, while many may wait."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        asyncio.get_running_loop().set_exception_handler(_told)
        # asyncio has made the queue as short as the number of callers that it takes up at once.
        # That has to be small, since it goes on taking when there are no descriptors left.
        for each in sockets or ():
            each.listen(BACKLOG)


def _told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A caller who could not be taken up waits, and is no bug: asyncio comes back to it, and would
    tell of each time."""
    error = context.get("exception")
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        log.debug('caller not taken up yet reason="%s"', error)
    else:
        loop.default_exception_handler(context)


def server(
    app: ASGIApp, *, lifespan: Literal["on", "off"] = "off", grace: int = 10
) -> uvicorn.Server:
    """The server, not yet started. It logs no requests: addresses of people stand in them.

    `grace` is for how many seconds it waits for what was begun when it is to end.
    """
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    return Server(
        uvicorn.Config(
            app,
            http=protocol(_room()),
            backlog=AT_ONCE,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan=lifespan,
            ws="none",
            timeout_keep_alive=20,
            timeout_graceful_shutdown=grace,
        )
    )


def _room() -> int:
    """How many connections there may be. Each takes a descriptor, and some another one for a file;
    those that are taken up and let go at once take one for some turns of the loop. We ask the
    system for as many as it lets us have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # fewer will do
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    of_ours = DESCRIPTORS if soft == resource.RLIM_INFINITY else min(DESCRIPTORS, soft)
    return max(1, (of_ours - OTHERWISE - 4 * AT_ONCE) * 2 // 3)


def serve(reception: Reception, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then end what was begun.

    An edited configuration is taken within seconds, at SIGHUP at once.
    """
    # Waited for, since uvicorn's own handler ends the process before anything is put in order.
    # Blocked before any thread starts, so that all of them inherit it.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, {*ends, signal.SIGHUP})
    with beside(reception, host, port), _looking(reception) as look_now:
        while signal.sigwait({*ends, signal.SIGHUP}) not in ends:
            reception.edits.ask()
            look_now.set()
    log.info("serving stopped")


@contextmanager
def _looking(reception: Reception) -> Iterator[threading.Event]:
    """Look for edits now and then in a thread, or when the event is set, while the block runs."""
    now, over = threading.Event(), threading.Event()

    def look() -> None:
        while not over.is_set():
            now.wait(LOOK_EVERY)
            now.clear()
            if not over.is_set():
                reception.look()

    thread = threading.Thread(target=look, name="edits")
    thread.start()
    try:
        yield now
    finally:
        over.set()
        now.set()
        thread.join()


@contextmanager
def beside(reception: Reception, host: str, port: int) -> Iterator[str]:
    """Serve in a thread of its own while the block runs; gives the address."""
    with listen(host, port) as taken:
        running = server(application(reception))
        thread = threading.Thread(target=running.run, args=([taken],), name="serve")
        thread.start()
        log.info("serving address=%s", address_of(taken))
        _resume(reception)
        try:
            yield address_of(taken)
        finally:
            running.should_exit = True
            thread.join()
            reception.close()


def _resume(reception: Reception) -> None:
    """What was asked for before a restart is still to be mailed."""
    if reception.open:
        reception.postman.ring()


def address_of(taken: socket.socket) -> str:
    """Where a socket is reached with a browser."""
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
