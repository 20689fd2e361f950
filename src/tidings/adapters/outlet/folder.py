"""The outlet on a folder."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tidings.adapters.outlet.putting import FILE, explained, look, make_folder, put
from tidings.adapters.outlet.scribe import Scribe, ScribeLostError
from tidings.model import PublishedFile

log = logging.getLogger(__name__)

# Stands there while a publication is under way.
UNFINISHED = ".unfinished"
# The names of our own temporary files: `.atom.xml.4711.tmp`.
LEFTOVER = re.compile(r"\..+\.\d+\.tmp")
# With so many files in one publication, they are put in place by another process.
MANY = 500


class FolderOutlet:
    """The `Outlet` port on a folder, which is made when it is first needed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._unfinished = root / UNFINISHED
        self._count = 0
        self._scribe: Scribe | None = None
        self._lost_one = False

    def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
        """Put files in place where their bytes differ, all made durable together."""
        batch = list(files)
        self._count += len(batch)
        if self._count >= MANY and not self._lost_one:
            try:
                self._scribe = self._scribe or Scribe(self._root)
                return self._scribe.put(batch)
            except ScribeLostError as error:
                # It is there for speed alone: what it has not done is done here.
                log.warning('second process lost, going on without it reason="%s"', error)
                self._lost_one = True
        return put(self._root, batch)

    def stands(self, file: PublishedFile) -> bool:
        """Whether the file is still as we left it, by size and modification time."""
        try:
            found = (self._root / file.path).lstat()
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
        self._dismiss()
        self._lost_one = False
        if self._unfinished.exists():
            self.sweep()
            return
        with explained(self._unfinished):
            make_folder(self._root)
            self._unfinished.touch(FILE)

    def end(self) -> None:
        """After a publication: nothing is left half-written."""
        self._dismiss()
        if self._lost_one:
            return  # what the scribe has left is swept up by the next publication
        with explained(self._unfinished):
            self._unfinished.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what is left half-written anywhere; looks into every folder."""
        for leftover in self._root.rglob(".*.tmp"):
            if LEFTOVER.fullmatch(leftover.name):
                with explained(leftover):
                    leftover.unlink(missing_ok=True)

    def _dismiss(self) -> None:
        """Let the scribe go, if there is one."""
        self._count, scribe, self._scribe = 0, self._scribe, None
        if scribe:
            scribe.end()
