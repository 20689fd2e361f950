"""Topics and what they take, in the words and pieces that the page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from tidings.core.drafts import Missed, TopicDraft
from tidings.core.quoting import Fragment, Quote, marked, quotes
from tidings.entrypoints.drafting import InForce
from tidings.model import Evidence, Item

LOOSE = "-"  # chosen in place of a topic: what is in none; no slug is written so
MOST = 60


@dataclass(frozen=True, slots=True)
class Row:
    """A topic in the list. `count` are its items, `joining` and `leaving` the difference."""

    slug: str
    title: str
    count: int
    joining: int = 0
    leaving: int = 0
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """An item with its evidence marked; `first_seen` stands in for a date that it lacks."""

    day: date | None
    first_seen: date
    title: tuple[Fragment, ...]
    summary: tuple[Fragment, ...]
    joining: bool
    retracted: bool


@dataclass(frozen=True, slots=True)
class Near:
    """An item that a topic just fails to take: the line that keeps it out, and what comes near."""

    day: date | None
    first_seen: date
    title: str
    reason: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Catch:
    """A topic with what it takes, what would leave it, and what it just fails to take."""

    slug: str
    title: str
    about: str
    count: int
    joining: int
    compared: bool
    pieces: tuple[Piece, ...]
    leaving: tuple[Piece, ...]
    misses: tuple[Near, ...]


def rows(in_force: InForce, slug: str) -> tuple[Row, ...]:
    """The topics in their order; those that take nothing, too; last, what is in none."""
    draft, chosen = in_force.draft, in_force.topic(slug)
    found = [
        Row(
            each.topic.slug,
            each.topic.title,
            len(each.caught),
            each.joining,
            len(each.leaving),
            chosen is each and slug != LOOSE,
        )
        for each in draft.topics
    ]
    if draft.loose:
        found.append(Row(LOOSE, "In no topic", len(draft.loose), chosen=slug == LOOSE))
    return tuple(found)


def catch(in_force: InForce, slug: str, zone: ZoneInfo) -> Catch | None:
    """The chosen topic, or the first; None if there is none."""
    if slug == LOOSE:
        loose = in_force.draft.loose
        pieces = tuple(_piece(item, (), zone) for item in loose[:MOST])
        return Catch(LOOSE, "In no topic", "", len(loose), 0, False, pieces, (), ())
    chosen = in_force.topic(slug)
    if chosen is None:
        return None
    return Catch(
        slug=chosen.topic.slug,
        title=chosen.topic.title,
        about=chosen.topic.about,
        count=len(chosen.caught),
        joining=chosen.joining,
        compared=chosen.compared,
        pieces=_pieces(chosen, zone),
        leaving=tuple(_piece(item, (), zone) for item in chosen.leaving[:MOST]),
        misses=tuple(_near(missed, zone) for missed in in_force.misses(chosen)),
    )


def _pieces(chosen: TopicDraft, zone: ZoneInfo) -> tuple[Piece, ...]:
    """What is new with the rule as it is written now, then the rest, each newest first."""
    shown = sorted(chosen.caught, key=lambda each: not each.joining)[:MOST]
    return tuple(_piece(each.item, each.evidence, zone, joining=each.joining) for each in shown)


def _piece(
    item: Item, evidence: tuple[Evidence, ...], zone: ZoneInfo, *, joining: bool = False
) -> Piece:
    return Piece(
        day=item.date,
        first_seen=item.arrived_at.astimezone(zone).date(),
        title=marked(item.text, "title", evidence),
        summary=marked(item.text, "summary", evidence),
        joining=joining,
        retracted=item.retraction is not None,
    )


def _near(missed: Missed, zone: ZoneInfo) -> Near:
    item, clause = missed.item, missed.clause
    if clause.part in ("any", "all"):
        reason = f"“{clause.written}”: {clause.remark}"
    elif clause.part == "none":
        reason = f"kept out by “{clause.written}”"
    else:
        seen = f", and it has {clause.seen}" if clause.seen else ", and it has none"
        reason = f"{clause.part}: {clause.written}{seen}"
    return Near(
        day=item.date,
        first_seen=item.arrived_at.astimezone(zone).date(),
        title=item.title,
        reason=reason,
        quotes=quotes(item.text, clause.evidence),
    )
