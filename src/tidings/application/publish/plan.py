"""What a publication has to make: what changed since the last one, and what hangs on that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version

from tidings.application.ports import Outlet, Renderer
from tidings.core.incidents import PUBLISHED_FAILED, PUBLISHED_RUN
from tidings.core.pages.items import ChartRange, range_of
from tidings.core.schedule import has_passed
from tidings.core.settings import Settings
from tidings.core.settings.values import is_bucket
from tidings.model import PublishedFile, Topic, TopicCounts
from tidings.state import Transaction
from tidings.state.topics import TopicRecord

EVERYTHING = ""
CORRECTIONS = 100
CHECKED_EVERY = timedelta(days=1)

PUBLISHED_EDITION = "published edition"
PUBLISHED_INPUTS = "published inputs"
PUBLISHED_SPAN = "published span"
PUBLISHED_CORRECTIONS = "published corrections"
PUBLISHED_CHECKED = "published files checked"

Month = tuple[int, int]
TopicMonths = Set[tuple[str, Month | None]]


@dataclass(slots=True)
class PublishReport:
    """What was written. `cut` names feeds with the number of entries left out by `feeds.max`.

    `failed` has the folders of topics and digests of which something could not be published, each
    with the reason: what stood there still does, the next run tries again, and all else is done.
    """

    feeds: int = 0
    pages: int = 0
    written: int = 0
    removed: int = 0
    cut: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """What has to be made. `whole`: everything, and whatever else is ours goes.

    `touched` are the items that changed; `items`, `topics`, `months` (of topics; None: what has no
    date) and `editions` name the pages; `corrections` are the items on that page, None if it stands
    as it is. `moved` says whether items changed at all, and with them the first page and the feed
    of everything. `inputs` stands for all that shapes pages and feeds besides the state.
    """

    run: int
    edition: int
    inputs: str
    whole: bool
    moved: bool
    touched: Collection[str]
    items: Collection[str]
    topics: tuple[Topic, ...]
    months: TopicMonths
    editions: Set[int]
    corrections: tuple[str, ...] | None
    records: Mapping[str, TopicRecord]
    ours: Mapping[str, PublishedFile]
    counts: Mapping[str, TopicCounts]
    span: ChartRange | None

    def remember(self, state: Transaction, failed: Mapping[str, str]) -> None:
        """Note that all of this is published, but for what `failed` in some folders."""
        state.remember(PUBLISHED_RUN, str(self.run))
        state.remember(PUBLISHED_EDITION, str(self.edition))
        state.remember(PUBLISHED_INPUTS, self.inputs)
        state.remember(PUBLISHED_FAILED, json.dumps(failed))
        if self.moved:
            state.remember(PUBLISHED_SPAN, repr(self.span))
        if self.corrections is not None:
            state.remember(PUBLISHED_CORRECTIONS, " ".join(self.corrections))


def check_is_due(state: Transaction, now: datetime) -> bool:
    """Whether all files were last looked at a day ago."""
    noted = state.note(PUBLISHED_CHECKED)
    return noted is None or has_passed(CHECKED_EVERY, datetime.fromisoformat(noted), now)


def note_check(state: Transaction, now: datetime) -> None:
    """All files were looked at now."""
    state.remember(PUBLISHED_CHECKED, now.isoformat())


def inputs_of(settings: Settings, renderer: Renderer) -> str:
    """A fingerprint of whatever shapes pages or feeds: when it changes, all are made again."""
    configured = (settings.site, settings.feeds, settings.aliases, settings.topics)
    names = tuple((each.path, each.name) for each in settings.sources if each.name)
    elsewhere = (settings.publish,) if is_bucket(settings.publish) else ()
    shaping = (
        *configured,
        *elsewhere,
        settings.languages.telling,
        settings.digests,
        settings.mail.service_url or "",
        *names,
    )
    inputs = f"{version('tidings')} {renderer.fingerprint()} {shaping!r}"
    return hashlib.sha256(inputs.encode()).hexdigest()


def what_changed(
    state: Transaction, outlet: Outlet, settings: Settings, inputs: str, *, thorough: bool
) -> PublishPlan | None:
    """What changed since the last publication; None if nothing did.

    Whether our files stand as we left them is looked at each time but for the pages and sitemaps of
    items and the pages of years and months; these are when the look is `thorough`.
    """
    run, since = state.last_run(), int(state.note(PUBLISHED_RUN) or 0)
    edition, before = state.editions.last_id(), int(state.note(PUBLISHED_EDITION) or 0)
    ours = state.files.all() if thorough else state.files.few()
    whole = state.note(PUBLISHED_INPUTS) != inputs or not all(map(outlet.stands, ours.values()))
    failed, issues_failed = _failed(state, settings)
    if not whole and (run, edition) == (since, before) and not (failed or issues_failed):
        return None
    records = state.topics.records()
    if EVERYTHING not in records:
        return None  # nothing was ever recorded: the first reading has failed
    if whole:
        ours, since = state.files.all(), 0
    moved = whole or run != since or bool(failed)
    slugs = [topic.slug for topic in settings.topics]
    touched = state.items.changed_since(since) if moved else ()
    within = state.topics.of(touched) if moved and not whole else {}
    counts = state.lists.censuses([EVERYTHING, *slugs]) if moved else {}
    span = range_of(counts[EVERYTHING].months) if moved else None
    all_topics = whole or (moved and repr(span) != state.note(PUBLISHED_SPAN))
    changed = failed | {slug for found in within.values() for slug in found}
    changed |= {slug for slug in slugs if records[slug].changed_run > since}
    months = set(_all_months([EVERYTHING, *slugs] if whole else failed, counts))
    if moved and not whole:
        months |= _changed_months(state, since, [EVERYTHING, *slugs], touched, within)
    return PublishPlan(
        run=run,
        edition=edition,
        inputs=inputs,
        whole=whole,
        moved=moved,
        touched=touched,
        items=touched if whole else _with_neighbours(state, touched),
        topics=tuple(t for t in settings.topics if all_topics or t.slug in changed),
        months=months,
        editions=_editions(
            state, settings, touched, before=0 if whole or issues_failed else before, whole=whole
        ),
        corrections=_corrections(state, touched, whole=whole) if moved else None,
        records=records,
        ours=ours,
        counts=counts,
        span=span,
    )


def _failed(state: Transaction, settings: Settings) -> tuple[Set[str], bool]:
    """The topics of which the last publication failed to publish something, and whether it did so
    of a digest."""
    folders = json.loads(state.note(PUBLISHED_FAILED) or "{}")
    failed = {
        topic.slug
        for topic in settings.topics
        if any(f"topics/{slug}" in folders for slug in (topic.slug, *topic.was))
    }
    slugs = (slug for digest in settings.digests for slug in digest.slugs)
    return failed, any(f"digests/{slug}" in folders for slug in slugs)


def _with_neighbours(state: Transaction, touched: Collection[str]) -> Collection[str]:
    """The items, and those beside them, whose pages lead to them by title."""
    beside = (item_id for pair in state.lists.neighbours(touched).values() for item_id in pair)
    return tuple(dict.fromkeys((*touched, *(item_id for item_id in beside if item_id))))


def _all_months(
    slugs: Collection[str], counts: Mapping[str, TopicCounts]
) -> Iterator[tuple[str, Month | None]]:
    """These topics with all of their months."""
    for slug in slugs:
        if counts[slug].undated:
            yield slug, None
        yield from ((slug, month) for month in counts[slug].months)


def _changed_months(
    state: Transaction,
    since: int,
    slugs: Collection[str],
    touched: Collection[str],
    within: Mapping[str, Collection[str]],
) -> TopicMonths:
    """Topics, and everything, with those of their months that list other items, or items by other
    titles."""
    found = {each for each in state.lists.recounted_since(since) if each[0] in slugs}
    for item_id, summary in state.lists.heads(touched).items():
        month = (summary.date.year, summary.date.month) if summary.date else None
        found |= {(slug, month) for slug in (EVERYTHING, *within.get(item_id, ()))}
    return found


def _editions(
    state: Transaction, settings: Settings, touched: Collection[str], *, before: int, whole: bool
) -> Set[int]:
    """The editions of public digests that are new, or hold an item that was touched."""
    if not any(digest.public for digest in settings.digests):
        return frozenset()
    old = frozenset() if whole else state.editions.with_items(touched)
    return old | state.editions.opened_since(before)


def _corrections(
    state: Transaction, touched: Collection[str], *, whole: bool
) -> tuple[str, ...] | None:
    """The items on the page of corrections; None if it stands as it is."""
    shown = state.lists.corrected(CORRECTIONS)
    if whole or not set(shown).isdisjoint(touched):
        return shown
    return None if " ".join(shown) == state.note(PUBLISHED_CORRECTIONS) else shown
