"""Who is sending: processes by name, and which of them are no more.

A name is host, pid and start time. On the same host a process that is gone, or whose number now
belongs to a later one, is certainly dead; of another host nothing is known, and its lease has to
run out.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection
from pathlib import Path


class ProcessOwners:
    """The `Owners` port for processes of this machine."""

    def __init__(self) -> None:
        pid = os.getpid()
        self.me = f"{_host()}:{pid}:{_started(pid)}"

    def dead(self, owners: Collection[str]) -> Collection[str]:
        """Those of `owners` that certainly no longer run."""
        return [owner for owner in owners if owner != self.me and _is_dead(owner)]


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
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "" if not _alive(pid) else "unknown"
    return stat.rpartition(")")[2].split()[19]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
