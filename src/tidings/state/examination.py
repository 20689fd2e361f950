"""A look at the state that touches nothing: whole or not, and who is at work."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tidings.state import health
from tidings.state.database import copied
from tidings.state.health import explained
from tidings.state.witness import Witness


def examine(path: Path, witness: Witness | None, *, thoroughly: bool) -> None:
    """Check every page of a private copy, `thoroughly` the indexes against their tables, too.

    Raises `StoreError` with what is wrong and what to do.
    """
    health.refuse_foreign(path)
    with copied(path, witness) as (copy, engine), explained(path):
        health.refuse_cut(copy, path)
        health.check_pages(path, engine, thoroughly=thoroughly)


def is_held(lock: Path) -> bool:
    """Whether a process holds this lock. Makes no file; holds the lock itself for a moment."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
