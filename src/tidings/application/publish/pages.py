"""The pages of a publication: items, topics and their years, digests, corrections, the front."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace

from tidings.application.ports import NO_PICTURES, Outlet, PictureFolder, Renderer, UnmadePicture
from tidings.application.publish.plan import EVERYTHING, Month, PublishPlan, PublishReport
from tidings.application.renames import by_slug
from tidings.core.pages import issues, site, topics, years
from tidings.core.pages.items import ClassifiedItem, TopicMatch, item_path
from tidings.core.pages.site import Page, site_context
from tidings.core.settings import Settings
from tidings.core.topics import Matcher
from tidings.errors import FAULTS, TemplateError
from tidings.model import Digest, Edition, Item, Owed, Topic
from tidings.state import Transaction

log = logging.getLogger(__name__)

File = tuple[str, bytes]
Batch = list[File]
LATEST = 5
NEWEST = 20
PORTION = 500
# How many items are kept with their topics.
IN_MEMORY = 1_000


def folder_of(topic: str) -> str:
    """The folder of a topic, by its slug."""
    return f"topics/{topic}"


class PageRenderer:
    """Renders values from the state through templates, and counts what it makes in `report`."""

    def __init__(
        self,
        state: Transaction,
        templates: Renderer,
        settings: Settings,
        plan: PublishPlan,
        report: PublishReport,
        pictures: PictureFolder = NO_PICTURES,
    ) -> None:
        self.state = state
        self.templates = templates
        self.settings = settings
        self.pictures = pictures
        self.made = state.pictures.made()
        self.context = site_context(settings, state.began(), self.made)
        self.plan = plan
        self.report = report
        self._matcher = Matcher(settings.topics, settings.aliases, settings.languages)
        self._topics = {topic.slug: topic for topic in settings.topics}
        self._places = {slug: place for place, slug in enumerate(self._topics)}
        self._classified: dict[str, ClassifiedItem] = {}

    @contextmanager
    def apart(self, folder: str) -> Iterator[None]:
        """Make what belongs to one topic or digest: what fails there holds up nothing else."""
        try:
            yield
        except TemplateError as error:
            self.report.failed.setdefault(folder, str(error))
        except FAULTS as fault:
            log.exception("page or feed not made folder=%s", folder)
            self.report.failed.setdefault(folder, f"{type(fault).__name__}: {fault}")

    def classified(self, ids: Sequence[str]) -> list[ClassifiedItem]:
        """Items with their topics and the reasons, in the order of `ids`.

        Kept for a while: the newest items stand on many pages.
        """
        missing = [item_id for item_id in ids if item_id not in self._classified]
        if len(self._classified) + len(missing) > IN_MEMORY:
            self._classified.clear()
            missing = list(ids)
        items, slugs = self.state.items.get(missing), self.state.topics.of(missing)
        for item_id in missing:
            self._classified[item_id] = self.classify(items[item_id], slugs.get(item_id, ()))
        return [self._classified[item_id] for item_id in ids]

    def classify(self, item: Item, slugs: Sequence[str]) -> ClassifiedItem:
        """An item in these topics, with the words that put it there."""
        evidence = self._matcher.classify(item) if slugs else {}
        known = sorted(
            (slug for slug in slugs if slug in self._topics), key=self._places.__getitem__
        )
        return ClassifiedItem(
            item,
            tuple(TopicMatch(self._topics[slug], evidence.get(slug, ())) for slug in known),
        )

    def page(self, template: str, page: Page) -> File:
        """A page as a file."""
        self.report.pages += 1
        return page.path, self.templates.render(template, {"page": page}).encode()

    def topic(self, slug: str) -> Topic:
        """A topic as configured."""
        return self._topics[slug]


# --- Pictures ----------------------------------------------------------------------------------


def pictures(renderer: PageRenderer, outlet: Outlet) -> Iterator[Batch]:
    """The pictures that are not there yet, or not as we left them: their names are made of what is
    in them, so one that stands is right."""
    if not renderer.made or not renderer.plan.moved:
        return
    ours = renderer.state.files.at({each.published for each in renderer.made.values()})
    for picture in renderer.made.values():
        file = ours.get(picture.published)
        if not picture.name or (file and outlet.stands(file)):
            continue
        made = renderer.pictures.make(picture.path)
        if not isinstance(made, UnmadePicture) and made.name == picture.name:
            yield [(picture.published, made.data)]


def stale_pictures(renderer: PageRenderer) -> Set[str]:
    """The paths of our pictures that no item shows any more."""
    shown = {each.published for each in renderer.made.values() if each.name}
    return renderer.state.pictures.files() - shown


# --- Items -------------------------------------------------------------------------------------


def item_pages(renderer: PageRenderer) -> Iterator[Batch]:
    """A page for each item."""
    ids = list(renderer.plan.items)
    for start in range(0, len(ids), PORTION):
        portion = ids[start : start + PORTION]
        beside = renderer.state.lists.neighbours(portion)
        heads = renderer.state.lists.heads({i for pair in beside.values() for i in pair if i})
        batch = []
        for found in renderer.classified(portion):
            if found.item.merged_into:
                batch.append(_merged(renderer, found.item))
                continue
            if not _has_page(renderer, found.item):
                continue
            newer, older = (heads.get(i or "") for i in beside[found.item.id])
            page = site.item_page(renderer.context, found, newer, older)
            batch.append(renderer.page("site/item.html.j2", page))
        yield batch


def _has_page(renderer: PageRenderer, item: Item) -> bool:
    """Whether something leads to the page of an item: another that it was merged into, lists, or
    an edition that had it."""
    quietly = item.retraction is not None and item.retraction.quietly
    return not quietly or bool(renderer.state.editions.with_items([item.id]))


def stale_item_pages(renderer: PageRenderer) -> Set[str]:
    """The paths of our pages of items that nothing leads to any more."""
    items = renderer.state.items
    quietly = items.retracted() - items.retracted(quietly=False)
    touched = items.get(quietly & set(renderer.plan.touched)).values()
    without = {item_path(each) for each in touched if not _has_page(renderer, each)}
    return renderer.state.files.known(without)


def _merged(renderer: PageRenderer, item: Item) -> File:
    """The page of an item that was merged: it leads to the last of those it leads to."""
    into = item
    while into.merged_into:
        into = renderer.state.items.get([into.merged_into])[into.merged_into]
    return _moved(renderer, item_path(item), item.title, item_path(into), into.title)


def topic_pages(renderer: PageRenderer) -> Iterator[Batch]:
    """The front of each topic, also at its old addresses."""
    for topic in renderer.plan.topics:
        with renderer.apart(folder_of(topic.slug)):
            yield _topic_page(renderer, topic)


def _topic_page(renderer: PageRenderer, topic: Topic) -> Batch:
    newest = renderer.classified(renderer.state.lists.newest(topic.slug, NEWEST))
    page = topics.topic_page(
        renderer.context,
        topic,
        renderer.plan.counts[topic.slug],
        renderer.plan.span,
        newest,
        renderer.plan.records[topic.slug].changed_at,
        renderer.state.lists.languages(topic.slug),
    )
    old = [
        _moved(renderer, f"{folder_of(slug)}/index.html", topic.title, page.path)
        for slug in topic.was
    ]
    return [renderer.page("site/topic.html.j2", page), *old]


def _moved(
    renderer: PageRenderer, path: str, title: str, target: str, target_title: str = ""
) -> File:
    page = site.moved_page(renderer.context, path, title, target, target_title)
    return renderer.page("site/moved.html.j2", page)


def corrections_page(renderer: PageRenderer) -> Iterator[Batch]:
    """What was corrected last, if that has changed."""
    if renderer.plan.corrections is not None:
        corrected = renderer.classified(renderer.plan.corrections)
        page = site.corrections_page(renderer.context, corrected)
        yield [renderer.page("site/corrections.html.j2", page)]


def front_page(renderer: PageRenderer) -> Iterator[Batch]:
    """The first page."""
    if renderer.plan.moved:
        page = site.index_page(
            renderer.context,
            [(topic, renderer.plan.counts[topic.slug]) for topic in renderer.settings.topics],
            renderer.plan.counts[EVERYTHING],
            _front_items(renderer),
            renderer.plan.records[EVERYTHING].changed_at,
            has_corrections=bool(renderer.state.lists.corrected(1)),
        )
        yield [renderer.page("site/index.html.j2", page)]


def _front_items(renderer: PageRenderer) -> list[ClassifiedItem]:
    lists = renderer.state.lists
    newest = renderer.classified(lists.newest(EVERYTHING, LATEST))
    began = renderer.context.began
    if began is None or not newest:
        return newest
    # What arrived before the oldest of five with a date has no place among them.
    oldest = newest[-1].item.published if len(newest) == LATEST else None
    undated = renderer.classified(lists.undated(EVERYTHING, LATEST, max(began, oldest or began)))
    later = [found for found in undated if found.item.arrived_at > began]
    return site.front_items(newest, later, LATEST)


# --- Years and months of topics ----------------------------------------------------------------


def year_pages(renderer: PageRenderer) -> Iterator[Batch]:
    """The pages of each touched year: those of its months, if it is full, then its own."""
    for (slug, year), changed in _touched_years(renderer).items():
        if slug == EVERYTHING:
            continue
        topic = renderer.topic(slug)
        if year in renderer.plan.counts[slug].years:
            with renderer.apart(folder_of(slug)):
                batch = _year(renderer, topic, year, changed)
                yield [
                    *batch,
                    *(
                        _moved(renderer, _at(path, topic, old), topic.title, path)
                        for path, _ in batch
                        for old in topic.was
                    ),
                ]


def _year(renderer: PageRenderer, topic: Topic, year: int | None, changed: Set[Month]) -> Batch:
    """The page of a year, and of those of its months that changed, or are missing since the year
    has just become full."""
    lists, counts = renderer.state.lists, renderer.plan.counts[topic.slug]
    months = _months_of_full(renderer, topic, year)
    standing = renderer.state.files.known(months)
    batch = [
        renderer.page(
            "site/year.html.j2",
            topics.month_page(renderer.context, topic, month, lists.of_month(topic.slug, month)),
        )
        for path, month in months.items()
        if month in changed or path not in standing
    ]
    items = () if months else lists.of_year(topic.slug, year)
    page = topics.year_page(renderer.context, topic, counts, year, items)
    return [*batch, renderer.page("site/year.html.j2", page)]


def stale_year_pages(renderer: PageRenderer) -> Set[str]:
    """The paths of our pages of years and months that have lost their last item, and of months of
    years that are full no more."""
    stale: set[str] = set()
    for slug, year in _touched_years(renderer):
        if slug == EVERYTHING:
            stale |= _stale_titles(renderer, year)
            continue
        topic = renderer.topic(slug)
        paths = (
            {topics.month_path(topic, (year, month)) for month in range(1, 13)} if year else set()
        )
        if year not in renderer.plan.counts[slug].years:
            paths.add(topics.year_path(topic, year))
        for path in paths - _months_of_full(renderer, topic, year).keys():
            stale |= {path, *(_at(path, topic, old) for old in topic.was)}
    return renderer.state.files.known(stale)


def _touched_years(renderer: PageRenderer) -> dict[tuple[str, int | None], set[Month]]:
    """Topics and years of which a page has to be made, each with the months that changed."""
    found: dict[tuple[str, int | None], set[Month]] = defaultdict(set)
    for slug, month in sorted(renderer.plan.months, key=lambda each: (each[0], each[1] or (0, 0))):
        of_year = found[slug, month[0] if month else None]
        if month:
            of_year.add(month)
    return found


def _months_of_full(renderer: PageRenderer, topic: Topic, year: int | None) -> dict[str, Month]:
    """The months of a year that have pages of their own, the newest first, by the paths of these;
    none if the year is not full."""
    counts = renderer.plan.counts[topic.slug]
    if not topics.is_full(counts, year):
        return {}
    months = sorted((month for month in counts.months if month[0] == year), reverse=True)
    return {topics.month_path(topic, month): month for month in months}


def _at(path: str, topic: Topic, old: str) -> str:
    return path.replace(f"/{topic.slug}/", f"/{old}/", 1)


# --- All titles by year ------------------------------------------------------------------------


def title_pages(renderer: PageRenderer) -> Iterator[Batch]:
    """The titles of each touched year, those of its months apart if it is a long list; then the
    page that leads to all years."""
    if not renderer.plan.moved:
        return
    counts, lists = renderer.plan.counts[EVERYTHING], renderer.state.lists
    for (slug, year), changed in _touched_years(renderer).items():
        if slug != EVERYTHING or year not in counts.years:
            continue
        apart = {years.titles_path(*month): month for month in years.months_apart(counts, year)}
        standing = renderer.state.files.known(apart)
        items = () if apart else lists.of_year(EVERYTHING, year)
        pages = [years.titles_page(renderer.context, counts, year, items)]
        for path, month in apart.items():
            if month in changed or path not in standing:
                items = lists.of_month(EVERYTHING, month)
                pages.append(years.titles_page(renderer.context, counts, year, items, month[1]))
        yield [renderer.page("site/titles.html.j2", page) for page in pages]
    yield [renderer.page("site/years.html.j2", years.years_page(renderer.context, counts))]


def _stale_titles(renderer: PageRenderer, year: int | None) -> Set[str]:
    """The pages that a year may have had and no longer has."""
    counts = renderer.plan.counts[EVERYTHING]
    kept = {years.titles_path(*month) for month in years.months_apart(counts, year)}
    if year in counts.years:
        kept.add(years.titles_path(year))
    months = range(1, 13) if year else ()
    return {years.titles_path(year), *(years.titles_path(year, each) for each in months)} - kept


# --- Digests -----------------------------------------------------------------------------------


def issue_pages(renderer: PageRenderer) -> Iterator[Batch]:
    """The issues that are new or hold an item that changed, then the lists of issues."""
    digests = by_slug([digest for digest in renderer.context.digests if digest.public])
    editions = renderer.state.editions.get(renderer.plan.editions) if digests else ()
    for edition in editions:
        contents = renderer.state.editions.contents(edition.id)
        # Of an issue that only stands in for one that was lost, the page that readers have stays.
        if contents and edition.digest in digests:
            with renderer.apart(f"digests/{edition.digest}"):
                yield [_issue(renderer, digests[edition.digest], edition, contents)]
    for digest in renewed_digests(renderer):
        with renderer.apart(f"digests/{digest.slug}"):
            yield [_digest_page(renderer, digest)]


def renewed_digests(renderer: PageRenderer) -> Sequence[Digest]:
    """The public digests of which the list of issues changed."""
    editions = renderer.state.editions.get(renderer.plan.editions)
    renewed = {edition.digest for edition in editions}
    current = {digest.slug for digest in renderer.settings.digests}
    return [
        digest
        for slug, digest in by_slug(renderer.settings.digests).items()
        if digest.public and (slug in renewed or (renderer.plan.whole and slug in current))
    ]


def _digest_page(renderer: PageRenderer, digest: Digest) -> File:
    """The list of a digest's issues."""
    listed = renderer.state.editions.issues(digest.slug)
    changed_at = listed[0].edition.opened_at if listed else None
    latest = renderer.state.editions.latest(digest.slug)
    number = latest.number if latest else 0
    page = issues.digest_page(renderer.context, digest, listed, changed_at, number)
    return renderer.page("site/digest.html.j2", page)


def _issue(
    renderer: PageRenderer, digest: Digest, edition: Edition, contents: Sequence[Owed]
) -> File:
    ids = [each.item_id for each in contents]
    items, slugs = renderer.state.items.get(ids), renderer.state.topics.of(ids)
    new: list[ClassifiedItem] = []
    corrected: list[ClassifiedItem] = []
    for each in contents:
        item = issues.as_issued(items[each.item_id], each.revision, each.had_revision)
        listed = new if each.had_revision is None else corrected
        listed.append(renderer.classify(item, slugs.get(item.id, ())))
    topics = renderer.settings.topics
    digest = replace(digest, note=renderer.state.reviews.note_of(edition.id))
    page = issues.issue_page(renderer.context, digest, edition, topics, new, corrected)
    return renderer.page("site/edition.html.j2", page)
