"""The folder of published files: whole files only, durable, untouched when nothing changed.

A file is written beside its place, synced and renamed over it, then the folder is synced: a reader
sees the old file or the new one, also after a power cut. A modification time never goes back or
stands still when bytes change, since web servers derive the ETag from it.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tidings.application.ports.store import PublishedFile
from tidings.application.ports.world import FileChange
from tidings.errors import PublishError

SECOND_NS = 1_000_000_000
# How many files are made durable side by side, and of how many the whole disk is asked first.
HANDS = 16
MANY = 200
FEED = "atom.xml"
# Stands there while a publication is under way.
UNFINISHED = ".unfinished"
# The names of our own temporary files: `.atom.xml.4711.tmp`.
LEFTOVER = re.compile(r"\..+\.\d+\.tmp")


class FolderOutlet:
    """The `Outlet` port on a folder, which is made when it is first needed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._unfinished = root / UNFINISHED

    def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
        """Put files in place where their bytes differ, all made durable together."""
        answers: list[tuple[PublishedFile, bool]] = []
        waiting: list[tuple[Path, Path, str, bytes]] = []
        folders: set[Path] = set()
        try:
            for path, data in files:
                with _explained(self._root / path):
                    standing = self.standing(path, data)
                    if standing:
                        answers.append((standing, False))
                        continue
                    place = self._root / path
                    if place.parent not in folders:
                        _make_folder(place.parent)
                        folders.add(place.parent)
                    waiting.append((_write_beside(place, data), place, path, data))
            _make_durable([(temporary, place) for temporary, place, _, _ in waiting])
            for temporary, place, path, data in waiting:
                with _explained(place):
                    mtime_ns = _replace(temporary, place)
                    answers.append((_published(path, data, mtime_ns), True))
            for folder in dict.fromkeys(place.parent for _, place, _, _ in waiting):
                with _explained(folder):
                    _sync_folder(folder)
        except PublishError:
            for temporary, _, _, _ in waiting:
                temporary.unlink(missing_ok=True)
            raise
        return answers

    def stands(self, file: PublishedFile) -> bool:
        """Whether the file is still as we left it, by size and modification time."""
        try:
            found = (self._root / file.path).lstat()
        except OSError:
            return False
        return (found.st_size, found.st_mtime_ns) == (file.size, file.mtime_ns)

    def differs(self, path: str, data: bytes) -> bool:
        """Whether there is a file at that path that says anything else."""
        with _explained(self._root / path):
            return os.path.lexists(self._root / path) and not self.standing(path, data)

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
            with _explained(place):
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
        with _explained(self._unfinished):
            _make_folder(self._root)
            self._unfinished.touch()

    def end(self) -> None:
        """After a publication: nothing is left half-written."""
        with _explained(self._unfinished):
            self._unfinished.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what is left half-written anywhere; looks into every folder."""
        for leftover in self._root.rglob(".*.tmp"):
            if LEFTOVER.fullmatch(leftover.name):
                with _explained(leftover):
                    leftover.unlink(missing_ok=True)

    def standing(self, path: str, data: bytes) -> PublishedFile | None:
        """The file at that path if it has these bytes, else None."""
        place = self._root / path
        try:
            found = place.stat()
            same = found.st_size == len(data) and place.read_bytes() == data
        except FileNotFoundError:
            return None
        return _published(path, data, found.st_mtime_ns) if same else None


class RehearsalOutlet:
    """The `TrialOutlet` port on a folder: it is read, and never touched."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = FolderOutlet(root)
        self._changes: dict[str, FileChange] = {}
        self._put: dict[str, PublishedFile] = {}

    def changes(self) -> Sequence[FileChange]:
        """What would be written and removed, by path."""
        return [self._changes[path] for path in sorted(self._changes)]

    def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
        """Note which files differ."""
        return [self._note(path, data) for path, data in files]

    def stands(self, file: PublishedFile) -> bool:
        """Whether the file is as it was left, or would have been."""
        return self._put.get(file.path) == file or self._folder.stands(file)

    def differs(self, path: str, data: bytes) -> bool:
        """Whether there is a file at that path that says anything else."""
        return path not in self._put and self._folder.differs(path, data)

    def remove(self, paths: Iterable[str]) -> None:
        """Note which files would go."""
        for path in paths:
            self._put.pop(path, None)
            before = self._read(path)
            if before is None:
                self._changes.pop(path, None)
            else:
                self._changes[path] = FileChange(path, before, None)

    def begin(self) -> None:
        """Nothing is written, so nothing can be left half-written."""

    def end(self) -> None:
        """Nor is there anything to tidy up."""

    def sweep(self) -> None:
        """What a crash left is no file of ours."""

    def _note(self, path: str, data: bytes) -> tuple[PublishedFile, bool]:
        file = PublishedFile(path, len(data), 0, hashlib.sha256(data).hexdigest())
        if self._put.get(path) == file:
            return file, False
        with _explained(self._root / path):
            standing = self._folder.standing(path, data)
        if standing:
            self._changes.pop(path, None)
            self._put.pop(path, None)
            return standing, False
        self._put[path] = file
        self._changes[path] = FileChange(path, self._read(path), _kept(path, data))
        return file, True

    def _read(self, path: str) -> bytes | None:
        place = self._root / path
        with _explained(place):
            try:
                return _kept(path, place.read_bytes())
            except FileNotFoundError:
                return None


def _kept(path: str, data: bytes) -> bytes:
    """The bytes of a feed: nobody looks into the others, which are too many to keep."""
    return data if path.endswith(FEED) else b""


def _published(path: str, data: bytes, mtime_ns: int) -> PublishedFile:
    return PublishedFile(path, len(data), mtime_ns, hashlib.sha256(data).hexdigest())


def _write_beside(place: Path, data: bytes) -> Path:
    """Write a temporary file next to where it belongs; it is not durable yet."""
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _make_durable(files: Sequence[tuple[Path, Path]]) -> None:
    """Let files (each with the place that it is for) reach the disk: all at once, since each alone
    would wait for the disk to turn to it. Each is asked for, as nothing else tells of an error."""
    if len(files) >= MANY and sys.platform == "linux":
        os.sync()  # what is then still to be asked for is done already
    with ThreadPoolExecutor(HANDS) as hands:
        for asked, (_, place) in [(hands.submit(_sync_file, each[0]), each) for each in files]:
            with _explained(place):
                asked.result()


def _sync_file(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, each durably."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _replace(temporary: Path, place: Path) -> int:
    """Put the file in its place; returns its modification time, later than that of the one before
    by a second or more."""
    try:
        before = place.stat().st_mtime_ns
    except FileNotFoundError:
        before = 0
    mtime_ns = temporary.stat().st_mtime_ns
    if mtime_ns < before + SECOND_NS:
        later = before + SECOND_NS
        os.utime(temporary, ns=(later, later))
        mtime_ns = temporary.stat().st_mtime_ns
    temporary.replace(place)
    return mtime_ns


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PublishError(
            f"{place}: {error.strerror or error}: the file that stood there still does; mend that "
            "and run again"
        ) from error
