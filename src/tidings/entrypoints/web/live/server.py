"""The live preview on a socket, until somebody ends it."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tidings.entrypoints.web.live.app import application
from tidings.entrypoints.web.live.watching import Watch
from tidings.entrypoints.web.server import address_of, listen, server


def serve(watch: Watch, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `tell` is given the address. Raises `ConfigError`."""
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with running(watch, host, port) as address:
        tell(address)
        signal.sigwait(ends)


@contextmanager
def running(watch: Watch, host: str, port: int) -> Iterator[str]:
    """Serve in a thread of its own while the block runs; gives the address."""
    taken: socket.socket
    with listen(host, port) as taken:
        served = server(application(watch, host), lifespan="on", grace=2)
        thread = threading.Thread(target=served.run, args=([taken],), name="preview")
        thread.start()
        try:
            yield address_of(taken)
        finally:
            watch.closing = True
            served.should_exit = True
            thread.join()
