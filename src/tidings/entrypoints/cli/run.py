"""`tidings run`: one cycle, and a short account of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tidings.entrypoints.cli.exits import Exit, usage

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tidings.application.cycle import CycleReport
    from tidings.state import Store
    from tidings.state.deliveries import DeliveryRow

Send = Literal["due", "now", "none"]


def run(
    context: typer.Context,
    send: Annotated[Send, typer.Option(help="Which editions to open and send.")] = "due",
    now: Annotated[
        str, typer.Option(metavar="INSTANT", help="Run as at this instant (ISO 8601).")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Read, record, publish, open editions and deliver until nothing is due."""
    from tidings.application.cycle import run_cycle
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import account
    from tidings.entrypoints.cli.progress import progress

    root: Path = context.obj
    instance = wiring.load_instance(root, os.environ)
    fixed = fixed_instant(now, instance.settings.zone)
    store = wiring.open_state(instance)
    try:
        clock = wiring.clock(fixed)
        if fixed:
            refuse_going_back(store, fixed)
        machinery = wiring.machinery(instance, store, clock)
        with progress(quiet=json) as told:
            report = run_cycle(machinery, send, progress=told)
        code, unsettled = exit_code(report), _unsettled(store, report)
        if json:
            account.as_json(report, unsettled, int(code))
        else:
            account.tell(report, unsettled, instance)
    finally:
        store.close()
    raise typer.Exit(code)


def exit_code(report: CycleReport) -> Exit:
    """1 if anything failed, else 75 if mail is still to be sent or in doubt, else 0."""
    delivered = report.delivered
    if report.errors or report.recorded.problems or delivered.failed or delivered.alike:
        return Exit.FAILED
    unsent = delivered.waiting or delivered.in_doubt
    return Exit.LATER if unsent else Exit.DONE


def _unsettled(store: Store, report: CycleReport) -> tuple[DeliveryRow, ...]:
    """The deliveries that were put off, are in doubt or on hold."""
    from tidings.model import DeliveryState
    from tidings.state.deliveries import DeliveryFilter

    if not (report.delivered.waiting or report.delivered.in_doubt):
        return ()
    with store.reading() as state:
        put_off = state.deliveries.find(
            DeliveryFilter(states=(DeliveryState.DEFERRED, DeliveryState.IN_DOUBT), held=False)
        )
        return (*put_off, *state.deliveries.find(DeliveryFilter(held=True)))


def fixed_instant(given: str, zone: ZoneInfo) -> datetime | None:
    """The instant of `--now`, else of SOURCE_DATE_EPOCH; without an offset it is local."""
    if given:
        return instant("--now", given, zone)
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return None
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        raise usage(f"SOURCE_DATE_EPOCH {epoch!r} is no number of seconds") from None


def instant(option: str, given: str, zone: ZoneInfo) -> datetime:
    """The instant that an option was given; without an offset it is local."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise usage(f"{option} {given!r} is no instant; write 2026-11-23T08:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def refuse_going_back(store: Store, fixed: datetime) -> None:
    """Raise a usage error for an instant before the last recorded cycle."""
    from tidings.application.cycle import LAST_CYCLE

    with store.reading() as state:
        last = state.note(LAST_CYCLE)
    if last and fixed < datetime.fromisoformat(last):
        raise usage(f"--now {fixed.isoformat()} lies before the last recorded cycle, {last}")
