"""`tidings state accept`: go on with a restored or rebuilt state."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.exits import Exit
from tidings.errors import StoreError

if TYPE_CHECKING:
    from tidings.application.accept import Acceptance
    from tidings.entrypoints.wiring import Instance
    from tidings.state.guard import LastSeen

app = typer.Typer(help="The state file.", no_args_is_help=True)


@app.callback()
def state() -> None:
    """What to do about the state file as a whole."""


@app.command("accept")
def accept(
    context: typer.Context,
    mail: Annotated[
        bool, typer.Option("--mail", help="Nothing was mailed since the backup: mail all of it.")
    ] = False,
) -> None:
    """Go on with a restored state, or begin anew where it was lost; nobody gets anything twice."""
    from tidings.application.accept import accept as take
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli.run import fixed_instant
    from tidings.state import new_lineage

    root: Path = context.obj
    instance = wiring.load_instance(root, os.environ)
    with wiring.no_worker(instance):
        if not _needed(instance):
            return
        clock = wiring.clock(fixed_instant("", instance.settings.zone))
        store = wiring.open_unaccepted(instance)
        try:
            machinery = wiring.machinery(instance, store, clock)
            taken = take(machinery, _seen(instance), new_lineage(), mail=mail)
            store.be_witnessed(wiring.witness(instance))
        finally:
            store.close()
    _tell(taken, instance, mail=mail)
    if taken.recorded.problems:
        raise typer.Exit(Exit.FAILED)


def _needed(instance: Instance) -> bool:
    """Whether there is anything to accept; if not, says so."""
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import present
    from tidings.errors import StateMissing

    try:
        with wiring.look_at_state(instance) as store:
            needed = bool(store.needs_accept)
    except StateMissing:
        return True
    except StoreError:
        # Opening it to accept it says what is wrong, if that is in the way.
        return True
    if not needed:
        present.headline(
            present.console(),
            "Nothing to accept: this is the state that readers have seen.",
        )
    return needed


def _seen(instance: Instance) -> LastSeen | None:
    """What the witness tells; None if it cannot tell."""
    from tidings.entrypoints import wiring

    try:
        return wiring.witness(instance).seen()
    except StoreError:
        return None


def _tell(taken: Acceptance, instance: Instance, *, mail: bool) -> None:
    from tidings.entrypoints.cli.present import console, count, headline, problem_rows, row

    out, titles = console(), {digest.slug: digest.title for digest in instance.settings.digests}
    headline(out, "A new state was begun." if taken.rebuilt else "The state is accepted.")
    out.print()
    read = taken.recorded
    row(out, "read", f"{count(read.files, 'file')}: {count(read.new, 'item')} new to it")
    for each in taken.digests:
        title = titles.get(each.digest, each.digest)
        if each.number:
            row(out, "digest", f"{title}: goes on after No. {each.number}")
        if each.passed_over:
            passed = f"{count(each.passed_over, 'item')} counted as mailed, not mailed again"
            row(
                out,
                "" if each.number else "digest",
                passed if each.number else f"{title}: {passed}",
            )
    doubt = taken.in_doubt + sum(each.in_doubt for each in taken.digests)
    if doubt:
        row(out, "mail", f"{count(doubt, 'message')} in doubt: they may have been sent since;")
        row(out, "", "`tidings deliveries retry --in-doubt` sends them under their old names")
    if mail:
        row(out, "mail", "all that this state has not mailed is mailed by the next run")
    for problem in read.problems:
        out.print()
        problem_rows(out, problem)
