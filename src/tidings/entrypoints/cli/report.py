"""`tidings report`: how many joined and left, and how much mail went out; no opens, no clicks."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated

import typer

from tidings.application.report import KINDS, Report, ReportRow
from tidings.application.report import report as count_up
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    Json,
    console,
    headline,
    instance_of,
    iso,
    now_of,
    print_json,
    row,
)
from tidings.entrypoints.cli.exits import usage

MONTHS = 12


def report(
    context: typer.Context,
    from_: Annotated[
        str, typer.Option("--from", metavar="DAY", help="The first day, or month (2026-01).")
    ] = "",
    to: Annotated[
        str, typer.Option("--to", metavar="DAY", help="The last day, or month; else today.")
    ] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="A table for a spreadsheet.")] = False,
    json: Json = False,
) -> None:
    """Count who joined and left, what bounced and was sent, by month, digest and topic."""
    if as_csv and json:
        raise usage("--csv and --json are two forms: say one of them")
    instance = instance_of(context)
    zone, now = instance.settings.zone, now_of(instance)
    today = now.astimezone(zone).date()
    end = min(_day("--to", to, last=True), today) if to else today
    begin = _day("--from", from_) if from_ else _back(end)
    if begin > end:
        raise usage(f"{begin} is after {end}: --from comes before --to, and neither in the future")
    with wiring.look_at_state(instance) as store:
        settings = wiring.follow(instance, store).settings
        found = count_up(store, settings, begin, end, now)
    if json:
        _print_json(found, str(zone))
    elif as_csv:
        _print_csv(found)
    else:
        _tell(found)


def _back(end: date) -> date:
    """The first day of the month that is eleven before."""
    months = end.year * MONTHS + end.month - MONTHS
    return date(months // MONTHS, months % MONTHS + 1, 1)


def _day(option: str, given: str, *, last: bool = False) -> date:
    """A day, or the first or last one of a month. Raises a usage error."""
    try:
        if len(given) == len("2026-01"):
            first = date.fromisoformat(f"{given}-01")
            if not last:
                return first
            following = date(first.year + first.month // MONTHS, first.month % MONTHS + 1, 1)
            return following - timedelta(1)
        return date.fromisoformat(given)
    except (ValueError, OverflowError):
        raise usage(f"{option} {given!r} is no day; write 2026-01-31, or 2026-01") from None


def _print_json(found: Report, zone: str) -> None:
    print_json(
        {
            "from": found.begin.isoformat(),
            "to": found.end.isoformat(),
            "time_zone": zone,
            "not_known": [
                {"what": each.what, "from": iso(each.begin), "to": iso(each.end)}
                for each in found.gaps
            ],
            "rows": [
                {"month": r.month, "digest": r.digest, "topic": r.topic or None, **r.numbers}
                for r in found.rows
            ],
        }
    )


def _print_csv(found: Report) -> None:
    """A row for each; what is not known is empty."""
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["month", "digest", "topic", *KINDS])
    for each in found.rows:
        table.writerow([each.month, each.digest, each.topic, *each.numbers.values()])


def _tell(found: Report) -> None:
    out = console()
    digests = list(dict.fromkeys(each.digest for each in found.rows))
    if not digests:
        headline(out, "There is no digest.")
    for digest in digests:
        rows = [each for each in found.rows if each.digest == digest]
        headline(out, f"{digest}, {found.begin} to {found.end}")
        whole = [each for each in rows if not each.topic]
        for each in whole:
            row(out, each.month, _in_words(each.numbers))
        if len(whole) > 1:
            row(out, "in all", _in_words(_sum(whole)))
        for topic in dict.fromkeys(each.topic for each in rows if each.topic):
            total = _sum([each for each in rows if each.topic == topic])
            row(out, "topic", f"{topic}: {_in_words(total)}")
    row(out, "counted", "nothing that tells who opened or clicked: there is no tracking")


def _sum(rows: Sequence[ReportRow]) -> Mapping[str, int | None]:
    sums: dict[str, int | None] = {}
    for kind in KINDS:
        numbers = [each.numbers[kind] for each in rows]
        sums[kind] = None if None in numbers else sum(number or 0 for number in numbers)
    return sums


def _in_words(numbers: Mapping[str, int | None]) -> str:
    told = [f"{n:,} {kind}" for kind, n in numbers.items() if n is not None]
    unknown = [kind for kind, n in numbers.items() if n is None]
    return ", ".join(told + ([f"not known: {', '.join(unknown)}"] if unknown else []))
