"""Reports what is known, sent, due, late and wrong, from the state alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tidings.application import bounces, lists
from tidings.application.publish.plan import unpublished
from tidings.application.renames import Stranded, stranded
from tidings.core import schedule
from tidings.core.incidents import INCIDENT_NOTE, LAST_CYCLE, IncidentState
from tidings.core.settings import Settings
from tidings.model import DeliveryState, Digest, Finding, Item, Level, Problem
from tidings.state import Store, Transaction
from tidings.state.deliveries import MailSummary
from tidings.state.people import Bounced

# What should have happened longer ago than this is late: nobody seems to be at work.
LATE = timedelta(hours=1)
# How many failures in a row are worth a word: one may be a blip that the next round mends.
BLIP = 1


@dataclass(frozen=True, slots=True)
class DigestStatus:
    """A digest, with its slug in the state and its name in digests.yaml: its latest edition (number
    0 and no instant before the first), and the next.

    `next_at` is None if the next edition comes as soon as there is anything new, not at an hour,
    but not before `not_before`, if that is given;
    `late_since` is when an edition was due that nobody has opened, None if there is none.
    """

    slug: str
    name: str
    title: str
    number: int
    opened_at: datetime | None
    next_at: datetime | None
    late_since: datetime | None = None
    not_before: datetime | None = None


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
    of how many people bounced lately, if that is a large share, too; `stranded` are those to whom
    nothing comes that they chose, since it is gone; `doubted` are lists that lost so many people at
    once, `left_out` what is wrong in lists that are kept as CSV."""

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
    incident: IncidentState = field(default_factory=IncidentState)
    unpublished: Mapping[str, str] = field(default_factory=dict)
    alike: tuple[bounces.SharedRefusal, ...] = ()
    cut_off: tuple[int, int] | None = None
    stranded: tuple[Stranded, ...] = ()
    doubted: tuple[tuple[str, int], ...] = ()
    left_out: tuple[Problem, ...] = ()

    @property
    def late(self) -> tuple[DigestStatus, ...]:
        """The digests whose edition is late."""
        return tuple(digest for digest in self.digests if digest.late_since)


def look(store: Store, settings: Settings, now: datetime) -> Status:
    """Look at the state; changes nothing. Mail is in doubt until its edition expires."""
    with store.reading() as state:
        census = state.lists.census("")
        last = state.note(LAST_CYCLE)
        return Status(
            last_cycle=datetime.fromisoformat(last) if last else None,
            items=census.total,
            undated=census.undated,
            sources=state.sources.count(),
            topics=tuple((t.title, state.lists.census(t.slug).total) for t in settings.topics),
            digests=_digests(state, settings, now),
            tally=state.deliveries.tally(),
            mail=state.deliveries.mail_summary(now, LATE, settings.mail.expires),
            bounced=state.people.bounced(),
            near=_near(state),
            problems=state.sources.problems(),
            incident=IncidentState.read(state.note(INCIDENT_NOTE)),
            unpublished=unpublished(state),
            alike=bounces.shared_lately(state),
            cut_off=bounces.cut_off_lately(state, now),
            stranded=stranded(state, settings),
            doubted=tuple(lists.doubted(state, settings)),
            left_out=settings.left_out,
        )


def digests(store: Store, settings: Settings, now: datetime) -> tuple[DigestStatus, ...]:
    """Report the latest and the next edition of every digest."""
    with store.reading() as state:
        return _digests(state, settings, now)


def _digests(state: Transaction, settings: Settings, now: datetime) -> tuple[DigestStatus, ...]:
    zone, found = settings.zone, []
    for digest in settings.digests:
        latest = state.editions.latest(digest.slug)
        opened_at = latest.opened_at if latest else None
        found.append(
            DigestStatus(
                slug=digest.slug,
                name=digest.called,
                title=digest.title,
                number=latest.number if latest else 0,
                opened_at=opened_at,
                next_at=_next_at(digest, zone, now),
                late_since=late_since(state, digest, zone, now),
                not_before=schedule.paused_until(digest.cadence, now, opened_at),
            )
        )
    return tuple(found)


def _near(state: Transaction) -> tuple[Pair, ...]:
    suggested = state.decisions.suggested()
    items = state.items.get({each for near in suggested for each in (near.new_id, near.known_id)})
    return tuple(Pair(items[near.known_id], items[near.new_id], near.why) for near in suggested)


def _next_at(digest: Digest, zone: ZoneInfo, now: datetime) -> datetime | None:
    if digest.cadence.every == "immediate":
        return None
    return schedule.next_slot(digest.cadence, zone, now).at


def late_since(
    state: Transaction, digest: Digest, zone: ZoneInfo, now: datetime
) -> datetime | None:
    """When the edition was due that nobody has opened, if that is long ago.

    An immediate digest has no hour to be late for.
    """
    first_seen = state.editions.first_seen(digest.slug)
    if first_seen is None or digest.cadence.every == "immediate":
        return None
    slot = schedule.due(digest.cadence, zone, now, first_seen, catch_up=digest.catch_up)
    if slot is None or now - slot.at <= LATE or state.editions.exists(digest.slug, slot.period):
        return None
    return slot.at


def late(store: Store, settings: Settings, now: datetime) -> str:
    """Say what is late by more than an hour; "" if nothing is."""
    zone = settings.zone
    with store.reading() as state:
        titles = [each.title for each in settings.digests if late_since(state, each, zone, now)]
        mail = state.deliveries.mail_summary(now, LATE, settings.mail.expires).late
    told = [f"{title} is late" for title in titles]
    if mail:
        told.append(f"{mail:,} {'message' if mail == 1 else 'messages'} should long have been sent")
    return "; ".join(told)


def recall(store: Store) -> IncidentState:
    """Read the incident state from the database."""
    with store.reading() as state:
        return IncidentState.read(state.note(INCIDENT_NOTE))


def remember(store: Store, incident: IncidentState) -> None:
    """Save the incident state."""
    with store.writing() as state:
        state.remember(INCIDENT_NOTE, incident.written())


# --- Is anything wrong? --------------------------------------------------------------------------


def findings(found: Status) -> tuple[Finding, ...]:
    """What is wrong, each with what to do, the gravest first."""
    return (
        *_rounds(found),
        *_feeds(found),
        *_refused(found),
        *_mail(found),
        *_late(found),
        *_stranded(found),
        *_listings(found),
    )


def _rounds(found: Status) -> Iterator[Finding]:
    incident = found.incident
    if incident.failures > BLIP:
        yield Finding(
            "rounds",
            f"the last {incident.failures:,} runs of the worker failed"
            f" ({_one_line(incident.reason)})",
            "correct what it names; `tidings doctor` looks for more, the log has every run",
        )
    if incident.refused:
        yield Finding(
            "configuration",
            f"the worker uses its last good configuration ({_one_line(incident.refused)})",
            "`tidings check` names what is wrong with the edited one",
        )


def _feeds(found: Status) -> Iterator[Finding]:
    for folder, reason in found.unpublished.items():
        yield Finding(
            "feeds",
            f"{folder} was not published, though all else was ({_one_line(reason)})",
            "correct what it names; the next run tries again",
        )


def _refused(found: Status) -> Iterator[Finding]:
    for each in found.alike:
        yield Finding(
            "mail",
            f"{each.refused:,} of {_count(each.of, 'message')} of {each.digest}, No. {each.number},"
            f" were refused for the same reason ({each.words})",
            "correct what it says of the sender, then `tidings deliveries retry --failed`; no"
            " address is marked as bounced for it",
        )
    if found.cut_off:
        cut_off, of = found.cut_off
        yield Finding(
            "people",
            f"{cut_off:,} of {of:,} people bounced within a month",
            "see `tidings deliveries list --state bounced`;"
            " `tidings recipients resume --since` resumes them",
        )


def _mail(found: Status) -> Iterator[Finding]:
    mail = found.mail
    if mail.failed:
        yield Finding(
            "mail",
            f"{_count(mail.failed, 'message')} could not be delivered",
            "see `tidings deliveries list --state failed`",
        )
    if mail.in_doubt:
        yield Finding(
            "mail",
            f"{_count(mail.in_doubt, 'message')} in doubt, which may have arrived or not",
            "see `tidings deliveries list --state in-doubt`",
        )
    if mail.waiting:
        some = [f"{mail.late:,} late" if mail.late else ""]
        some.append(f"{mail.held:,} on hold" if mail.held else "")
        parts = "".join(f", {part}" for part in some if part)
        remedy = "they are sent with the next runs"
        if mail.late:
            remedy = "is a worker running? `tidings run` does its work once"
        elif mail.held:
            remedy = "`tidings deliveries release` releases what is on hold"
        told = f"{_count(mail.waiting, 'message')} still to be sent{parts}"
        yield Finding("mail", told, remedy)


def _late(found: Status) -> Iterator[Finding]:
    for digest in found.late:
        yield Finding(
            "digests",
            f"{digest.title} is late",
            "is a worker running? `tidings run` does its work once",
        )


def _stranded(found: Status) -> Iterator[Finding]:
    for name, lost in found.doubted:
        yield Finding(
            "people",
            f"list {name} lost {_count(lost, 'address', 'addresses')} at once, and is not believed:"
            " they get no mail",
            "put them back, and they get what they missed; if they were to go,"
            f" `tidings recipients accept {name}`",
        )
    for problem in found.left_out:
        yield Finding(
            "people",
            f"{problem.path}:{problem.line} is left out ({_one_line(problem.message)})"
            if problem.line
            else _one_line(str(problem)),
            problem.hint or "correct it: `tidings check` shows where",
        )
    for each in found.stranded:
        yield Finding("people", each.told, each.remedy, Level.NOTE)


def _listings(found: Status) -> Iterator[Finding]:
    if found.problems:
        yield Finding(
            "listings",
            f"{_count(len(found.problems), 'problem')} in the listings",
            "correct what `problems` names, and save the file",
            Level.NOTE,
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
