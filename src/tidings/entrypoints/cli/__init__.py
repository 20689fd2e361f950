"""The command line: one file per verb, joined here.

Verbs import what they need when they run, so that `--help`, completion and `version` stay quick.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from tidings.entrypoints.cli import (
    backup,
    check,
    deliveries,
    doctor,
    explain,
    history,
    init,
    merge,
    parse,
    plan,
    preview,
    recipients,
    retract,
    run,
    schema,
    send,
    serve,
    split,
    state,
    status,
    test,
    version,
    worker,
)
from tidings.entrypoints.cli.exits import failing

app = typer.Typer(
    name="tidings",
    help="News listings in; per-topic feeds and email digests out.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def instance(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Option("-C", metavar="INSTANCE_DIR", help="The instance to work on.")
    ] = Path(),
) -> None:
    """News listings in; per-topic feeds and email digests out."""
    context.obj = directory


app.command("init")(init.init)
app.command("run")(run.run)
app.command("worker")(worker.worker)
app.command("serve")(serve.serve)
app.command("check")(check.check)
app.command("test")(test.rule_tests)
app.command("explain")(explain.explain)
app.command("plan")(plan.plan)
app.command("preview")(preview.preview)
app.command("send")(send.send)
app.command("parse")(parse.parse)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)
app.command("history")(history.history)
app.command("retract")(retract.retract)
app.command("merge")(merge.merge)
app.command("split")(split.split)
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(recipients.app, name="recipients")
app.command("backup")(backup.backup)
app.add_typer(state.app, name="state")
app.command("schema")(schema.schema)
app.command("version")(version.version)


def collect_seldom() -> None:
    """Let Python look for cycles of garbage more seldom than by default (after 700 objects).

    What Tidings makes in bulk is values, rows and lines, which hold no cycles: in a worker that
    watches 10,000 files, looking for them was a tenth of a round.
    """
    gc.set_threshold(10_000, 10, 10)


def main() -> None:
    """Run the command line; the exit code says how it went."""
    collect_seldom()
    with failing():
        app()
    sys.exit(0)
