"""Opening a file with distrust, and reading it whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path, PurePosixPath
from typing import Final

from tidings.adapters.seedbox.decoding import size
from tidings.adapters.seedbox.paths import shown, stays_inside
from tidings.adapters.seedbox.refusing import REGULAR_HINT, RefusedError
from tidings.adapters.seedbox.surveying import as_stat
from tidings.model import SeedStat

_OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OPEN_FOLDER: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_CHUNK: Final = 1 << 20
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
)


def whole(root: Path, path: str, limit: int) -> tuple[bytes, SeedStat]:
    """The bytes of a regular file of at most `limit` bytes that stood still while it was read.

    Raises `RefusedError`.
    """
    descriptor = _opened(root, path)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise RefusedError(f"this is {_kind(facts.st_mode)}, not a file", REGULAR_HINT)
        before = as_stat(path, facts)
        data = b""
        if before.size <= limit:
            data = _read_at_most(descriptor, limit + 1)
        if max(before.size, len(data)) > limit:
            raise RefusedError(
                f"the file is larger than {size(limit)}",
                "split it, or raise limits.file",
            )
        if as_stat(path, os.fstat(descriptor)) != before or len(data) != before.size:
            raise RefusedError(
                "the file changed while it was read", "it is read again next time",
                transient=True,
            )  # fmt: skip
    except OSError as error:
        raise _not_opened(error, path) from error
    finally:
        os.close(descriptor)
    return data, before


def _opened(root: Path, path: str) -> int:
    """A descriptor of the file, each folder on the way opened without following links."""
    if not stays_inside(path) or shown(path) != path:
        raise RefusedError(
            "this path does not lead to a file of the instance",
            "name files relative to the instance folder, without '..'",
        )
    *folders, name = PurePosixPath(path).parts
    held = -1
    try:
        held = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for folder in folders:
            within, held = held, os.open(folder, _OPEN_FOLDER, dir_fd=held)
            os.close(within)
        return os.open(name, _OPEN_FILE, dir_fd=held)
    except OSError as error:
        raise _not_opened(error, path) from error
    finally:
        if held >= 0:
            os.close(held)


def _not_opened(error: OSError, path: str) -> RefusedError:
    match error.errno:
        case errno.ENOENT if "\\" in path:
            return RefusedError(
                "the name of this file has characters that cannot be shown",
                "rename it; names are in UTF-8",
            )
        case errno.ENOENT | errno.ESTALE:
            return RefusedError(
                "the file is gone", "nothing to do if it was removed on purpose", transient=True
            )
        case errno.ELOOP | errno.EMLINK | errno.ENOTDIR:
            return RefusedError("the path goes through a symbolic link", REGULAR_HINT)
        case errno.EACCES | errno.EPERM:
            return RefusedError(
                "permission denied", "let the account that runs Tidings read the file"
            )
        case errno.ENXIO | errno.ENODEV | errno.EISDIR | errno.EOPNOTSUPP:
            return RefusedError("this is not a regular file", REGULAR_HINT)
        case _:
            reason = error.strerror or str(error)
            return RefusedError(
                f"the file cannot be read: {reason}", "it is tried again next time", transient=True
            )


def _kind(mode: int) -> str:
    return next((words for test, words in _KINDS if test(mode)), "a device")


def _read_at_most(descriptor: int, limit: int) -> bytes:
    chunks = []
    while limit > 0 and (chunk := os.read(descriptor, min(limit, _CHUNK))):
        chunks.append(chunk)
        limit -= len(chunk)
    return b"".join(chunks)
