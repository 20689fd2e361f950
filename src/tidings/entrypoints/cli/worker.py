"""`tidings worker`: the same cycle, on schedule."""

from __future__ import annotations

import os
from pathlib import Path

import typer


def worker(context: typer.Context) -> None:
    """Run the cycle on schedule until told to stop (SIGTERM or Ctrl-C)."""
    from tidings.adapters.logs import to_stderr
    from tidings.entrypoints import wiring
    from tidings.entrypoints.worker import work

    root: Path = context.obj
    to_stderr()
    instance = wiring.load_instance(root, os.environ)
    with wiring.worker_lock(instance):
        work(instance)
