"""A plan for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from tidings.entrypoints.cli.present import as_json as print_json
from tidings.entrypoints.cli.present import problem_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidings.application.forecast import Forecast
    from tidings.application.plan import Plan
    from tidings.core.feeds.changes import EntryLine
    from tidings.model import Item, Text


def as_json(plan: Plan, code: int) -> None:
    """All that the plan says."""
    report = plan.report
    read, done = report.recorded, report.published
    print_json(
        {
            "exit_code": code,
            "now": report.now.isoformat(),
            "pending": plan.pending,
            "items": {
                "new": [_item(item) for item in plan.new],
                "revised": [
                    {
                        **_item(each.item),
                        "before": _text(each.before),
                        "after": _text(each.item.text),
                    }
                    for each in plan.revised
                ],
                "retracted": [_item(item) for item in plan.retracted],
                "completed": read.filled,
                "unchanged": read.unchanged,
            },
            "read_again": [asdict(each) for each in read.reread],
            "topics": [
                {
                    "slug": effect.slug,
                    "kind": effect.kind,
                    "renamed_from": effect.renamed_from or None,
                    "joining": [_item(item) for item in effect.joining],
                    "leaving": [_item(item) for item in effect.leaving],
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
                    "entries": feed.entries.total,
                    "appearing": _entries(feed.entries.appearing),
                    "changing": _entries(feed.entries.changing),
                    "leaving": _entries(feed.entries.leaving),
                }
                for feed in plan.feeds
            ],
            "files": [{"path": file.path, "kind": file.kind} for file in plan.files],
            "published": {"written": done.written, "removed": done.removed, "cut": done.cut},
            "editions": [_edition(each) for each in plan.opened],
            "upcoming": [_edition(each) for each in plan.coming],
            "mail": _mail(plan),
            "problems": [problem_json(problem) for problem in read.problems],
            "errors": report.errors,
        }
    )


def _mail(plan: Plan) -> dict[str, object]:
    mail = plan.report.delivered
    return {
        "messages": mail.sent,
        "of_earlier_editions": plan.older,
        "suppressed": mail.suppressed,
        "orphaned": mail.orphaned,
        "not_made": _reasons(mail.deferred),
        "failed": _reasons(mail.failed),
        "in_doubt": _reasons(mail.in_doubt),
    }


def _item(item: Item) -> dict[str, object]:
    date = item.date.isoformat() if item.date else None
    return {"id": item.id, "slug": item.slug, "title": item.title, "date": date}


def _text(text: Text) -> dict[str, object]:
    return {
        "title": text.title,
        "summary": text.summary,
        "date": text.date.isoformat() if text.date else None,
        "url": text.url,
        "category": text.category,
    }


def _entries(entries: Sequence[EntryLine]) -> list[dict[str, str]]:
    return [{"id": each.id, "title": each.title, "updated": each.updated} for each in entries]


def _reasons(outcomes: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"address": address, "reason": reason} for address, reason in outcomes]


def _edition(forecast: Forecast) -> dict[str, object]:
    edition = forecast.edition
    return {
        "digest": edition.digest,
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
                "standing": share.standing,
                "items": share.items,
                "missed": share.missed,
                "corrected": share.corrected,
                "reason": share.detail or None,
            }
            for share in forecast.shares
        ],
    }
