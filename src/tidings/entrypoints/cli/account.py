"""The short account that a run ends with: what was read, written and sent, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from tidings.core import cadence
from tidings.entrypoints.cli.present import (
    LABEL,
    MARGIN,
    console,
    count,
    headline,
    local_hour,
    local_moment,
    problem_json,
    problem_rows,
    row,
)
from tidings.entrypoints.cli.present import as_json as print_json
from tidings.entrypoints.wiring import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from tidings.application.cycle import CycleReport
    from tidings.application.portion import Reread
    from tidings.entrypoints.wiring import Instance
    from tidings.state.deliveries import DeliveryRow

# Of each kind of outcome, no more than this are named: the rest is one verb away.
MOST_NAMED = 20


def tell(report: CycleReport, unsettled: Sequence[DeliveryRow], instance: Instance) -> None:
    """Tell a person. When nothing happened, one line does."""
    out = console()
    if _uneventful(report):
        headline(out, f"Nothing new. {_standing(report, instance)}")
        return
    headline(
        out, f"{instance.settings.site.title}, {local_moment(report.now, instance.settings.zone)}"
    )
    out.print()
    _tell_reading(out, report)
    _tell_publishing(out, report)
    _tell_mail(out, report, instance)
    _tell_outcomes(out, report, unsettled, instance)
    _tell_people(out, report, instance)
    for problem in report.recorded.problems:
        out.print()
        problem_rows(out, problem)
    for error in report.errors:
        out.print()
        out.print(Text(MARGIN) + Text(f"{'failed':<{LABEL}}", style="red") + Text(error))
    _tell_where_to_look(out, report, instance)
    out.print()
    headline(out, _last_line(report, unsettled, instance))


def _uneventful(report: CycleReport) -> bool:
    read, delivered = report.recorded, report.delivered
    happened = (
        read.new,
        read.revised,
        read.filled,
        read.retracted,
        read.reread,
        read.problems,
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
    )
    return not any(happened)


def _tell_reading(out: Console, report: CycleReport) -> None:
    read = report.recorded
    row(out, "read", f"{count(read.files, 'file')}, {count(read.listings, 'listing')}")
    parts = [
        Text(f"{read.new:,} new", style="green" if read.new else ""),
        Text(f"{read.revised:,} corrected", style="green") if read.revised else None,
        Text(f"{read.filled:,} completed") if read.filled else None,
        Text(f"{read.retracted:,} taken back", style="red") if read.retracted else None,
        Text(f"{read.unchanged:,} known already") if read.unchanged else None,
    ]
    row(out, "items", Text(", ").join([part for part in parts if part]))
    if read.reread:
        row(out, "read again", f"{count(len(read.reread), 'file')}, {read_otherwise(read.reread)}")


def read_otherwise(files: Sequence[Reread]) -> str:
    """What reading files again in another way made of their items, in which no file changed."""
    replaced, dropped, added = (
        sum(len(ids) for ids in each)
        for each in zip(*((f.replaced, f.dropped, f.added) for f in files), strict=True)
    )
    parts = [
        f"{count(replaced, 'item')} replaced" if replaced else "",
        f"{dropped:,} dropped" if dropped else "",
        f"{added:,} added without notice" if added else "",
    ]
    return ", ".join(part for part in parts if part)


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
    mail = report.delivered
    parts = [
        f"{mail.sent:,} sent" if mail.sent else "",
        f"{mail.resent:,} of them for a second time" if mail.resent else "",
        f"{len(mail.deferred):,} put off" if mail.deferred else "",
        f"{len(mail.in_doubt):,} in doubt" if mail.in_doubt else "",
        f"{len(mail.failed):,} failed" if mail.failed else "",
        f"{mail.stopped:,} held back for people who left" if mail.stopped else "",
    ]
    if any(parts):
        row(out, "mail", ", ".join(part for part in parts if part))


def _tell_outcomes(
    out: Console, report: CycleReport, unsettled: Sequence[DeliveryRow], instance: Instance
) -> None:
    """Who did not get their mail, why, and what comes next."""
    mail, zone = report.delivered, instance.settings.zone
    coming = {
        (entry.delivery.address, entry.delivery.detail): entry for entry in reversed(unsettled)
    }
    kinds = (
        ("put off", mail.deferred),
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
    for digest, number in mail.orphaned.items():
        row(out, "closed", closed_for(digest, number))
    if mail.closed and not mail.ours:
        out.print()
        row(out, "stopped", f"sending stopped: {mail.closed}")
        row(out, "", "what is left is tried again at the next run")


def closed_for(digest: str, number: int) -> str:
    """What is said of messages whose digest is gone."""
    return f"{count(number, 'message')}: the configuration has no digest {digest} any more"


def _tell_people(out: Console, report: CycleReport, instance: Instance) -> None:
    """Who is not cut off, though refused, and who no longer is."""
    titles = {digest.slug: digest.title for digest in instance.settings.digests}
    for each in report.delivered.alike:
        edition = f"{titles.get(each.digest, each.digest)}, No. {each.number}"
        told = f"{edition}: {each.refused:,} of {count(each.of, 'message')} refused alike"
        row(out, "refused", Text(told, style="red"))
        row(out, "", each.words)
        row(out, "", "nobody is cut off for it: it says more of the sender than of so many people")
    if back := len(report.brought_back):
        told = (
            f"{count(back, 'address gets', 'addresses get')} mail again, from the next edition on"
        )
        row(out, "people", told)
        row(out, "", "the refusals that had stopped it do not speak of them")


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
        places.append((f"{instance.root / PUBLISHED / 'index.html'}", "in a browser"))
    if report.delivered.sent and instance.settings.mail.relay is None:
        for opened in report.opened:
            folder = instance.outbox / opened.edition.digest / str(opened.edition.number)
            places.append((f"{folder}/", "in a mail program"))
    if places:
        out.print()
    for label, (place, where) in zip(("look at", *[""] * len(places)), places, strict=False):
        row(out, label, Text(place, style="bold") + Text(f" {where}", style="dim"))


def _last_line(report: CycleReport, unsettled: Sequence[DeliveryRow], instance: Instance) -> str:
    waiting, in_doubt = report.delivered.waiting, len(report.delivered.in_doubt)
    zone = instance.settings.zone
    wrong = len(report.recorded.problems) + len(report.errors) + len(report.delivered.failed)
    if wrong:
        return f"{count(wrong, 'thing')} to mend. {_standing(report, instance)}"
    if waiting:
        on_hold = sum(entry.on_hold for entry in unsettled)
        held = f", {on_hold:,} of them on hold" if on_hold else ""
        tries = [entry.next_attempt_at for entry in unsettled if entry.next_attempt_at]
        due = f" Next try at {local_hour(min(tries), zone, report.now)}." if tries else ""
        return f"{count(waiting, 'message')} still to be sent{held}: run again later.{due}"
    if in_doubt:
        return f"{count(in_doubt, 'message')} in doubt: sent again only if you say so."
    return f"All done. {_standing(report, instance)}"


def _standing(report: CycleReport, instance: Instance) -> str:
    """How things stand now: the items, the topics, the next digest."""
    settings = instance.settings
    line = f"{count(report.items, 'item')} in {count(len(settings.topics), 'topic')}."
    cadences = [digest.cadence for digest in settings.digests]
    if any(each.every == "immediate" for each in cadences):
        line += " The next digest comes as soon as there is news."
    elif cadences:
        at = min(cadence.next_slot(each, settings.zone, report.now).at for each in cadences)
        line += f" Next digest {local_moment(at, settings.zone)}."
    return line


def _outcomes(outcomes: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"address": address, "reason": reason} for address, reason in outcomes]


def _counted(file: Reread) -> dict[str, str | int]:
    return {
        "path": file.path,
        "replaced": len(file.replaced),
        "dropped": len(file.dropped),
        "added": len(file.added),
    }


def as_json(report: CycleReport, unsettled: Sequence[DeliveryRow], code: int) -> None:
    """Tell a program."""
    read, done = report.recorded, report.published
    print_json(
        {
            "exit_code": code,
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
            "read_again": [_counted(each) for each in read.reread],
            "published": {
                "feeds": done.feeds,
                "pages": done.pages,
                "written": done.written,
                "removed": done.removed,
                "cut": done.cut,
            },
            "editions": [
                {
                    "digest": opened.edition.digest,
                    "number": opened.edition.number,
                    "period": opened.edition.period,
                    "subject": opened.edition.subject,
                    "items": opened.items,
                    "recipients": opened.recipients,
                    "superseded": opened.superseded,
                }
                for opened in report.opened
            ],
            "mail": _mail_json(report, unsettled),
            "problems": [problem_json(problem) for problem in read.problems],
            "errors": report.errors,
        }
    )


def _mail_json(report: CycleReport, unsettled: Sequence[DeliveryRow]) -> dict[str, object]:
    mail = report.delivered
    tries = [entry.next_attempt_at for entry in unsettled if entry.next_attempt_at]
    return {
        "sent": mail.sent,
        "resent": mail.resent,
        "suppressed": mail.suppressed,
        "orphaned": mail.orphaned,
        "deferred": _outcomes(mail.deferred),
        "in_doubt": _outcomes(mail.in_doubt),
        "failed": _outcomes(mail.failed),
        "waiting": mail.waiting,
        "held": sum(entry.on_hold for entry in unsettled),
        "next_attempt_at": min(tries).isoformat() if tries else None,
        "stopped": mail.closed or None,
        "refused_alike": [
            {
                "digest": each.digest,
                "number": each.number,
                "refused": each.refused,
                "of": each.of,
                "words": each.words,
            }
            for each in mail.alike
        ],
        "brought_back": list(report.brought_back),
    }
