"""Facts about this machine, for `doctor`: versions, room, owners and modes of files."""

from __future__ import annotations

import os
import pwd
import sqlite3
import stat
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from zoneinfo import TZPATH, available_timezones

from tidings.core.doctor import Room


def python() -> tuple[int, ...]:
    """Python's version."""
    return tuple(sys.version_info[:3])


def sqlite() -> tuple[int, ...]:
    """The version of the SQLite that Python is linked with."""
    return sqlite3.sqlite_version_info


def libraries() -> dict[str, str | None]:
    """What Tidings needs, by name, each with its version or None."""
    found: dict[str, str | None] = {"tidings": version("tidings")}
    for requirement in requires("tidings") or ():
        if "extra ==" in requirement:
            continue
        name = requirement.split(";")[0].strip()
        for at, character in enumerate(name):
            if not (character.isalnum() or character in "-_."):
                name = name[:at]
                break
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def zones() -> tuple[int, str]:
    """How many time zones are known, and from where."""
    source = next((place for place in TZPATH if Path(place).is_dir()), "")
    return len(available_timezones()), source or f"tzdata {version('tzdata')}"


def room(place: Path) -> Room:
    """What is left where `place` is, or will be."""
    while not place.exists():
        place = place.parent
    found = os.statvfs(place)
    return Room(found.f_bavail * found.f_frsize, found.f_favail, found.f_files)


def device(place: Path) -> int:
    """What tells file systems apart."""
    while not place.exists():
        place = place.parent
    return place.stat().st_dev


def mode(place: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(place.stat().st_mode)


def may_read(place: Path) -> bool:
    """Whether we may read a file, or list a folder."""
    return os.access(place, os.R_OK | (os.X_OK if place.is_dir() else 0))


def may_write(place: Path) -> bool:
    """Whether we may write a file, or make files in a folder."""
    return os.access(place, os.W_OK | (os.X_OK if place.is_dir() else 0))


def owner(place: Path) -> str:
    """The name of a file's owner, or their number if they have none."""
    number = place.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
