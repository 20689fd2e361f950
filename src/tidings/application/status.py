"""Reports what is known, sent, due, late and wrong, from the state alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tidings.application import bounces, lists, slots
from tidings.application.pending import Pending, overdue
from tidings.application.pending import pending as waiting
from tidings.application.renames import Stranded, stranded
from tidings.application.scopes import left_out
from tidings.core.incidents import (
    INCIDENT_NOTE,
    LAST_CYCLE,
    PUBLISHED_FAILED,
    PUBLISHED_RUN,
    IncidentState,
    observed,
    unpublished,
)
from tidings.core.mail.server import PAUSE_NOTE, ServerPause
from tidings.core.newest import newest_differs
from tidings.core.settings import Settings, Source
from tidings.core.years import remarks, usual_days
from tidings.model import DeliveryState, Digest, Finding, Help, Item, Level, Problem, SourceEntry
from tidings.state import Store, Transaction
from tidings.state.deliveries import MailSummary
from tidings.state.people import Bounced

if TYPE_CHECKING:
    from tidings.state.jobs import JobsSeen
    from tidings.state.workers import WorkerSeen

# What should have happened longer ago than this is late: nobody seems to be at work.
LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DigestStatus:
    """A digest, with its slug in the state and its name in digests.yaml: its latest edition (number
    0 and no instant before the first), and the next.

    `next_at` is None if the next edition comes as soon as there is anything new, not at an hour,
    but not before `not_before`, if that is given; `late_since` is when an edition was due that
    nobody has opened, None if there is none; `items_in` are the languages of its items, None for
    all.
    """

    slug: str
    name: str
    title: str
    number: int
    opened_at: datetime | None
    next_at: datetime | None
    late_since: datetime | None = None
    not_before: datetime | None = None
    items_in: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A known item and a new one that may be the same news, and why one might think so."""

    known: Item
    new: Item
    why: str


@dataclass(frozen=True, slots=True)
class Differing:
    """An item, and the entry of its newest file that says another thing than what is published: it
    is not taken, since `newest: corrects` is not set for the `source`, given by its path."""

    item: Item
    newest: SourceEntry
    source: str


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that `status` tells. `topics` are titles with numbers of items; `tally` counts all
    deliveries ever, `mail` what needs an eye, `bounced` are addresses that get nothing more, `near`
    pairs of items for somebody to decide on, `differing` those whose newest file says another thing
    than what is published, `incident` is how the last runs went, `unpublished_since` when something
    was recorded that is not published yet;
    `unpublished` are the folders of topics and digests that could not be published, with why;
    `alike` is what a large share of a digest's newest edition was refused for, `cut_off` how many
    of how many people bounced lately, if that is a large share, too; `remarks` are entries whose
    years are likely mistyped; `stranded` are those to whom nothing comes that they chose, since it
    is gone; `languages` are those of items, "und" for those that are not known, with how many;
    `doubted` are lists that lost so many people at once, `left_out` what is wrong in lists
    that are kept as CSV; `paused` is what the mail server refused us for, None if it lets us send,
    `kept_out` are titles of items that are left out of mail because servers refused it, with how
    many people get it without them; `pending` are editions that wait for an approval or, approved,
    for their slot, `overdue` those among them whose slot has passed; `workers` are the processes
    that work on a state on a server, `jobs` what is in their queue if they use one."""

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
    differing: tuple[Differing, ...] = ()
    incident: IncidentState = field(default_factory=IncidentState)
    unpublished: Mapping[str, str] = field(default_factory=dict)
    unpublished_since: datetime | None = None
    alike: tuple[bounces.SharedRefusal, ...] = ()
    cut_off: tuple[int, int] | None = None
    remarks: tuple[Problem, ...] = ()
    stranded: tuple[Stranded, ...] = ()
    doubted: tuple[tuple[str, int], ...] = ()
    left_out: tuple[Problem, ...] = ()
    pending: tuple[Pending, ...] = ()
    overdue: tuple[Pending, ...] = ()
    languages: Mapping[str, int] = field(default_factory=dict)
    paused: ServerPause | None = None
    kept_out: tuple[tuple[str, int], ...] = ()
    workers: tuple[WorkerSeen, ...] = ()
    jobs: JobsSeen | None = None

    @property
    def late(self) -> tuple[DigestStatus, ...]:
        """The digests whose edition is late."""
        return tuple(digest for digest in self.digests if digest.late_since)


def look(store: Store, settings: Settings, now: datetime, known_as: str | None = None) -> Status:
    """Look at the state; changes nothing. Mail is in doubt until its edition expires.

    `known_as` is what the mail server knows us by: what it refused to somebody else says nothing.
    None if that cannot be told.
    """
    with store.reading() as state:
        census = state.lists.census("")
        last = state.note(LAST_CYCLE)
        pending = tuple(waiting(state, settings))
        pause = ServerPause.read(state.note(PAUSE_NOTE))
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
            differing=tuple(_differing(state, settings)),
            incident=IncidentState.read(state.note(INCIDENT_NOTE)),
            unpublished=unpublished(state.note(PUBLISHED_FAILED)),
            unpublished_since=_unpublished_since(state),
            alike=bounces.shared_lately(state),
            cut_off=bounces.cut_off_lately(state, now),
            remarks=_remarks(state, settings, now),
            stranded=stranded(state, settings),
            doubted=tuple(lists.doubted(state, settings)),
            left_out=settings.left_out,
            pending=pending,
            overdue=tuple(each for each in pending if each.review.overdue(now)),
            languages=state.lists.by_language(),
            kept_out=_kept_out(state, settings),
            workers=tuple(state.workers()),
            jobs=state.jobs.seen() if settings.queue != "none" else None,
            paused=pause if pause and known_as in (None, pause.known_as) else None,
        )


def _unpublished_since(state: Transaction) -> datetime | None:
    """When something was recorded that the last publication did not have. Before the first there is
    nothing that anybody could take for the news."""
    published = state.note(PUBLISHED_RUN)
    return state.first_run_after(int(published)) if published else None


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
                next_at=slots.next_at(state, digest, zone, now),
                late_since=late_since(state, digest, zone, now),
                not_before=slots.not_before(state, digest, zone, now),
                items_in=digest.items_in,
            )
        )
    return tuple(found)


def _near(state: Transaction) -> tuple[Pair, ...]:
    suggested = state.decisions.suggested()
    items = state.items.get({each for near in suggested for each in (near.new_id, near.known_id)})
    return tuple(Pair(items[near.known_id], items[near.new_id], near.why) for near in suggested)


def _differing(state: Transaction, settings: Settings) -> Iterator[Differing]:
    found = state.items.said_differently().values()
    for item in sorted(found, key=lambda item: item.order):
        if item.retraction or not item.listed:
            continue
        sources = (settings.source_of(seen.ref.path) for seen in item.sources)
        for source in {each.path: each for each in sources if each}.values():
            entry = newest_differs(item, partial(_is_of, settings, source))
            if entry and source.newest != "corrects":
                yield Differing(item, entry, source.path)


def _is_of(settings: Settings, source: Source, path: str) -> bool:
    return settings.source_of(path) is source


def _remarks(state: Transaction, settings: Settings, now: datetime) -> tuple[Problem, ...]:
    today = now.astimezone(settings.zone).date()
    return tuple(remarks(state.items.dated_outside(*usual_days(today)), today))


def _kept_out(state: Transaction, settings: Settings) -> tuple[tuple[str, int], ...]:
    readers: Counter[str] = Counter()
    for digest in settings.digests:
        for items in left_out(state, digest.slugs).values():
            readers.update(items)
    titles = {item.id: item.title for item in state.items.get(readers).values()}
    return tuple(sorted((titles[key], people) for key, people in readers.items()))


def late_since(
    state: Transaction, digest: Digest, zone: ZoneInfo, now: datetime
) -> datetime | None:
    """When the edition was due that nobody has opened, if that is long ago.

    An immediate digest has no hour to be late for.
    """
    if digest.cadence.every == "immediate" or state.editions.first_seen(digest.slug) is None:
        return None
    if review := state.reviews.current(digest.slug):
        # What nobody has approved waits for people, not for a run.
        due_at = None if review.unapproved else review.due_at
        return due_at if due_at and now - due_at > LATE else None
    slot = slots.due_slot(state, digest, zone, now)
    return slot.at if slot and now - slot.at > LATE else None


def late(store: Store, settings: Settings, now: datetime) -> str:
    """Say what is late by more than an hour; "" if nothing is."""
    zone = settings.zone
    with store.reading() as state:
        titles = [each.title for each in settings.digests if late_since(state, each, zone, now)]
        mail = state.deliveries.mail_summary(now, LATE, settings.mail.expires).late
    told = [f"{title} is late" for title in titles] + overdue(store, settings, now)
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


def note_outcome(store: Store, failure: str, now: datetime) -> None:
    """Save how a run went that no worker watches: its failure, or ""."""
    before = recall(store)
    after = observed(before, failure, before.late, now)
    if after != before:
        remember(store, after)


# --- Is anything wrong? --------------------------------------------------------------------------


def findings(found: Status) -> tuple[Finding, ...]:
    """What is wrong, each with what to do, the gravest first."""
    return (
        *_rounds(found),
        *_feeds(found),
        *_paused(found),
        *_refused(found),
        *_mail(found),
        *_late(found),
        *_pending(found),
        *_stranded(found),
        *_listings(found),
    )


def _rounds(found: Status) -> Iterator[Finding]:
    incident = found.incident
    if incident.failures:
        yield Finding(
            "rounds",
            f"{failed_runs(incident.failures)} ({_one_line(incident.reason)})",
            "correct what it names; `tidings doctor` looks for more, the log has every run",
            help=Help.RUNS_FAIL,
        )
    if incident.refused:
        yield Finding(
            "configuration",
            f"the worker uses its last good configuration ({_one_line(incident.refused)})",
            "`tidings check` names what is wrong with the edited one",
            help=Help.CONFIGURATION_REFUSED,
        )


def failed_runs(number: int) -> str:
    """Say that the last run, or so many, failed."""
    return "the last run failed" if number == 1 else f"the last {number:,} runs failed"


def _feeds(found: Status) -> Iterator[Finding]:
    if found.unpublished_since:
        yield Finding(
            "feeds",
            "what was recorded last is not published yet",
            "the next run publishes it; is a worker running? `tidings run` does its work once",
            help=Help.FEEDS_BEHIND,
        )
    for folder, reason in found.unpublished.items():
        yield Finding(
            "feeds",
            f"{folder} was not published, though all else was ({_one_line(reason)})",
            "correct what it names; the next run tries again",
            help=Help.NOT_PUBLISHED,
        )


def _paused(found: Status) -> Iterator[Finding]:
    if found.paused:
        yield Finding(
            "mail server",
            f"the mail server refuses all mail ({_one_line(found.paused.reason)})",
            "correct what it names; `tidings deliveries retry --failed` then lets the next run try"
            " at once",
            help=Help.SERVER_REFUSES,
        )


def _refused(found: Status) -> Iterator[Finding]:
    for each in found.alike:
        which = f"{_count(each.of, 'message')} of {each.digest}, No. {each.number},"
        told = f"were refused for the same reason ({each.words})"
        remedy = "correct what it says of the sender, then `tidings deliveries retry --failed`"
        if not each.words:
            told = "came back, by reports that give several reasons"
            remedy = "see `tidings deliveries list`, and whether these reports can be true"
        yield Finding(
            "mail",
            f"{each.refused:,} of {which} {told}",
            f"{remedy}; no address is marked as bounced for it",
            help=Help.REFUSED_ALIKE,
        )
    if found.kept_out:
        titles = ", ".join(
            f"{title} ({_count(people, 'reader')})" for title, people in found.kept_out
        )
        yield Finding(
            "refused items",
            f"refused by servers for what it says, and left out of the next mail: {titles}",
            "nothing is to be done: their mail links to the page that has it",
            Level.NOTE,
            help=Help.SERVER_REFUSES,
        )
    if found.cut_off:
        cut_off, of = found.cut_off
        yield Finding(
            "people",
            f"{cut_off:,} of {of:,} people bounced within a month",
            "see `tidings deliveries list --state bounced`;"
            " `tidings recipients resume --since` resumes them",
            help=Help.MANY_BOUNCED,
        )


def _mail(found: Status) -> Iterator[Finding]:
    mail = found.mail
    if mail.failed:
        yield Finding(
            "mail",
            f"{_count(mail.failed, 'message')} could not be delivered",
            "see `tidings deliveries list --state failed`",
            help=Help.MESSAGES_FAILED,
        )
    if mail.in_doubt:
        yield Finding(
            "mail",
            f"{_count(mail.in_doubt, 'message')} in doubt, which may have arrived or not",
            "see `tidings deliveries list --state in-doubt`",
            help=Help.MESSAGES_IN_DOUBT,
        )
    if mail.waiting:
        some = [f"{mail.late:,} late" if mail.late else ""]
        some.append(f"{mail.held:,} on hold" if mail.held else "")
        parts = "".join(f", {part}" for part in some if part)
        kind, remedy = Help.MESSAGES_WAIT, "they are sent with the next runs"
        if mail.late:
            kind = Help.MESSAGES_LATE
            remedy = "is a worker running? `tidings run` does its work once"
        elif mail.held:
            kind = Help.MESSAGES_ON_HOLD
            remedy = "`tidings deliveries release` releases what is on hold"
        told = f"{_count(mail.waiting, 'message')} still to be sent{parts}"
        yield Finding("mail", told, remedy, help=kind)


def _late(found: Status) -> Iterator[Finding]:
    for digest in found.late:
        yield Finding(
            "digests",
            f"{digest.title} is late",
            "is a worker running? `tidings run` does its work once",
            help=Help.DIGEST_LATE,
        )


def _pending(found: Status) -> Iterator[Finding]:
    for each in found.overdue:
        name, by = each.digest.called, " and ".join(each.reviewers) or "somebody"
        yield Finding(
            "review",
            f"{each.digest.title}, No. {each.review.number}, waits for the approval of {by}, though"
            " the time to send it has passed",
            f"`tidings approve {name}` sends it, `tidings skip {name}` lets its items go with the"
            " next one",
            help=Help.WAITS_FOR_APPROVAL,
        )
    for each in found.pending:
        for address, reason in each.unreached:
            yield Finding(
                "review",
                f"the proof of {each.digest.title}, No. {each.review.number}, has not reached"
                f" {address} ({_one_line(reason)})",
                "correct the address under `review`, or decide with `tidings approve`, `hold` or"
                " `skip`",
                help=Help.PROOF_NOT_SENT,
            )


def _stranded(found: Status) -> Iterator[Finding]:
    for name, lost in found.doubted:
        yield Finding(
            "people",
            f"list {name} lost {_count(lost, 'address', 'addresses')} at once, and is not believed:"
            " they get no mail",
            "put them back, and they get what they missed; if they were to go,"
            f" `tidings recipients accept {name}`",
            help=Help.LIST_SHRANK,
        )
    for problem in found.left_out:
        if problem.help is Help.HOLIDAYS:
            told = f"{problem.path}:{problem.line}: {_one_line(problem.message)}"
            yield Finding("digests", told, problem.hint, help=problem.help)
            continue
        yield Finding(
            "people",
            f"{problem.path}:{problem.line} is left out ({_one_line(problem.message)})"
            if problem.line
            else _one_line(str(problem)),
            problem.hint or "correct it: `tidings check` shows where",
            help=Help.CSV_LIST,
        )
    for each in found.stranded:
        yield Finding("people", each.told, each.remedy, Level.NOTE, help=Help.CHOICES_GONE)


def _listings(found: Status) -> Iterator[Finding]:
    if found.problems:
        yield Finding(
            "listings",
            f"{_count(len(found.problems), 'problem')} in the listings",
            "correct what `problems` names, and save the file",
            Level.NOTE,
            help=Help.LISTING,
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
