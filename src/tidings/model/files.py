"""Files as values: what the seed folder holds, what examples teach of it, what is published."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from tidings.model.problems import Problem


class SeedStat(NamedTuple):
    """How a seed file looked from outside. Equal stats: it need not be read again.

    A tuple, since each round compares one for every file that there is.

    `path` is relative to the instance, with forward slashes; `size` is in bytes, the times in
    nanoseconds since the epoch.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


def any_case(pattern: str) -> str:
    """The pattern of files with an ending that is meant whatever the case: `*.txt` names NEWS.TXT,
    too."""
    ending = re.search(r"\.[A-Za-z0-9]+$", pattern)
    if ending is None:
        return pattern
    letters = (f"[{sign.lower()}{sign.upper()}]" if sign.isalpha() else sign for sign in ending[0])
    return pattern[: ending.start()] + "".join(letters)


# Where no file is known.
NONE: Mapping[str, SeedStat] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scan:
    """What stands in the seed folder: the `paths` of all files that the configured patterns name,
    and by path, in its order, how those look that were not known to look so."""

    paths: Set[str] = frozenset()
    changed: Mapping[str, SeedStat] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Picture:
    """A local picture that items show, and what is published of it.

    `path` is relative to the instance; `look` is how the file looked, None if it is to be looked at
    again. `name` is that of the published file, made of its content, "" if there is none; `width`
    and `height` are in pixels, `length` in bytes.
    """

    path: str
    look: SeedStat | None = None
    name: str = ""
    width: int = 0
    height: int = 0
    length: int = 0

    @property
    def published(self) -> str:
        """Where it is published."""
        return f"pictures/{self.name}"

    @property
    def media_type(self) -> str:
        """The type of the published file."""
        return "image/png" if self.name.endswith(".png") else "image/jpeg"


@dataclass(frozen=True, slots=True)
class SeedText:
    """A file read whole while it stood still: its text, and the SHA-256 of its bytes in hex.

    `encoding` is the declared one that it was read in, "" for Unicode.
    """

    path: str
    stat: SeedStat
    text: str
    digest: str
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class ReadError:
    """Why a file was not read. A `transient` one may read well next time as it is."""

    problem: Problem
    transient: bool


@dataclass(frozen=True, slots=True)
class Example:
    """The first entry of a listing, by its `title` and the day it was `published`.

    `last` is the title of the listing's last entry and `entries` their number: with either,
    somebody has looked at the whole reading, and `published` None says that the first entry has no
    date. Without them it says that no date is given.
    """

    title: str
    published: date | None = None
    last: str | None = None
    entries: int | None = None

    @property
    def confirms(self) -> bool:
        """Whether more than the first entry is given."""
        return self.last is not None or self.entries is not None


@dataclass(frozen=True, slots=True)
class Taught:
    """What an example has taught of its source: the `layout` that it chose, and how far `behind`
    the most confident reading of its file that one was, from 0 to 1."""

    layout: str
    behind: float


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A published file that is ours: as we left it.

    In a folder its modification time tells whether it still is, in a bucket the ETag (RFC 9110
    §8.8.3), without quotes; the other is 0 or "".
    """

    path: str
    size: int
    mtime_ns: int
    digest: str
    etag: str = ""


_TYPES: Final = MappingProxyType(
    {
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
)


def media_type(path: str) -> str:
    """The media type of a published file, by its name."""
    name = path.rpartition("/")[2]
    if name == "feed.json":
        return "application/feed+json"  # https://www.jsonfeed.org/version/1.1/
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def cache_control(path: str) -> str:
    """How long others may keep a published file without asking again, as HTTP says it."""
    return f"public, max-age={3600 if path.startswith('assets/') else 300}"


@dataclass(frozen=True, slots=True)
class FileChange:
    """What would become of a published file: new, changed or removed.

    `before` and `after` are the bytes of a feed, None where there is none; of other files, which
    are many, only whether there is one counts, and the bytes are left out.
    """

    path: str
    before: bytes | None
    after: bytes | None

    @property
    def kind(self) -> Literal["new", "changed", "removed"]:
        """In which way."""
        if self.before is None:
            return "new"
        return "removed" if self.after is None else "changed"
