"""A plan as Markdown, to stand on a proposed change: what a run would do, without any address.

Whoever sees the change sees it, so people are counted and not named. What listings and
configuration say is escaped: it may be anybody's text, and is no markup here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tidings.application.plan import Forecast, Plan
from tidings.entrypoints.cli.common import count, problems_of
from tidings.entrypoints.wiring import Instance
from tidings.model import Item, Problem

WITHOUT_STATE = "there is none here, so this predicts from the listings alone"
OF_THAT = "every item counts as new, and nobody has been mailed anything"
MOST_NAMED = 20
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#!|~&])")


def summary(plan: Plan, instance: Instance, notes: Sequence[Problem], *, stateless: bool) -> str:
    """The plan as a document of Markdown (GitHub's and GitLab's, with tables)."""
    return "\n".join(_lines(plan, instance, notes, stateless=stateless)) + "\n"


def _lines(
    plan: Plan, instance: Instance, notes: Sequence[Problem], *, stateless: bool
) -> Iterator[str]:
    yield "## What a run would do"
    if stateless:
        yield from ("", f"**State:** {WITHOUT_STATE}: {OF_THAT}.")
    read = plan.report.recorded
    numbers = (
        ("files read", len(read.scan.paths)),
        ("items new", len(plan.new)),
        ("items corrected", len(plan.revised)),
        ("items completed", read.filled),
        ("items retracted", len(plan.retracted)),
        ("feeds written or removed", len(plan.feeds)),
        ("files written or removed", len(plan.files)),
    )
    yield from _table(("what", "how many"), ((what, f"{n:,}") for what, n in numbers if n))
    yield from _topics(plan, instance)
    yield from _editions(plan)
    yield from _items("New", plan.new)
    yield from _items("Corrected", [item for item, _ in plan.revised])
    yield from _items("Retracted", plan.retracted)
    yield from _problems("Problems", problems_of(plan.report))
    yield from _listed("Failures", plan.report.errors)
    yield from _problems("Notes", notes)


def _topics(plan: Plan, instance: Instance) -> Iterator[str]:
    titles = {topic.slug: topic.title for topic in instance.settings.topics}
    rows = [
        (titles.get(e.slug, e.slug), e.kind, f"{len(e.joining):,}", f"{len(e.leaving):,}")
        for e in plan.topics
        if e.joining or e.leaving or e.kind != "added"
    ]
    if rows:
        yield from _table(("rule", "is", "items join", "leave"), rows)
    changed = [
        (
            f.title,
            f"{len(f.appearing):,}",
            f"{len(f.changing):,}",
            f"{len(f.leaving):,}",
            "removed" if f.kind == "removed" else f"{f.total:,}",
        )
        for f in plan.feeds
    ]
    if changed:
        yield from _table(("feed", "entries come", "change", "leave", "then has"), changed)


def _editions(plan: Plan) -> Iterator[str]:
    rows = [(*_edition(each), "now") for each in plan.opened]
    rows += [
        (*_edition(each), f"{each.edition.opened_at:%Y-%m-%d %H:%M} UTC") for each in plan.coming
    ]
    if rows:
        yield from _table(("digest", "items", "messages", "opens"), rows)


def _edition(forecast: Forecast) -> tuple[str, str, str]:
    title = f"{forecast.digest.title}, no. {forecast.edition.number}"
    return title, f"{forecast.items:,}", f"{forecast.messages:,}"


def _items(what: str, items: Sequence[Item]) -> Iterator[str]:
    told = [f"{item.date or 'undated'}: {item.title}" for item in items[:MOST_NAMED]]
    if len(items) > MOST_NAMED:
        told.append(f"and {len(items) - MOST_NAMED:,} more")
    return _listed(f"{what}: {count(len(items), 'item')}", told)


def _problems(what: str, problems: Sequence[Problem]) -> Iterator[str]:
    """Where each is, and what; nothing of the line itself, which may hold an address."""
    places = (f"{p.path}:{p.line}" if p.line else p.path for p in problems)
    told = (f"{place}: {p.message}" for place, p in zip(places, problems, strict=True))
    return _listed(what, told)


def _listed(what: str, lines: Iterable[str]) -> Iterator[str]:
    told = [f"- {escaped(_ADDRESS.sub('(an address)', line))}" for line in lines]
    if told:
        yield from ("", f"### {escaped(what)}", "", *told)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield from ("", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}")
    for row in rows:
        yield f"| {' | '.join(map(escaped, row))} |"


def escaped(text: str) -> str:
    """A text that Markdown shows as it is, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
