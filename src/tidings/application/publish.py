"""Publish: project the committed state into feeds and pages. No transaction: it is idempotent.

A crash in between leaves old but valid files; the next run compares and heals. Only what a change
touched is rendered again, unless the configuration or a template changed, or a file of ours is no
longer as we left it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tidings.application.ports.records import TopicRecord
from tidings.application.ports.store import PublishedFile, Store, Transaction
from tidings.application.ports.world import Outlet, Renderer
from tidings.core import feeds, moved, pages
from tidings.core.pages import Frame, Placed, Placement
from tidings.core.selection import Member, select
from tidings.core.tide import Span, span_of
from tidings.core.topics import Matcher
from tidings.model import Item, Topic

EVERYTHING = ""
LATEST = 20
PORTION = 200

PUBLISHED_RUN = "published run"
PUBLISHED_INPUTS = "published inputs"
PUBLISHED_SPAN = "published span"


@dataclass(slots=True)
class PublishReport:
    """What was written; a feed counts once, whatever its formats.

    `cut` names feeds with the number of entries left out by `feeds.max`.
    """

    feeds: int = 0
    pages: int = 0
    written: int = 0
    removed: int = 0
    cut: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What pages and feeds are made of besides the state.

    `inputs` is a fingerprint of the configuration, the templates and our own version.
    """

    frame: Frame
    publication: feeds.Publication
    topics: tuple[Topic, ...]
    matcher: Matcher
    limit: int
    maximum: int
    inputs: str


def publish(
    store: Store, outlet: Outlet, renderer: Renderer, catalogue: Catalogue
) -> PublishReport:
    """Bring the published folder up to date with the state.

    Raises `PublishError` when a file cannot be put in place; what was written before stands.
    """
    report = PublishReport()
    with store.reading() as state:
        scope = _scope(state, outlet, catalogue)
        if scope is None:
            return report
        outlet.sweep()
        edition = _Site(state, renderer, catalogue, scope, report)
        kept: dict[str, PublishedFile] = {}
        for batch in edition.batches():
            placed = outlet.put(batch)
            report.written += sum(written for _, written in placed)
            kept.update((file.path, file) for file, _ in placed)
            # At once: a file that a later failure made us forget would never be removed.
            with store.writing() as books:
                books.files.save(file for file, _ in placed)
        stale = set(scope.ours) - set(kept) if scope.whole else set()
        outlet.remove(sorted(stale))
        report.removed = len(stale)
    with store.writing() as state:
        state.files.forget(stale)
        state.remember(PUBLISHED_RUN, str(scope.run))
        state.remember(PUBLISHED_INPUTS, catalogue.inputs)
        state.remember(PUBLISHED_SPAN, scope.span_name)
    return report


@dataclass(frozen=True, slots=True)
class _Scope:
    """What has to be rendered. `whole`: everything, and whatever else is ours goes."""

    run: int
    whole: bool
    items: Collection[str]
    topics: Collection[str]
    records: Mapping[str, TopicRecord]
    ours: Mapping[str, PublishedFile]
    everything: pages.Census
    span: Span | None

    @property
    def span_name(self) -> str:
        return repr(self.span)


def _scope(state: Transaction, outlet: Outlet, catalogue: Catalogue) -> _Scope | None:
    """What changed since the last publication; None if nothing did."""
    run, since = state.last_run(), int(state.note(PUBLISHED_RUN) or 0)
    ours = state.files.all()
    whole = state.note(PUBLISHED_INPUTS) != catalogue.inputs or not all(
        outlet.stands(file) for file in ours.values()
    )
    if not whole and run == since:
        return None
    records = state.topics.records()
    everything = state.items.census()
    span = span_of(everything.months)
    slugs = [topic.slug for topic in catalogue.topics]
    touched = state.items.changed_since(0 if whole else since)
    if not whole and repr(span) == state.note(PUBLISHED_SPAN):
        containing = {slug for slugs in state.topics.of(touched).values() for slug in slugs}
        slugs = [s for s in slugs if s in containing or records[s].changed_run > since]
    return _Scope(run, whole, touched, slugs, records, ours, everything, span)


class _Site:
    """One rendering of the site, in the order in which files are put in place: assets, item
    pages, topic pages, feeds, index. Whoever follows a link finds what it leads to."""

    def __init__(
        self,
        state: Transaction,
        renderer: Renderer,
        catalogue: Catalogue,
        scope: _Scope,
        report: PublishReport,
    ) -> None:
        self._state = state
        self._render = renderer.render
        self._assets = renderer.assets
        self._catalogue = catalogue
        self._scope = scope
        self._report = report
        self._made: dict[str, feeds.Entry] = {}
        self._latest: list[feeds.Entry] = []
        self._chosen = [topic for topic in catalogue.topics if topic.slug in scope.topics]

    def batches(self) -> Iterator[list[tuple[str, bytes]]]:
        """Files to put in place together, batch after batch."""
        if self._scope.whole:
            yield [(f"assets/{name}", data) for name, data in self._assets().items()]
        ids = list(self._scope.items)
        for start in range(0, len(ids), PORTION):
            placed = self._placed(ids[start : start + PORTION])
            yield [
                self._moved_page(each.item) if each.item.merged_into else self._item_page(each)
                for each in placed
            ]
        for topic in self._chosen:
            yield [self._topic_page(topic)]
        for topic in self._chosen:
            yield self._feed(topic)
        yield self._feed(None)
        yield self._lists()
        yield [self._index()]

    def _placed(self, ids: Sequence[str]) -> list[Placed]:
        """Items with their topics and the reasons, in the order of `ids`."""
        items = self._state.items.get(ids)
        slugs = self._state.topics.of(ids)
        return [self._place(items[item_id], slugs.get(item_id, ())) for item_id in ids]

    def _place(self, item: Item, slugs: Sequence[str]) -> Placed:
        evidence = self._catalogue.matcher.classify(item)
        return Placed(
            item,
            tuple(
                Placement(topic, evidence.get(topic.slug, ()))
                for topic in self._catalogue.topics
                if topic.slug in slugs
            ),
        )

    def _page(self, template: str, page: pages.Page) -> tuple[str, bytes]:
        self._report.pages += 1
        return page.path, self._render(template, {"page": page}).encode()

    def _item_page(self, placed: Placed) -> tuple[str, bytes]:
        page = pages.item_page(self._catalogue.frame, placed, None, None, placed.item.updated)
        return self._page("site/item.html.j2", page)

    def _moved_page(self, item: Item) -> tuple[str, bytes]:
        """The page of an item that was merged: it leads to the last of those it leads to."""
        into = item
        while into.merged_into:
            into = self._state.items.get([into.merged_into])[into.merged_into]
        page = moved.merged_page(self._catalogue.frame, item, into)
        return self._page("site/moved.html.j2", page)

    def _topic_page(self, topic: Topic) -> tuple[str, bytes]:
        members = sorted(self._state.topics.members(topic.slug), key=lambda member: member.order)
        page = pages.topic_page(
            self._catalogue.frame,
            topic,
            self._state.topics.census(topic.slug),
            self._scope.span,
            self._placed([member.item_id for member in members]),
            self._scope.records[topic.slug].changed_at,
        )
        return self._page("site/topic.html.j2", page)

    def _index(self) -> tuple[str, bytes]:
        latest = [item.id for item in self._state.items.newest(LATEST)]
        page = pages.index_page(
            self._catalogue.frame,
            [(t, self._state.topics.census(t.slug)) for t in self._catalogue.topics],
            self._scope.everything,
            self._placed(latest),
            self._scope.records[EVERYTHING].changed_at,
        )
        return self._page("site/index.html.j2", page)

    def _feed(self, topic: Topic | None) -> list[tuple[str, bytes]]:
        """A feed in all its formats."""
        slug = topic.slug if topic else EVERYTHING
        record, limit = self._scope.records[slug], self._catalogue.limit
        members: Iterator[Member] = (
            self._state.topics.feed_members(slug, record.first_run, limit)
            if topic
            else self._state.items.feed_members(record.first_run, limit)
        )
        chosen = select(
            members,
            first_run=record.first_run,
            limit=limit,
            maximum=self._catalogue.maximum,
        )
        entries = self._entries(chosen.item_ids)
        feed = feeds.of_items(self._catalogue.publication, topic, record.changed_at, entries)
        documents = feeds.documents(feed)
        if chosen.cut:
            self._report.cut[documents[0][0]] = chosen.cut
        self._report.feeds += 1
        if topic is None:
            self._latest = entries
        return documents

    def _entries(self, ids: Sequence[str]) -> list[feeds.Entry]:
        """Items as entries of feeds: made once, whatever feeds they are in."""
        missing = [item_id for item_id in ids if item_id not in self._made]
        items = self._state.items.get(missing)
        slugs = self._state.topics.of(missing)
        for item_id in missing:
            within = slugs.get(item_id, ())
            placements = tuple(Placement(t, ()) for t in self._catalogue.topics if t.slug in within)
            placed = Placed(items[item_id], placements)
            self._made[item_id] = feeds.entry_of(self._catalogue.publication, placed)
        return [self._made[item_id] for item_id in ids]

    def _lists(self) -> list[tuple[str, bytes]]:
        """All feeds for readers, and for search engines the pages with the latest items."""
        site, topics, records = (
            self._catalogue.publication,
            self._catalogue.topics,
            self._scope.records,
        )
        addresses = [
            feeds.Address(site.url, records[EVERYTHING].changed_at),
            *(
                feeds.Address(site.url + pages.topic_path(t), records[t.slug].changed_at)
                for t in topics
            ),
            *(feeds.Address(entry.address, entry.updated) for entry in self._latest),
        ]
        return [(feeds.OPML, feeds.opml(site, topics)), (feeds.SITEMAP, feeds.sitemap(addresses))]
