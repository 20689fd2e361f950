"""`tidings run`: does one run, and ends with a short account of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from tidings.adapters.logs import masked
from tidings.application.cycle import CycleReport, run_cycle
from tidings.application.ports import Services
from tidings.application.status import DigestStatus, digests, note_outcome
from tidings.core.settings.site import is_loopback
from tidings.core.settings.values import is_bucket
from tidings.entrypoints import several, wiring
from tidings.entrypoints.cli.common import (
    HTTP_PORT,
    SERVE_PORT,
    Json,
    Send,
    closed_rows,
    console,
    count,
    exit_code,
    failure_rows,
    fixed_instant,
    headline,
    instance_of,
    iso,
    joined,
    local_hour,
    local_moment,
    names_of_digests,
    next_in_words,
    note_rows,
    notes_of,
    outcomes_json,
    pending_in_words,
    print_json,
    problem_json,
    problems_of,
    refuse_going_back,
    reread_in_words,
    reviews_json,
    row,
)
from tidings.entrypoints.cli.exits import Exit
from tidings.entrypoints.wiring import Instance
from tidings.errors import StoreBusy, TidingsError
from tidings.model import DeliveryState, Problem
from tidings.state import Store
from tidings.state.deliveries import DeliveryFilter, DeliveryRow

# Of each kind of outcome, no more than this are named: the rest is one verb away.
MOST_NAMED = 20
# Fewer than this are sent before a line can be read.
WORTH_SHOWING = 2

TellProgress = Callable[[int, int], None]


def run(
    context: typer.Context,
    send: Annotated[Send, typer.Option(help="Which editions to open and send.")] = "due",
    now: Annotated[
        str, typer.Option(metavar="INSTANT", help="Run as at this instant (ISO 8601).")
    ] = "",
    json: Json = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done: `tidings plan`.")
    ] = False,
) -> None:
    """Read, record, publish, open editions and deliver until nothing is due."""
    if dry_run:
        # Imported here: most runs are no plans.
        from tidings.entrypoints.cli.plan import plan

        plan(context, send=send, now=now, json=json)
        return
    instance = instance_of(context, people=False)
    fixed = fixed_instant(now, instance.settings.zone)
    store = wiring.open_state(instance)
    try:
        if fixed:
            refuse_going_back(store, fixed)
        instance = wiring.follow(instance, store)
        clock = wiring.clock(fixed)
        if not instance.settings.state_path:
            several.refuse_older(instance, store)
            clock = clock if fixed else several.clock_of(instance, store)
        services = wiring.services(instance, store, clock)
        with progress(quiet=json) as told, _outcome_noted(store, services) as outcome:
            report = run_cycle(services, send, progress=told)
            outcome.failure = report.errors[0] if report.errors else ""
        code, unsettled = exit_code(report), _unsettled(store, report)
        coming = digests(store, instance.settings, report.now)
        upgrade = wiring.upgrade_in_words(instance, store, done=True)
        notes = notes_of(report, instance)
        if json:
            _print_json(report, unsettled, code, upgrade, notes, names_of_digests(instance))
        else:
            _tell(report, unsettled, coming, instance, upgrade, notes)
    finally:
        store.close()
    raise typer.Exit(code)


@dataclass(slots=True)
class _Outcome:
    """How a run went: its failure, or ""; None if it only found others at work."""

    failure: str | None = "it ended before it was done"


@contextmanager
def _outcome_noted(store: Store, services: Services) -> Iterator[_Outcome]:
    """Leave in the state how the run went that is done meanwhile, for `status` to tell."""
    outcome = _Outcome()
    try:
        yield outcome
    except StoreBusy:
        outcome.failure = None
        raise
    except TidingsError as error:
        outcome.failure = str(error)
        raise
    finally:
        if outcome.failure is not None:
            # A state that cannot be written is what the run has failed for.
            with suppress(TidingsError):
                note_outcome(store, masked(outcome.failure), services.clock.now())


def _unsettled(store: Store, report: CycleReport) -> tuple[DeliveryRow, ...]:
    """Find the deliveries that were put off, are in doubt or on hold."""
    if not (report.delivered.waiting or report.delivered.in_doubt):
        return ()
    with store.reading() as state:
        put_off = state.deliveries.find(
            DeliveryFilter(
                states=(DeliveryState.DEFERRED, DeliveryState.IN_DOUBT, DeliveryState.SENDING),
                held=False,
            )
        )
        return (*put_off, *state.deliveries.find(DeliveryFilter(held=True)))


# --- While mail is sent --------------------------------------------------------------------------


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[TellProgress]:
    """Yield a function to call with the number of messages that are done, and of all.

    It rewrites one line in place, which comes with the first message and is gone at the end.
    Nothing is shown when `quiet`, nor where standard output is no terminal that can rewrite a line.
    """
    terminal = Console()
    if quiet or not terminal.is_terminal or terminal.is_dumb_terminal:
        yield lambda _done, _total: None
        return
    shown = Progress(
        TextColumn("sending"),
        BarColumn(complete_style="green", finished_style="green"),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}", style="dim"),
        console=terminal,
        transient=True,
    )
    task = shown.add_task("sending", total=None, pace="")

    def tell(done: int, total: int) -> None:
        if not shown.live.is_started and total < WORTH_SHOWING:
            return
        shown.start()
        # What falls due meanwhile comes on top of what was there at the start.
        shown.update(task, completed=done, total=max(done, total))
        now = shown.tasks[0]
        shown.update(task, pace=pace(now.speed, now.time_remaining))

    try:
        yield tell
    finally:
        if shown.live.is_started:
            shown.stop()


def pace(speed: float | None, left: float | None) -> str:
    """Format the messages per second and the seconds that are left, as far as they are known."""
    if not speed:
        return ""
    rate = f"{speed:,.0f} per second" if speed >= 1 else f"{speed * 60:,.0f} per minute"
    return rate if left is None else f"{rate}, {_span(left)} left"


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes}:{rest:02}"


# --- For people ----------------------------------------------------------------------------------


def _tell(
    report: CycleReport,
    unsettled: Sequence[DeliveryRow],
    coming: Sequence[DigestStatus],
    instance: Instance,
    upgrade: str,
    notes: Sequence[Problem],
) -> None:
    """Print the account; it is one line if nothing happened."""
    out = console()
    if _uneventful(report) and not upgrade:
        headline(out, f"Nothing new. {_totals(report, coming, instance)}")
        note_rows(out, notes)
        return
    headline(
        out, f"{instance.settings.site.title}, {local_moment(report.now, instance.settings.zone)}"
    )
    out.print()
    if upgrade:
        row(out, "state", upgrade)
    _tell_reading(out, report)
    _tell_publishing(out, report)
    _tell_mail(out, report, instance)
    _tell_outcomes(out, report, unsettled, instance)
    _tell_people(out, report, instance)
    failure_rows(out, problems_of(report), report.errors)
    note_rows(out, notes)
    _tell_where_to_look(out, report, instance)
    out.print()
    headline(out, _last_line(report, unsettled, coming, instance))


def _uneventful(report: CycleReport) -> bool:
    read, delivered = report.recorded, report.delivered
    happened = (
        read.new,
        read.revised,
        read.filled,
        read.retracted,
        read.reread,
        problems_of(report),
        report.published.written,
        report.published.removed,
        report.opened,
        delivered.sent,
        delivered.failed,
        delivered.deferred,
        delivered.in_doubt,
        delivered.closed,
        delivered.suppressed,
        delivered.waiting,
        report.errors,
        report.brought_back,
        report.proofs,
        report.overdue,
    )
    return not any(happened)


def _tell_reading(out: Console, report: CycleReport) -> None:
    read = report.recorded
    changed = (read.files, read.new, read.revised, read.filled, read.retracted)
    if report.items and not any(changed):
        return  # what follows comes of decisions, settings or templates
    row(out, "read", f"{count(read.files, 'file')}, {count(read.listings, 'listing')}")
    parts = [
        Text(f"{read.new:,} new", style="green" if read.new else ""),
        Text(f"{read.revised:,} corrected", style="green") if read.revised else None,
        Text(f"{read.filled:,} completed") if read.filled else None,
        Text(f"{read.retracted:,} retracted", style="red") if read.retracted else None,
        Text(f"{read.unchanged:,} known already") if read.unchanged else None,
    ]
    row(out, "items", Text(", ").join([part for part in parts if part]))
    for path, encoding in read.encodings.items():
        row(out, "encoding", f"{path} is not UTF-8: read as {encoding}, as its source says")
    if read.reread:
        row(out, "read again", f"{count(len(read.reread), 'file')}, {reread_in_words(read.reread)}")


def _tell_publishing(out: Console, report: CycleReport) -> None:
    done = report.published
    if done.written or done.removed:
        made = f"{count(done.feeds, 'feed')} and {count(done.pages, 'page')} made"
        changed = f"{count(done.written, 'file')} changed"
        gone = f", {count(done.removed, 'file')} removed" if done.removed else ""
        row(out, "feeds", f"{made}, {changed}{gone}")
    for path, left_out in done.cut.items():
        row(out, "", f"{path} leaves out {count(left_out, 'entry', 'entries')}: see feeds.max")


def _tell_mail(out: Console, report: CycleReport, instance: Instance) -> None:
    titles = {digest.slug: digest.title for digest in instance.settings.digests}
    for opened in report.opened:
        edition = opened.edition
        what = f"{count(opened.items, 'item')} for {count(opened.recipients, 'recipient')}"
        row(out, "digest", f"{titles[edition.digest]}, No. {edition.number}: {what}")
        if opened in report.unapproved:
            row(out, "", "nobody has approved it: sent as `unless_approved` says")
    for each in report.pending:
        told = pending_in_words(each, instance.settings.zone, report.now)
        row(out, "review", f"{each.digest.title}, {told}")
    mail = report.delivered
    told = joined(
        f"{mail.sent:,} sent" if mail.sent else "",
        f"{mail.resent:,} of them for a second time" if mail.resent else "",
        f"{len(mail.deferred):,} deferred" if mail.deferred else "",
        f"{len(mail.in_doubt):,} in doubt" if mail.in_doubt else "",
        f"{len(mail.failed):,} failed" if mail.failed else "",
        f"{mail.stopped:,} held back for people who left" if mail.stopped else "",
    )
    if told:
        row(out, "mail", told)


def _tell_outcomes(
    out: Console, report: CycleReport, unsettled: Sequence[DeliveryRow], instance: Instance
) -> None:
    """Print who did not get their mail, why, and what comes next."""
    mail, zone = report.delivered, instance.settings.zone
    coming = {
        (entry.delivery.address, entry.delivery.detail): entry for entry in reversed(unsettled)
    }
    kinds = (
        ("deferred", mail.deferred),
        ("in doubt", mail.in_doubt),
        ("failed", mail.failed),
    )
    for label, outcomes in kinds:
        for outcome in outcomes[:MOST_NAMED]:
            address, reason = outcome
            row(out, label, Text(address, style="red"))
            row(out, "", reason)
            if outcome in coming:
                row(out, "", _what_next(coming[outcome], report.now, zone))
        if len(outcomes) > MOST_NAMED:
            more = f"and {len(outcomes) - MOST_NAMED:,} more: `tidings deliveries list` names them"
            row(out, label, more)
    closed_rows(out, mail.orphaned)
    if mail.closed and not mail.ours:
        out.print()
        row(out, "stopped", f"sending stopped: {mail.closed}")
        if mail.paused_until is None:
            row(out, "", "the rest is tried again at the next run")
    if mail.paused_until:
        until = local_hour(mail.paused_until, instance.settings.zone, report.now)
        row(out, "", f"the server is not asked again before {until}, unless the settings change")


def _tell_people(out: Console, report: CycleReport, instance: Instance) -> None:
    """Print refusals that cut nobody off, and how many addresses get mail again."""
    titles = {digest.slug: digest.title for digest in instance.settings.digests}
    for each in report.delivered.alike:
        edition = f"{titles.get(each.digest, each.digest)}, No. {each.number}"
        messages = f"{each.refused:,} of {count(each.of, 'message')}"
        told = f"{edition}: {messages} {each.what}"
        row(out, "refused", Text(told, style="red"))
        if each.words:
            row(out, "", each.words)
        row(out, "", "no address is marked as bounced for it: the cause is probably the sender")
    if back := len(report.brought_back):
        told = (
            f"{count(back, 'address gets', 'addresses get')} mail again, from the next edition on"
        )
        row(out, "people", told)
        row(out, "", "the refusals that had stopped it were not about them")


def _what_next(entry: DeliveryRow, now: datetime, zone: ZoneInfo) -> str:
    number = entry.delivery.id
    if entry.on_hold:
        return f"on hold until `tidings deliveries release {number}`"
    if entry.next_attempt_at:
        return f"next try at {local_hour(entry.next_attempt_at, zone, now)}"
    return f"held, as mail.in_doubt says: `tidings deliveries retry {number}` sends it again"


def _tell_where_to_look(out: Console, report: CycleReport, instance: Instance) -> None:
    places = []
    if report.published.written:
        page = str(instance.root / wiring.PUBLISHED / "index.html")
        if is_bucket(instance.settings.publish):
            page = instance.settings.site.url
        places.append((page, "in a browser"))
    if report.delivered.sent and instance.settings.mail.relay is None:
        for opened in report.opened:
            folder = instance.outbox / opened.edition.digest / str(opened.edition.number)
            places.append((f"{folder}/", "in a mail program"))
    if places:
        places += _served_here(instance)
        out.print()
    for number, (place, where) in enumerate(places):
        told = Text(place, style="bold") + Text(f" {where}", style="dim")
        row(out, "" if number else "look at", told)


def _served_here(instance: Instance) -> list[tuple[str, str]]:
    """Find the address of a site that is to be served on this machine, and the verb that does so.

    Feeds and mail lead to that address, and nobody answers there before.
    """
    if is_bucket(instance.settings.publish):
        return []
    address = urlsplit(instance.settings.site.url)
    if address.scheme != "http" or not is_loopback(address.hostname or ""):
        return []
    folder = "" if instance.root == Path() else f" -C {quote(str(instance.root))}"
    port = address.port or HTTP_PORT
    on = "" if port == SERVE_PORT else f" --port {port}"
    return [(address.geturl(), f"while `tidings{folder} serve{on}` runs")]


def _last_line(
    report: CycleReport,
    unsettled: Sequence[DeliveryRow],
    coming: Sequence[DigestStatus],
    instance: Instance,
) -> str:
    waiting, in_doubt = report.delivered.waiting, len(report.delivered.in_doubt)
    wrong = len(problems_of(report)) + len(report.errors) + len(report.delivered.failed)
    if wrong:
        return f"{count(wrong, 'problem')} found. {_totals(report, coming, instance)}"
    if waiting:
        on_hold = sum(entry.on_hold for entry in unsettled)
        held = f", {on_hold:,} of them on hold" if on_hold else ""
        attempt = _next_attempt(unsettled)
        zone = instance.settings.zone
        due = f" Next try at {local_hour(attempt, zone, report.now)}." if attempt else ""
        return f"{count(waiting, 'message')} still to be sent{held}: run again later.{due}"
    if report.overdue:
        return "An edition waits for its approval, though the time to send it has passed."
    if in_doubt:
        return f"{count(in_doubt, 'message')} in doubt: sent again only if you say so."
    return f"All done. {_totals(report, coming, instance)}"


def _next_attempt(unsettled: Sequence[DeliveryRow]) -> datetime | None:
    return min((e.next_attempt_at for e in unsettled if e.next_attempt_at), default=None)


def _totals(report: CycleReport, coming: Sequence[DigestStatus], instance: Instance) -> str:
    """Say how many items and topics there are, and when the next edition of each digest comes."""
    settings = instance.settings
    line = f"{count(report.items, 'item')} in {count(len(settings.topics), 'topic')}."
    told = [
        next_in_words(each.next_at, each.not_before, settings.zone, report.now) for each in coming
    ]
    if len(coming) == 1:
        is_dated = coming[0].next_at is not None
        line += f" Next digest {told[0]}." if is_dated else f" The next digest comes {told[0]}."
    elif coming:
        each = "; ".join(f"{due.title} {when}" for due, when in zip(coming, told, strict=True))
        line += f" Next: {each}."
    return line


# --- For programs --------------------------------------------------------------------------------


def _print_json(
    report: CycleReport,
    unsettled: Sequence[DeliveryRow],
    code: Exit,
    upgrade: str,
    notes: Sequence[Problem],
    names: Mapping[str, str],
) -> None:
    read, done = report.recorded, report.published
    print_json(
        {
            "exit_code": int(code),
            "files_read": read.files,
            "listings": read.listings,
            "items": {
                "total": report.items,
                "undated": report.undated,
                "new": read.new,
                "revised": read.revised,
                "completed": read.filled,
                "retracted": read.retracted,
                "unchanged": read.unchanged,
            },
            "read_again": [
                {
                    "path": file.path,
                    "replaced": len(file.replaced),
                    "dropped": len(file.dropped),
                    "added": len(file.added),
                }
                for file in read.reread
            ],
            "published": {
                "feeds": done.feeds,
                "pages": done.pages,
                "written": done.written,
                "removed": done.removed,
                "cut": done.cut,
            },
            "editions": [
                {
                    "digest": names.get(opened.edition.digest, opened.edition.digest),
                    "number": opened.edition.number,
                    "period": opened.edition.period,
                    "subject": opened.edition.subject,
                    "items": opened.items,
                    "recipients": opened.recipients,
                    "superseded": opened.superseded,
                }
                for opened in report.opened
            ],
            **reviews_json(report.pending),
            "mail": _mail_json(report, unsettled, names),
            "problems": [problem_json(problem) for problem in (*problems_of(report), *notes)],
            "errors": report.errors,
            **({"state": upgrade} if upgrade else {}),
        }
    )


def _mail_json(
    report: CycleReport, unsettled: Sequence[DeliveryRow], names: Mapping[str, str]
) -> dict[str, object]:
    mail = report.delivered
    return {
        "sent": mail.sent,
        "resent": mail.resent,
        "suppressed": mail.suppressed,
        "orphaned": mail.orphaned,
        "deferred": outcomes_json(mail.deferred),
        "in_doubt": outcomes_json(mail.in_doubt),
        "failed": outcomes_json(mail.failed),
        "waiting": mail.waiting,
        "held": sum(entry.on_hold for entry in unsettled),
        "next_attempt_at": iso(_next_attempt(unsettled)),
        "stopped": mail.closed or None,
        "refused_alike": [
            {
                "digest": names.get(each.digest, each.digest),
                "number": each.number,
                "refused": each.refused,
                "of": each.of,
                "words": each.words,
            }
            for each in mail.alike
        ],
        "brought_back": list(report.brought_back),
    }
