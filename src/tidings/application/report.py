"""Numbers of readers and mail, by month and digest, and by topic: what the ledger has, and no more.

There are no opens and no clicks in it, since nothing in a message or a page counts them. Where the
state does not know, a number is None and never 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tidings.core.settings import Settings
from tidings.model import Digest
from tidings.state import Store, Transaction
from tidings.state.figures import Counted, Gap

READERS = ("joined", "left")
KINDS = (*READERS, "bounced", "sent")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """The numbers of a digest in a month; of one topic of it, unless `topic` is ""."""

    month: str
    digest: str
    topic: str
    numbers: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Report:
    """The numbers from a day to another, both included, in the order of months and digests; and of
    which times the state does not know them."""

    begin: date
    end: date
    rows: tuple[ReportRow, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class _Month:
    name: str
    begin: datetime
    end: datetime


def report(store: Store, settings: Settings, begin: date, end: date, now: datetime) -> Report:
    """Count from the beginning of a day to the end of another, in the site's time zone.

    `settings` are in the terms of the state (`renames.follow`); digests and topics that were
    renamed count under the name of now, digests that are no more under their last slug.
    """
    zone = settings.zone
    # What has just happened counts as well: instants are kept to the second.
    soon = now + timedelta(seconds=1)
    first, last = _midnight(begin, zone), min(_midnight(end + timedelta(1), zone), soon)
    with store.reading() as state:
        counted = [*state.figures.events(first, last), *state.figures.sent(first, last)]
        gaps = tuple(_dated(state, gap, now) for gap in state.figures.gaps())
        sets = {each.owed_set for each in counted if each.owed_set is not None}
        brought = state.figures.topics_of(sorted(sets))
    months = tuple(_months(begin, end, zone))
    topics = _topics_of_digests(settings)
    names = {slug: each.called for each in settings.digests for slug in each.slugs}
    moved = {old: topic.slug for topic in settings.topics for old in topic.was}
    found: Counter[tuple[str, str, str, str]] = Counter()
    for each in counted:
        month = f"{each.at.astimezone(zone):%Y-%m}"
        digest = names.get(each.digest, each.digest)
        for topic in ("", *_topics(each, topics.get(digest, ()), brought, moved)):
            found[month, digest, topic, each.kind] += each.number
    gone = {digest for _, digest, _, _ in found} - topics.keys()
    rows = [
        ReportRow(
            month.name, digest, topic, dict(_numbers(found, month, digest, topic, gaps, last))
        )
        for month in months
        for digest in (*topics, *sorted(gone))
        for topic in ("", *topics.get(digest, ()))
    ]
    return Report(begin, end, tuple(rows), gaps)


def _numbers(
    found: Mapping[tuple[str, str, str, str], int],
    month: _Month,
    digest: str,
    topic: str,
    gaps: Sequence[Gap],
    last: datetime,
) -> Iterator[tuple[str, int | None]]:
    for kind in KINDS:
        unknown = any(
            _concerns(gap, kind)
            and (gap.begin is None or gap.begin < min(month.end, last))
            and (gap.end is None or gap.end > month.begin)
            for gap in gaps
        )
        yield kind, None if unknown else found.get((month.name, digest, topic, kind), 0)


def _concerns(gap: Gap, kind: str) -> bool:
    return gap.what == "all" or kind in READERS


def _dated(state: Transaction, gap: Gap, now: datetime) -> Gap:
    return gap if gap.end else Gap(gap.what, gap.begin, state.began() or now)


def _topics_of_digests(settings: Settings) -> dict[str, tuple[str, ...]]:
    known = tuple(topic.slug for topic in settings.topics)
    return {each.called: _own(each, known) for each in settings.digests}


def _own(digest: Digest, known: tuple[str, ...]) -> tuple[str, ...]:
    return known if digest.topics is None else digest.topics


def _topics(
    each: Counted,
    of_digest: Sequence[str],
    brought: Mapping[int, frozenset[str]],
    moved: Mapping[str, str],
) -> Sequence[str]:
    """The topics of the digest that this counts for."""
    if each.kind not in READERS:
        chosen = brought.get(each.owed_set or 0, frozenset())
    elif each.topics in (None, "*"):
        return of_digest
    else:
        chosen = frozenset(moved.get(slug, slug) for slug in (each.topics or "").split())
    return [slug for slug in of_digest if slug in chosen]


def _months(begin: date, end: date, zone: ZoneInfo) -> Iterator[_Month]:
    at = begin
    while at <= end:
        following = date(at.year + at.month // 12, at.month % 12 + 1, 1)
        until = min(following, end + timedelta(1))
        yield _Month(f"{at:%Y-%m}", _midnight(at, zone), _midnight(until, zone))
        at = following


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
