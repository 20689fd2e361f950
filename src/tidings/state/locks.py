"""Advisory locks between processes: one file each, never the database itself.

Closing any descriptor of a SQLite file drops the POSIX locks SQLite holds on it, so the lock lives
beside it. `flock` is not dependable on NFS.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tidings.errors import StoreBusy, StoreError
from tidings.state import modes

WAIT_SECONDS = 30.0
POLL_SECONDS = 0.02


@contextmanager
def held(path: Path, *, wait: float, busy: str) -> Iterator[None]:
    """Hold an exclusive lock on `path` while the block runs.

    Waits up to `wait` seconds; raises `StoreBusy(busy)` when another process keeps it for longer,
    `StoreError` when there can be no such file.
    """
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, modes.FILE)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}: make it a file that can be written") from error
    try:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise StoreBusy(busy) from None
                time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


class Lock:
    """A lock that every process asks for before it does one kind of thing.

    Re-entrant within a thread, so that a checkpoint can follow a commit under one lock; threads of
    one process queue on a plain lock first. `busy` says what another process does that has it.
    """

    def __init__(self, path: Path, busy: str) -> None:
        self._path = path
        self._busy = f"{busy} ({path}): try again later"
        self._threads = threading.RLock()
        self._depth = 0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Wait up to 30 s for the lock, then raise `StoreBusy`."""
        with self._threads:
            if self._depth:
                yield
                return
            with held(self._path, wait=WAIT_SECONDS, busy=self._busy):
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1


def state_lock(path: Path) -> Lock:
    """`state/state.lock`: around every write transaction and checkpoint of every process."""
    return Lock(path, "the state is in use by another process")


def publish_lock(path: Path) -> Lock:
    """`state/publish.lock`: around all that a process records and publishes of it."""
    return Lock(path, "another process records and publishes")


def is_held(lock: Path) -> bool:
    """Whether a process holds this lock. Makes no file; holds the lock itself for a moment."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
