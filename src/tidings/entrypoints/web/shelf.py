"""Published files as they are sent: bytes, their gzip form, and a strong ETag for each.

What was read is kept, up to so many bytes, for as long as the file is the same one.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from email.utils import formatdate

SHELF_BYTES = 32 * 2**20
# Larger files are sent from the disk, piece by piece.
LARGEST = 4 * 2**20
WORTH_PACKING = 400

_TYPES = {
    "html": "text/html; charset=utf-8",
    # Browsers show a feed with its style sheet only under this name (RFC 7303).
    "xml": "application/xml; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "md": "text/plain; charset=utf-8",
    "json": "application/json",
    "js": "text/javascript; charset=utf-8",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
}
_PACKED_ALREADY = {"png", "jpg", "jpeg", "webp", "gif", "woff2"}

Stamp = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Form:
    """One coding of a file: its bytes (none if they are on the disk), their number, its ETag."""

    body: bytes | None
    length: int
    etag: str


@dataclass(frozen=True, slots=True)
class Volume:
    """A file at one moment: as it is, and packed if that is shorter."""

    stamp: Stamp
    kind: str
    modified: int
    plain: Form
    packed: Form | None

    @property
    def last_modified(self) -> str:
        """The modification time as HTTP writes it (RFC 9110 §5.6.7)."""
        return formatdate(self.modified, usegmt=True)

    @property
    def weight(self) -> int:
        """How many bytes it keeps in memory."""
        return sum(len(form.body or b"") for form in (self.plain, self.packed) if form)


def stamp_of(status: os.stat_result) -> Stamp:
    """What tells a file from what stood in its place before."""
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def type_of(path: str) -> str:
    """The media type of a published file, by its name."""
    name = path.rpartition("/")[2]
    if name == "feed.json":
        return "application/feed+json"  # https://www.jsonfeed.org/version/1.1/
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def read_volume(descriptor: int, path: str) -> Volume:
    """Read an open file whole; a large one keeps its place on the disk."""
    status = os.fstat(descriptor)
    stamp, modified = stamp_of(status), int(status.st_mtime)
    if status.st_size > LARGEST:
        # The outlet never leaves a modification time as it was when bytes change.
        mark = hashlib.sha256(repr(stamp).encode()).hexdigest()[:24]
        return Volume(stamp, type_of(path), modified, Form(None, status.st_size, f'"{mark}"'), None)
    body = _read(descriptor)
    mark = hashlib.sha256(body).hexdigest()[:24]
    packed = None
    if len(body) > WORTH_PACKING and path.rpartition(".")[2].lower() not in _PACKED_ALREADY:
        shorter = gzip.compress(body, 6, mtime=0)
        if len(shorter) < len(body):
            packed = Form(shorter, len(shorter), f'"{mark}-gzip"')
    return Volume(stamp, type_of(path), modified, Form(body, len(body), f'"{mark}"'), packed)


def _read(descriptor: int) -> bytes:
    parts = []
    offset = 0
    while part := os.pread(descriptor, 2**20, offset):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


class Shelf:
    """The volumes read last, by path. May be used from any thread."""

    def __init__(self, room: int = SHELF_BYTES) -> None:
        self._room = room
        self._used = 0
        self._volumes: OrderedDict[str, Volume] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, path: str, stamp: Stamp) -> Volume | None:
        """The volume of this path, if the file is still that one."""
        with self._lock:
            volume = self._volumes.get(path)
            if volume is None or volume.stamp != stamp:
                return None
            self._volumes.move_to_end(path)
            return volume

    def keep(self, path: str, volume: Volume) -> None:
        """Put a volume on the shelf; those that were not asked for the longest make room."""
        with self._lock:
            old = self._volumes.pop(path, None)
            self._used += volume.weight - (old.weight if old else 0)
            self._volumes[path] = volume
            while self._used > self._room and self._volumes:
                _, dropped = self._volumes.popitem(last=False)
                self._used -= dropped.weight
