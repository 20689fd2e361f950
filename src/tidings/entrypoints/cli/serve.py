"""`tidings worker` and `serve`: what runs until told to stop.

The web server is imported where it begins: a worker without it takes 18 MB less memory.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from tidings.adapters.logs import to_stderr
from tidings.core.settings.values import is_bucket
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import SERVE_PORT, instance_of
from tidings.entrypoints.wiring import Instance
from tidings.entrypoints.worker import Beside, Take, work
from tidings.state import Store

log = logging.getLogger(__name__)


class Role(StrEnum):
    """What a worker may do: read, publish and open editions, or send."""

    LEAD = "lead"
    SEND = "send"


Host = Annotated[str, typer.Option("--host", metavar="H", help="The address to listen on.")]
Port = Annotated[
    int, typer.Option("--port", metavar="P", min=0, max=65535, help="0 for any that is free.")
]


def serve(context: typer.Context, host: Host = "127.0.0.1", port: Port = SERVE_PORT) -> None:
    """Serve feeds, pages and subscriptions until stopped (SIGTERM or Ctrl-C)."""
    to_stderr()
    instance = instance_of(context, people=False)
    to_stderr(instance.settings.worker.log)
    from tidings.entrypoints.web import app_state, server

    _tell_where_feeds_are(instance)
    server.serve(app_state.AppState(instance), host, port)


def worker(
    context: typer.Context,
    serve: Annotated[bool, typer.Option("--serve", help="Serve as well, in one process.")] = False,
    host: Host = "127.0.0.1",
    port: Port = SERVE_PORT,
    role: Annotated[
        list[Role] | None,
        typer.Option(
            "--role", metavar="R", help="What this process may do: lead, send; may be repeated."
        ),
    ] = None,
) -> None:
    """Run on schedule until stopped (SIGTERM or Ctrl-C)."""
    to_stderr()
    instance = instance_of(context, people=False)
    instance = replace(instance, roles=tuple(each.value for each in role or ()))
    to_stderr(instance.settings.worker.log)
    with wiring.worker_lock(instance):
        if serve:
            work(instance, _serving(instance, host, port))
        else:
            work(instance)


def _tell_where_feeds_are(instance: Instance) -> None:
    """Say what is not answered here: a bucket is served by its store, or by what stands before
    it."""
    if is_bucket(instance.settings.publish):
        place, site = wiring.published_at(instance), instance.settings.site.url
        log.info('feeds and pages are served from the bucket place="%s" url="%s"', place, site)


def _serving(instance: Instance, host: str, port: int) -> Beside:
    from tidings.entrypoints.web import app_state, server

    _tell_where_feeds_are(instance)

    @contextmanager
    def serving(store: Store) -> Iterator[Take]:
        state = app_state.AppState(wiring.follow(instance, store), lambda: store)
        with server.beside(state, host, port):
            yield state.take

    return serving
