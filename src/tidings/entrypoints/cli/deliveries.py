"""`tidings deliveries`: shows who gets what, and steers it beside a running worker."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from tidings.application import deliveries as use_cases
from tidings.application.bounces import Recorded, record_bounces
from tidings.application.deliveries import CommandResult
from tidings.core.mail import bounces
from tidings.core.mail.refusals import BOUNCED, RETURNED
from tidings.core.schedule import REFUSALS
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    MARGIN,
    Json,
    complain,
    console,
    count,
    headline,
    instance_of,
    instant,
    iso,
    local_hour,
    local_moment,
    names_of_digests,
    now_of,
    opened,
    print_json,
    row,
)
from tidings.entrypoints.cli.exits import Exit, usage
from tidings.entrypoints.wiring import Instance
from tidings.model import DeliveryState, address_key
from tidings.state import Store
from tidings.state.deliveries import DeliveryFilter, DeliveryRow
from tidings.state.people import Bounced

# The longest delivery report that is read: they hold the message that came back at most.
LONGEST_REPORT = 16 * 1024 * 1024
# What `--state` takes besides the states of deliveries.
STATE_BOUNCED = "bounced"
STATE_HELD = "held"
_QUIET = (DeliveryState.SENT, DeliveryState.SUPERSEDED, DeliveryState.EMPTY)

Numbers = Annotated[
    list[int] | None, typer.Argument(metavar="ID", help="As `deliveries list` gives them.")
]
OfDigest = Annotated[str, typer.Option("--digest", metavar="D", help="Only of this digest.")]
ToAddress = Annotated[str, typer.Option("--address", metavar="A", help="Only to this address.")]

deliveries = typer.Typer(
    help="Deliveries: who got what, and what is still to be sent.", no_args_is_help=True
)


@deliveries.command("list")
def list_(
    context: typer.Context,
    state: Annotated[
        str,
        typer.Option("--state", metavar="S", help="sent, failed, in-doubt …; held; bounced"),
    ] = "",
    digest: OfDigest = "",
    address: ToAddress = "",
    json: Json = False,
) -> None:
    """Deliveries, edition by edition, and the addresses that bounced."""
    instance = instance_of(context)
    people_only = state.casefold() == STATE_BOUNCED
    _wanted(state, "", address)  # what is wrong with them comes first
    with wiring.look_at_state(instance) as store:
        instance = wiring.follow(instance, store)
        wanted = _wanted(state, _known(instance, store, digest), address)
        with store.reading() as found:
            entries = () if people_only else found.deliveries.find(wanted)
            bounced = found.people.bounced() if people_only or not (state or digest) else ()
    bounced = tuple(each for each in bounced if wanted.key in (None, each.key))
    if json:
        _print_json(entries, bounced, names_of_digests(instance))
    else:
        _tell(entries, bounced, instance, now_of(instance))


@deliveries.command("retry")
def retry(
    context: typer.Context,
    numbers: Numbers = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
    in_doubt: Annotated[bool, typer.Option("--in-doubt", help="All that is in doubt.")] = False,
    address: ToAddress = "",
    since: Annotated[
        str, typer.Option(metavar="INSTANT", help="Only what failed since (ISO 8601).")
    ] = "",
) -> None:
    """Send again what failed, is in doubt or was deferred; resume a bounced address."""

    failed = failed or bool(since and not in_doubt)
    one = [bool(numbers), failed, in_doubt, bool(address)].count(True) == 1
    if not one:
        raise usage(
            "name deliveries by ID, or give one of --failed, --in-doubt and --address;"
            " --since goes with the first two of these"
        )
    if address:
        wanted = DeliveryFilter(key=address_key(address))
    elif numbers:
        wanted = DeliveryFilter(ids=tuple(numbers))
    else:
        # With --since, also what was closed because its recipient counted as bounced.
        lost = (DeliveryState.FAILED, *([DeliveryState.SUPPRESSED] if since else []))
        wanted = DeliveryFilter(states=lost if failed else (DeliveryState.IN_DOUBT,))
    with opened(context) as (instance, store, now):
        if since:
            wanted = replace(wanted, since=instant("--since", since, instance.settings.zone))
        decision = use_cases.retry(store, wanted, now, instance.settings.mail.expires)
    _tell_decision(decision, "to be sent again with the next run", "waiting already")
    if not decision.known:
        complain(f"nothing was ever to be sent to {address}")
    if decision.brought_back:
        headline(console(), f"{address} gets mail again, if a list names it.")
    raise typer.Exit(_code(decision))


@deliveries.command("hold")
def hold(context: typer.Context, numbers: Numbers = None, digest: OfDigest = "") -> None:
    """Put what is still to be sent on hold."""
    _these(numbers, digest)
    with opened(context) as (instance, store, _now):
        wanted = _these(numbers, _known(instance, store, digest))
        decision = use_cases.hold(store, wanted)
    _tell_decision(decision, "on hold until `tidings deliveries release`", "on hold already")
    raise typer.Exit(_code(decision))


@deliveries.command("release")
def release(context: typer.Context, numbers: Numbers = None, digest: OfDigest = "") -> None:
    """Release what is on hold: it is sent with the next run."""
    _these(numbers, digest)
    with opened(context) as (instance, store, _now):
        wanted = _these(numbers, _known(instance, store, digest))
        decision = use_cases.release(store, wanted)
    _tell_decision(decision, "to be sent with the next run", "not on hold")
    raise typer.Exit(_code(decision))


@deliveries.command("bounce")
def bounce(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="The report; without it, standard input.")
    ] = None,
) -> None:
    """Read a delivery report (RFC 3464), and count it against the address if it is about that."""
    report = bounces.report(_message(file))
    recorded: tuple[Recorded, ...] = ()
    if report.bounces:
        with opened(context) as (_instance, store, now):
            recorded = record_bounces(store, report.bounces, now, unread=len(report.problems))
    for each in recorded:
        _tell_bounce(each)
    for problem in report.problems:
        complain(problem)
    # Whoever it names: a mail server tells the code, and what is said here if it is another than 0,
    # to whom the report is from, who may be a stranger.
    raise typer.Exit(Exit.DONE if report.bounces else Exit.FAILED)


# --- What they share -----------------------------------------------------------------------------


def _wanted(state: str, digest: str, address: str) -> DeliveryFilter:
    said = state.replace("-", " ").casefold()
    states = None
    if said and said not in (STATE_HELD, STATE_BOUNCED):
        names = {str(each): each for each in DeliveryState}
        if said not in names:
            known = ", ".join(
                name.replace(" ", "-") for name in (*names, STATE_HELD, STATE_BOUNCED)
            )
            raise usage(f"--state {state!r} is none; there are {known}")
        states = (names[said],)
    return DeliveryFilter(
        states=states,
        digest=digest or None,
        key=address_key(address) or None,
        held=True if said == STATE_HELD else None,
    )


def _these(numbers: list[int] | None, digest: str) -> DeliveryFilter:
    if bool(numbers) == bool(digest):
        raise usage("name deliveries by ID, or a digest by --digest")
    return DeliveryFilter(ids=tuple(numbers)) if numbers else DeliveryFilter(digest=digest)


def _known(instance: Instance, store: Store, digest: str) -> str:
    """Return the slug that the state has for a digest, by its name; "" for "".

    Raises a usage error if neither the configuration nor the state knows it.
    """
    slugs = {each.called: each.slug for each in instance.settings.digests}
    if not digest or digest in slugs:
        return slugs.get(digest, "")
    with store.reading() as state:
        if state.editions.latest(digest) is None:
            raise usage(f"there is no digest {digest!r}; there are {', '.join(slugs) or 'none'}")
    return digest


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


# --- What is printed -----------------------------------------------------------------------------


def _tell(
    entries: Sequence[DeliveryRow], bounced: Sequence[Bounced], instance: Instance, now: datetime
) -> None:
    """Print a line for each delivery, another for what went wrong with it, and who bounced."""
    zone, names = instance.settings.zone, names_of_digests(instance)
    out, edition = console(), None
    headline(out, _headline(entries, bounced))
    for entry in entries:
        if entry.edition != edition:
            edition = entry.edition
            opened = local_moment(edition.opened_at, zone)
            out.print()
            named = names.get(edition.digest, edition.digest)
            out.print(Text(f"{MARGIN}{named}, No. {edition.number}, {opened}"))
        _tell_entry(entry, zone, now)
    for each in bounced:
        out.print()
        place = Text(each.key, style="red") + Text(
            f", since {local_moment(each.since, zone)}: {each.detail}"
        )
        row(out, "bounced", place)
        row(out, "", f"`tidings deliveries retry --address {each.key}` resumes it")


def _headline(entries: Sequence[DeliveryRow], bounced: Sequence[Bounced]) -> str:
    sentences = []
    if entries or not bounced:
        tally = Counter(str(entry.delivery.state) for entry in entries)
        parts = ": " + ", ".join(f"{number:,} {state}" for state, number in tally.items())
        total = count(len(entries), "delivery", "deliveries")
        sentences.append(f"{total}{parts if entries else ''}.")
    if bounced:
        sentences.append(f"{count(len(bounced), 'address', 'addresses')} bounced.")
    return " ".join(sentences)


def _tell_entry(entry: DeliveryRow, zone: ZoneInfo, now: datetime) -> None:
    out, delivery = console(), entry.delivery
    state = Text(f"{delivery.state:<11}", style="red" if delivery.state == "failed" else "")
    out.print(Text(f"{MARGIN}{delivery.id:>6}  ") + state + Text(delivery.address))
    said = _said(entry, zone, now)
    if said:
        out.print(Text(f"{'':>{len(MARGIN) + 8 + 11}}{said}", style="dim"))


def _said(entry: DeliveryRow, zone: ZoneInfo, now: datetime) -> str:
    delivery = entry.delivery
    came_back = delivery.state is DeliveryState.SENT and not _plain(delivery.detail)
    parts = [delivery.detail] if came_back or delivery.state not in _QUIET else []
    if delivery.state not in _QUIET and delivery.attempts:
        parts.append(count(delivery.attempts, "attempt"))
    if entry.next_attempt_at and delivery.state is DeliveryState.DEFERRED:
        parts.append(f"next try at {local_hour(entry.next_attempt_at, zone, now)}")
    if entry.on_hold:
        parts.append("on hold")
    return "; ".join(part for part in parts if part)


def _plain(detail: str) -> bool:
    """Whether the detail of a sent message is the server's reply, not a later bounce."""
    return not detail.startswith((BOUNCED, RETURNED))


def _print_json(
    entries: Iterable[DeliveryRow], bounced: Iterable[Bounced], names: Mapping[str, str]
) -> None:
    """Print the same as a document."""
    print_json(
        {
            "deliveries": [
                {
                    "id": entry.delivery.id,
                    "digest": names.get(entry.edition.digest, entry.edition.digest),
                    "number": entry.edition.number,
                    "address": entry.delivery.address,
                    "name": entry.delivery.name,
                    "state": str(entry.delivery.state),
                    "held": entry.on_hold,
                    "attempts": entry.delivery.attempts,
                    "crashes": entry.delivery.crashes,
                    "detail": entry.delivery.detail,
                    "message_id": entry.delivery.message_id,
                    "changed_at": entry.changed_at.isoformat(),
                    "next_attempt_at": iso(entry.next_attempt_at),
                }
                for entry in entries
            ],
            "bounced": [
                {"address": each.key, "since": each.since.isoformat(), "reason": each.detail}
                for each in bounced
            ],
        }
    )


def _tell_decision(decision: CommandResult, done: str, already: str) -> None:
    """Print how many deliveries were changed, and which ones could not be."""
    out = console()
    changed, same = len(decision.changed), len(decision.already)
    lines = []
    if changed:
        lines.append(f"{count(changed, 'delivery', 'deliveries')} {done}.")
    if same:
        lines.append(f"{count(same, 'delivery', 'deliveries')} {already}.")
    if decision.left_alone:
        left = count(len(decision.left_alone), "delivery", "deliveries")
        lines.append(f"{left} left alone.")
    if lines or not decision.unknown:
        headline(out, " ".join(lines) or "No delivery is concerned.")
    for each in decision.left_alone:
        delivery = each.entry.delivery
        row(out, f"{delivery.id}", f"{delivery.address}: {each.why}")
    for number in decision.unknown:
        complain(f"there is no delivery {number}: see `tidings deliveries list`")


def _code(decision: CommandResult) -> Exit:
    """1 if something that was named could not be done, else 0."""
    return Exit.DONE if decision.done else Exit.FAILED


def _tell_bounce(recorded: Recorded) -> None:
    """Print what became of a bounce."""
    bounce, address, shared = recorded.bounce, recorded.address, recorded.shared
    if recorded.result == "unknown":
        complain(f"{address}: no message of ours to that address came back ({bounce.reason})")
        return
    so_many = (
        f"{shared.refused:,} of {shared.of:,} messages came back for the same reason"
        if shared
        else ""
    )
    told = {
        "bounced": "gets no more mail: see `tidings deliveries list --state bounced`",
        "counted": f"counted, {recorded.refusals} in a row; {REFUSALS} are too many",
        "alike": f"not counted: {so_many}, and no address is marked as bounced for it",
        "noted": "noted with the delivery; it says nothing against the address",
        "known": "known already from an earlier report",
        "nothing": "nothing came back for good, nothing to note",
    }[recorded.result]
    headline(console(), f"{address}: {told}")
    row(console(), "reason", bounce.reason)
