"""An instance as it is being written: what is wrong with it, and what holds meanwhile.

A board is made anew after each edit, from the files as they are and from the board before: while
the configuration is broken, what the last good one came to stays on it. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tidings.adapters.config import Inspection, config_files, inspect
from tidings.application.draft import draft
from tidings.application.ports import Clock
from tidings.core.drafts import Draft, TopicDraft, near_misses, term_counts
from tidings.core.drafts.catching import Missed
from tidings.core.linting import failing
from tidings.core.settings import Settings
from tidings.core.topics import Matcher, Outcome, try_rules
from tidings.entrypoints import reading, wiring
from tidings.entrypoints.examination import examine
from tidings.entrypoints.lines import lines_of
from tidings.entrypoints.wiring import Instance
from tidings.errors import SeedError, StoreError, TidingsError
from tidings.model import Problem, Scan

TOPICS = "config/topics.yaml"
_PUBLISHED = ("index.html", "atom.xml")

Stamps = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class InForce:
    """A configuration without mistakes, and what it came to; `since` is when it was read."""

    instance: Instance
    since: datetime
    matcher: Matcher
    draft: Draft
    listings: tuple[Problem, ...]
    outcomes: tuple[Outcome, ...]
    places: Inspection
    lines: tuple[str, ...]

    def topic(self, slug: str) -> TopicDraft | None:
        """That topic, or the first; None if there is none."""
        topics = {each.topic.slug: each for each in self.draft.topics}
        return topics.get(slug) or next(iter(topics.values()), None)

    def remarks(self, chosen: TopicDraft) -> Mapping[str, str]:
        """What is to be said beside the lines of a topic, by their text: items, tests passed."""
        document, slug = self.places.documents["topics.yaml"], chosen.topic.slug
        told: dict[str, list[str]] = {}
        for path, remark in self._told(chosen):
            line = document.place(("topics", slug, *path)).line
            if 0 < line <= len(self.lines):
                told.setdefault(self.lines[line - 1].strip(), []).append(remark)
        return {text: ", ".join(remarks) for text, remarks in told.items()}

    def _told(self, chosen: TopicDraft) -> Iterator[tuple[tuple[str | int, ...], str]]:
        counts = term_counts(self.draft, chosen, self.instance.settings.aliases)
        rule = chosen.topic.rule
        for part, terms in (("any", rule.any), ("all", rule.all), ("none", rule.none)):
            for at, term in enumerate(terms):
                count = counts[term.source]
                yield (part, at), f"keeps out {count}" if part == "none" else _items(count)
        ours = [each for each in self.outcomes if each.topic == chosen.topic.slug]
        for name, must_match in (("match", True), ("no_match", False)):
            tests = (each for each in ours if each.test.must_match == must_match)
            for at, outcome in enumerate(tests):
                yield ("tests", name, at), "passes" if outcome.passed else "fails"

    def misses(self, chosen: TopicDraft) -> tuple[Missed, ...]:
        """What nearly belongs to a topic."""
        return near_misses(self.draft, chosen, self.matcher)


@dataclass(frozen=True, slots=True)
class Board:
    """What was found at `read_at`. `in_force` is None as long as there was no good configuration.

    `held` tells that the configuration in force is not the one in the files; `checked` that
    templates and warnings are of these files, too.
    """

    root: Path
    read_at: datetime
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...]
    in_force: InForce | None
    held: bool
    checked: bool
    lines: tuple[str, ...]


def stamps(root: Path, settings: Settings | None) -> Stamps:
    """How everything looks that a board depends on: nothing is opened but the configuration.

    What a run publishes is among it, since a draft is compared with that.
    """
    files = [*config_files(root), *(root / wiring.OVERRIDES).rglob("*")]
    files += [root / wiring.PUBLISHED / name for name in _PUBLISHED]
    found: dict[str, tuple[int, int]] = {}
    for file in files:
        try:
            facts = file.stat()
        except OSError:
            continue
        found[str(file)] = facts.st_size, facts.st_mtime_ns
    if settings:
        try:
            scan = reading.seeds(root, settings).scan()
        except SeedError:
            scan = Scan()
        found |= {each.path: (each.size, each.mtime_ns) for each in scan.changed.values()}
    return found


def drawn(root: Path, environ: Mapping[str, str], clock: Clock, before: Board | None) -> Board:
    """A board from the files as they are now, without what takes longer to find out."""
    now, found = clock.now(), inspect(root, environ)
    held = before.in_force if before else None
    problems, in_force = list(found.problems), held
    if found.settings is not None:
        faults = failing(found.settings.topics, found.settings.aliases)
        problems += map(found.locate, faults)
        try:
            in_force = _in_force(Instance(root, found.settings, environ), found, clock, now)
        except TidingsError as error:
            where = "state" if isinstance(error, StoreError) else "tidings"
            problems.append(Problem(where, 0, 0, str(error)))
    # Until they are looked for again, templates are taken to be as they were.
    problems += [each for each in before.problems if _template(each)] if before else []
    return Board(
        root=root,
        read_at=now,
        problems=tuple(problems),
        remarks=before.remarks if before else (),
        in_force=in_force,
        held=in_force is held and in_force is not None,
        checked=False,
        lines=tuple(lines_of(root / TOPICS)),
    )


def checked(board: Board, environ: Mapping[str, str]) -> Board:
    """The board with everything that `check` finds."""
    found = examine(board.root, environ).findings
    ours = tuple(each for each in board.problems if not _template(each))
    known = {(each.path, each.line, each.column, each.message) for each in ours}
    further = [
        each
        for each in found
        if each.severity == "problem"
        and (each.path, each.line, each.column, each.message) not in known
    ]
    listings = board.in_force.listings if board.in_force else ()
    return replace(
        board,
        problems=(*ours, *further),
        remarks=(*listings, *(each for each in found if each.severity != "problem")),
        checked=True,
    )


def _template(problem: Problem) -> bool:
    return problem.path.startswith(wiring.OVERRIDES)


def _in_force(instance: Instance, places: Inspection, clock: Clock, now: datetime) -> InForce:
    settings = instance.settings
    matcher = Matcher(settings.topics, settings.aliases)
    with wiring.rehearsal(instance, clock) as (machinery, _outlet):
        found, listings = draft(machinery, settings.topics, matcher)
    outcomes = try_rules(settings.topics, settings.aliases)
    lines = tuple(lines_of(instance.root / TOPICS))
    return InForce(instance, now, matcher, found, listings, outcomes, places, lines)


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}" if count else "none"
