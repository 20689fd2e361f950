"""How a plan is told: to people in as few lines as it has news, to programs in full."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from tidings.core.corrections import corrected
from tidings.core.wording import cut
from tidings.entrypoints.cli.account import closed_for, read_otherwise
from tidings.entrypoints.cli.present import (
    LABEL,
    MARGIN,
    console,
    count,
    headline,
    local_hour,
    local_moment,
    problem_rows,
    row,
)

if TYPE_CHECKING:
    from tidings.application.forecast import Forecast, Share
    from tidings.application.plan import Plan, Revised, TopicEffect
    from tidings.core.feeds.changes import FeedChanges
    from tidings.entrypoints.wiring import Instance
    from tidings.model import Item

# What is left of 80 columns beside the sign and the day.
TOLD = 80 - len(MARGIN) - LABEL - 13
# Of each kind, no more than this are named: `--json` has all of them.
MOST_NAMED = 20


def tell(plan: Plan, instance: Instance) -> None:
    """Tell a person. A plan that would change nothing is one line, and what comes next."""
    out, report, zone = console(), plan.report, instance.settings.zone
    wrong = report.recorded.problems or report.errors
    if plan.pending or wrong:
        headline(out, f"If it ran now, {local_moment(report.now, zone)}. Nothing has been touched.")
        out.print()
    else:
        headline(out, "Nothing to do.")
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
    for problem in report.recorded.problems:
        out.print()
        problem_rows(out, problem)
    for error in report.errors:
        out.print()
        out.print(Text(MARGIN) + Text(f"{'failed':<{LABEL}}", style="red") + Text(error))


# --- Items and topics ----------------------------------------------------------------------------


def _tell_items(out: Console, plan: Plan) -> None:
    read = plan.report.recorded
    parts = [
        f"{read.new:,} new" if read.new else "",
        f"{read.revised:,} corrected" if read.revised else "",
        f"{read.filled:,} completed" if read.filled else "",
        f"{read.retracted:,} taken back" if read.retracted else "",
    ]
    if any(parts):
        row(out, "items", Text(", ".join(part for part in parts if part)))
    for item in plan.new[:MOST_NAMED]:
        _sign(out, "+", item, item.title)
    _more(out, len(plan.new), "new")
    for each in plan.revised[:MOST_NAMED]:
        for told in _differences(each):
            _sign(out, "~", each.item, told)
    _more(out, len(plan.revised), "corrected")
    for item in plan.retracted[:MOST_NAMED]:
        _sign(out, "−", item, item.title)
    _more(out, len(plan.retracted), "taken back")
    for number, file in enumerate(read.reread[:MOST_NAMED]):
        row(out, "" if number else "read again", f"{file.path}: {read_otherwise([file])}")
    _more(out, len(read.reread), "files")


def _sign(out: Console, sign: str, item: Item, told: str) -> None:
    day = _day(item.date) if item.date else "undated"
    out.print(
        Text(MARGIN)
        + Text(f"{sign:<{LABEL}}", style="green")
        + Text(f"{day:>11}  ", style="dim")
        + Text(cut(told, TOLD))
    )


def _more(out: Console, number: int, what: str) -> None:
    if number > MOST_NAMED:
        row(out, "", Text(f"and {number - MOST_NAMED:,} more {what}", style="dim"))


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _differences(revised: Revised) -> Iterator[str]:
    item = revised.item
    found = corrected(item, revised.before, "", item.arrived_at.date(), datetime.date)
    for rewording in found.rewordings:
        name = "text" if rewording.field == "summary" else rewording.field
        half = (TOLD - len(name) - len(":  -> ")) // 2
        was, now = rewording.was, rewording.now
        if len(was) + len(now) > 2 * half:
            was, now = cut(was, half), cut(now, half)
        yield f"{name}: {was} -> {now}"
    if found.redated:
        was = _day(found.had_day) if found.had_day else "undated"
        yield f"date: {was} -> {_day(revised.item.date) if revised.item.date else 'undated'}"
    if not found.rewordings and not found.redated:
        yield revised.item.title


def _tell_effect(out: Console, label: str, effect: TopicEffect, titles: dict[str, str]) -> None:
    joining, leaving = len(effect.joining), len(effect.leaving)
    kind = f"renamed from {effect.renamed_from}" if effect.renamed_from else effect.kind
    told = f"{titles.get(effect.slug, effect.slug)}, {kind}: "
    if not joining and not leaving:
        told += "no item joins or leaves"
    else:
        signs = [f"+{joining:,}" if joining else "", f"−{leaving:,}" if leaving else ""]
        told += f"{' '.join(sign for sign in signs if sign)} {_items(joining + leaving)}"
    row(out, label, told + (_mailed(effect) if joining else ""))


def _mailed(effect: TopicEffect) -> str:
    """Which digests bring what joins by its rule to their readers."""
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
        title = feed.entries.title.removesuffix(f", {site}") or feed.path
        told = Text(f"{cut(title, 34):<36}") + Text(f"{_signs(feed.entries):<13}", style="green")
        gone = "removed" if feed.kind == "removed" else ""
        row(out, "", told + Text(gone or count(feed.entries.total, "entry", "entries")))
    kinds = {"new": 0, "changed": 0, "removed": 0}
    for file in plan.files:
        kinds[file.kind] += 1
    if plan.files:
        told_kinds = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items() if number)
        row(out, "files", f"{count(len(plan.files), 'file')}: {told_kinds}")


def _signs(entries: FeedChanges) -> str:
    parts = (("+", entries.appearing), ("~", entries.changing), ("−", entries.leaving))
    return " ".join(f"{sign}{len(found)}" for sign, found in parts if found)


# --- Editions and mail ---------------------------------------------------------------------------


def _edition(forecast: Forecast) -> str:
    return f"{forecast.digest.title}, No. {forecast.edition.number}"


def _tell_edition(out: Console, forecast: Forecast, told: str, label: str = "digest") -> None:
    row(out, label, told)
    alike: dict[str, list[Share]] = defaultdict(list)
    for share in forecast.shares:
        alike[_gets(share)].append(share)
    for gets, shares in sorted(alike.items(), key=lambda each: -len(each[1])):
        who = shares[0].address if len(shares) == 1 else count(len(shares), "person", "people")
        row(out, "", f"{cut(who, 28):<30}{gets}")


def _gets(share: Share) -> str:
    if share.standing in ("nothing", "paused", "left"):
        return {
            "nothing": "nothing that concerns them",
            "paused": "nothing while paused",
            "left": "nothing: left, or bounced",
        }[share.standing]
    parts = [
        count(share.items, "item") if share.items else "",
        f"{share.corrected:,} corrected" if share.corrected else "",
    ]
    told = ", ".join(part for part in parts if part)
    if share.missed:
        told += f": {share.missed:,} of them missed before"
    return f"{told}; held: {share.detail}" if share.standing == "held" else told


def _tell_mail(out: Console, plan: Plan) -> None:
    mail = plan.report.delivered
    parts = [
        f"{count(mail.sent, 'message')} to send" if mail.sent else "",
        f"{plan.older:,} of them of earlier editions" if plan.older > 0 else "",
        f"{mail.stopped:,} held back for people who left" if mail.stopped else "",
        f"{len(mail.deferred):,} cannot be made" if mail.deferred else "",
        f"{len(mail.failed):,} given up" if mail.failed else "",
        f"{len(mail.in_doubt):,} in doubt" if mail.in_doubt else "",
    ]
    if any(parts):
        row(out, "mail", ", ".join(part for part in parts if part))
    for digest, number in mail.orphaned.items():
        row(out, "closed", closed_for(digest, number))
    reasons: Sequence[tuple[str, str]] = (*mail.deferred, *mail.failed)
    for _address, reason in reasons[:1]:
        row(out, "", Text(reason, style="red"))
