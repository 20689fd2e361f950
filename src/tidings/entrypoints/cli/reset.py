"""`tidings reset`: starts items, editions and pages over, after a backup."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tidings.adapters import eml
from tidings.adapters.machine import ProcessOwners
from tidings.application.restore import begin_afresh, start_over
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    console,
    count,
    headline,
    instance_of,
    now_of,
    open_to_write,
    row,
)
from tidings.entrypoints.cli.exits import usage
from tidings.entrypoints.wiring import Instance
from tidings.errors import StateMissing, StateNotAccepted, StoreError
from tidings.state import new_lineage
from tidings.state.health import LastSeen
from tidings.state.reset import Tally

PAGE = "docs/how-to/start-over.md"


def reset(
    context: typer.Context,
    people: Annotated[
        bool,
        typer.Option("--people", help="Remove people too, except those who left or were erased."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Start items, editions and pages over, after a backup; what people chose stays."""
    instance = instance_of(context)
    if not _existed(instance):
        headline(console(), "Nothing to start over: there is no state yet.")
        return
    with wiring.no_worker(instance):
        found = _found(instance)
        _tell(instance, found, people=people)
        if not yes:
            if not (sys.stdin.isatty() and sys.stdout.isatty()):
                raise usage("reset asks before it removes anything: say --yes")
            typer.confirm("Start over?", abort=True)
        if found is None:
            _begin(instance)
            altered: tuple[str, ...] = ()
        else:
            _back_up(instance, now_of(instance))
            altered = _start_over(instance, people=people)
        _remove_mail(instance)
    _tell_end(instance, altered)


def _existed(instance: Instance) -> bool:
    """Whether there is a state, or was one."""
    try:
        with wiring.look_at_state(instance):
            return True
    except StateMissing as error:
        return "does not exist yet" not in str(error)


def _found(instance: Instance) -> Tally | None:
    """What the state holds; None if it is gone. Raises `StoreError` if it is to be accepted."""
    try:
        with wiring.look_at_state(instance) as store, store.reading() as state:
            found = state.reset.tally()
            if store.needs_accept and (state.last_run() or found.barred or found.erased):
                raise StateNotAccepted(store.needs_accept)
            return None if store.needs_accept else found
    except StateMissing:
        return None


def _back_up(instance: Instance, now: datetime) -> None:
    """Write a backup beside the configuration. Raises `StoreError`, and nothing is changed."""
    name = f"before-reset-{now:%Y%m%dT%H%M%SZ}"
    file, number = instance.root / f"{name}.tar", 2
    while file.exists():
        file, number = instance.root / f"{name}-{number}.tar", number + 1
    wiring.back_up(instance, file, now)
    out = console()
    out.print()
    row(out, "backup", f"written to {file}")


def _start_over(instance: Instance, *, people: bool) -> tuple[str, ...]:
    store = open_to_write(instance)
    try:
        outlet = wiring.published(instance, store)
        return start_over(store, outlet, ProcessOwners(), new_lineage(), people=people)
    finally:
        store.close()


def _begin(instance: Instance) -> None:
    guard = wiring.rollback_guard(instance)
    seen: LastSeen | None = None
    with suppress(StoreError):  # it is written anew
        seen = guard.seen()
    store = wiring.open_unaccepted(instance)
    try:
        begin_afresh(store, seen, new_lineage())
        store.be_witnessed(guard)
    finally:
        store.close()


# --- What is told --------------------------------------------------------------------------------


def _outbox(instance: Instance) -> Path | None:
    return instance.outbox if instance.settings.mail.folder else None


def _remove_mail(instance: Instance) -> None:
    if outbox := _outbox(instance):
        eml.remove(outbox)


def _tell(instance: Instance, found: Tally | None, *, people: bool) -> None:
    out, outbox = console(), _outbox(instance)
    published = wiring.published_at(instance)
    mails = sum(1 for _ in eml.messages(outbox)) if outbox else 0
    headline(out, "Starting over removes what is known and published.")
    out.print()
    if found is None:
        row(out, "goes", "what readers have had, and who left: the state is gone already")
    else:
        unsent = f", {found.unsent:,} of them not sent yet" if found.unsent else ""
        row(out, "goes", f"{count(found.items, 'item')}, {count(found.editions, 'edition')}")
        row(out, "", f"{count(found.deliveries, 'delivery', 'deliveries')}{unsent}")
        row(out, "", f"{count(found.files, 'file')} in {published}: pages and feeds")
    if outbox:
        row(out, "", f"{count(mails, 'message')} in {instance.settings.mail.folder}/")
    if found is not None:
        _tell_people(found, people=people)
    kept = f"the secret key, config/, seeds/, templates/, and files of others in {published}"
    row(out, "" if found else "stays", kept)
    eager = [each.title for each in instance.settings.digests if each.history == "mail"]
    row(out, "then", "the next run is like a first one")
    for title in eager:
        row(out, "", f"{title} has `history: mail`: its next edition holds all items again")


def _tell_people(found: Tally, *, people: bool) -> None:
    out = console()
    barred = count(found.barred, "person", "people")
    erased = f"{found.erased:,} erased"
    if people:
        row(out, "", "who bounced or paused, what people chose, who subscribed")
        row(out, "stays", f"who left, and {erased}")
        return
    row(out, "stays", f"who left, bounced or paused: {barred}; {erased}")
    row(out, "", f"what people chose ({count(found.choices, 'choice')}), since when they are known")


def _tell_end(instance: Instance, altered: tuple[str, ...]) -> None:
    out = console()
    if altered:
        more = f" and {len(altered) - 3:,} more" if len(altered) > 3 else ""
        row(out, "left", f"somebody changed {', '.join(altered[:3])}{more}: remove them yourself")
    out.print()
    headline(out, "Started over.")
    out.print()
    row(out, "then", f"tidings -C {instance.root} plan")
    row(out, "help", PAGE)
