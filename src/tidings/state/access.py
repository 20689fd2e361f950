"""Who may use the state: file modes that leave it to its owner, and locks between processes.

Files come into being with the mode that they keep, so that there is no moment in which others can
open them. SQLite gives its logs the mode of the database. What an earlier version left open to
others is narrowed whenever the state is opened for writing.

Locks are advisory, one file each, never the database itself: closing any descriptor of a SQLite
file drops the POSIX locks that SQLite holds on it. `flock` is not dependable on NFS.
"""

from __future__ import annotations

import fcntl
import os
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tidings.errors import StoreBusy, StoreError

FILE = 0o600
FOLDER = 0o700
OTHERS = 0o077
# The copy that is kept of a state before its schema is changed.
BEFORE_UPGRADE = ".before-upgrade"


@dataclass(frozen=True, slots=True)
class Server:
    """The address of a database, and the password to it, which no message and no log shows.

    It is written as `postgresql://user@host:port/database?sslmode=verify-full`, with the options
    that libpq knows.
    """

    address: str
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        parts = urlsplit(self.address)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname or 'the local server'}{port}{parts.path}"


# Where a state is kept.
Place = Path | Server


def files_of(path: Path) -> tuple[Path, ...]:
    """All that there may be of the state at `path`, itself first: its logs, key and locks."""
    suffixes = ("", "-wal", "-shm", "-journal", ".initialised", BEFORE_UPGRADE)
    beside = ("secret.key", "state.lock", "publish.lock", "worker.lock")
    index = index_of(path)
    return (
        *(path.with_name(path.name + suffix) for suffix in suffixes),
        *(index.with_name(index.name + suffix) for suffix in suffixes[:3]),
        *(path.with_name(name) for name in beside),
    )


def index_of(path: Path) -> Path:
    """Where the index is by which the state at `path` is searched."""
    return path.with_name(f"{path.stem}-search.db")


def refuse_stranger(path: Path) -> None:
    """Raise `StoreError` if the state at `path` is another user's, and closed to us."""
    for place in (path.parent, path):
        with suppress(OSError):
            wanted = os.R_OK | (os.X_OK if place.is_dir() else 0)
            if place.exists() and not os.access(place, wanted):
                raise StoreError(f"{place} cannot be read: run as {_owner(place)}, whose it is")


def _owner(place: Path) -> str:
    try:
        return place.owner()
    except KeyError:
        return f"user {place.stat().st_uid}"


def make_folder(path: Path) -> None:
    """Make the folder of the state at `path`; those above it, where they are missing, are as usual.
    Raises `OSError`, and `StoreError` if the folder is closed to us."""
    refuse_stranger(path)
    path.parent.mkdir(FOLDER, parents=True, exist_ok=True)


def create(file: Path) -> None:
    """Make an empty file, unless there is one."""
    # What cannot be made is told of by whoever goes on to write it.
    with suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        os.close(os.open(file, flags, FILE))


def is_apart(path: Path) -> bool:
    """Whether the folder of the state at `path` holds the state and nothing else.

    Any other is somebody's on purpose, an instance's own folder above all, and keeps its mode.
    """
    ours = {file.name for file in files_of(path)}
    # A state that is being copied, a key that is being made.
    begun = (".tidings-", ".secret.key.")
    try:
        return all(
            each.name in ours or each.name.startswith(begun) for each in path.parent.iterdir()
        )
    except OSError:
        return False


def exposed(path: Path, others: Iterable[Path] = ()) -> Iterator[Path]:
    """What other users of the machine could open of the state at `path`, and of other files."""
    for place in (*files_of(path), *others, *([path.parent] if is_apart(path) else [])):
        with suppress(OSError):
            if stat.S_IMODE(place.stat().st_mode) & OTHERS:
                yield place


def narrow(path: Path, others: Iterable[Path] = ()) -> None:
    """Let nobody else open any of it. What belongs to another user stays as it is, and `doctor`
    tells of it."""
    for place in exposed(path, others):
        with suppress(OSError):
            place.chmod(FOLDER if place.is_dir() else FILE)


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
        descriptor = os.open(path, flags, FILE)
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
            except OSError as error:
                raise StoreError(
                    f"{path}: {error.strerror}: its file system cannot lock files, as some network"
                    " file systems cannot, and without that two processes could write at once: put"
                    " the state on a local disk; `state` in config/tidings.yaml says where it is"
                ) from error
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
    except OSError:
        return False  # nothing can be locked here
    finally:
        os.close(descriptor)
    return False
