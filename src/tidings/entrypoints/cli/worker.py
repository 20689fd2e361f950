"""`tidings worker`: the same cycle, on schedule."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.serve import Host, Port

if TYPE_CHECKING:
    from tidings.entrypoints.wiring import Instance
    from tidings.entrypoints.worker import Beside, Take
    from tidings.state import Store


def worker(
    context: typer.Context,
    serve: Annotated[bool, typer.Option("--serve", help="Serve as well, in one process.")] = False,
    host: Host = "127.0.0.1",
    port: Port = 8000,
) -> None:
    """Run the cycle on schedule until told to stop (SIGTERM or Ctrl-C)."""
    from tidings.adapters.logs import to_stderr
    from tidings.entrypoints import wiring
    from tidings.entrypoints.worker import work

    root: Path = context.obj
    to_stderr()
    instance = wiring.load_instance(root, os.environ)
    to_stderr(instance.settings.worker.log)
    with wiring.worker_lock(instance):
        if serve:
            work(instance, _serving(instance, host, port))
        else:
            work(instance)


def _serving(instance: Instance, host: str, port: int) -> Beside:
    from tidings.entrypoints.web.app_state import AppState
    from tidings.entrypoints.web.server import beside

    @contextmanager
    def serving(store: Store) -> Iterator[Take]:
        state = AppState(instance, lambda: store)
        with beside(state, host, port):
            yield state.take

    return serving
