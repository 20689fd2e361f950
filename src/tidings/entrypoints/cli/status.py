"""`tidings status`: is anything wrong, and what is known, sent and due."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.exits import Exit
from tidings.errors import ConfigError, TidingsError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from tidings.application.status import Status
    from tidings.entrypoints.wiring import Instance

NEAR_SHOWN = 5


def status(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say whether anything is wrong, then what is known, sent, due and waiting."""
    from tidings.application.status import look
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli.run import fixed_instant

    root: Path = context.obj
    try:
        instance = wiring.load_instance(root, os.environ)
        settings = instance.settings
        now = wiring.clock(fixed_instant("", settings.zone)).now()
        with wiring.look_at_state(instance) as store:
            found = look(
                store,
                settings.topics,
                settings.digests,
                settings.zone,
                now,
                expires=settings.mail.expires,
            )
            held = store.needs_accept
    except TidingsError as error:
        _tell_blind(error, json=json)
        raise
    if json:
        _as_json(found, instance, held)
    else:
        _tell(found, instance, held, now)
    raise typer.Exit(Exit.FAILED if held else _code(found))


def _tell_blind(error: TidingsError, *, json: bool) -> None:
    """That there is no looking is an answer, too. Its reason goes to standard error, as ever."""
    from tidings.core.checkup import from_error
    from tidings.entrypoints.cli.present import as_json, console, finding_json, headline
    from tidings.model import Finding

    wrong = from_error("state", str(error))
    if isinstance(error, ConfigError):
        told = "The configuration is wrong; a worker that runs keeps to its last good one"
        wrong = Finding("configuration", f"{told}: {error}", "`tidings check` names all of it")
        if not json:
            headline(console(), f"{told}.")
    if json:
        as_json({"ok": False, "findings": [finding_json(wrong)]})


def _code(found: Status) -> Exit:
    from tidings.application.verdict import BLIP

    refused = found.mail.failed or found.alike or found.cut_off
    if refused or found.watch.failures > BLIP:
        return Exit.FAILED
    unsent = found.mail.waiting or found.mail.in_doubt or found.late
    return Exit.LATER if unsent else Exit.DONE


def _first_line(found: Status, held: str) -> str:
    from tidings.application.verdict import findings

    wrong = [finding.message for finding in findings(found, held)]
    return "; ".join(wrong) + "." if wrong else "Nothing is wrong."


def _tell(found: Status, instance: Instance, held: str, now: datetime) -> None:
    from rich.text import Text

    from tidings.application.verdict import findings
    from tidings.entrypoints.cli.present import (
        console,
        count,
        local_moment,
        problem_rows,
        row,
    )

    out, zone = console(), instance.settings.zone
    refused = found.mail.failed or found.alike or found.cut_off
    style = "bold red" if held or refused else "bold"
    out.print(Text(f"{held}." if held else _first_line(found, held), style=style))
    out.print()
    last = local_moment(found.last_cycle, zone) if found.last_cycle else "never"
    row(out, "last run", last)
    for finding in findings(found):
        if finding.check in ("rounds", "configuration"):
            row(out, finding.check, finding.remedy)
    immediate = _immediate(instance)
    for due in found.digests:
        coming = "next as soon as there is news"
        if due.slug not in immediate:
            coming = f"next {local_moment(due.next_at, zone)}"
        sent = f"No. {due.number} of {local_moment(due.opened_at, zone)}, " if due.opened_at else ""
        if due.late_since:
            coming = f"late since {local_moment(due.late_since, zone)}"
        row(out, "digest", f"{due.title}: {sent}{coming}")
    dated = found.items - found.undated
    row(out, "items", f"{found.items:,}: {dated:,} with a date, {found.undated:,} without")
    mail = [f"{number:,} {state}" for state, number in found.tally.items()]
    row(out, "mail", ", ".join(mail) or "none yet")
    _tell_mail(out, found, zone, now)
    row(out, "sources", count(found.sources, "file"))
    if found.topics:
        out.print()
        width = max(len(title) for title, _ in found.topics)
        for title, total in found.topics:
            out.print(f"   {title:<{width}}  {total:>6,}")
    if found.near:
        _tell_near(out, found)
    for problem in found.problems:
        out.print()
        problem_rows(out, problem)


def _tell_mail(out: Console, found: Status, zone: ZoneInfo, now: datetime) -> None:
    """What to do about mail that is not simply sent."""
    from tidings.entrypoints.cli.present import count, local_hour, row

    mail = found.mail
    if mail.next_attempt_at:
        row(out, "", f"next try at {local_hour(mail.next_attempt_at, zone, now)}")
    if mail.late or found.late:
        row(out, "", "late: is a worker running? `tidings run` does its work once")
    if mail.held:
        row(out, "", f"{mail.held:,} on hold until `tidings deliveries release`")
    if mail.failed:
        row(out, "", "see `tidings deliveries list --state failed`")
    if found.alike:
        row(out, "", "nobody is cut off for what so many were refused alike for")
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
        row(out, "", "`tidings recipients resume --since` takes them back")


def _tell_near(out: Console, found: Status) -> None:
    """Pairs of items that may be one, with the command that settles each."""
    from rich.text import Text

    from tidings.entrypoints.cli.present import count, row

    out.print()
    row(out, "alike", f"{count(len(found.near), 'pair')} of items that may be the same news")
    for pair in found.near[:NEAR_SHOWN]:
        row(out, "", Text(pair.known.title, style="bold"))
        row(out, "", Text(pair.new.title, style="bold") + Text(f" ({pair.why})"))
        row(out, "", f"`tidings merge {pair.known.slug} {pair.new.slug}`, or the same with --not")
    if len(found.near) > NEAR_SHOWN:
        row(out, "", f"and {len(found.near) - NEAR_SHOWN:,} more: `tidings status --json`")


def _immediate(instance: Instance) -> set[str]:
    """The digests that wait for news alone, not for a day and an hour."""
    return {each.slug for each in instance.settings.digests if each.cadence.every == "immediate"}


def _as_json(found: Status, instance: Instance, held: str) -> None:
    from tidings.application.verdict import findings
    from tidings.entrypoints.cli.present import as_json, finding_json, problem_json

    wrong = findings(found, held)
    immediate = _immediate(instance)

    def shown(instant: datetime | None) -> str | None:
        return instant.isoformat() if instant else None

    as_json(
        {
            "ok": not wrong,
            "findings": [finding_json(finding) for finding in wrong],
            "held": held or None,
            "last_cycle": shown(found.last_cycle),
            "failed_rounds": found.watch.failures,
            "items": {"total": found.items, "undated": found.undated},
            "sources": found.sources,
            "topics": dict(found.topics),
            "digests": [
                {
                    "digest": due.slug,
                    "title": due.title,
                    "number": due.number,
                    "opened_at": shown(due.opened_at),
                    "next_at": None if due.slug in immediate else shown(due.next_at),
                    "late_since": shown(due.late_since),
                }
                for due in found.digests
            ],
            "mail": {
                "waiting": found.mail.waiting,
                "held": found.mail.held,
                "late": found.mail.late,
                "in_doubt": found.mail.in_doubt,
                "failed": found.mail.failed,
                "next_attempt_at": shown(found.mail.next_attempt_at),
                "by_state": {str(state): number for state, number in found.tally.items()},
            },
            "bounced": [
                {"address": each.key, "since": shown(each.since), "reason": each.detail}
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
            "problems": [problem_json(problem) for problem in found.problems],
        }
    )
