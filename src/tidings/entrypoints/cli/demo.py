"""`tidings demo`: shows the sample, in a folder that is gone when it ends."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from tidings.application.cycle import CycleReport, run_cycle
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import console, count, exit_code, failure_rows, headline, row
from tidings.entrypoints.cli.exits import Exit
from tidings.entrypoints.cli.init import write_instance
from tidings.entrypoints.cli.preview import browse
from tidings.entrypoints.web import app_state, server
from tidings.entrypoints.wiring import Instance

HOST = "127.0.0.1"
# What ends it: Ctrl-C, a polite kill, and a terminal that is closed.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Seconds between two looks.
LOOKED_AGAIN = 0.5


def demo(
    port: Annotated[
        int, typer.Option(metavar="P", min=0, max=65535, help="0 for any that is free.")
    ] = 0,
    open_: Annotated[bool, typer.Option("--open", help="Show it in a browser.")] = False,
) -> None:
    """Serve the sample from a temporary folder, to try Tidings, until Ctrl-C."""
    told: SimpleQueue[int] = SimpleQueue()
    # Told and not interrupted: whenever it is stopped, even half-way, the folder is removed. A
    # browser that is opened does not inherit a handler, as it would a blocked signal.
    for each in STOPPING:
        signal.signal(each, lambda number, _frame: told.put(number))
    with (
        server.listen(HOST, port) as listening,
        TemporaryDirectory(prefix="tidings-demo-") as folder,
    ):
        instance = _sample(Path(folder), server.address_of(listening) + "/")
        report = _run(instance)
        with server.answering(app_state.AppState(instance), listening):
            _tell(report, instance)
            if open_:
                browse(instance.settings.site.url)
            _wait(told)
    headline(console(), "Stopped. The folder of the demo is removed.")


def _wait(told: SimpleQueue[int]) -> None:
    """Wait until told to stop. Now and then it is looked again: a signal that comes just before the
    waiting begins would else be heard only with the next one."""
    while True:
        with suppress(Empty):
            told.get(timeout=LOOKED_AGAIN)
            return


def _sample(folder: Path, url: str) -> Instance:
    """Write the sample, to be served at `url`.

    No setting of the environment counts: it may be of somebody's own site, which sends mail.
    """
    write_instance(folder, None, wiring.clock().now().year)
    return wiring.load_instance(folder, {"TIDINGS_SITE__URL": url})


def _run(instance: Instance) -> CycleReport:
    """Do one run that sends the first edition into the folder. Raises `typer.Exit` if it fails."""
    store = wiring.open_state(instance)
    try:
        report = run_cycle(wiring.services(instance, store, wiring.clock()), "now")
    finally:
        store.close()
    if (code := exit_code(report)) is not Exit.DONE:
        failure_rows(console(), report.recorded.problems, report.errors)
        raise typer.Exit(code)
    return report


def _tell(report: CycleReport, instance: Instance) -> None:
    """Print where to look, and how it ends."""
    out, settings = console(), instance.settings
    topics, feeds = len(settings.topics), report.published.feeds
    news = f"{count(report.items, 'item')} in {count(topics, 'topic')}, {count(feeds, 'feed')}"
    headline(out, f"The sample, {settings.site.title}: {news}.")
    out.print()
    row(out, "look at", f"{settings.site.url} in a browser")
    row(out, "mail", f"{count(report.delivered.sent, 'message')} in {instance.outbox}")
    row(out, "", "written there as files, and sent to nobody")
    row(out, "stop", "Ctrl-C; its folder is removed then")
    row(out, "your own", "tidings init DIR")
