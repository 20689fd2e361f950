"""`tidings serve`: feeds, pages and people's own choices over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

Host = Annotated[str, typer.Option("--host", metavar="H", help="The address to listen on.")]
Port = Annotated[
    int, typer.Option("--port", metavar="P", min=0, max=65535, help="0 for any that is free.")
]


def serve(context: typer.Context, host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve feeds, pages and subscriptions until told to stop (SIGTERM or Ctrl-C)."""
    from tidings.adapters.logs import to_stderr
    from tidings.entrypoints import wiring
    from tidings.entrypoints.web.app_state import AppState
    from tidings.entrypoints.web.server import serve as run

    root: Path = context.obj
    to_stderr()
    instance = wiring.load_instance(root, os.environ)
    to_stderr(instance.settings.worker.log)
    run(AppState(instance), host, port)
