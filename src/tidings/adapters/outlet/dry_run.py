"""What a dry run has for the world: an outlet that only compares, and mail that goes nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from tidings.adapters.outlet.folder import OutputFolder
from tidings.model import Envelope, FileChange, PublishedFile

FEED = "atom.xml"


class Published(Protocol):
    """What is published, to be looked at: a folder or a bucket. Raises `PublishError`."""

    def stands(self, file: PublishedFile) -> bool:
        """Whether the file is still as we left it."""
        ...

    def standing(self, path: str, data: bytes) -> PublishedFile | None:
        """The file if it has these bytes; else None."""
        ...

    def differs(self, path: str, data: bytes) -> bool:
        """Whether there is a file at that path that says anything else."""
        ...

    def exists(self, path: str) -> bool:
        """Whether there is a file at that path."""
        ...

    def content(self, path: str) -> bytes | None:
        """The bytes of a file; None if there is none."""
        ...

    def survey(self) -> None:
        """Note what there is, where that takes fewer questions than asking for each file."""
        ...


class DryRunOutlet:
    """The `Outlet` port on a folder, or wherever is `published`, which is read and never
    touched."""

    def __init__(self, root: Path, published: Published | None = None) -> None:
        self._published = published or OutputFolder(root)
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
        return self._put.get(file.path) == file or self._published.stands(file)

    def differs(self, path: str, data: bytes) -> bool:
        """Whether there is a file at that path that says anything else."""
        return path not in self._put and self._published.differs(path, data)

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
        """Look at what there is; what a crash left is no file of ours."""
        self._published.survey()

    def _note(self, path: str, data: bytes) -> tuple[PublishedFile, bool]:
        file = PublishedFile(path, len(data), 0, hashlib.sha256(data).hexdigest())
        if self._put.get(path) == file:
            return file, False
        if standing := self._published.standing(path, data):
            self._changes.pop(path, None)
            self._put.pop(path, None)
            return standing, False
        self._put[path] = file
        self._changes[path] = FileChange(path, self._read(path), _kept(path, data))
        return file, True

    def _read(self, path: str) -> bytes | None:
        if path.endswith(FEED):
            return self._published.content(path)
        return b"" if self._published.exists(path) else None


def _kept(path: str, data: bytes) -> bytes:
    """The bytes of a feed: nobody looks into the others, which are too many to keep."""
    return data if path.endswith(FEED) else b""


class NullTransport:
    """The `Transport` port, and its channel: messages are taken and forgotten."""

    def connect(self) -> NullTransport:
        """Itself."""
        return self

    def close(self) -> None:
        """Nothing is held open."""

    def send(self, _envelope: Envelope, _message: bytes) -> str:
        """Forget the message."""
        return "not sent: this was a dry run"
