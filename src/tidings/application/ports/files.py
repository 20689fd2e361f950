"""The published files: what is known of them, without the rest of the state."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file under feeds/ that is ours: as we left it."""

    path: str
    size: int
    mtime_ns: int
    digest: str


class Files(Protocol):
    """The manifest: which files under feeds/ are ours, and how we left them."""

    def all(self) -> Mapping[str, PublishedFile]:
        """Every file of ours, by path."""
        ...

    def outside(self, folder: str, unlike: Sequence[str]) -> Mapping[str, PublishedFile]:
        """The files of ours that are not in this folder, given as `items/`, nor of paths like these
        patterns, in which `*` and `?` stand for anything and `[0-9]` for one of these."""
        ...

    def known(self, paths: Collection[str]) -> Set[str]:
        """Which of these paths are files of ours."""
        ...

    def save(self, files: Iterable[PublishedFile]) -> None:
        """Remember how we left these files."""
        ...

    def forget(self, paths: Collection[str]) -> None:
        """These files are no longer ours."""
        ...
