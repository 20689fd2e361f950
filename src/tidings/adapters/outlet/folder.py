"""The folder of published files: whole files only, durable, untouched when nothing changed.

A file is written beside its place, synced and renamed over it, then the folder is synced: a reader
sees the old file or the new one, also after a power cut. A modification time never goes back or
stands still when bytes change, since web servers derive the ETag from it. Everybody may read the
files, whatever the umask: a web server does.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tidings.errors import PublishError
from tidings.model import PublishedFile

# Stands there while a publication is under way.
UNFINISHED = ".unfinished"
# The names of our own temporary files: `.atom.xml.4711.tmp`.
LEFTOVER = re.compile(r"\..+\.\d+\.tmp")
SECOND_NS = 1_000_000_000
# How many files are made durable side by side, and of how many the whole disk is asked first.
THREADS = 16
MANY = 200
FILE = 0o644
FOLDER = 0o755
READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
WRITING = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class OutputFolder:
    """The `Outlet` port on a folder, which is made when it is first needed.

    It may be a link to a folder elsewhere, which is not made: a disk may not be there yet.
    """

    def __init__(self, root: Path) -> None:
        self._named = root
        self._root = root.resolve() if root.is_symlink() else root
        self._prefix = f"{self._root}{os.sep}"
        self._unfinished = self._root / UNFINISHED

    def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
        """Put files in place where their bytes differ, all made durable together."""
        return put(self._root, files)

    def standing(self, path: str, data: bytes) -> PublishedFile | None:
        """The file if it has these bytes; else None."""
        place = self._root / path
        with explained(place):
            return look(path, str(place), data)[0]

    def exists(self, path: str) -> bool:
        """Whether there is a file at that path."""
        place = self._root / path
        with explained(place):
            try:
                place.open("rb").close()
            except FileNotFoundError:
                return False
            return True

    def survey(self) -> None:
        """Nothing: each file is looked at when it is asked for."""

    def content(self, path: str) -> bytes | None:
        """The bytes of a file; None if there is none."""
        place = self._root / path
        with explained(place):
            try:
                return place.read_bytes()
            except FileNotFoundError:
                return None

    def stands(self, file: PublishedFile) -> bool:
        """Whether the file is still as we left it, by size and modification time."""
        try:
            # Of a few files for each topic, in each run: paths as values cost three times that.
            found = os.lstat(self._prefix + file.path)
        except OSError:
            return False
        return (found.st_size, found.st_mtime_ns) == (file.size, file.mtime_ns)

    def differs(self, path: str, data: bytes) -> bool:
        """Whether there is a file at that path that says anything else."""
        place = self._root / path
        with explained(place):
            return os.path.lexists(place) and not look(path, str(place), data)[0]

    def is_there(self, file: PublishedFile) -> bool:
        """Whether there is any file where we left one."""
        return (self._root / file.path).is_file()

    def is_intact(self, file: PublishedFile) -> bool:
        """Whether the file is as we left it byte by byte; reads it whole."""
        try:
            data = (self._root / file.path).read_bytes()
        except OSError:
            return False
        return hashlib.sha256(data).hexdigest() == file.digest

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files of ours, and folders that this leaves empty."""
        for path in paths:
            place = self._root / path
            with explained(place):
                place.unlink(missing_ok=True)
            for folder in place.relative_to(self._root).parents:
                try:
                    if folder != Path():
                        (self._root / folder).rmdir()
                except OSError:
                    break  # not empty, or gone already

    def begin(self) -> None:
        """Before a publication: remove what one that did not end left half-written."""
        if self._unfinished.exists():
            self.sweep()
            return
        if self._named.is_symlink() and not self._root.is_dir():
            raise PublishError(
                f"{self._named} is a link to {self._root}, and there is no such folder: make it, "
                "or mount what it is on, and run again"
            )
        with explained(self._unfinished):
            make_folder(self._root)
            self._unfinished.touch(FILE)

    def end(self) -> None:
        """After a publication: nothing is left half-written."""
        with explained(self._unfinished):
            self._unfinished.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what is left half-written anywhere; looks into every folder."""
        for leftover in self._root.rglob(".*.tmp"):
            if LEFTOVER.fullmatch(leftover.name):
                with explained(leftover):
                    leftover.unlink(missing_ok=True)


class Waiting(NamedTuple):
    """A file that is written beside its place, `mtime_ns` after the one that stands there."""

    temporary: str
    place: str
    file: PublishedFile


def put(root: Path, files: Iterable[tuple[str, bytes]]) -> list[tuple[PublishedFile, bool]]:
    """Put files in place below `root` where their bytes differ, all made durable together.

    Each answer says how the file stands now, and whether it was written. Raises `PublishError` with
    what stood there still there, or some files new and the others old.
    """
    answers: list[tuple[PublishedFile, bool]] = []
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
        for each in waiting:
            with explained(each.place):
                os.replace(each.temporary, each.place)  # noqa: PTH105 - they are str
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
            f"{place}: {error.strerror or error}: the file that was there is unchanged; "
            "correct that and run again"
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
    with ThreadPoolExecutor(THREADS) as threads:
        shares = [waiting[first::THREADS] for first in range(min(THREADS, len(waiting)))]
        for answer in [threads.submit(_sync_files, share) for share in shares]:
            answer.result()


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
