"""Record: read what is new in the seed folder and settle what it changes. Transaction 1.

Files are read and parsed outside, and recorded some at a time, so that a first import of many
files neither fills memory nor holds the state lock for long. A crash between two portions loses
nothing: the files not yet recorded still look unread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tidings.application.classify import EVERYTHING, Classifier
from tidings.application.ports import SeedBox
from tidings.application.rereading import Reread, Step, steps
from tidings.application.teaching import Teacher, learn
from tidings.core import identity
from tidings.core.changes import ReconcileInputs, decide, retracted
from tidings.core.identity import WINDOW, UniqueTimestamps, normalise
from tidings.core.match import (
    NEARLY_SAME_TITLE,
    TITLE_END_LENGTH,
    Match,
    distinct,
    match,
    match_again,
    near_duplicates,
    title_ends,
)
from tidings.errors import SeedError
from tidings.model import (
    Changes,
    Item,
    NearMiss,
    Problem,
    Refusal,
    Retraction,
    SeedStat,
    SeedText,
    Survey,
    Taught,
    Text,
)
from tidings.state import Store, Transaction
from tidings.state.sources import LastRead, Looked, Source

if TYPE_CHECKING:
    # What reads listings is imported when there is something to read: most runs find nothing new.
    from tidings.core.listings import Reading

PORTION = 50


@dataclass(slots=True)
class RecordReport:
    """What a run read and what it changed. `run` is its change number, 0 if nothing changed;
    `survey` is how the files looked, for whoever waits until they settle; `put_off` counts files
    that could not be read now; `reread` are files of which another reader or other settings make
    something else."""

    files: int = 0
    listings: int = 0
    new: int = 0
    revised: int = 0
    filled: int = 0
    unchanged: int = 0
    retracted: int = 0
    run: int = 0
    reread: list[Reread] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    survey: Survey = field(default_factory=Survey)
    put_off: int = 0


@dataclass(frozen=True, slots=True)
class Recording:
    """What recording depends on besides the state: `parse` turns a text and its path into a
    reading, and `settings` tells by which reader and settings it does so.

    `takes_back` tells of which source with `removed: retract` a path is, "" if of none; `takers`
    are all such sources, and `taken_back` says to readers which of their files dropped an item;
    `misread` says which file an item was never in. `teachers` are the sources with an example, and
    `taught` gives a `parse` that knows by source what these have taught.
    """

    site_id: str
    zone: ZoneInfo
    parse: Callable[[str, str], Reading]
    settings: Callable[[str], str] = lambda _path: ""
    takes_back: Callable[[str], str] = lambda _path: ""
    takers: tuple[str, ...] = ()
    taken_back: Callable[[Sequence[str]], str] = lambda paths: (
        f"Taken back by its source, {' and '.join(paths)}."
    )
    teachers: tuple[Teacher, ...] = ()
    taught: Callable[[Mapping[str, Taught]], Callable[[str, str], Reading]] | None = None
    misread: Callable[[str], str] = lambda path: f"Published by mistake: {path} was read wrongly."


def record(
    store: Store,
    seeds: SeedBox,
    classifier: Classifier,
    how: Recording,
    now: datetime,
    *,
    settled: Survey | None = None,
) -> RecordReport:
    """Read every file that changed, record what it says, and bring memberships up to date.

    Nobody else may record meanwhile. `settled`, given by the worker, is what the tick before saw: a
    file that looks different now is perhaps still being written, and waits. Raises `SeedError` when
    the folder cannot be read.
    """
    with store.reading() as state:
        known = state.sources.stats()
    try:
        survey = seeds.survey(known)
    except SeedError:
        _follow_topics(store, classifier, now)
        raise
    changed = [
        look
        for path, look in survey.looks.items()
        if settled is None or settled.looks.get(path) == look
    ]
    unsettled = len(survey.looks) - len(changed)
    with store.reading() as state:
        changed += _read_otherwise(state, known, survey, how.settings)
    how = _taught(store, seeds, changed, how)
    report = RecordReport(survey=survey)
    with store.writing() as state:
        report.run = classifier.bring_up_to_date(state, now)
    outcomes = _read(seeds, changed, how)
    run = _Run(classifier, how, now, UniqueTimestamps(now), report)
    while portion := tuple(islice(outcomes, PORTION)):
        with store.reading() as state:
            looked = state.sources.looked([stat.path for stat, _ in portion])
        with store.writing() as state:
            run.moments.take(*state.items.moments(now - WINDOW))
            for outcome in portion:
                _record_file(state, outcome, looked.get(outcome[0].path), run)
    gone = _gone(known, survey, settled, how, report)
    with store.writing() as state:
        for path in gone:
            state.items.vanish(state.items.lose(path))
            state.sources.forget(path)
        state.sources.forget_problems(survey.paths)
        # What is not read yet may carry what seems to be gone.
        if not unsettled and not report.put_off:
            run.moments.take(*state.items.moments(now - WINDOW))
            _take_back(state, run)
    return report


def _taught(store: Store, seeds: SeedBox, changed: Sequence[SeedStat], how: Recording) -> Recording:
    """The same, reading by what the examples of sources teach, here or before."""
    if not (how.teachers and how.taught and changed):
        return how
    paths = [stat.path for stat in changed]
    return replace(how, parse=how.taught(learn(store, seeds, paths, how.teachers, how.parse)))


def _read_otherwise(
    state: Transaction,
    known: Mapping[str, SeedStat],
    survey: Survey,
    settings: Callable[[str], str],
) -> list[SeedStat]:
    """The files that look as they are `known` to, but were read by other settings than they would
    be now, by path."""
    wanted = set(map(settings, survey.paths))
    usual = min(wanted, default="")
    others = state.sources.settings_besides(usual)
    if not others and len(wanted) < 2:
        return []
    standing = survey.paths - survey.looks.keys()
    return sorted(
        SeedStat(*look)
        for path, look in known.items()
        if path in standing and others.get(path, usual) != settings(path)
    )


def _follow_topics(store: Store, classifier: Classifier, now: datetime) -> None:
    """Bring memberships up to date though listings are out of reach: what is published follows the
    topics as they are configured. Not before a first reading, whose items are no changes."""
    with store.writing() as state:
        if EVERYTHING in state.topics.records():
            classifier.bring_up_to_date(state, now)


@dataclass(frozen=True, slots=True)
class _Run:
    """What all files of one run are recorded with."""

    classifier: Classifier
    how: Recording
    now: datetime
    moments: UniqueTimestamps
    report: RecordReport


def _gone(
    known: Mapping[str, SeedStat],
    survey: Survey,
    settled: Survey | None,
    how: Recording,
    report: RecordReport,
) -> Sequence[str]:
    """The files that are no longer there, of sources that take back what they drop.

    Where such a source has no file at all, its folder is more likely to be wrong than its news.
    """
    if not how.takers:
        return ()
    standing = {how.takes_back(path) for path in survey.paths}
    for source in how.takers:
        if source not in standing:
            why = "there is no listing, and this source says `removed: retract`"
            hint = "nothing is taken back; put a file there, or say `removed: keep`"
            report.problems.append(Problem(source, 0, 0, why, hint))
    return [
        path
        for path in sorted(known)
        if path not in survey.paths
        and (settled is None or path not in settled.paths)
        and how.takes_back(path) in standing - {""}
    ]


def _take_back(state: Transaction, run: _Run) -> None:
    """Retract what vanished, unless a file still carries it, or carried it and only scrolls."""
    how, now, report = run.how, run.now, run.report
    withdrawn = []
    for item in state.items.get(state.items.vanished()).values():
        paths = sorted({seen.ref.path for seen in item.sources})
        carried = any(seen.position is not None for seen in item.sources)
        kept = any(not how.takes_back(path) for path in paths)
        if item.retraction or item.merged_into or carried or kept:
            continue
        withdrawn.append(retracted(item, Retraction(how.taken_back(paths), now), run.moments))
    if not withdrawn:
        return
    report.run = report.run or state.new_run(now)
    report.retracted = len(withdrawn)
    changes = Changes(retracted=tuple(withdrawn))
    state.items.amend(changes, report.run)
    run.classifier.place(state, changes, report.run, now)


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


def _record_file(state: Transaction, outcome: Outcome, looked: Looked | None, run: _Run) -> None:
    how, now, report = run.how, run.now, run.report
    stat, answer = outcome
    if isinstance(answer, Refusal):
        report.problems.append(answer.problem)
        if answer.transient:
            report.put_off += 1
        else:
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
    read = LastRead(seed.digest, source.settings, seed.text)
    held = looked is None or not state.items.sightings(stat.path)
    taken = steps(read, reading, looked, lambda text: how.parse(text, stat.path), held=held)
    changes = [_record_step(state, step, stat.path, run) for step in taken]
    if changes:
        report.unchanged += changes[-1].unchanged
    if changes or held:
        state.sources.keep(stat.path, read)


def _record_step(state: Transaction, step: Step, path: str, run: _Run) -> Changes:
    report = run.report
    changes, near = _decide(state, step, path, run)
    report.new += len(changes.new)
    report.revised += len(changes.revised)
    report.filled += len(changes.filled)
    told = (*changes.new, *changes.revised, *changes.filled, *changes.reread)
    otherwise = (*changes.replaced, *changes.dropped, *changes.added)
    if (told or otherwise) and not report.run:
        report.run = state.new_run(run.now)
    if step.since == "saved":
        _note_vanished(state, path, changes, run.how)
    state.items.record(path, changes, report.run)
    state.decisions.suggest(near)
    if otherwise:
        ids = (changes.replaced, changes.dropped, changes.added)
        report.reread.append(Reread(path, *(tuple(item.id for item in each) for each in ids)))
    if (told or otherwise) and step.untold:
        run.classifier.place_quietly(state, changes, report.run)
    elif told or otherwise:
        run.classifier.place(state, changes, report.run, run.now)
    return changes


def _decide(
    state: Transaction, step: Step, path: str, run: _Run
) -> tuple[Changes, Sequence[NearMiss]]:
    """Compare a reading with what the state holds; with the items that it may have doubled."""
    how, now = run.how, run.now
    listings = distinct(step.reading.listings)
    previous = state.items.sightings(path)
    known = state.items.titled({normalise(listing.text.title) for listing in listings})
    absent = {sighting.item_id for sighting in previous} - known.keys()
    known.update(state.items.get(absent))
    while leads := {i.merged_into for i in known.values() if i.merged_into} - known.keys():
        known.update(state.items.get(leads))
    retractions = [i.id for i in known.values() if i.retraction and not i.retraction.by]
    texts = [listing.text for listing in listings]
    given = ReconcileInputs(
        site_id=how.site_id,
        zone=how.zone,
        now=now,
        taken_ids=_taken_ids(state, texts, how.site_id),
        taken_instants=state.items.taken_instants({text.date for text in texts if text.date}),
        undated_before=state.items.undated_at(now),
        told=state.editions.told(retractions),
        moments=run.moments,
    )
    pair = match_again if step.since == "reread" else match
    matches = pair(listings, previous, tuple(known.values()))
    changes = decide(path, matches, previous, known, given, step.since)
    near = _near(state, matches, changes, now)
    why = Retraction(how.misread(path), now, quietly=True)
    dropped = tuple(retracted(item, why, run.moments) for item in changes.dropped)
    added = changes.new if step.untold else ()
    new = () if step.untold else changes.new
    return replace(changes, new=new, added=added, dropped=dropped), near


def _near(
    state: Transaction, matches: Sequence[Match], changes: Changes, now: datetime
) -> Sequence[NearMiss]:
    """New items that may be known ones after all."""
    found: list[NearMiss] = []
    strangers: list[Item] = []
    unmatched = (each for each in matches if each.item_id is None)
    for item, entry in zip(changes.new, unmatched, strict=True):
        found += (NearMiss(item.id, known_id, why, now) for known_id, why in entry.near)
        if item.date and not entry.near:
            strangers.append(item)
    if strangers:
        days = {item.date for item in strangers if item.date}
        others = state.items.titles_like(days, title_ends(strangers), TITLE_END_LENGTH)
        here = {seen.item_id for seen in changes.sightings}
        pairs = near_duplicates(strangers, others, here)
        found += (NearMiss(new, known, NEARLY_SAME_TITLE, now) for new, known in pairs.items())
    return found


def _note_vanished(state: Transaction, path: str, changes: Changes, how: Recording) -> None:
    """Remember what is gone from a file that takes back what it drops, until all are read."""
    if how.takes_back(path):
        stood = {s.item_id for s in state.items.sightings(path) if s.position is not None}
        state.items.vanish(stood - {s.item_id for s in changes.sightings if s.position is not None})


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
