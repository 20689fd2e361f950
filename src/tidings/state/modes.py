"""Who may read the state: its owner alone, whatever the umask.

Files come into being with the mode that they keep, so that there is no moment in which others can
open them. SQLite gives its logs the mode of the database. What an earlier version left open to
others is narrowed whenever the state is opened for writing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from tidings.errors import StoreError

FILE = 0o600
FOLDER = 0o700
OTHERS = 0o077
# The copy that is kept of a state before its schema is changed.
BEFORE_UPGRADE = ".before-upgrade"


def files_of(path: Path) -> tuple[Path, ...]:
    """All that there may be of the state at `path`, itself first: its logs, key and locks."""
    suffixes = ("", "-wal", "-shm", "-journal", ".initialised", BEFORE_UPGRADE)
    beside = ("secret.key", "state.lock", "publish.lock", "worker.lock")
    return (
        *(path.with_name(path.name + suffix) for suffix in suffixes),
        *(path.with_name(name) for name in beside),
    )


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
