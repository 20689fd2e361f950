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
from contextlib import contextmanager
from pathlib import Path

from tidings.application.ports.store import PublishedFile
from tidings.application.ports.world import FileChange
from tidings.errors import PublishError

SECOND_NS = 1_000_000_000
MANY = 32
FEED = "atom.xml"
# The names of our own temporary files: `.atom.xml.4711.tmp`.
LEFTOVER = re.compile(r"\..+\.\d+\.tmp")


class FolderOutlet:
    """The `Outlet` port on a folder, which is made when it is first needed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
        """Put files in place where their bytes differ, all made durable together."""
        answers: list[tuple[PublishedFile, bool]] = []
        waiting: list[tuple[Path, Path, str, bytes]] = []
        try:
            for path, data in files:
                with _explained(self._root / path):
                    standing = self.standing(path, data)
                    if standing:
                        answers.append((standing, False))
                        continue
                    place = self._root / path
                    waiting.append((_write_beside(place, data), place, path, data))
            if len(waiting) >= MANY and sys.platform == "linux":
                os.sync()  # one for all; elsewhere it may return before it is done
            else:
                for temporary, place, _, _ in waiting:
                    with _explained(place):
                        _sync_file(temporary)
            for temporary, place, path, data in waiting:
                with _explained(place):
                    _replace(temporary, place)
                    answers.append((_published(path, place, data), True))
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

    def sweep(self) -> None:
        """Remove what a crash left half-written."""
        for leftover in self._root.rglob(".*.tmp"):
            if LEFTOVER.fullmatch(leftover.name):
                with _explained(leftover):
                    leftover.unlink(missing_ok=True)

    def standing(self, path: str, data: bytes) -> PublishedFile | None:
        """The file at that path if it has these bytes, else None."""
        place = self._root / path
        try:
            same = place.stat().st_size == len(data) and place.read_bytes() == data
        except FileNotFoundError:
            return None
        return _published(path, place, data) if same else None


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


def _published(path: str, place: Path, data: bytes) -> PublishedFile:
    digest = hashlib.sha256(data).hexdigest()
    return PublishedFile(path, len(data), place.stat().st_mtime_ns, digest)


def _write_beside(place: Path, data: bytes) -> Path:
    """Write a temporary file next to where it belongs; it is not durable yet."""
    _make_folder(place.parent)
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


def _replace(temporary: Path, place: Path) -> None:
    try:
        before = place.stat().st_mtime_ns
    except FileNotFoundError:
        before = 0
    if temporary.stat().st_mtime_ns < before + SECOND_NS:
        later = before + SECOND_NS
        os.utime(temporary, ns=(later, later))
    temporary.replace(place)


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
