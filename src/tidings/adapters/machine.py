"""Facts about this machine: versions, room, owners and modes of files; and which processes run."""

from __future__ import annotations

import os
import pwd
import socket
import sqlite3
import stat
import sys
from collections.abc import Collection
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


def time_zone() -> str:
    """The name of this machine's time zone; "" where it has none or only UTC."""
    link = Path("/etc/localtime")
    named = os.environ.get("TZ", "").lstrip(":")
    if not named and link.is_symlink():
        named = str(link.resolve()).rpartition("/zoneinfo/")[2]
    known = named in available_timezones() and named not in ("UTC", "Etc/UTC")
    return named if known else ""


def room(place: Path) -> Room:
    """What is left where `place` is, or will be."""
    from tidings.core.doctor import Room

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


class ProcessOwners:
    """The `Owners` port: names processes that send, and tells which of them run no more.

    A name is host, pid and start time. On the same host a process that is gone, or whose number now
    belongs to a later one, is certainly dead; of another host nothing is known, and its lease has
    to run out.
    """

    # Whoever looks sees us run.
    lives = True

    def __init__(self) -> None:
        self.me = f"{named()}:{_started(os.getpid())}"

    def dead(self, owners: Collection[str]) -> Collection[str]:
        """Those of `owners` that certainly no longer run."""
        return [owner for owner in owners if owner != self.me and _is_dead(owner)]


def named() -> str:
    """What people know this process by: its machine and its number there."""
    return f"{_host()}:{os.getpid()}"


def _host() -> str:
    return socket.gethostname().replace(":", "_")


def _is_dead(owner: str) -> bool:
    host, _, process = owner.partition(":")
    pid, _, started = process.partition(":")
    if host != _host() or not pid.isdigit():
        return False
    # Another user's process may be hidden from us (systemd's ProtectProc): it may be that one.
    return _started(int(pid)) not in (started, "unknown")


def _started(pid: int) -> str:
    """The process's start time in clock ticks since boot (proc(5), field 22); "" if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "" if not _alive(pid) else "unknown"
    return fields.rpartition(")")[2].split()[19]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
