"""Record: read what is new in the seed folder and settle what it changes. Transaction 1.

Files are read and parsed outside, and recorded some at a time, so that a first import of many
files neither fills memory nor holds the state lock for long. A crash between two portions loses
nothing: the files not yet recorded still look unread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from tidings.application.classify import Classifier
from tidings.application.ports.records import Source
from tidings.application.ports.seeds import Refusal, SeedBox, SeedStat, SeedText
from tidings.application.ports.store import Store, Transaction
from tidings.core import identity
from tidings.core.changes import Circumstances, decide
from tidings.core.identity import normalise
from tidings.core.listings import Reading
from tidings.core.matching import distinct, match
from tidings.model import Changes, Problem, Text

PORTION = 50


@dataclass(slots=True)
class RecordReport:
    """What a run read and what it changed. `run` is its change number, 0 if nothing changed;
    `survey` is how the files looked, for whoever waits until they settle."""

    files: int = 0
    listings: int = 0
    new: int = 0
    revised: int = 0
    filled: int = 0
    unchanged: int = 0
    run: int = 0
    problems: list[Problem] = field(default_factory=list)
    survey: Mapping[str, SeedStat] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recording:
    """What recording depends on besides the state: `parse` turns a text and its path into a
    reading, and `settings` tells by which settings it does so."""

    site_id: str
    zone: ZoneInfo
    parse: Callable[[str, str], Reading]
    settings: Callable[[str], str] = lambda _path: ""


def record(
    store: Store,
    seeds: SeedBox,
    classifier: Classifier,
    how: Recording,
    now: datetime,
    *,
    settled: Mapping[str, SeedStat] | None = None,
) -> RecordReport:
    """Read every file that changed, record what it says, and bring memberships up to date.

    `settled`, given by the worker, is what the tick before saw: a file that looks different now is
    perhaps still being written, and waits. Raises `SeedError` when the folder cannot be read.
    """
    survey = seeds.survey()
    with store.reading() as state:
        known, settings = state.sources.stats(), state.sources.settings()
    changed = [
        stat
        for stat in survey
        if known.get(stat.path) != stat or settings.get(stat.path) != how.settings(stat.path)
    ]
    if settled is not None:
        changed = [stat for stat in changed if settled.get(stat.path) == stat]
    report = RecordReport(survey={stat.path: stat for stat in survey})
    with store.writing() as state:
        report.run = classifier.bring_up_to_date(state, now)
    outcomes = _read(seeds, changed, how)
    while portion := tuple(islice(outcomes, PORTION)):
        with store.writing() as state:
            for outcome in portion:
                _record_file(state, outcome, classifier, how, now, report)
    with store.writing() as state:
        state.sources.forget_problems([stat.path for stat in survey])
    return report


@dataclass(frozen=True, slots=True)
class _Read:
    seed: SeedText
    reading: Reading


Outcome = tuple[SeedStat, _Read | Refusal]


def _read(seeds: SeedBox, stats: Sequence[SeedStat], how: Recording) -> Iterator[Outcome]:
    for stat in stats:
        answer = seeds.read(stat.path)
        if isinstance(answer, Refusal):
            yield stat, answer
        else:
            yield stat, _Read(answer, how.parse(answer.text, answer.path))


def _record_file(
    state: Transaction,
    outcome: Outcome,
    classifier: Classifier,
    how: Recording,
    now: datetime,
    report: RecordReport,
) -> None:
    stat, answer = outcome
    if isinstance(answer, Refusal):
        report.problems.append(answer.problem)
        if not answer.transient:
            by_which = how.settings(stat.path)
            refused = Source(stat.path, stat, "", "", 0.0, 0, (answer.problem,), by_which)
            state.sources.save(refused, now)
        return
    seed, reading = answer.seed, answer.reading
    report.files += 1
    report.listings += len(reading.listings)
    report.problems.extend(reading.problems)
    source = Source(
        path=stat.path,
        stat=seed.stat,
        digest=seed.digest,
        layout=reading.layout,
        confidence=reading.confidence,
        entries=len(reading.listings),
        problems=reading.problems,
        settings=how.settings(stat.path),
    )
    state.sources.save(source, now)
    if not reading.listings:
        return  # quarantined: it publishes nothing and takes nothing back
    changes = _decide(state, reading, stat.path, how, now)
    report.new += len(changes.new)
    report.revised += len(changes.revised)
    report.filled += len(changes.filled)
    report.unchanged += changes.unchanged
    touched = (*changes.new, *changes.revised, *changes.filled, *changes.reread)
    if touched and not report.run:
        report.run = state.new_run(now)
    state.items.record(stat.path, changes, report.run)
    if touched:
        classifier.place(state, changes, report.run, now)


def _decide(
    state: Transaction, reading: Reading, path: str, how: Recording, now: datetime
) -> Changes:
    """Compare a reading with what the state holds."""
    listings = distinct(reading.listings)
    previous = state.items.sightings(path)
    known = state.items.titled({normalise(listing.text.title) for listing in listings})
    absent = {sighting.item_id for sighting in previous} - known.keys()
    known.update(state.items.get(absent))
    texts = [listing.text for listing in listings]
    given = Circumstances(
        site_id=how.site_id,
        zone=how.zone,
        now=now,
        taken_ids=_taken_ids(state, texts, how.site_id),
        taken_instants=state.items.taken_instants({text.date for text in texts if text.date}),
        undated_before=state.items.undated_at(now),
    )
    matches = match(listings, previous, tuple(known.values()))
    return decide(path, matches, previous, known, given)


def _taken_ids(state: Transaction, texts: Sequence[Text], site_id: str) -> Set[str]:
    """Which of the ids that these entries could get are in use."""
    by_title = {identity.id_by_title(site_id, text.title) for text in texts}
    by_entry = {identity.id_by_entry(site_id, t.title, t.date, t.summary) for t in texts}
    taken = set(state.items.taken_ids(by_title | by_entry))
    occupied: Set[str] = taken & by_entry
    while occupied:
        occupied = state.items.taken_ids({identity.id_again(item_id) for item_id in occupied})
        taken |= occupied
    return taken
