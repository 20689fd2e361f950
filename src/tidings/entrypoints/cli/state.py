"""`tidings state accept`, `move`, `migrate`, and `backup`: the state as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tidings import state as states
from tidings.application.restore import Acceptance
from tidings.application.restore import accept as take
from tidings.core.settings.state_address import check_state
from tidings.core.settings.values import InvalidValue
from tidings.entrypoints import several, wiring
from tidings.entrypoints.cli.common import (
    clock_of,
    console,
    count,
    headline,
    instance_of,
    now_of,
    problem_rows,
    row,
)
from tidings.entrypoints.cli.exits import Exit, usage
from tidings.entrypoints.wiring import Instance
from tidings.errors import ConfigError, StateMissing, StateNotAccepted, StoreError
from tidings.model import Help, Problem
from tidings.state import Place, Server, new_lineage
from tidings.state.health import LastSeen

state = typer.Typer(help="The state as a whole.", no_args_is_help=True)


@state.command("accept")
def accept(
    context: typer.Context,
    mail: Annotated[
        bool, typer.Option("--mail", help="Nothing was mailed since the backup: mail all of it.")
    ] = False,
) -> None:
    """Continue with a restored state, or start a new one; nobody gets anything twice."""
    instance = instance_of(context)
    with wiring.no_worker(instance):
        if not _needed(instance):
            return
        clock = clock_of(instance)
        store = wiring.open_unaccepted(instance)
        try:
            services = wiring.services(instance, store, clock)
            instance = replace(instance, settings=services.settings)
            taken = take(services, _seen(instance), new_lineage(), mail=mail)
            store.be_witnessed(wiring.rollback_guard(instance))
        finally:
            store.close()
    _tell(taken, instance, mail=mail)
    if taken.recorded.problems:
        raise typer.Exit(Exit.FAILED)


@state.command("move")
def move(
    context: typer.Context,
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Where it is to be, as `state` would name it.")
    ],
) -> None:
    """Carry the state to a PostgreSQL server, or back into a file; every row is compared."""
    instance = instance_of(context)
    target = _place_of(instance, address)
    with wiring.no_worker(instance):
        with wiring.look_at_state(instance) as store:
            if store.needs_accept:
                raise StateNotAccepted(store.needs_accept)
        moved = states.move(instance.state, target)
    out = console()
    headline(out, f"Moved {count(sum(moved.values()), 'row')} to {target}, all as they were.")
    out.print()
    row(out, "next", f"give `state` in config/tidings.yaml this address: {address}")
    if not instance.environ.get("TIDINGS_SECRET_KEY") and instance.settings.state_path:
        key = instance.state_path.with_name("secret.key")
        row(out, "", f"and TIDINGS_SECRET_KEY_FILE on every machine a copy of {key}")


def _place_of(instance: Instance, address: str) -> Place:
    """Return the place that an address names, as `state` in config/tidings.yaml would. Raises
    `ConfigError` if it is none."""
    try:
        settings = instance.settings.model_copy(update={"state": check_state(address)})
    except InvalidValue as error:
        problem = Problem("ADDRESS", 0, 0, str(error), error.hint, help=Help.WRONG_VALUE)
        raise ConfigError([problem]) from error
    return replace(instance, settings=settings).state


@state.command("migrate")
def migrate(context: typer.Context) -> None:
    """Bring a state on a server to the version of this Tidings; a file is brought by any run."""
    instance = instance_of(context)
    place = instance.state
    if not isinstance(place, Server):
        headline(console(), "Nothing to do: the next run brings a state in a file up to date.")
        return
    before, now = states.migrate(place)
    if instance.settings.queue != "none":
        store = states.open_store(place, wiring.rollback_guard(instance))
        several.use_queue(store, upgrading=True)
        store.close()
    told = f"of version {now}" if before else f"begun, of version {now}"
    if 0 < before < now:
        told = f"brought from version {before} to {now}"
    headline(console(), f"The state on {place} is {told}.")


def _needed(instance: Instance) -> bool:
    """Return whether there is anything to accept; if not, say so."""
    try:
        with wiring.look_at_state(instance) as store:
            needed = bool(store.needs_accept)
    except StateMissing:
        return True
    except StoreError:
        # Opening it to accept it says what is wrong, if that is in the way.
        return True
    if not needed:
        headline(
            console(),
            "Nothing to accept: this is the state that readers have seen.",
        )
    return needed


def _seen(instance: Instance) -> LastSeen | None:
    """Read the witness; None if it cannot be read."""
    try:
        return wiring.rollback_guard(instance).seen()
    except StoreError:
        return None


def _tell(taken: Acceptance, instance: Instance, *, mail: bool) -> None:
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


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write (tar).")],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
) -> None:
    """Write the state and the secret key into one file, whatever else runs."""
    if file.is_dir() or (file.exists() and not force):
        remedy = "name a file in it" if file.is_dir() else "name another file, or say --force"
        raise usage(f"{file} exists: {remedy}")
    instance = instance_of(context)
    now = now_of(instance)
    held = wiring.back_up(instance, file, now)
    out = console()
    headline(out, f"Backup written to {file}.")
    out.print()
    row(out, "holds", ", ".join(held))
    row(out, "restore", f"stop the worker, unpack it into {instance.state_path.parent}/,")
    row(out, "", "then `tidings state accept`")
    if "secret.key" not in held:
        row(out, "lacks", "the secret key, which comes from elsewhere: keep that, too")
