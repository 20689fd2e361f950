"""Record: read what is new in the seed folder and settle what it changes. Transaction 1.

Files are read and parsed outside, and recorded some at a time, so that a first import of many
files neither fills memory nor holds the state lock for long. A crash between two portions loses
nothing: the files not yet recorded still look unread.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tidings.application.classify import EVERYTHING, Classifier
from tidings.application.portion import Portion, Reread, Step, steps
from tidings.application.ports import SeedFolder
from tidings.application.teaching import Teacher, learn
from tidings.core.changes import ItemFactory, Occasion, decide, retracted
from tidings.core.identity import WINDOW, UniqueTimestamps, normalise
from tidings.core.likeness import NEARLY_SAME_TITLE
from tidings.core.match import Match, distinct, match, match_again
from tidings.core.years import remarks
from tidings.errors import SeedError
from tidings.model import (
    Changes,
    Item,
    Listing,
    NearMiss,
    Problem,
    ReadError,
    Retraction,
    Scan,
    SeedStat,
    SeedText,
    SourceEntry,
    Taught,
)
from tidings.state import Store, Transaction
from tidings.state.files import LastRead, Source

if TYPE_CHECKING:
    from tidings.core.listings import Reading


PORTION = 50


@dataclass(slots=True)
class RecordReport:
    """What a run read and what it changed. `run` is its change number, 0 if nothing changed;
    `scan` is how the files looked, for whoever waits until they settle; `put_off` counts files
    that could not be read now; `notes` are warnings and notes of what was read, no failures;
    `reread` are files of which another reader or other settings make something else; `encodings`
    are the declared ones that files were read in, by path."""

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
    notes: list[Problem] = field(default_factory=list)
    scan: Scan = field(default_factory=Scan)
    put_off: int = 0
    encodings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recording:
    """What recording depends on besides the state: `parse` turns a text and its path into a
    reading, and `settings` tells by which reader and settings it does so.

    `takes_back` tells of which source with `removed: retract` a path is, "" if of none; `takers`
    are all such sources, and `taken_back` says to readers which of their files dropped an item;
    `corrects` tells of which source with `newest: corrects` a path is, "" if of none; `source` of
    which source it is at all;
    `misread` says which file an item was never in. `teachers` are the sources with an example, and
    `taught` gives a `parse` that knows by source what these have taught.
    """

    site_id: str
    zone: ZoneInfo
    parse: Callable[[str, str], Reading]
    settings: Callable[[str], str] = lambda _path: ""
    takes_back: Callable[[str], str] = lambda _path: ""
    takers: tuple[str, ...] = ()
    corrects: Callable[[str], str] = lambda _path: ""
    source: Callable[[str], str] = lambda path: path
    taken_back: Callable[[Sequence[str]], str] = lambda paths: (
        f"No longer in its source, {' and '.join(paths)}."
    )
    teachers: tuple[Teacher, ...] = ()
    taught: Callable[[Mapping[str, Taught]], Callable[[str, str], Reading]] | None = None
    misread: Callable[[str], str] = lambda path: f"Published by mistake: {path} was read wrongly."


def record(
    store: Store,
    seeds: SeedFolder,
    classifier: Classifier,
    how: Recording,
    now: datetime,
    *,
    settled: Scan | None = None,
) -> RecordReport:
    """Read every file that changed, record what it says, and bring memberships up to date.

    Nobody else may record meanwhile. `settled`, given by the worker, is what the tick before saw: a
    file that looks different now is perhaps still being written, and waits. Raises `SeedError` when
    the folder cannot be read.
    """
    with store.reading() as state:
        known = state.sources.stats()
    try:
        scan = seeds.scan(known)
    except SeedError:
        _follow_topics(store, classifier, now)
        raise
    changed = [
        look
        for path, look in scan.changed.items()
        if settled is None or settled.changed.get(path) == look
    ]
    unsettled = len(scan.changed) - len(changed)
    with store.reading() as state:
        changed += _read_otherwise(state, known, scan, how.settings)
    how = _taught(store, seeds, changed, how)
    report = RecordReport(scan=scan)
    run = _Run(classifier, how, now, UniqueTimestamps(now), report)
    gone = _gone(known, scan, settled, how, report)
    outcomes = _read(seeds, changed, how)
    portion, following, last = _take_portion(outcomes, None)
    first = True
    while True:
        plan = _planned(store, portion, run)
        with store.writing() as state:
            if first:
                report.run = classifier.bring_up_to_date(state, now)
            if plan:
                _record_portion(state, plan, run)
            if last:
                # What is not read yet may carry what seems to be gone.
                complete = not unsettled and not report.put_off
                _finish(state, gone, run, scan, complete=complete)
                break
        first = False
        portion, following, last = _take_portion(outcomes, following)
    return report


def _take_portion(
    outcomes: Iterator[Outcome], first: Outcome | None
) -> tuple[Sequence[Outcome], Outcome | None, bool]:
    """The next outcomes, beginning with `first`; the one after them; and whether there is none."""
    portion = [] if first is None else [first]
    portion += islice(outcomes, PORTION - len(portion))
    following = next(outcomes, None)
    return portion, following, following is None


def _taught(
    store: Store, seeds: SeedFolder, changed: Sequence[SeedStat], how: Recording
) -> Recording:
    """The same, reading by what the examples of sources teach, here or before."""
    if not (how.teachers and how.taught and changed):
        return how
    paths = [stat.path for stat in changed]
    return replace(how, parse=how.taught(learn(store, seeds, paths, how.teachers, how.parse)))


def _read_otherwise(
    state: Transaction,
    known: Mapping[str, SeedStat],
    scan: Scan,
    settings: Callable[[str], str],
) -> list[SeedStat]:
    """The files that look as they are `known` to, but were read by other settings than they would
    be now, by path."""
    wanted = set(map(settings, scan.paths))
    usual = min(wanted, default="")
    others = state.sources.settings_besides(usual)
    if not others and len(wanted) < 2:
        return []
    standing = scan.paths - scan.changed.keys()
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
    """What all files of one run are recorded with, and in which of them anything `changed`."""

    classifier: Classifier
    how: Recording
    now: datetime
    moments: UniqueTimestamps
    report: RecordReport
    changed: list[str] = field(default_factory=list)


def _gone(
    known: Mapping[str, SeedStat],
    scan: Scan,
    settled: Scan | None,
    how: Recording,
    report: RecordReport,
) -> Sequence[str]:
    """The files that are no longer there, of sources that take back what they drop.

    Where such a source has no file at all, its folder is more likely to be wrong than its news.
    """
    if not how.takers:
        return ()
    standing = {how.takes_back(path) for path in scan.paths}
    for source in how.takers:
        if source not in standing:
            why = "there is no listing, and this source says `removed: retract`"
            hint = "nothing is retracted; put a file there, or say `removed: keep`"
            report.problems.append(Problem(source, 0, 0, why, hint))
    return [
        path
        for path in sorted(known)
        if path not in scan.paths
        and (settled is None or path not in settled.paths)
        and how.takes_back(path) in standing - {""}
    ]


def _finish(
    state: Transaction, gone: Sequence[str], run: _Run, scan: Scan, *, complete: bool
) -> None:
    """Follow the files that are gone; if all others are read (`complete`), also what vanished."""
    for path in gone:
        state.items.vanish(state.items.lose(path))
    state.sources.forget(gone)
    state.sources.forget_problems(scan.paths)
    if complete and (ids := state.items.vanished()):
        run.moments.take(*state.items.moments(run.now - WINDOW))
        _take_back(state, ids, run)


def _take_back(state: Transaction, ids: Sequence[str], run: _Run) -> None:
    """Retract what vanished, unless a file still carries it, or carried it and only scrolls."""
    how, now, report = run.how, run.now, run.report
    withdrawn = []
    for item in state.items.get(ids).values():
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


Outcome = tuple[SeedStat, _Read | ReadError]


def _read(seeds: SeedFolder, stats: Sequence[SeedStat], how: Recording) -> Iterator[Outcome]:
    for stat in stats:
        answer = seeds.read(stat.path)
        if isinstance(answer, ReadError):
            yield stat, answer
        else:
            yield stat, _Read(answer, how.parse(answer.text, answer.path))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a portion of files comes to: the files as looked at now, and by path what was read and
    in which steps it is recorded."""

    sources: list[Source] = field(default_factory=list)
    reads: dict[str, LastRead] = field(default_factory=dict)
    steps: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)


def _planned(store: Store, portion: Sequence[Outcome], run: _Run) -> _Plan | None:
    """How these outcomes are to be recorded; None if there are none. Opens a snapshot only."""
    if not portion:
        return None
    plan = _Plan()
    paths = [stat.path for stat, _ in portion]
    with store.reading() as state:
        looked = state.sources.looked(paths)
        carrying = state.items.entries(looked.keys()).keys()
    for stat, answer in portion:
        path = stat.path
        if isinstance(answer, ReadError):
            _refused(stat, answer, plan, run)
            continue
        source, read = _source_of(stat, answer, run)
        plan.sources.append(source)
        plan.reads[path] = read
        if path not in carrying:
            plan.held.add(path)
        plan.steps[path] = steps(
            read,
            answer.reading,
            looked.get(path),
            partial(_parse_again, run.how, path),
            run.how.site_id,
            held=path in plan.held,
        )
    return plan


def _parse_again(how: Recording, path: str, text: str) -> Reading:
    return how.parse(text, path)


def _refused(stat: SeedStat, refusal: ReadError, plan: _Plan, run: _Run) -> None:
    run.report.problems.append(refusal.problem)
    if refusal.transient:
        run.report.put_off += 1
        return
    by_which = run.how.settings(stat.path)
    plan.sources.append(Source(stat.path, stat, "", "", 0.0, 0, (refusal.problem,), by_which))


def _source_of(stat: SeedStat, answer: _Read, run: _Run) -> tuple[Source, LastRead]:
    seed, reading, report = answer.seed, answer.reading, run.report
    report.files += 1
    report.listings += len(reading.listings)
    problems = tuple(each for each in reading.problems if each.severity == "problem")
    report.problems.extend(problems)
    report.notes.extend(each for each in reading.problems if each.severity != "problem")
    today = run.now.astimezone(run.how.zone).date()
    report.notes.extend(remarks(((one.ref, one.text.date) for one in reading.listings), today))
    if seed.encoding:
        report.encodings[stat.path] = seed.encoding
    source = Source(
        path=stat.path,
        stat=seed.stat,
        digest=seed.digest,
        layout=reading.layout,
        confidence=reading.confidence,
        entries=len(reading.listings),
        problems=problems,
        settings=run.how.settings(stat.path),
    )
    return source, LastRead(seed.digest, source.settings, seed.text)


def _record_portion(state: Transaction, plan: _Plan, run: _Run) -> None:
    """Record what some files say: load what they concern, decide on one after the other, save."""
    report = run.report
    run.moments.take(*state.items.moments(run.now - WINDOW))
    portion = Portion(state, run.classifier, plan.steps, run.now)
    for path, some in plan.steps.items():
        changes = [_record_step(portion, step, path, run) for step in some]
        if changes:
            report.unchanged += changes[-1].unchanged
    if run.changed and not report.run:
        report.run = state.new_run(run.now)
    portion.save(report.run)
    state.sources.save(plan.sources, run.now)
    kept = {path for path, some in plan.steps.items() if some} | plan.held
    state.sources.keep({path: read for path, read in plan.reads.items() if path in kept})


def _record_step(portion: Portion, step: Step, path: str, run: _Run) -> Changes:
    report = run.report
    changes, near = _decide(portion, step, path, run)
    report.new += len(changes.new)
    report.revised += len(changes.revised)
    report.filled += len(changes.filled)
    told = (*changes.new, *changes.revised, *changes.filled, *changes.reread)
    otherwise = (*changes.replaced, *changes.dropped, *changes.added)
    if step.since == "saved" and run.how.takes_back(path):
        portion.vanish(_standing(portion.carried(path)) - _standing(changes.sightings))
    portion.take(path, changes, near)
    if otherwise:
        ids = (changes.replaced, changes.dropped, changes.added)
        report.reread.append(Reread(path, *(tuple(item.id for item in each) for each in ids)))
    if told or otherwise:
        run.changed.append(path)
        items = portion.items(item.id for item in run.classifier.judged(changes))
        place = portion.placing.add_quietly if step.untold else portion.placing.add
        place(changes, items)
    return changes


def _standing(entries: Iterable[SourceEntry]) -> Set[str]:
    """The ids of the items that stand in a file."""
    return {entry.item_id for entry in entries if entry.position is not None}


def _decide(
    portion: Portion, step: Step, path: str, run: _Run
) -> tuple[Changes, Sequence[NearMiss]]:
    """Compare a reading with what the state holds; with the items that it may have doubled."""
    how, now = run.how, run.now
    previous = portion.carried(path)
    known = portion.known(path, step)
    together = _together(path, how)
    if step.since == "reread":
        matches = match_again(step.listings, previous, tuple(known.values()))
    else:
        matches = match(
            step.listings,
            previous,
            tuple(known.values()),
            _carried_by(known, together),
            _by_guid(known, path, how),
        )
    factory = portion.factory(step, how.site_id, how.zone, run.moments)
    told = portion.told(known.values())
    occasion = Occasion(step.since, step.untold, together)
    changes = decide(path, matches, previous, known, factory, occasion, told)
    near = _near(portion, matches, changes, now)
    why = Retraction(how.misread(path), now, quietly=True)
    dropped = tuple(retracted(item, why, run.moments) for item in changes.dropped)
    added = changes.new if step.untold else ()
    new = () if step.untold else changes.new
    return replace(changes, new=new, added=added, dropped=dropped), near


def _together(path: str, how: Recording) -> Callable[[str], bool] | None:
    """What tells the files of one source, if their newest corrects the others."""
    source = how.corrects(path)
    return (lambda each: how.corrects(each) == source) if source else None


def _carried_by(
    known: Mapping[str, Item], together: Callable[[str], bool] | None
) -> frozenset[str]:
    """The items that files of that source carry, or carried."""
    if together is None:
        return frozenset()
    return frozenset(
        item_id
        for item_id, item in known.items()
        if any(together(seen.ref.path) for seen in item.sources)
    )


def _by_guid(known: Mapping[str, Item], path: str, how: Recording) -> dict[str, str]:
    """The items by what their source knows them by, as far as it is the source of this path."""
    source = how.source(path)
    return {
        seen.guid: item_id
        for item_id, item in sorted(known.items())
        for seen in item.sources
        if seen.guid and seen.item_id == item_id and how.source(seen.ref.path) == source
    }


def _near(
    portion: Portion, matches: Sequence[Match], changes: Changes, now: datetime
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
        pairs = portion.nearly(strangers, {seen.item_id for seen in changes.sightings})
        found += (NearMiss(new, known, NEARLY_SAME_TITLE, now) for new, known in pairs.items())
    return found


def preread(seeds: SeedFolder, how: Recording, now: datetime) -> tuple[Item, ...]:
    """The items of all seed files that can be read, each with the files that carry it.

    Raises `SeedError` when the folder cannot be read.
    """
    items: dict[str, Item] = {}
    titled: dict[str, set[str]] = defaultdict(set)
    for path in sorted(seeds.scan().paths):
        answer = seeds.read(path)
        if isinstance(answer, ReadError):
            continue
        listings = distinct(how.parse(answer.text, path).listings)
        titles = {normalise(listing.text.title) for listing in listings}
        known = {item_id: items[item_id] for title in titles for item_id in titled[title]}
        for item in _made_of(path, listings, known, set(items), how, now):
            items[item.id] = item
            titled[normalise(item.title)].add(item.id)
    return tuple(items.values())


def _made_of(
    path: str,
    listings: Sequence[Listing],
    known: dict[str, Item],
    taken: set[str],
    how: Recording,
    now: datetime,
) -> list[Item]:
    """The items, new or known, that one file carries."""
    factory = ItemFactory(how.site_id, how.zone, UniqueTimestamps(now), taken)
    together = _together(path, how)
    items = tuple(known.values())
    matches = match(listings, (), items, _carried_by(known, together))
    changes = decide(path, matches, (), known, factory, Occasion(together=together))
    there = {
        item.id: item for item in (*known.values(), *changes.new, *changes.filled, *changes.revised)
    }
    return [
        replace(there[seen.item_id], sources=(*there[seen.item_id].sources, seen))
        for seen in changes.sightings
    ]
