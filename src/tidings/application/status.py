"""Status: what is known, sent, due and wrong, from the state alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tidings.application import refusals
from tidings.application.cycle import LAST_CYCLE
from tidings.application.publishing.scope import unpublished
from tidings.core import cadence
from tidings.core.incidents import WATCH, Watch
from tidings.model import DeliveryState, Digest, Item, Problem, Topic
from tidings.state import Store, Transaction
from tidings.state.deliveries import MailSummary
from tidings.state.people import Bounced

# What should have happened longer ago than this is late: nobody seems to be at work.
LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DigestStatus:
    """A digest: its latest edition (number 0 and no instant before the first), and the next.

    `late_since` is when an edition was due that nobody has opened, None if there is none.
    """

    slug: str
    title: str
    number: int
    opened_at: datetime | None
    next_at: datetime
    late_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A known item and a new one that may be the same news, and why one might think so."""

    known: Item
    new: Item
    why: str


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that `status` tells. `topics` are titles with numbers of items; `tally` counts all
    deliveries ever, `mail` what needs an eye, `bounced` are addresses that get nothing more, `near`
    pairs of items for somebody to decide on, `watch` is how the worker's last rounds went;
    `unpublished` are the folders of topics and digests that could not be published, with why;
    `alike` is what a large share of a digest's newest edition was refused for, `cut_off` how many
    of how many people bounced lately, if that is a large share, too."""

    last_cycle: datetime | None
    items: int
    undated: int
    sources: int
    topics: tuple[tuple[str, int], ...]
    digests: tuple[DigestStatus, ...]
    tally: Mapping[DeliveryState, int]
    mail: MailSummary
    bounced: tuple[Bounced, ...]
    near: tuple[Pair, ...]
    problems: tuple[Problem, ...]
    watch: Watch = field(default_factory=Watch)
    unpublished: Mapping[str, str] = field(default_factory=dict)
    alike: tuple[refusals.Shared, ...] = ()
    cut_off: tuple[int, int] | None = None

    @property
    def late(self) -> tuple[DigestStatus, ...]:
        """The digests whose edition is late."""
        return tuple(digest for digest in self.digests if digest.late_since)


def look(
    store: Store,
    topics: Sequence[Topic],
    digests: Sequence[Digest],
    zone: ZoneInfo,
    now: datetime,
    *,
    expires: timedelta,
) -> Status:
    """Look at the state; changes nothing. Mail is in doubt until its edition `expires`."""
    with store.reading() as state:
        census = state.lists.census("")
        last = state.note(LAST_CYCLE)
        due = []
        for digest in digests:
            latest = state.editions.latest(digest.slug)
            due.append(
                DigestStatus(
                    slug=digest.slug,
                    title=digest.title,
                    number=latest.number if latest else 0,
                    opened_at=latest.opened_at if latest else None,
                    next_at=cadence.next_slot(digest.cadence, zone, now).at,
                    late_since=late_since(state, digest, zone, now),
                )
            )
        return Status(
            last_cycle=datetime.fromisoformat(last) if last else None,
            items=census.total,
            undated=census.undated,
            sources=state.sources.count(),
            topics=tuple((t.title, state.lists.census(t.slug).total) for t in topics),
            digests=tuple(due),
            tally=state.deliveries.tally(),
            mail=state.deliveries.mail_summary(now, LATE, expires),
            bounced=state.people.bounced(),
            near=_near(state),
            problems=state.sources.problems(),
            watch=Watch.read(state.note(WATCH)),
            unpublished=unpublished(state),
            alike=refusals.shared_lately(state),
            cut_off=refusals.cut_off_lately(state, now),
        )


def _near(state: Transaction) -> tuple[Pair, ...]:
    suggested = state.decisions.suggested()
    items = state.items.get({each for near in suggested for each in (near.new_id, near.known_id)})
    return tuple(Pair(items[near.known_id], items[near.new_id], near.why) for near in suggested)


def late_since(
    state: Transaction, digest: Digest, zone: ZoneInfo, now: datetime
) -> datetime | None:
    """When the edition was due that nobody has opened, if that is long ago.

    An immediate digest has no hour to be late for.
    """
    first_seen = state.editions.first_seen(digest.slug)
    if first_seen is None or digest.cadence.every == "immediate":
        return None
    slot = cadence.due(digest.cadence, zone, now, first_seen, catch_up=digest.catch_up)
    if slot is None or now - slot.at <= LATE or state.editions.exists(digest.slug, slot.period):
        return None
    return slot.at
