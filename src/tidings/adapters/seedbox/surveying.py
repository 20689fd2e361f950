"""Which files there are: folders are listed, nothing is opened, no symbolic link is followed."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import translate
from pathlib import Path
from typing import Final

from tidings.adapters.seedbox.paths import shown
from tidings.errors import SeedError
from tidings.model import Scan, SeedStat

_LARGEST_INODE: Final = (1 << 63) - 1  # what a signed 64-bit column of the state can hold
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def scan(root: Path, globs: Sequence[str], known: Mapping[str, SeedStat]) -> Scan:
    """What `SeedFolder.scan` tells of the patterns `globs`."""
    paths: set[str] = set()
    looks: dict[str, SeedStat] = {}
    for pattern in globs:
        segments = [segment for segment in pattern.split("/") if segment not in ("", ".")]
        for folder, names, must_exist in _places(root, "", segments, named=True):
            with _listed(root, folder, must_exist=must_exist) as entries:
                _look(folder, names, entries, known, paths, looks)
    return Scan(paths, {path: looks[path] for path in sorted(looks)})


def _look(
    folder: str,
    names: str,
    entries: Iterator[os.DirEntry[str]],
    known: Mapping[str, SeedStat],
    paths: set[str],
    looks: dict[str, SeedStat],
) -> None:
    """Note the files of a folder that have such names. Of a file that looks as it is known to, as
    nearly all do in nearly every round, nothing is made but a tuple to compare."""
    wanted, anything = _matcher(names), not names.strip("*")
    for entry in entries:
        name = entry.name
        if not wanted(name):
            continue
        try:
            facts = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # gone between the listing and the look
            continue
        path = folder + name
        look = (
            path,
            facts.st_size,
            facts.st_mtime_ns,
            facts.st_ctime_ns,
            facts.st_ino & _LARGEST_INODE,
        )
        if known.get(path) != look:
            if anything and stat.S_ISDIR(facts.st_mode):
                continue
            path = shown(path)
            looks[path] = as_stat(path, facts)
        paths.add(path)


def _places(
    root: Path, folder: str, segments: Sequence[str], *, named: bool
) -> Iterator[tuple[str, str, bool]]:
    """The folders in which files may be meant, each with a pattern of their names, and whether it
    must exist: `named` while no wildcard was met."""
    segment, rest = segments[0], segments[1:]
    if segment == "**":
        yield from _places(root, folder, rest or ["*"], named=False)
    elif not rest:
        yield folder, segment, named
        return
    elif named and not _is_wild(segment):
        yield from _places(root, f"{folder}{segment}/", rest, named=True)
        return
    wanted, onward = _matcher(segment), segments if segment == "**" else rest
    within: list[str] = []
    with _listed(root, folder, must_exist=named) as entries:
        within = [each.name for each in entries if wanted(each.name) and _is_folder(each)]
    for name in within:
        yield from _places(root, f"{folder}{name}/", onward, named=False)


@contextmanager
def _listed(root: Path, folder: str, *, must_exist: bool) -> Iterator[Iterator[os.DirEntry[str]]]:
    """What stands in a folder; nothing if it need not exist and does not, or not any more."""
    descriptor = _opened(root, folder, must_exist=must_exist)
    if descriptor is None:
        yield iter(())
        return
    try:
        with os.scandir(descriptor) as entries:
            yield entries
    except FileNotFoundError as error:  # gone while it was listed
        if must_exist:
            raise _missing(folder) from error
    except OSError as error:
        raise _unreadable(folder, error) from error
    finally:
        os.close(descriptor)


def _opened(root: Path, folder: str, *, must_exist: bool) -> int | None:
    """A descriptor, so that the way to the folder is not gone again for each of its files; None if
    it need not exist and does not."""
    if folder and os.path.islink(root / folder.rstrip("/")):  # noqa: PTH114 - a str is at hand
        raise SeedError(
            f"the folder {_shown(folder)} is a symbolic link: links are not followed, "
            "so put the folder itself there or mount it"
        )
    try:
        return os.open(root / folder, _FOLDER)
    except FileNotFoundError as error:
        if must_exist:
            raise _missing(folder) from error
        return None
    except OSError as error:
        raise _unreadable(folder, error) from error


def _missing(folder: str) -> SeedError:
    return SeedError(
        f"the folder {_shown(folder)} does not exist: make it, or mend the path of the source"
    )


def _unreadable(folder: str, error: OSError) -> SeedError:
    return SeedError(f"the folder {_shown(folder)} cannot be read: {error.strerror}")


def _shown(folder: str) -> str:
    return folder.rstrip("/") or "."


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _matcher(segment: str) -> Callable[[str], object]:
    """What finds something in a name that a segment of a pattern means."""
    hidden = "" if segment.startswith(".") else r"(?!\.)"
    return re.compile(hidden + translate(segment)).match


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
