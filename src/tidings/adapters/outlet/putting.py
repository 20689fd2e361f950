"""Putting a batch of files in place: each is written beside it, all are made durable, then each is
renamed over what stood there. Everybody may read them, whatever the umask: a web server does.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tidings.errors import PublishError
from tidings.model import PublishedFile

SECOND_NS = 1_000_000_000
# How many files are made durable side by side, and of how many the whole disk is asked first.
HANDS = 16
FILE = 0o644
FOLDER = 0o755
MANY = 200
READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
WRITING = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC

Answer = tuple[PublishedFile, bool]


class Waiting(NamedTuple):
    """A file that is written beside its place, `mtime_ns` after the one that stands there."""

    temporary: str
    place: str
    file: PublishedFile


def put(
    root: Path, files: Iterable[tuple[str, bytes]], *, wanted: Callable[[], bool] = lambda: True
) -> list[Answer]:
    """Put files in place below `root` where their bytes differ, all made durable together.

    Each answer says how the file stands now, and whether it was written. `wanted` is asked once
    all are durable, which may have taken a while. Raises `PublishError` with what stood there still
    there, or some files new and the others old.
    """
    answers: list[Answer] = []
    waiting: list[Waiting] = []
    folders: set[str] = set()
    try:
        for path, data in files:
            # Of plain text, here and below: there may be a hundred thousand of them.
            place = f"{root}/{path}"
            with explained(place):
                standing, before_ns = look(path, place, data)
                if standing:
                    answers.append((standing, False))
                    continue
                folder = place.rpartition("/")[0]
                if folder not in folders:
                    make_folder(Path(folder))
                    folders.add(folder)
                waiting.append(_write_beside(path, place, data, before_ns))
        _make_durable(waiting)
        _refuse_unwanted(root, wanted)
        for each in waiting:
            with explained(each.place):
                _replace(each.temporary, each.place)
            answers.append((each.file, True))
        for folder in folders:
            with explained(folder):
                _sync_folder(Path(folder))
    except PublishError:
        for each in waiting:
            Path(each.temporary).unlink(missing_ok=True)
        raise
    return answers


def look(path: str, place: str, data: bytes) -> tuple[PublishedFile | None, int]:
    """The file at `place` if it has these bytes, else None; and its modification time, 0 if there
    is no file."""
    try:
        found = os.stat(place)  # noqa: PTH116 - a str is at hand
        same = found.st_size == len(data) and Path(place).read_bytes() == data
    except FileNotFoundError:
        return None, 0
    return (_published(path, data, found.st_mtime_ns) if same else None), found.st_mtime_ns


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(FOLDER, exist_ok=True)
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & FOLDER != FOLDER:
        with suppress(PermissionError):  # a file system may have modes of its own
            folder.chmod(mode | FOLDER)
    _sync_folder(folder.parent)


@contextmanager
def explained(place: object) -> Iterator[None]:
    """Raises `PublishError` for what the system says of `place`."""
    try:
        yield
    except OSError as error:
        raise PublishError(
            f"{place}: {error.strerror or error}: the file that stood there still does; mend that "
            "and run again"
        ) from error


def _published(path: str, data: bytes, mtime_ns: int) -> PublishedFile:
    return PublishedFile(path, len(data), mtime_ns, hashlib.sha256(data).hexdigest())


def _write_beside(path: str, place: str, data: bytes, before_ns: int) -> Waiting:
    """Write a temporary file next to where it belongs; it is not durable yet.

    Its modification time is later than that of the one before by a second or more.
    """
    folder, _, name = place.rpartition("/")
    temporary = f"{folder}/.{name}.{os.getpid()}.tmp"
    descriptor = os.open(temporary, WRITING, FILE)
    try:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != FILE:
            with suppress(PermissionError):
                os.fchmod(descriptor, FILE)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        mtime_ns = os.fstat(descriptor).st_mtime_ns
        if before_ns and mtime_ns < before_ns + SECOND_NS:
            os.utime(descriptor, ns=(before_ns + SECOND_NS, before_ns + SECOND_NS))
            mtime_ns = os.fstat(descriptor).st_mtime_ns
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return Waiting(temporary, place, _published(path, data, mtime_ns))


def _make_durable(waiting: Sequence[Waiting]) -> None:
    """Let files reach the disk: all at once, since each alone would wait for the disk to turn to
    it. Each is asked for, as nothing else tells of an error."""
    if len(waiting) >= MANY and sys.platform == "linux":
        os.sync()  # what is then still to be asked for is done already
    with ThreadPoolExecutor(HANDS) as hands:
        shares = [waiting[first::HANDS] for first in range(min(HANDS, len(waiting)))]
        for answer in [hands.submit(_sync_files, share) for share in shares]:
            answer.result()


def _refuse_unwanted(root: Path, wanted: Callable[[], bool]) -> None:
    if not wanted():
        raise PublishError(f"{root}: nobody waits for these files any more")


def _replace(temporary: str, place: str) -> None:
    os.replace(temporary, place)  # noqa: PTH105 - they are str


def _sync_files(waiting: Sequence[Waiting]) -> None:
    for each in waiting:
        with explained(each.place):
            _sync_file(each.temporary)


def _sync_file(file: str) -> None:
    descriptor = os.open(file, READING)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, READING | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
