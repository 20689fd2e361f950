"""`tidings plan`: what a run would do, entry by entry and reader by reader. Touches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.exits import Exit
from tidings.entrypoints.cli.opened import instance_of
from tidings.entrypoints.cli.run import Send, exit_code, fixed_instant, refuse_going_back

if TYPE_CHECKING:
    from tidings.application.plan import Plan


def plan(
    context: typer.Context,
    send: Annotated[Send, typer.Option(help="As `tidings run` would be called.")] = "due",
    now: Annotated[
        str, typer.Option(metavar="INSTANT", help="Plan as at this instant (ISO 8601).")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="End with 3 if anything would change.")
    ] = False,
) -> None:
    """Tell exactly what a run would change, write and send. Touches nothing."""
    from tidings.application.plan import plan as make_plan
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import planned, planned_json

    instance = instance_of(context)
    fixed = fixed_instant(now, instance.settings.zone)
    with wiring.rehearsal(instance, wiring.clock(fixed)) as (machinery, outlet):
        if fixed:
            refuse_going_back(machinery.store, fixed)
        made = make_plan(machinery, outlet, send)
    code = _code(made, detailed=detailed_exitcode)
    if json:
        planned_json.as_json(made, int(code))
    else:
        planned.tell(made, instance)
    raise typer.Exit(code)


def _code(made: Plan, *, detailed: bool) -> Exit:
    """1 if the run would end so. Mail that has to wait is no failure of a plan."""
    if exit_code(made.report) is Exit.FAILED:
        return Exit.FAILED
    return Exit.PENDING if detailed and made.pending else Exit.DONE
