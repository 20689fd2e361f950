"""What verbs share: options, the instance, its open state, the present, names of digests."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text as Styled

from tidings.application.ports import Clock
from tidings.core.incidents import LAST_CYCLE
from tidings.core.settings import suggestion
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.exits import Exit, usage
from tidings.entrypoints.wiring import Instance
from tidings.model import Digest, Finding, Help, Item, Problem, Review, ReviewState, Text
from tidings.state import Store

if TYPE_CHECKING:
    from tidings.application.cycle import CycleReport
    from tidings.application.pending import Pending
    from tidings.application.portion import Reread

log = logging.getLogger(__name__)

# The port of plain HTTP, and the one that `serve` and `worker --serve` take by themselves.
HTTP_PORT = 80
SERVE_PORT = 8000

Send = Literal["due", "now", "none"]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
ItemName = Annotated[
    str, typer.Argument(metavar="ITEM", help="Its id or slug, or how either begins.")
]


def instance_of(context: typer.Context, *, people: bool = True) -> Instance:
    """Load the instance that `-C` names; as to `people`, see `load_instance`. Raises
    `ConfigError`."""
    root: Path = context.obj
    instance = wiring.load_instance(root, os.environ, people=people)
    log.debug("configuration read folder=%s", root)
    return instance


@contextmanager
def opened(context: typer.Context) -> Iterator[tuple[Instance, Store, datetime]]:
    """Yield the instance, its state open for writing, and the present.

    Raises `StateMissing` if there is no state yet.
    """
    instance = instance_of(context, people=False)
    if not instance.settings.state_path or not os.access(instance.state_path, os.R_OK):
        with wiring.look_at_state(instance):
            pass  # only for it to say what is missing
    store = open_to_write(instance)
    try:
        yield wiring.follow(instance, store), store, now_of(instance)
    finally:
        store.close()


def open_to_write(instance: Instance) -> Store:
    """Open the state for writing; say so if that brought it to another version."""
    store = wiring.open_state(instance)
    if upgrade := wiring.upgrade_in_words(instance, store, done=True):
        complain(f"the state was {upgrade}")
    return store


# --- The present ---------------------------------------------------------------------------------


def clock_of(instance: Instance) -> Clock:
    """Return the clock; it stands still at SOURCE_DATE_EPOCH, if that is set."""
    return wiring.clock(fixed_instant("", instance.settings.zone))


def now_of(instance: Instance) -> datetime:
    """Return the present, or the instant that SOURCE_DATE_EPOCH names."""
    return clock_of(instance).now()


def fixed_instant(given: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant of `--now`, else of SOURCE_DATE_EPOCH, else None."""
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
    """Parse the instant that an option was given; without an offset it is in `zone`."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise usage(f"{option} {given!r} is no instant; write 2026-11-23T08:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def refuse_going_back(store: Store, fixed: datetime) -> None:
    """Raise a usage error for an instant before the last recorded run."""
    with store.reading() as state:
        last = state.note(LAST_CYCLE)
    if last and fixed < datetime.fromisoformat(last):
        raise usage(f"--now {fixed.isoformat()} is before the last recorded run, {last}")


# --- Names in arguments --------------------------------------------------------------------------


def digest_named(instance: Instance, slug: str) -> Digest:
    """Return the digest of this name. Raises a usage error that names the nearest."""
    found = {digest.called: digest for digest in instance.settings.digests}
    if slug not in found:
        raise usage(with_hint(f"there is no digest {slug!r}", suggestion(slug, found)))
    return found[slug]


def names_of_digests(instance: Instance) -> Mapping[str, str]:
    """Return what the digests are called, by the slugs that the state has."""
    return {slug: digest.called for digest in instance.settings.digests for slug in digest.slugs}


def with_hint(told: str, hint: str) -> str:
    """Append the hint in brackets, if there is one."""
    return f"{told} ({hint})" if hint else told


LABEL = 11
MARGIN = "   "


# --- For people ----------------------------------------------------------------------------------


def console() -> Console:
    """Return standard output; rich looks after NO_COLOR, pipes and dumb terminals."""
    return Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print a line to standard output as it is."""
    console().print(text, markup=False)


def complain(sentence: str) -> None:
    """Print to standard error what is wrong."""
    print(f"tidings: {sentence}", file=sys.stderr)


def headline(out: Console, text: str) -> None:
    """Print the one line to read first."""
    out.print(Styled(text, style="bold"))


def row(out: Console, label: str, text: str | Styled, style: str = "") -> None:
    """Print a labelled fact; `style` is the label's."""
    out.print(Styled(MARGIN) + Styled(f"{label:<{LABEL}}", style=style) + Styled.assemble(text))


def problem_rows(out: Console, problem: Problem) -> None:
    """Print a problem in a listing, a warning or a note: where, then what."""
    place = f"{problem.path}:{problem.line}" if problem.line else problem.path
    style = "red" if problem.severity == "problem" else ""
    row(out, problem.severity, Styled(place, style="bold"), style)
    row(out, "", problem.message + (f" ({problem.hint})" if problem.hint else ""))


def more_rows(out: Console, kinds: Iterable[Help]) -> None:
    """Print once, for each kind of message, how to read its section of the documentation."""
    for number, kind in enumerate(dict.fromkeys(kinds)):
        if not number:
            out.print()
        row(out, "" if number else "more", f"tidings help {kind.address}")


def note_rows(out: Console, notes: Iterable[Problem]) -> None:
    """Print what is likely a mistake, or worth knowing, each after a blank line."""
    for note in notes:
        out.print()
        problem_rows(out, note)


def failure_rows(out: Console, problems: Sequence[Problem], errors: Iterable[str]) -> None:
    """Print the problems in listings and the errors of a run, each after a blank line."""
    for problem in problems:
        out.print()
        problem_rows(out, problem)
    more_rows(out, [problem.help for problem in problems])
    for error in errors:
        out.print()
        row(out, "failed", error, "red")


def count(number: int, noun: str, plural: str = "") -> str:
    """Format a number with its noun: "1 item", "46 items"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def joined(*parts: str) -> str:
    """Join the parts that are not empty by commas."""
    return ", ".join(part for part in parts if part)


def local_moment(instant: datetime, zone: ZoneInfo) -> str:
    """Format an instant in `zone`: "Sunday 22 November 2026, 08:00"."""
    local = instant.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"


def local_hour(instant: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Format an instant as `local_moment` does; the time alone if it is on the day of `now`."""
    local = instant.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return f"{local:%H:%M}"
    return local_moment(instant, zone)


def next_in_words(
    at: datetime | None, not_before: datetime | None, zone: ZoneInfo, now: datetime
) -> str:
    """Say when an edition comes: at an instant, else with the news, but not before another."""
    if at:
        return local_moment(at, zone)
    waits = f", not before {local_hour(not_before, zone, now)}" if not_before else ""
    return f"as soon as there is anything new{waits}"


# --- For programs --------------------------------------------------------------------------------


def print_json(value: Mapping[str, object]) -> None:
    """Print a versioned document."""
    json.dump({"format_version": 1, **value}, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def iso(instant: date | None) -> str | None:
    """Format an instant or a day by ISO 8601."""
    return instant.isoformat() if instant else None


def problem_json(problem: Problem) -> dict[str, object]:
    """Make a problem in a listing or in the configuration ready for JSON."""
    return {
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "hint": problem.hint,
        "severity": problem.severity,
        "help": problem.help.address,
    }


def check_in_words(finding: Finding) -> str:
    """The name of a check for people: programs know two by the names that they have always had."""
    return {"last round": "last run", "rounds": "runs"}.get(finding.check, finding.check)


def finding_json(finding: Finding) -> dict[str, object]:
    """Make a finding of `status` or `doctor` ready for JSON."""
    return {
        "check": finding.check,
        "level": str(finding.level),
        "message": finding.message,
        "remedy": finding.remedy,
        "help": finding.help.address if finding.help else None,
    }


def item_json(item: Item) -> dict[str, object]:
    """Make an item ready for JSON, without what its sources say."""
    return {
        "id": item.id,
        "slug": item.slug,
        "title": item.title,
        "date": iso(item.date),
        "revision": item.revision,
        "retracted": item.retraction.reason if item.retraction else None,
        "merged_into": item.merged_into,
    }


def text_json(text: Text) -> dict[str, object]:
    """Make ready for JSON what a source says of an item."""
    return {
        "title": text.title,
        "summary": text.summary,
        "date": iso(text.date),
        "url": text.url,
        "category": text.category,
    }


def outcomes_json(outcomes: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Make pairs of address and reason ready for JSON."""
    return [{"address": address, "reason": reason} for address, reason in outcomes]


# --- What the accounts of a run and of a plan have in common -------------------------------------


def problems_of(report: CycleReport) -> tuple[Problem, ...]:
    """Return what is wrong in listings that were read, and in lists of recipients."""
    return (*report.recorded.problems, *report.people)


def exit_code(report: CycleReport) -> Exit:
    """1 if anything failed, else 75 if mail is still to be sent or in doubt, else 0."""
    delivered = report.delivered
    if report.errors or problems_of(report) or delivered.failed or delivered.alike:
        return Exit.FAILED
    unsent = delivered.waiting or delivered.in_doubt or report.overdue
    return Exit.LATER if unsent else Exit.DONE


def notes_of(report: CycleReport, instance: Instance) -> tuple[Problem, ...]:
    """Return what is worth knowing of the files that were read, and of those that are not."""
    recorded = report.recorded
    unread = () if report.errors else wiring.unread_files(instance, recorded.scan.paths)
    return (*recorded.notes, *unread)


def pending_in_words(each: Pending, zone: ZoneInfo, now: datetime) -> str:
    """Say of a review what waits for whom, and until when."""
    review, by = each.review, " or ".join(each.reviewers) or "nobody that is configured"
    what = f"No. {review.number}, proof {review.proof.number}, {count(each.items, 'item')}"
    approved = review.state is ReviewState.APPROVED
    at = "goes with the next run" if approved else "goes once it is approved"
    if review.due_at:
        at = f"goes {local_hour(review.due_at, zone, now)}"
    last = review.rulings[-1] if review.rulings else None
    if approved and last:
        return f"{what}: approved by {last.by}, {at}"
    held = f"held by {last.by}, " if review.state is ReviewState.HELD and last else ""
    late = "is overdue" if review.overdue(now) else at
    return f"{what}: {held}waits for {by}, {late}"


def reviews_json(pending: Sequence[Pending]) -> dict[str, object]:
    """What waits for approval, or for its slot, as a document tells it; nothing if nothing does."""
    found = [
        {
            "digest": each.digest.called,
            "number": each.review.number,
            "reviewers": list(each.reviewers),
            "items": each.items,
            **review_json(each.review),
            "unreached": [{"address": who, "reason": why} for who, why in each.unreached],
        }
        for each in pending
    ]
    return {"reviews": found} if found else {}


def review_json(review: Review) -> dict[str, object]:
    """What was decided of a review, as a document tells it."""
    return {
        "state": str(review.state),
        "proof": review.proof.number,
        "due_at": iso(review.due_at),
        "decisions": [
            {
                "decision": each.verdict,
                "by": each.by,
                "at": each.at.isoformat(),
                "proof": each.proof,
            }
            for each in review.rulings
        ],
    }


def reread_in_words(files: Sequence[Reread]) -> str:
    """Say what became of the items of unchanged files that were read again in another way."""
    replaced, dropped, added = (
        sum(len(ids) for ids in each)
        for each in zip(*((f.replaced, f.dropped, f.added) for f in files), strict=True)
    )
    return joined(
        f"{count(replaced, 'item')} replaced" if replaced else "",
        f"{dropped:,} dropped" if dropped else "",
        f"{added:,} added without notice" if added else "",
    )


def closed_rows(out: Console, orphaned: dict[str, int]) -> None:
    """Print how many messages were closed because their digest is gone, by digest."""
    for digest, number in orphaned.items():
        messages = count(number, "message")
        row(out, "closed", f"{messages}: the configuration has no digest {digest} any more")
