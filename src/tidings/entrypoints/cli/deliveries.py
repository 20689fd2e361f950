"""`tidings deliveries`: look into the ledger, and steer it beside a running worker."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.exits import Exit, usage
from tidings.entrypoints.cli.opened import instance_of, now_of, steered

if TYPE_CHECKING:
    from tidings.entrypoints.wiring import Instance
    from tidings.state import Store
    from tidings.state.deliveries import DeliveryFilter

# The longest delivery report that is read: they hold the message that came back at most.
LONGEST_REPORT = 16 * 1024 * 1024
BOUNCED = "bounced"
HELD = "held"

Numbers = Annotated[
    list[int] | None, typer.Argument(metavar="ID", help="As `deliveries list` gives them.")
]
OfDigest = Annotated[str, typer.Option("--digest", metavar="D", help="Only of this digest.")]
ToAddress = Annotated[str, typer.Option("--address", metavar="A", help="Only to this address.")]

app = typer.Typer(help="The ledger: who gets what, and what became of it.", no_args_is_help=True)


@app.callback()
def deliveries() -> None:
    """The ledger: who gets what, and what became of it."""


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[
        str,
        typer.Option("--state", metavar="S", help="sent, failed, in-doubt …; held; bounced"),
    ] = "",
    digest: OfDigest = "",
    address: ToAddress = "",
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Deliveries, edition by edition, and the addresses that bounced."""
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import ledger

    instance = instance_of(context)
    wanted, people_only = _wanted(state, digest, address), state.casefold() == BOUNCED
    with wiring.look_at_state(instance) as store, store.reading() as found:
        _refuse_unknown(instance, store, digest)
        entries = () if people_only else found.deliveries.find(wanted)
        bounced = found.people.bounced() if people_only or not (state or digest) else ()
    bounced = tuple(each for each in bounced if wanted.key in (None, each.key))
    if json:
        ledger.as_json(entries, bounced)
    else:
        ledger.tell(entries, bounced, instance.settings.zone, now_of(instance))


@app.command("retry")
def retry(
    context: typer.Context,
    numbers: Numbers = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
    in_doubt: Annotated[bool, typer.Option("--in-doubt", help="All that is in doubt.")] = False,
    address: ToAddress = "",
) -> None:
    """Send again what failed, is in doubt or was put off; take a bounced address back."""
    from tidings.application import steering
    from tidings.entrypoints.cli import ledger
    from tidings.model import DeliveryState
    from tidings.state.deliveries import DeliveryFilter

    if [bool(numbers), failed, in_doubt, bool(address)].count(True) != 1:
        raise usage("name deliveries by ID, or give one of --failed, --in-doubt and --address")
    if address:
        wanted = DeliveryFilter(key=address.casefold())
    elif numbers:
        wanted = DeliveryFilter(ids=tuple(numbers))
    else:
        wanted = DeliveryFilter(
            states=(DeliveryState.FAILED if failed else DeliveryState.IN_DOUBT,)
        )
    with steered(context) as (instance, store, now):
        decision = steering.retry(store, wanted, now, instance.settings.mail.expires)
    ledger.tell_decision(decision, "to be sent again with the next run", "waiting already")
    if not decision.known:
        ledger.complain(f"nothing was ever to be sent to {address}")
    if decision.brought_back:
        ledger.headline(f"{address} gets mail again, if a list names it.")
    raise typer.Exit(ledger.code(decision))


@app.command("hold")
def hold(context: typer.Context, numbers: Numbers = None, digest: OfDigest = "") -> None:
    """Put what is still to be sent on hold."""
    from tidings.application import steering
    from tidings.entrypoints.cli import ledger

    wanted = _these(numbers, digest)
    with steered(context) as (instance, store, _now):
        _refuse_unknown(instance, store, digest)
        decision = steering.hold(store, wanted)
    ledger.tell_decision(decision, "on hold until `tidings deliveries release`", "on hold already")
    raise typer.Exit(ledger.code(decision))


@app.command("release")
def release(context: typer.Context, numbers: Numbers = None, digest: OfDigest = "") -> None:
    """Let go of what is on hold: it is sent with the next run."""
    from tidings.application import steering
    from tidings.entrypoints.cli import ledger

    wanted = _these(numbers, digest)
    with steered(context) as (instance, store, _now):
        _refuse_unknown(instance, store, digest)
        decision = steering.release(store, wanted)
    ledger.tell_decision(decision, "to be sent with the next run", "not on hold")
    raise typer.Exit(ledger.code(decision))


@app.command("bounce")
def bounce(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="The report; without it, standard input.")
    ] = None,
) -> None:
    """Read a delivery report (RFC 3464), and count it against the address if it speaks of that."""
    from tidings.application import steering
    from tidings.core import bounces
    from tidings.entrypoints.cli import ledger

    report = bounces.report(_message(file))
    recorded: tuple[steering.Recorded, ...] = ()
    if report.bounces:
        with steered(context) as (_instance, store, now):
            recorded = steering.record_bounces(
                store, report.bounces, now, unread=len(report.problems)
            )
    for each in recorded:
        ledger.tell_bounce(each)
    for problem in report.problems:
        ledger.complain(problem)
    # Whoever it names: a mail server tells the code, and what is said here if it is another than 0,
    # to whom the report is from, who may be a stranger.
    raise typer.Exit(Exit.DONE if report.bounces else Exit.FAILED)


# --- What they share -----------------------------------------------------------------------------


def _wanted(state: str, digest: str, address: str) -> DeliveryFilter:
    from tidings.model import DeliveryState
    from tidings.state.deliveries import DeliveryFilter

    said = state.replace("-", " ").casefold()
    states = None
    if said and said not in (HELD, BOUNCED):
        names = {str(each): each for each in DeliveryState}
        if said not in names:
            known = ", ".join(name.replace(" ", "-") for name in (*names, HELD, BOUNCED))
            raise usage(f"--state {state!r} is none; there are {known}")
        states = (names[said],)
    return DeliveryFilter(
        states=states,
        digest=digest or None,
        key=address.casefold() or None,
        held=True if said == HELD else None,
    )


def _these(numbers: list[int] | None, digest: str) -> DeliveryFilter:
    from tidings.state.deliveries import DeliveryFilter

    if bool(numbers) == bool(digest):
        raise usage("name deliveries by ID, or a digest by --digest")
    return DeliveryFilter(ids=tuple(numbers)) if numbers else DeliveryFilter(digest=digest)


def _refuse_unknown(instance: Instance, store: Store, digest: str) -> None:
    """A misspelt digest is told from one of which nothing is to be found."""
    known = [each.slug for each in instance.settings.digests]
    if not digest or digest in known:
        return
    with store.reading() as state:
        if state.editions.latest(digest) is None:
            raise usage(f"there is no digest {digest!r}; there are {', '.join(known) or 'none'}")


def _message(file: Path | None) -> bytes:
    if file is None and sys.stdin.isatty():
        raise usage("name a file, or give the report on standard input: < report.eml")
    try:
        if file is None:
            message = sys.stdin.buffer.read(LONGEST_REPORT + 1)
        else:
            with file.open("rb") as stream:
                message = stream.read(LONGEST_REPORT + 1)
    except OSError as error:
        raise usage(f"{file}: {error.strerror}") from None
    if len(message) > LONGEST_REPORT:
        raise usage(f"the report is longer than {LONGEST_REPORT // 2**20} MiB")
    return message
