"""Which files there are: folders are listed, nothing is opened, no symbolic link is followed."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from fnmatch import translate
from pathlib import Path
from typing import Final

from tidings.application.ports.seeds import SeedStat
from tidings.errors import SeedError

_LARGEST_INODE: Final = (1 << 63) - 1  # what a signed 64-bit column of the state can hold


def walk(
    root: Path, folder: str, segments: Sequence[str], *, named: bool
) -> Iterator[tuple[str, os.stat_result]]:
    """The paths under `folder` that match `segments`; `named` while no wildcard was met."""
    segment, rest = segments[0], segments[1:]
    if segment == "**":
        yield from walk(root, folder, rest or ["*"], named=False)
    elif named and rest and not _is_wild(segment):
        yield from walk(root, f"{folder}{segment}/", rest, named=True)
        return
    onward = segments if segment == "**" else rest
    deep, anything = bool(onward), not segment.strip("*")
    for name, facts in _entries(root, folder, segment, must_exist=named):
        is_folder = stat.S_ISDIR(facts.st_mode)
        if deep:
            if is_folder:
                yield from walk(root, f"{folder}{name}/", onward, named=False)
        elif not (is_folder and anything):
            yield folder + name, facts


def _entries(
    root: Path, folder: str, segment: str, *, must_exist: bool
) -> list[tuple[str, os.stat_result]]:
    """What stands in a folder by a name that matches."""
    matches = re.compile(translate(segment)).match
    hidden = segment.startswith(".")
    place = folder.rstrip("/") or "."
    try:
        if os.path.islink(root / folder.rstrip("/")) and folder:  # noqa: PTH114 - a str is at hand
            raise SeedError(
                f"the folder {place} is a symbolic link: links are not followed, "
                "so put the folder itself there or mount it"
            )
        entries = []
        with os.scandir(root / folder) as found:
            for entry in found:
                name = entry.name
                if not matches(name) or (name[0] == "." and not hidden):
                    continue
                try:
                    entries.append((name, entry.stat(follow_symlinks=False)))
                except FileNotFoundError:  # gone between the listing and the look
                    continue
    except FileNotFoundError as error:
        if not must_exist:
            return []
        raise SeedError(
            f"the folder {place} does not exist: make it, or mend the path of the source"
        ) from error
    except OSError as error:
        raise SeedError(f"the folder {place} cannot be read: {error.strerror}") from error
    return entries


def _is_wild(segment: str) -> bool:
    return any(mark in segment for mark in "*?[")


def as_stat(path: str, facts: os.stat_result) -> SeedStat:
    """What tells whether a file has changed."""
    return SeedStat(
        path,
        facts.st_size,
        facts.st_mtime_ns,
        facts.st_ctime_ns,
        facts.st_ino & _LARGEST_INODE,
    )
