"""`tidings history`: an item's life."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from tidings.application.edit import History
from tidings.application.edit import history as look
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    ItemName,
    Json,
    console,
    headline,
    instance_of,
    iso,
    item_json,
    local_moment,
    print_json,
    problem_json,
    problem_rows,
    review_json,
    row,
    text_json,
)
from tidings.model import Decision, Revision, SourceEntry, Text

DONE = {"approve": "approved", "hold": "held", "skip": "skipped"}
FIELDS = ("title", "summary", "date", "url", "category")


def history(
    context: typer.Context,
    item: ItemName,
    json: Json = False,
) -> None:
    """Show an item's history: what changed, when, by which file; its sources; decisions."""
    instance = instance_of(context)
    with wiring.look_at_state(instance) as store:
        found = look(store, item)
    if json:
        _print_json(found)
    else:
        titles = {topic.slug: topic.title for topic in instance.settings.topics}
        _tell(found, titles, instance.settings.zone)


# --- For people ----------------------------------------------------------------------------------


def _tell(found: History, titles: dict[str, str], zone: ZoneInfo) -> None:
    out, item = console(), found.item
    headline(out, f"Retracted: {item.title}" if item.retraction else item.title)
    out.print()
    row(out, "item", item.slug)
    row(out, "", f"id {item.id}, {item.date or 'without a date'}")
    if item.retraction:
        who = item.retraction.by or "its sources"
        row(out, "retracted", f"{local_moment(item.retraction.at, zone)}, by {who}")
        row(out, "", item.retraction.reason)
    if item.merged_into:
        row(out, "merged", f"into {found.others[item.merged_into].slug}")
    topics = ", ".join(titles.get(slug, slug) for slug in found.topics)
    row(out, "topics", topics or "in none")
    _tell_revisions(out, item.history, zone)
    _tell_sources(out, found, zone)
    for problem in found.held:
        out.print()
        problem_rows(out, problem)
    for decision in found.decisions:
        out.print()
        _tell_decision(out, found, decision, zone)
    for review in found.reviews:
        out.print()
        row(out, "edition", f"{review.digest}, No. {review.number}")
        for ruling in review.rulings:
            told = f"{DONE[ruling.verdict]} by {ruling.by}, {local_moment(ruling.at, zone)}"
            row(out, "", f"{told}: proof {ruling.proof}")


def _tell_revisions(out: Console, history: tuple[Revision, ...], zone: ZoneInfo) -> None:
    out.print()
    first = history[0]
    row(out, "first seen", f"{local_moment(first.at, zone)}, {first.path}")
    for old, new in pairwise(history):
        changes = list(_differences(old.text, new.text))
        # A decision leaves the text as it is, and is told with the decisions.
        if changes or new.path:
            row(out, "corrected", f"{local_moment(new.at, zone)}, {new.path or 'by a decision'}")
        for field, was, now in changes:
            row(out, "", f"{field}: {was} -> {now}")


def _tell_sources(out: Console, found: History, zone: ZoneInfo) -> None:
    for seen in found.item.sources:
        out.print()
        place = f"{seen.ref.path}:{seen.ref.line}" if _stands(seen) else seen.ref.path
        row(out, "source", place)
        stands = "still there" if _stands(seen) else "gone from it"
        row(out, "", f"{stands}, first seen {local_moment(seen.first_seen_at, zone)}")
        if seen.item_id != found.item.id:
            row(out, "", f"as {found.others[seen.item_id].slug}")
        for field, ours, theirs in _differences(found.item.text, seen.text):
            row(out, "", f"its {field}: {theirs} (here: {ours})")


def _tell_decision(out: Console, found: History, decision: Decision, zone: ZoneInfo) -> None:
    row(out, "decided", _said(found, decision))
    row(out, "", f"{local_moment(decision.at, zone)}, by {decision.by}")
    if decision.reason:
        row(out, "", decision.reason)
    if decision.undone_at:
        row(out, "", f"undone {local_moment(decision.undone_at, zone)}, by {decision.undone_by}")


def _said(found: History, decision: Decision) -> str:
    from tidings.model import DecisionKind

    def name(item_id: str | None) -> str:
        if item_id is None:
            return ""
        return found.others[item_id].slug if item_id in found.others else "this"

    item, other = name(decision.item_id), name(decision.other_id)
    return {
        DecisionKind.RETRACT: "retracted",
        DecisionKind.MERGE: f"{other} is the same news as {item}",
        DecisionKind.SPLIT: f"{other}, of {decision.path}, is not {item}",
        DecisionKind.DISTINCT: f"{other} and {item} are two",
    }[decision.verdict]


def _stands(seen: SourceEntry) -> bool:
    return seen.position is not None


def _differences(one: Text, other: Text) -> Iterator[tuple[str, str, str]]:
    """Yield the fields that differ: name, one value, the other."""
    for field in FIELDS:
        was, now = getattr(one, field), getattr(other, field)
        if was != now:
            yield field, _shown(was), _shown(now)


def _shown(value: str | date | None) -> str:
    return str(value) if value else "none"


# --- For programs --------------------------------------------------------------------------------


def _print_json(found: History) -> None:
    item = found.item
    print_json(
        {
            "item": item_json(item),
            "topics": list(found.topics),
            "revisions": [
                {
                    "number": revision.number,
                    "at": revision.at.isoformat(),
                    "path": revision.path or None,
                    **text_json(revision.text),
                }
                for revision in item.history
            ],
            "sources": [
                {
                    "path": seen.ref.path,
                    "line": seen.ref.line,
                    "present": _stands(seen),
                    "first_seen_at": seen.first_seen_at.isoformat(),
                    "as": seen.item_id,
                    **text_json(seen.text),
                }
                for seen in item.sources
            ],
            "held": [problem_json(problem) for problem in found.held],
            "decisions": [
                {
                    "decision": str(decision.verdict),
                    "item": decision.item_id,
                    "other": decision.other_id,
                    "path": decision.path or None,
                    "at": decision.at.isoformat(),
                    "by": decision.by,
                    "reason": decision.reason,
                    "undone_at": iso(decision.undone_at),
                    "undone_by": decision.undone_by or None,
                }
                for decision in found.decisions
            ],
            **(
                {
                    "reviews": [
                        {"digest": each.digest, "number": each.number, **review_json(each)}
                        for each in found.reviews
                    ]
                }
                if found.reviews
                else {}
            ),
        }
    )
