"""`tidings plan`: what a run would do, item by item and recipient by recipient. Touches nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tidings.application.plan import Forecast, Plan, RecipientForecast, TopicEffect
from tidings.application.plan import plan as make_plan
from tidings.core.corrections import cut, rewordings
from tidings.core.feeds.changes import EntryLine as FeedEntry
from tidings.core.feeds.changes import FeedChange
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    LABEL,
    MARGIN,
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
    text_json,
)
from tidings.entrypoints.cli.exits import Exit, usage
from tidings.entrypoints.cli.plan_summary import OF_THAT, WITHOUT_STATE, summary
from tidings.entrypoints.wiring import Instance
from tidings.model import Item, Problem
from tidings.model import Text as ItemText

# What is left of 80 columns beside the sign and the day.
WIDTH = 80 - len(MARGIN) - LABEL - 13
# Of each kind, no more than this are named: `--json` has all of them.
MOST_NAMED = 20


def plan(
    context: typer.Context,
    send: Annotated[Send, typer.Option(help="As `tidings run` would be called.")] = "due",
    now: Annotated[
        str, typer.Option(metavar="INSTANT", help="Plan as at this instant (ISO 8601).")
    ] = "",
    json: Json = False,
    summary_file: Annotated[
        Path | None,
        typer.Option("--summary", metavar="FILE", help="Also write a summary, as Markdown."),
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="End with 3 if anything would change.")
    ] = False,
) -> None:
    """Show exactly what a run would change, write and send. Touches nothing."""
    instance = instance_of(context, people=False)
    fixed = fixed_instant(now, instance.settings.zone)
    with wiring.dry_run(instance, wiring.clock(fixed)) as (services, outlet):
        if fixed:
            refuse_going_back(services.store, fixed)
        with services.store.reading() as state:
            stateless = state.began() is None
        made = make_plan(services, outlet.changes, send)
        upgrade = wiring.upgrade_in_words(instance, services.store)
        instance = replace(instance, settings=services.settings)
    code = _code(made, detailed=detailed_exitcode)
    notes = notes_of(made.report, instance)
    if summary_file:
        _write(summary_file, summary(made, instance, notes, stateless=stateless))
    if json:
        _print_json(made, code, upgrade, notes, stateless=stateless)
    else:
        # Where an instance begins, the state is about to be made; in a clone, it is elsewhere.
        clone = stateless and (instance.root / ".git").exists()
        _tell(made, instance, (WITHOUT_STATE, OF_THAT) if clone else (upgrade,))
        note_rows(console(), notes)
    raise typer.Exit(code)


def _code(made: Plan, *, detailed: bool) -> Exit:
    """1 if the run would end so. Mail that has to wait is no failure of a plan."""
    if exit_code(made.report) is Exit.FAILED:
        return Exit.FAILED
    return Exit.PENDING if detailed and made.pending else Exit.DONE


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise usage(f"--summary: {file}: {error.strerror}") from None


# --- For people ----------------------------------------------------------------------------------


def _tell(plan: Plan, instance: Instance, state: Sequence[str]) -> None:
    """Print the plan. One that would change nothing is one line, and what comes next."""
    out, report, zone = console(), plan.report, instance.settings.zone
    wrong = problems_of(report) or report.errors
    if plan.pending or wrong:
        headline(out, f"If it ran now, {local_moment(report.now, zone)}. Nothing has been touched.")
        out.print()
    else:
        headline(out, "Nothing to do.")
    for number, told in enumerate(filter(None, state)):
        row(out, "" if number else "state", told)
    _tell_items(out, plan)
    titles = {topic.slug: topic.title for topic in instance.settings.topics}
    # To a new instance all topics are new, and none has an item yet.
    known = report.items > report.recorded.new
    for number, effect in enumerate(plan.topics if known else ()):
        _tell_effect(out, "" if number else "topics", effect, titles)
    _tell_files(out, plan, instance.settings.site.title)
    for opened in plan.opened:
        _tell_edition(out, opened, f"opens {_edition(opened)}")
    _tell_mail(out, plan)
    for coming in plan.coming:
        at = local_hour(coming.edition.opened_at, zone, report.now)
        _tell_edition(out, coming, f"{at}, {_edition(coming)}", label="next")
    for waiting in report.pending:
        made = "a new proof" if waiting.review.id in {each.id for each in report.proofs} else ""
        told = joined(made, pending_in_words(waiting, zone, report.now))
        row(out, "review", f"{waiting.digest.title}, {told}")
    for each in plan.stranded:
        row(out, "people", each.told)
        row(out, "", each.remedy)
    failure_rows(out, problems_of(report), report.errors)


# --- Items and topics ----------------------------------------------------------------------------


def _tell_items(out: Console, plan: Plan) -> None:
    read = plan.report.recorded
    told = joined(
        f"{read.new:,} new" if read.new else "",
        f"{read.revised:,} corrected" if read.revised else "",
        f"{read.filled:,} completed" if read.filled else "",
        f"{read.retracted:,} retracted" if read.retracted else "",
    )
    if told:
        row(out, "items", told)
    for item in plan.new[:MOST_NAMED]:
        _sign(out, "+", item, item.title)
    _more(out, len(plan.new), "new")
    for item, before in plan.revised[:MOST_NAMED]:
        for told in _differences(item, before):
            _sign(out, "~", item, told)
    _more(out, len(plan.revised), "corrected")
    for item in plan.retracted[:MOST_NAMED]:
        _sign(out, "−", item, item.title)
    _more(out, len(plan.retracted), "retracted")
    for number, file in enumerate(read.reread[:MOST_NAMED]):
        row(out, "" if number else "read again", f"{file.path}: {reread_in_words([file])}")
    _more(out, len(read.reread), "files")


def _sign(out: Console, sign: str, item: Item, told: str) -> None:
    day = _day(item.date) if item.date else "undated"
    out.print(
        Text(MARGIN)
        + Text(f"{sign:<{LABEL}}", style="green")
        + Text(f"{day:>11}  ", style="dim")
        + Text(cut(told, WIDTH))
    )


def _more(out: Console, number: int, what: str) -> None:
    if number > MOST_NAMED:
        row(out, "", Text(f"and {number - MOST_NAMED:,} more {what}", style="dim"))


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _differences(item: Item, before: ItemText) -> Iterator[str]:
    found = rewordings(before, item.text)
    for rewording in found:
        name = "text" if rewording.field == "summary" else rewording.field
        half = (WIDTH - len(name) - len(":  -> ")) // 2
        was, now = rewording.was, rewording.now
        if len(was) + len(now) > 2 * half:
            was, now = cut(was, half), cut(now, half)
        yield f"{name}: {was} -> {now}"
    old, new = before.date, item.date
    if old != new:
        yield f"date: {_day(old) if old else 'undated'} -> {_day(new) if new else 'undated'}"
    if not found and old == new:
        yield item.title


def _tell_effect(out: Console, label: str, effect: TopicEffect, titles: dict[str, str]) -> None:
    joining, leaving = len(effect.joining), len(effect.leaving)
    kind: str = "words compared otherwise" if effect.kind == "folded" else effect.kind
    kind = f"renamed from {effect.renamed_from}" if effect.renamed_from else kind
    told = f"{titles.get(effect.slug, effect.slug)}, {kind}: "
    if not joining and not leaving:
        told += "no item joins or leaves"
    else:
        signs = [f"+{joining:,}" if joining else "", f"−{leaving:,}" if leaving else ""]
        told += f"{' '.join(sign for sign in signs if sign)} {_items(joining + leaving)}"
    row(out, label, told + (_mailed(effect) if joining else ""))


def _mailed(effect: TopicEffect) -> str:
    """Say which digests mail the items that join the topic."""
    if effect.mailed_by:
        told = f"; mailed by {', '.join(effect.mailed_by)} (history: mail)"
        kept = ", ".join(effect.kept_by)
        return f"{told}, not by {kept} (history: skip)" if kept else told
    return "; not mailed: history: skip" if effect.kept_by else ""


def _items(number: int) -> str:
    return "item" if number == 1 else "items"


# --- Feeds and files -----------------------------------------------------------------------------


def _tell_files(out: Console, plan: Plan, site: str) -> None:
    if plan.feeds:
        told_feeds = f"{count(len(plan.feeds), 'feed')} written or removed"
        # The formats hold the same entries: what is told of Atom holds for all of them.
        if all(feed.whole for feed in plan.feeds):
            told_feeds += ", as Atom, RSS and JSON Feed"
        row(out, "feeds", told_feeds)
    for feed in plan.feeds:
        title = feed.title.removesuffix(f", {site}") or feed.path
        told = Text(f"{cut(title, 34):<36}") + Text(f"{_signs(feed):<13}", style="green")
        gone = "removed" if feed.kind == "removed" else ""
        row(out, "", told + Text(gone or count(feed.total, "entry", "entries")))
    kinds = {"new": 0, "changed": 0, "removed": 0}
    for file in plan.files:
        kinds[file.kind] += 1
    if plan.files:
        told_kinds = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items() if number)
        row(out, "files", f"{count(len(plan.files), 'file')}: {told_kinds}")


def _signs(feed: FeedChange) -> str:
    parts = (("+", feed.appearing), ("~", feed.changing), ("−", feed.leaving))
    return " ".join(f"{sign}{len(found)}" for sign, found in parts if found)


# --- Editions and mail ---------------------------------------------------------------------------


def _edition(forecast: Forecast) -> str:
    read = forecast.digest.items_in
    alone = f", items in {', '.join(read)} alone" if read else ""
    return f"{forecast.digest.title}, No. {forecast.edition.number}{alone}"


def _tell_edition(out: Console, forecast: Forecast, told: str, label: str = "digest") -> None:
    row(out, label, told)
    alike: dict[str, list[RecipientForecast]] = defaultdict(list)
    for share in forecast.recipients:
        alike[_gets(share)].append(share)
    for gets, shares in sorted(alike.items(), key=lambda each: -len(each[1])):
        who = shares[0].address if len(shares) == 1 else count(len(shares), "person", "people")
        row(out, "", f"{cut(who, 28):<30}{gets}")


def _gets(share: RecipientForecast) -> str:
    other = f"; {share.other_languages:,} in other languages left out"
    other = other if share.other_languages else ""
    if share.outcome in ("nothing", "paused", "left"):
        return {
            "nothing": f"nothing new for them{other}",
            "paused": "nothing while paused",
            "left": "nothing: left, or bounced",
        }[share.outcome]
    told = joined(
        count(share.items, "item") if share.items else "",
        f"{share.corrected:,} corrected" if share.corrected else "",
    )
    if share.missed:
        told += f": {share.missed:,} of them missed before"
    return f"{told}; held: {share.detail}" if share.outcome == "held" else told + other


def _tell_mail(out: Console, plan: Plan) -> None:
    mail = plan.report.delivered
    told = joined(
        f"{count(mail.sent, 'message')} to send" if mail.sent else "",
        f"{plan.older:,} of them of earlier editions" if plan.older > 0 else "",
        f"{mail.stopped:,} held back for people who left" if mail.stopped else "",
        f"{len(mail.deferred):,} cannot be made" if mail.deferred else "",
        f"{len(mail.failed):,} failed" if mail.failed else "",
        f"{len(mail.in_doubt):,} in doubt" if mail.in_doubt else "",
    )
    if told:
        row(out, "mail", told)
    closed_rows(out, mail.orphaned)
    reasons: Sequence[tuple[str, str]] = (*mail.deferred, *mail.failed)
    for _address, reason in reasons[:1]:
        row(out, "", Text(reason, style="red"))


# --- For programs --------------------------------------------------------------------------------


def _print_json(
    plan: Plan, code: Exit, upgrade: str, notes: Sequence[Problem], *, stateless: bool
) -> None:
    report = plan.report
    read, done = report.recorded, report.published
    print_json(
        {
            "exit_code": int(code),
            "now": report.now.isoformat(),
            "pending": plan.pending,
            "without_state": stateless,
            "items": {
                "new": [_item_json(item) for item in plan.new],
                "revised": [_revised_json(*each) for each in plan.revised],
                "retracted": [_item_json(item) for item in plan.retracted],
                "completed": read.filled,
                "unchanged": read.unchanged,
            },
            "read_again": [asdict(each) for each in read.reread],
            "topics": [
                {
                    "slug": effect.slug,
                    "kind": effect.kind,
                    "renamed_from": effect.renamed_from or None,
                    "joining": [_item_json(item) for item in effect.joining],
                    "leaving": [_item_json(item) for item in effect.leaving],
                    "mailed_by": list(effect.mailed_by),
                    "kept_by": list(effect.kept_by),
                }
                for effect in plan.topics
            ],
            "feeds": [
                {
                    "path": feed.path,
                    "kind": feed.kind,
                    "formats": list(feed.formats),
                    "entries": feed.total,
                    "appearing": _entries_json(feed.appearing),
                    "changing": _entries_json(feed.changing),
                    "leaving": _entries_json(feed.leaving),
                }
                for feed in plan.feeds
            ],
            "files": [{"path": file.path, "kind": file.kind} for file in plan.files],
            "published": {"written": done.written, "removed": done.removed, "cut": done.cut},
            "editions": [_edition_json(each) for each in plan.opened],
            "upcoming": [_edition_json(each) for each in plan.coming],
            **reviews_json(report.pending),
            "mail": _mail_json(plan),
            "problems": [problem_json(problem) for problem in (*problems_of(report), *notes)],
            "errors": report.errors,
            **({"people": [asdict(each) for each in plan.stranded]} if plan.stranded else {}),
            **({"state": upgrade} if upgrade else {}),
        }
    )


def _mail_json(plan: Plan) -> dict[str, object]:
    mail = plan.report.delivered
    return {
        "messages": mail.sent,
        "of_earlier_editions": plan.older,
        "suppressed": mail.suppressed,
        "orphaned": mail.orphaned,
        "not_made": outcomes_json(mail.deferred),
        "failed": outcomes_json(mail.failed),
        "in_doubt": outcomes_json(mail.in_doubt),
    }


def _revised_json(item: Item, before: ItemText) -> dict[str, object]:
    return {**_item_json(item), "before": text_json(before), "after": text_json(item.text)}


def _item_json(item: Item) -> dict[str, object]:
    return {"id": item.id, "slug": item.slug, "title": item.title, "date": iso(item.date)}


def _entries_json(entries: Sequence[FeedEntry]) -> list[dict[str, str]]:
    return [{"id": each.id, "title": each.title, "updated": each.updated} for each in entries]


def _edition_json(forecast: Forecast) -> dict[str, object]:
    edition = forecast.edition
    return {
        "digest": forecast.digest.called,
        "number": edition.number,
        "period": edition.period,
        "at": edition.opened_at.isoformat(),
        "subject": edition.subject,
        "items": forecast.items,
        "corrected": forecast.corrected,
        "messages": forecast.messages,
        "recipients": [
            {
                "address": share.address,
                "name": share.name,
                "standing": share.outcome,
                "items": share.items,
                "missed": share.missed,
                "corrected": share.corrected,
                "other_languages": share.other_languages,
                "reason": share.detail or None,
            }
            for share in forecast.recipients
        ],
    }
