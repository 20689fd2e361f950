"""The state of the preview: problems in the files, and the last good configuration.

A state is made after each edit, from the files and the state before. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tidings.adapters.config import Inspection, config_files, inspect
from tidings.application.ports import Clock, Services
from tidings.application.record import record
from tidings.core.drafts import (
    Matched,
    NearMiss,
    TopicPreview,
    TopicsPreview,
    near_misses,
    preview_topics,
    term_counts,
)
from tidings.core.settings import Settings
from tidings.core.settings.lint import failing_tests
from tidings.core.settings.values import is_bucket
from tidings.core.topics import Clause, Matcher, Outcome, try_rules
from tidings.entrypoints import wiring
from tidings.entrypoints.examination import examine, source_lines
from tidings.entrypoints.reading import seeds
from tidings.entrypoints.wiring import Instance
from tidings.errors import SeedError, StoreError, TidingsError
from tidings.model import Item, Problem, Rule, Scan, Topic

TOPICS = "config/topics.yaml"
# The record of topics holds that of the whole list under the empty slug.
EVERYTHING = ""
UNMATCHED = "-"  # stands for the items in no topic; never a slug
_PUBLISHED = ("index.html", "atom.xml")

Stamps = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class LastGood:
    """The last configuration without mistakes, and its preview; `since` is when it was read."""

    instance: Instance
    since: datetime
    matcher: Matcher
    draft: TopicsPreview
    listings: tuple[Problem, ...]
    outcomes: tuple[Outcome, ...]
    places: Inspection
    lines: tuple[str, ...]

    @property
    def rows(self) -> tuple[TopicPreview, ...]:
        """All topics in their order, and last the items in no topic, if there are any."""
        rest = tuple(Matched(item, ()) for item in self.draft.unmatched)
        unmatched = TopicPreview(Topic(UNMATCHED, "In no topic", "", Rule()), rest)
        return (*self.draft.topics, unmatched) if rest else self.draft.topics

    def topic(self, slug: str) -> TopicPreview | None:
        """The row of that slug, else the first; None if there is none."""
        rows = {each.topic.slug: each for each in self.rows}
        return rows.get(slug) or next(iter(rows.values()), None)

    def clauses(self, chosen: TopicPreview, item: Item) -> tuple[Clause, ...]:
        """The lines of a rule that put an item in its topic; none for the items in no topic."""
        if chosen.topic.slug == UNMATCHED:
            return ()
        judged = self.matcher.judge(chosen.topic.slug, item)
        for_it = [each for each in judged.clauses if each.wanted and each.holds]
        return tuple(each for each in for_it if each.part == "pin" or not judged.pinned)

    def remarks(self, chosen: TopicPreview) -> Mapping[str, str]:
        """Item counts and test results beside the lines of a topic, by the text of the line."""
        document, slug = self.places.documents["topics.yaml"], chosen.topic.slug
        told: dict[str, list[tuple[str, str]]] = {}
        for path, remark in self._told(chosen):
            place = document.place(("topics", slug, *path))
            if 0 < place.line <= len(self.lines):
                text = self.lines[place.line - 1].strip()
                told.setdefault(text, []).append((place.text, remark))
        return {text: _beside(remarks) for text, remarks in told.items()}

    def _told(self, chosen: TopicPreview) -> Iterator[tuple[tuple[str | int, ...], str]]:
        settings = self.instance.settings
        counts = term_counts(self.draft, chosen, settings.aliases, settings.languages)
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

    def misses(self, chosen: TopicPreview) -> tuple[NearMiss, ...]:
        """The items that a topic nearly matches."""
        if chosen.topic.slug == UNMATCHED:
            return ()
        return near_misses(self.draft, chosen, self.matcher)


@dataclass(frozen=True, slots=True)
class PreviewState:
    """What was found at `read_at`; `last_good` is None if no configuration was good so far.

    `held`: `last_good` is older than the files. `checked`: `problems` and `remarks` include those
    of templates and of the linter for these files.
    """

    root: Path
    read_at: datetime
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...]
    last_good: LastGood | None
    held: bool
    checked: bool
    lines: tuple[str, ...]


def stamps(root: Path, settings: Settings | None) -> Stamps:
    """Size and modification time of every file that a state depends on.

    Published files are among them, since the preview is compared with what was published.
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
            # Buckets are not asked each time that the files are looked at.
            near = tuple(each for each in settings.sources if not is_bucket(each.path))
            scan = seeds(root, settings.model_copy(update={"sources": near}), {}).scan()
        except SeedError:
            scan = Scan()
        found |= {each.path: (each.size, each.mtime_ns) for each in scan.changed.values()}
    return found


def state_of(
    root: Path, environ: Mapping[str, str], clock: Clock, before: PreviewState | None
) -> PreviewState:
    """Make a state from the files as they are now, without the slow checks.

    While the configuration is broken, `last_good` is that of the state `before`.
    """
    now, found = clock.now(), inspect(root, environ)
    held = before.last_good if before else None
    problems, last_good = list(found.problems), held
    if found.settings is not None:
        given = found.settings
        faults = failing_tests(given.topics, given.aliases, given.languages)
        problems += map(found.locate, faults)
        try:
            last_good = _last_good(Instance(root, found.settings, environ), found, clock, now)
        except TidingsError as error:
            where = "state" if isinstance(error, StoreError) else "tidings"
            problems.append(Problem(where, 0, 0, str(error), help=error.help))
    # Problems of templates stay until with_checks looks for them again.
    problems += [each for each in before.problems if _template(each)] if before else []
    return PreviewState(
        root=root,
        read_at=now,
        problems=tuple(problems),
        remarks=before.remarks if before else (),
        last_good=last_good,
        held=last_good is held and last_good is not None,
        checked=False,
        lines=tuple(source_lines(root / TOPICS)),
    )


def with_checks(state: PreviewState, environ: Mapping[str, str]) -> PreviewState:
    """Add everything that `tidings check` finds to a state."""
    found = examine(state.root, environ).findings
    ours = tuple(each for each in state.problems if not _template(each))
    known = {(each.path, each.line, each.column, each.message) for each in ours}
    further = [
        each
        for each in found
        if each.severity == "problem"
        and (each.path, each.line, each.column, each.message) not in known
    ]
    listings = state.last_good.listings if state.last_good else ()
    return replace(
        state,
        problems=(*ours, *further),
        remarks=(*listings, *(each for each in found if each.severity != "problem")),
        checked=True,
    )


def _template(problem: Problem) -> bool:
    return problem.path.startswith(wiring.OVERRIDES)


def _last_good(instance: Instance, places: Inspection, clock: Clock, now: datetime) -> LastGood:
    settings = instance.settings
    matcher = Matcher(settings.topics, settings.aliases, settings.languages)
    with wiring.dry_run(instance, clock) as (services, _outlet):
        found, listings = _preview_listings(services, settings.topics, matcher)
    outcomes = try_rules(settings.topics, settings.aliases, settings.languages)
    lines = tuple(source_lines(instance.root / TOPICS))
    return LastGood(instance, now, matcher, found, listings, outcomes, places, lines)


def _preview_listings(
    m: Services, topics: Sequence[Topic], matcher: Matcher
) -> tuple[TopicsPreview, tuple[Problem, ...]]:
    """Read the listings into a private copy of the state, and match the topics.

    Returns problems of the listings as warnings. Raises `StoreError`.
    """
    with m.store.reading() as state:
        known = [slug for slug in state.topics.records() if slug != EVERYTHING]
        published = {slug: state.topics.member_ids(slug) for slug in known}
    problems: list[Problem] = []
    try:
        record(m.store, m.seeds, m.classifier, m.recording, m.clock.now())
    except SeedError as error:
        problems.append(Problem("seeds", 0, 0, str(error), help=error.help))
    with m.store.reading() as state:
        problems += state.sources.problems()
        found = preview_topics(topics, matcher, state.items.all(), published)
    return found, tuple(replace(each, severity="warning") for each in problems)


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}" if count else "none"


def _beside(remarks: Sequence[tuple[str, str]]) -> str:
    """What stands beside a line: of a list that is written in it, each entry with its remark."""
    if len(remarks) == 1:
        return remarks[0][1]
    return ", ".join(f"{term}: {remark}" if term else remark for term, remark in remarks)
