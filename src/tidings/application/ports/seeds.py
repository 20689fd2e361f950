"""The seed files: what is there, and what one of them says or why it was refused."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, Protocol

from tidings.model import Problem


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


# Where no file is known.
NONE: Mapping[str, SeedStat] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Survey:
    """What stands in the seed folder: the `paths` of all files that the configured patterns name,
    and by path, in its order, how those look that were not known to look so."""

    paths: Set[str] = frozenset()
    looks: Mapping[str, SeedStat] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeedText:
    """A file read whole while it stood still: its text, and the SHA-256 of its bytes in hex."""

    path: str
    stat: SeedStat
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file was not read. A `transient` one may read well next time as it is."""

    problem: Problem
    transient: bool


class SeedBox(Protocol):
    """The folder that listings come in by. May be called from any thread."""

    def survey(self, known: Mapping[str, SeedStat] = NONE) -> Survey:
        """Every file that the configured patterns name, and how those look that do not look as
        they are `known` to; nothing is opened.

        Raises `SeedError` when a folder cannot be read, so that it never passes for empty.
        """
        ...

    def read(self, path: str) -> SeedText | Refusal:
        """The text of one file, as named by `survey`. One bad file never raises."""
        ...
