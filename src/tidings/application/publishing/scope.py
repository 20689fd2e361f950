"""What a publication has to render: what changed since the last one, and what hangs on that."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidings.application.ports import Outlet
from tidings.application.publishing.catalogue import EVERYTHING, Catalogue
from tidings.application.publishing.memory import CensusCache
from tidings.core.entries import Head
from tidings.core.lapse import has_passed
from tidings.core.pages import Census
from tidings.core.tide import Span, span_of
from tidings.model import PublishedFile
from tidings.state import Transaction
from tidings.state.topics import TopicRecord

CORRECTIONS = 100
CHECKED_EVERY = timedelta(days=1)

PUBLISHED_RUN = "published run"
PUBLISHED_EDITION = "published edition"
PUBLISHED_INPUTS = "published inputs"
PUBLISHED_SPAN = "published span"
PUBLISHED_CORRECTIONS = "published corrections"
PUBLISHED_CHECKED = "published files checked"
PUBLISHED_FAILED = "published but for"

Months = Set[tuple[str, tuple[int, int] | None]]


@dataclass(frozen=True, slots=True)
class Scope:
    """What has to be rendered. `whole`: everything, and whatever else is ours goes.

    `touched` are the items that changed; `items`, `topics`, `months` (of topics; None: what has no
    date) and `editions` name the pages;
    `corrections` are the items on that page, None if it stands as it is; `moved` says whether items
    changed at all, and with them the first page and the feed of everything.
    """

    run: int
    edition: int
    whole: bool
    moved: bool
    touched: Collection[str]
    items: Collection[str]
    topics: Collection[str]
    months: Months
    editions: Set[int]
    corrections: tuple[str, ...] | None
    records: Mapping[str, TopicRecord]
    ours: Mapping[str, PublishedFile]
    censuses: Mapping[str, Census]
    span: Span | None

    def remember(self, state: Transaction, catalogue: Catalogue, failed: Mapping[str, str]) -> None:
        """Note that all of this is published, but for what `failed` in some folders."""
        state.remember(PUBLISHED_RUN, str(self.run))
        state.remember(PUBLISHED_EDITION, str(self.edition))
        state.remember(PUBLISHED_INPUTS, catalogue.inputs)
        state.remember(PUBLISHED_FAILED, json.dumps(failed))
        if self.moved:
            state.remember(PUBLISHED_SPAN, repr(self.span))
        if self.corrections is not None:
            state.remember(PUBLISHED_CORRECTIONS, " ".join(self.corrections))


def unpublished(state: Transaction) -> dict[str, str]:
    """The folders of topics and digests of which the last publication failed to publish something,
    each with the reason."""
    found: dict[str, str] = json.loads(state.note(PUBLISHED_FAILED) or "{}")
    return found


def check_is_due(state: Transaction, now: datetime) -> bool:
    """Whether all files were last looked at a day ago."""
    noted = state.note(PUBLISHED_CHECKED)
    return noted is None or has_passed(CHECKED_EVERY, datetime.fromisoformat(noted), now)


def note_check(state: Transaction, now: datetime) -> None:
    """All files were looked at now."""
    state.remember(PUBLISHED_CHECKED, now.isoformat())


def scope_of(
    state: Transaction,
    outlet: Outlet,
    catalogue: Catalogue,
    censuses: CensusCache,
    *,
    thorough: bool,
) -> Scope | None:
    """What changed since the last publication; None if nothing did.

    Whether our files stand as we left them is looked at each time but for the pages and sitemaps of
    items and the pages of years and months; these are when the look is `thorough`.
    """
    run, since = state.last_run(), int(state.note(PUBLISHED_RUN) or 0)
    edition, before = state.editions.last_id(), int(state.note(PUBLISHED_EDITION) or 0)
    ours = state.files.all() if thorough else state.files.few()
    whole = state.note(PUBLISHED_INPUTS) != catalogue.inputs or not all(
        outlet.stands(file) for file in ours.values()
    )
    left = unpublished(state)
    again = [t.slug for t in catalogue.topics if _is_among(left, "topics", t.slug, *t.was)]
    issues = any(_is_among(left, "digests", digest.slug) for digest in catalogue.frame.digests)
    if not whole and (run, edition) == (since, before) and not (again or issues):
        return None
    moved = bool(whole or run != since or again)
    slugs = [topic.slug for topic in catalogue.topics]
    since, before = (0 if whole else since), (0 if whole or issues else before)
    touched = state.items.changed_since(since) if moved else ()
    records = state.topics.records()
    if EVERYTHING not in records:
        return None  # nothing was ever recorded: the first reading has failed
    within = state.topics.of(touched) if moved and not whole else {}
    changed = {slug for found in within.values() for slug in found}
    changed.update(slug for slug in slugs if records[slug].changed_run > since)
    changed.update(again)
    recounted = state.lists.recounted_since(since) if moved and not whole else frozenset()
    counts: Mapping[str, Census] = {}
    if moved:
        others = {EVERYTHING, *changed, *(slug for slug, _ in recounted)}
        counts = censuses.get(state, [EVERYTHING, *slugs], others, since, run)
    span = span_of(counts[EVERYTHING].months) if moved else None
    same_span = not moved or repr(span) == state.note(PUBLISHED_SPAN)
    return Scope(
        run=run,
        edition=edition,
        whole=whole,
        moved=moved,
        touched=touched,
        items=touched if whole else _with_neighbours(state, touched),
        topics=[s for s in slugs if whole or s in changed or not same_span],
        months=_months(state, recounted, slugs, within)
        | _all_months(slugs if whole else again, counts),
        editions=_editions(state, catalogue, whole, before, touched),
        corrections=_corrections(state, whole, touched) if moved else None,
        records=records,
        ours=state.files.all() if whole else ours,
        censuses=counts,
        span=span,
    )


def _with_neighbours(state: Transaction, touched: Collection[str]) -> Collection[str]:
    """The items, and those beside them, whose pages lead to them by title."""
    beside = (item_id for pair in state.lists.neighbours(touched).values() for item_id in pair)
    return tuple(dict.fromkeys((*touched, *(item_id for item_id in beside if item_id))))


def _is_among(folders: Collection[str], kind: str, *slugs: str) -> bool:
    return any(f"{kind}/{slug}" in folders for slug in slugs)


def _all_months(slugs: Collection[str], censuses: Mapping[str, Census]) -> Months:
    """These topics with all of their months."""
    undated = {(slug, None) for slug in slugs if censuses[slug].undated}
    return undated | {(slug, month) for slug in slugs for month in censuses[slug].months}


def _months(
    state: Transaction,
    recounted: Months,
    slugs: Collection[str],
    within: Mapping[str, Collection[str]],
) -> Months:
    """Topics with those of their months that list other items, or items by other titles."""
    heads = state.lists.heads(within)
    return {each for each in recounted if each[0] in slugs} | {
        (slug, _month(heads[item_id])) for item_id, found in within.items() for slug in found
    }


def _month(head: Head) -> tuple[int, int] | None:
    return (head.date.year, head.date.month) if head.date else None


def _editions(
    state: Transaction, catalogue: Catalogue, whole: bool, before: int, touched: Collection[str]
) -> Set[int]:
    """The editions of public digests that are new, or hold an item that was touched."""
    if not any(digest.public for digest in catalogue.frame.digests):
        return frozenset()
    old = frozenset() if whole else state.editions.with_items(touched)
    return old | state.editions.opened_since(before)


def _corrections(
    state: Transaction, whole: bool, touched: Collection[str]
) -> tuple[str, ...] | None:
    shown = state.lists.corrected(CORRECTIONS)
    if whole or not set(shown).isdisjoint(touched):
        return shown
    return None if " ".join(shown) == state.note(PUBLISHED_CORRECTIONS) else shown
