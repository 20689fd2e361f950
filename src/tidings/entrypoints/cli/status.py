"""`tidings status`: is anything wrong, and what is known, sent and due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from tidings.application.status import Differing, DigestStatus, Status, findings, look
from tidings.core.doctor import from_error
from tidings.core.mail.server import ServerPause
from tidings.core.tags import named
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    Json,
    check_in_words,
    console,
    count,
    finding_json,
    headline,
    instance_of,
    iso,
    joined,
    local_hour,
    local_moment,
    more_rows,
    next_in_words,
    note_rows,
    now_of,
    pending_in_words,
    print_json,
    problem_json,
    problem_rows,
    reviews_json,
    row,
)
from tidings.entrypoints.cli.exits import Exit
from tidings.errors import ConfigError, TidingsError
from tidings.model import Finding, Help, Problem

if TYPE_CHECKING:
    from tidings.state.jobs import JobsSeen
    from tidings.state.workers import WorkerSeen

NEAR_SHOWN = 5


def status(context: typer.Context, json: Json = False) -> None:
    """Say whether anything is wrong, then what is known, sent, due and waiting."""
    try:
        instance = instance_of(context, people=False)
        now = now_of(instance)
        with wiring.look_at_state(instance) as store:
            instance = wiring.follow(instance, store)
            settings = instance.settings
            found = look(store, settings, now, wiring.known_to_server(instance, store))
            held = store.needs_accept
    except TidingsError as error:
        _tell_blind(error, json=json)
        raise
    wrong = findings(found)
    notes = (*found.remarks, *wiring.unread_files(instance))
    if json:
        _print_json(found, wrong, held, notes)
    else:
        _tell(found, wrong, settings.zone, now, held=held)
        note_rows(console(), notes)
    raise typer.Exit(Exit.FAILED if held else _code(found))


def _tell_blind(error: TidingsError, *, json: bool) -> None:
    """Print that the state cannot be read; the reason goes to standard error with the exit code."""
    wrong = from_error("state", str(error), error.help)
    if isinstance(error, ConfigError):
        told = "The configuration is wrong; a running worker uses its last good one"
        wrong = Finding(
            "configuration",
            f"{told}: {error}",
            "`tidings check` names all of it",
            help=Help.CONFIGURATION_REFUSED,
        )
        if not json:
            headline(console(), f"{told}.")
    if json:
        print_json({"ok": False, "findings": [finding_json(wrong)]})


def _code(found: Status) -> Exit:
    if _refused(found) or found.incident.failures:
        return Exit.FAILED
    unsent = found.mail.waiting or found.mail.in_doubt or found.late or found.unpublished_since
    return Exit.LATER if unsent or found.overdue else Exit.DONE


def _refused(found: Status) -> bool:
    mail = (found.mail.failed, found.alike, found.cut_off, found.paused)
    unreached = any(each.unreached for each in found.pending)
    return any((*mail, found.doubted, found.left_out, unreached))


# --- For people ----------------------------------------------------------------------------------


def _tell(
    found: Status, wrong: Sequence[Finding], zone: ZoneInfo, now: datetime, *, held: str
) -> None:
    out = console()
    first = held or "; ".join(finding.message for finding in wrong) or "No problems found"
    out.print(Text(f"{first}.", style="bold red" if held or _refused(found) else "bold"))
    out.print()
    last = local_moment(found.last_cycle, zone) if found.last_cycle else "never"
    row(out, "last run", last)
    for finding in wrong:
        if finding.check in ("rounds", "configuration"):
            row(out, check_in_words(finding), finding.remedy)
    for due in found.digests:
        sent = f"No. {due.number} of {local_moment(due.opened_at, zone)}, " if due.opened_at else ""
        coming = f"next {next_in_words(due.next_at, due.not_before, zone, now)}"
        if due.late_since:
            coming = f"late since {local_moment(due.late_since, zone)}"
        read = f", items in {', '.join(due.items_in)} alone" if due.items_in else ""
        row(out, "digest", f"{due.title}: {sent}{coming}{read}")
        _tell_reviews(out, found, due, zone, now)
    dated = found.items - found.undated
    row(out, "items", f"{found.items:,}: {dated:,} with a date, {found.undated:,} without")
    if len(found.languages) > 1:
        spoken = (
            f"{number:,} {tag if named(tag) else f'not known ({tag})'}"
            for tag, number in found.languages.items()
        )
        row(out, "languages", ", ".join(spoken))
    mail = [f"{number:,} {state}" for state, number in found.tally.items()]
    row(out, "mail", ", ".join(mail) or "none yet")
    _tell_mail(out, found, zone, now)
    _tell_workers(out, found)
    row(out, "sources", count(found.sources, "file"))
    if found.topics:
        out.print()
        width = max(len(title) for title, _ in found.topics)
        for title, total in found.topics:
            out.print(f"   {title:<{width}}  {total:>6,}")
    if found.near:
        _tell_near(out, found)
    if found.differing:
        _tell_differing(out, found)
    for problem in found.problems:
        out.print()
        problem_rows(out, problem)
    more_rows(out, _kinds(found, wrong, held=held))


def worker_in_words(worker: WorkerSeen) -> str:
    """Say what a process that works on a state on a server does."""
    if worker.waits:
        return f"{worker.name}: waits, a newer configuration is in force"
    does = (
        "leads" if worker.leads else "waits for its turn to lead" if "lead" in worker.roles else ""
    )
    parts = [does, "sends" if "send" in worker.roles else ""]
    hand = f"{count(worker.in_hand, 'message')} in hand" if worker.in_hand else ""
    return f"{worker.name}: {joined(*parts, hand)}"


def _tell_reviews(
    out: Console, found: Status, due: DigestStatus, zone: ZoneInfo, now: datetime
) -> None:
    """Print what of a digest waits for whose approval."""
    for each in found.pending:
        if each.digest.slug == due.slug:
            row(out, "", pending_in_words(each, zone, now))


def _kinds(found: Status, wrong: Sequence[Finding], *, held: str) -> Iterator[Help]:
    """The kinds of what is told, each of which has its section in the documentation."""
    if held:
        yield Help.STATE_NOT_ACCEPTED
    for finding in wrong:
        if finding.help:
            yield finding.help
    if found.bounced:
        yield Help.BOUNCED
    if found.near:
        yield Help.SAME_NEWS


def _tell_mail(out: Console, found: Status, zone: ZoneInfo, now: datetime) -> None:
    """Print what to do about mail that waits, failed or is in doubt."""
    mail = found.mail
    if found.paused:
        since = local_hour(found.paused.since, zone, now)
        until = local_hour(found.paused.until, zone, now)
        row(out, "", f"the server refuses all since {since}; not asked again before {until}")
        row(out, "", "`tidings deliveries retry --failed` lets the next run try at once")
    if mail.next_attempt_at:
        row(out, "", f"next try at {local_hour(mail.next_attempt_at, zone, now)}")
    if mail.late or found.late:
        row(out, "", "late: is a worker running? `tidings run` does its work once")
    if mail.held:
        row(out, "", f"{mail.held:,} on hold until `tidings deliveries release`")
    if mail.failed:
        row(out, "", "see `tidings deliveries list --state failed`")
    if found.alike:
        row(out, "", "no address is marked as bounced where so many were refused for one reason")
    if mail.in_doubt:
        row(out, "", "see `tidings deliveries list --state in-doubt`")
    if found.bounced:
        row(
            out,
            "people",
            f"{count(len(found.bounced), 'address', 'addresses')} bounced: no more mail goes there",
        )
        row(out, "", "see `tidings deliveries list --state bounced`")
    if found.cut_off:
        row(out, "", "`tidings recipients resume --since` resumes them")


def _tell_near(out: Console, found: Status) -> None:
    """Print pairs of items that may be one, with the command that settles each."""
    out.print()
    row(out, "alike", f"{count(len(found.near), 'pair')} of possible duplicates")
    for pair in found.near[:NEAR_SHOWN]:
        row(out, "", Text(pair.known.title, style="bold"))
        row(out, "", Text(pair.new.title, style="bold") + Text(f" ({pair.why})"))
        row(out, "", f"`tidings merge {pair.known.slug} {pair.new.slug}`, or the same with --not")
    if len(found.near) > NEAR_SHOWN:
        row(out, "", f"and {len(found.near) - NEAR_SHOWN:,} more: `tidings status --json`")


def _tell_differing(out: Console, found: Status) -> None:
    """Print items of which the newest file says another thing than what is published."""
    out.print()
    total = count(len(found.differing), "item")
    row(out, "newer", f"{total} of which the newest file says another thing than what is published")
    for each in found.differing[:NEAR_SHOWN]:
        ref = each.newest.ref
        row(out, "", Text(each.item.title, style="bold"))
        row(out, "", f"{ref.path}:{ref.line}; `newest: corrects` on the source {each.source} takes")
        row(out, "", f"it, `tidings history {each.item.slug}` shows both")
    if len(found.differing) > NEAR_SHOWN:
        row(out, "", f"and {len(found.differing) - NEAR_SHOWN:,} more: `tidings status --json`")


# --- For programs --------------------------------------------------------------------------------


def _differing_json(each: Differing) -> dict[str, object]:
    ref = each.newest.ref
    return {
        "item": each.item.slug,
        "file": ref.path,
        "line": ref.line,
        "source": each.source,
        "setting": "newest: corrects",
    }


def _pause_json(pause: ServerPause | None) -> dict[str, object] | None:
    if pause is None:
        return None
    return {
        "until": iso(pause.until),
        "since": iso(pause.since),
        "refusals": pause.refusals,
        "reason": pause.reason,
    }


def _tell_workers(out: Console, found: Status) -> None:
    for number, worker in enumerate(found.workers):
        row(out, "" if number else "workers", worker_in_words(worker))
    if found.jobs:
        row(out, "jobs", jobs_in_words(found.jobs))


def jobs_in_words(jobs: JobsSeen) -> str:
    """What is in the queue of jobs: "2 waiting, 1 being done"."""
    if not jobs.there:
        return "no queue yet: the next worker makes it"
    told = [f"{jobs.waiting:,} waiting", f"{jobs.running:,} being done"]
    if jobs.stalled:
        told.append(f"{jobs.stalled:,} of workers that are gone")
    if jobs.failed:
        told.append(f"{jobs.failed:,} failed within a day, see the log")
    return ", ".join(told)


def _workers_json(found: Status) -> dict[str, object]:
    """The processes that work on a state on a server, and their queue of jobs; nothing for one in a
    file."""
    told: dict[str, object] = {"jobs": asdict(found.jobs)} if found.jobs else {}
    if not found.workers:
        return told
    return told | {
        "workers": [
            {
                "number": each.number,
                "name": each.name,
                "version": each.version,
                "roles": list(each.roles),
                "started_at": iso(each.started_at),
                "beat_at": iso(each.beat_at),
                "in_hand": each.in_hand,
                "leads": each.leads,
                "waits": each.waits,
            }
            for each in found.workers
        ]
    }


def _print_json(
    found: Status, wrong: Sequence[Finding], held: str, notes: Sequence[Problem]
) -> None:
    if held:
        sentence, _, remedy = held.partition(": ")
        wrong = (Finding("state", sentence, remedy, help=Help.STATE_NOT_ACCEPTED),)
    print_json(
        {
            "ok": not wrong,
            "findings": [finding_json(finding) for finding in wrong],
            "held": held or None,
            "last_cycle": iso(found.last_cycle),
            "failed_rounds": found.incident.failures,
            "items": {"total": found.items, "undated": found.undated},
            "languages": dict(found.languages),
            "sources": found.sources,
            "topics": dict(found.topics),
            "digests": [
                {
                    "digest": due.name,
                    "title": due.title,
                    "number": due.number,
                    "opened_at": iso(due.opened_at),
                    "next_at": iso(due.next_at),
                    "not_before": iso(due.not_before),
                    "late_since": iso(due.late_since),
                    "items_in": None if due.items_in is None else list(due.items_in),
                }
                for due in found.digests
            ],
            **reviews_json(found.pending),
            "mail": {
                "waiting": found.mail.waiting,
                "held": found.mail.held,
                "late": found.mail.late,
                "in_doubt": found.mail.in_doubt,
                "failed": found.mail.failed,
                "next_attempt_at": iso(found.mail.next_attempt_at),
                "paused": _pause_json(found.paused),
                "by_state": {str(state): number for state, number in found.tally.items()},
            },
            **_workers_json(found),
            "bounced": [
                {"address": each.key, "since": iso(each.since), "reason": each.detail}
                for each in found.bounced
            ],
            "near": [
                {
                    "item": pair.known.slug,
                    "other": pair.new.slug,
                    "why": pair.why,
                    "merge": f"tidings merge {pair.known.slug} {pair.new.slug}",
                    "dismiss": f"tidings merge {pair.known.slug} {pair.new.slug} --not",
                }
                for pair in found.near
            ],
            "differing": [_differing_json(each) for each in found.differing],
            "problems": [problem_json(problem) for problem in (*found.problems, *notes)],
        }
    )
