"""The pages of the site besides those of topics and digests, and what all pages have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from tidings.core.pages.items import (
    Charted,
    ClassifiedItem,
    Day,
    ItemView,
    MonthChart,
    SiteContext,
    by_day,
    draw,
    item_path,
    peak_of,
    range_of,
    topic_path,
)
from tidings.core.pages.linked_data import linked_data
from tidings.core.settings import Settings, Site
from tidings.core.tags import among, own_name, readings_of
from tidings.model import Digest, ItemSummary, Picture, Topic, TopicCounts

FEED_PATH = "atom.xml"
CORRECTIONS_PATH = "corrections.html"

# --- What templates receive --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TopicRow(Charted):
    """A topic in the table of contents. `chart` is None while nothing on the site has a date."""

    title: str
    about: str
    path: str
    total: int
    chart: MonthChart | None
    newest: ItemView | None


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed to follow: `path` for links, `address` to paste into a reader; `language` is given for
    one that has items of one language only."""

    title: str
    path: str
    address: str
    language: str = ""

    @property
    def rss(self) -> str:
        """The path of the same feed as RSS."""
        return self.path.removesuffix(FEED_PATH) + "rss.xml"

    @property
    def json(self) -> str:
        """The path of the same feed as JSON Feed."""
        return self.path.removesuffix(FEED_PATH) + "feed.json"

    @property
    def language_name(self) -> str:
        """What its language calls itself."""
        return own_name(self.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What every page has. `address` is where it is served, `root` leads back to the folder of
    published files, `feeds` begins with the feed that the page is about; below `service_url` people
    subscribe to the digests that are open to them."""

    site: Site
    path: str
    address: str
    root: str
    feeds: tuple[FeedLink, ...]
    digests: tuple[Digest, ...]
    changed_at: datetime | None
    service_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage(Page, Charted):
    """The first page: the newest items, the topics, the chart and how to follow.

    It alone leads to the corrections, if there are any: the first one changes no other page.
    """

    has_corrections: bool

    total: int
    undated: int
    chart: MonthChart | None
    topics: tuple[TopicRow, ...]
    latest: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionsPage(Page):
    """What was corrected or withdrawn last, the latest first."""

    entries: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that the item was read from, and the name of its source, "" for none. No line: it
    would change with every entry above."""

    path: str
    name: str
    first_seen: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage(Page):
    """One item: text, topics with reasons, corrections, readings, neighbours; and what search
    engines are told of it."""

    entry: ItemView
    readings: tuple[Reading, ...]
    linked_data: Mapping[str, object]
    newer: ItemView | None
    older: ItemView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedPage(Page):
    """A page that only leads on: `title` is what it was called; `target` is the path of the page
    that it leads to, `target_title` what that is called. `address` is that page's, too. `merged`:
    it has become part of another, rather than changed its address."""

    title: str
    target: str
    target_title: str
    merged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePage(Page):
    """What every page that answers people has; the rest its template in `web/` is given by name.

    These pages look like the published ones, but are made per request, may not be indexed, and say
    nothing of when the news last changed. `contact` is whom to write to when a page cannot help.
    """

    contact: str


@dataclass(frozen=True, slots=True)
class TopicChoice:
    """A topic of a digest in a form, and whether it is ticked."""

    slug: str
    title: str
    about: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language that a digest's items are in, with its own name, in a form, and whether it is
    ticked."""

    tag: str
    name: str
    ticked: bool


# --- Builders ----------------------------------------------------------------------------------


def site_context(
    settings: Settings,
    began: datetime | None = None,
    pictures: Mapping[str, Picture] = MappingProxyType({}),
) -> SiteContext:
    """What all pages share, as configured; `began` is when the site first recorded anything,
    `pictures` are what was made of local pictures, by their paths."""
    url = settings.mail.service_url or ""
    given = any(source.language for source in settings.sources)

    def language_at(path: str) -> str | None:
        source = settings.source_of(path)
        return source.language if source else None

    return SiteContext(
        settings.site,
        settings.zone,
        settings.digests,
        began,
        url,
        language_at=language_at if given else None,
        sources=tuple((each.path, each.name or "") for each in settings.sources),
        pictures=pictures,
    )


def shared(context: SiteContext, path: str, *feeds: FeedLink) -> dict[str, Any]:
    """What every page has, for the page at `path`; `feeds` stand before the site's own."""
    return {
        "site": context.site,
        "path": path,
        "address": context.address(path),
        "root": "../" * path.count("/"),
        "feeds": (*feeds, feed_link(context)),
        "digests": context.digests,
        "changed_at": None,
        "service_url": context.service_url,
    }


def digest_path(digest: Digest) -> str:
    """Where the list of a digest's issues is published."""
    return f"digests/{digest.slug}/index.html"


def issue_path(digest: Digest, number: int) -> str:
    """Where an issue is published."""
    return f"digests/{digest.slug}/{number}.html"


def index_page(
    context: SiteContext,
    topics: Sequence[tuple[Topic, TopicCounts]],
    everything: TopicCounts,
    latest: Sequence[ClassifiedItem],
    changed_at: datetime | None,
    *,
    has_corrections: bool = False,
) -> IndexPage:
    """The first page. `latest` come as `front_items` has them, `changed_at` is the latest recorded
    change."""
    span = range_of(everything.months)
    peak = peak_of((counts.months for _, counts in topics), span) if span else 0
    rows = tuple(
        TopicRow(
            title=topic.title,
            about=topic.about,
            path=topic_path(topic),
            total=counts.total,
            chart=draw(counts.months, span, peak) if span else None,
            newest=context.link(counts.newest) if counts.newest else None,
        )
        for topic, counts in topics
    )
    return IndexPage(
        **shared(context, "index.html")
        | {"address": context.address(""), "changed_at": changed_at},
        has_corrections=has_corrections,
        total=everything.total,
        undated=everything.undated,
        chart=draw(everything.months, span) if span else None,
        topics=rows,
        latest=by_day(context.view(found) for found in latest),
    )


def front_items(
    dated: Sequence[ClassifiedItem], undated: Sequence[ClassifiedItem], limit: int
) -> list[ClassifiedItem]:
    """The items on the first page. `dated` are the newest of those with a date, then of those
    without, as lists have them; `undated` those without a date that came in since the first run.

    These stand where they arrived, but not first: the newest is one that says of when it is.
    """
    arrived = {found.item.id for found in undated}
    first = [found for found in dated if found.item.date][:1]
    taken = arrived | {found.item.id for found in first}
    rest = [found for found in dated if found.item.id not in taken]
    coming = [found for found in rest if found.item.date]
    between = sorted((*coming, *undated), key=lambda found: found.item.order)
    return [*first, *between, *(found for found in rest if not found.item.date)][:limit]


def corrections_page(context: SiteContext, corrected: Sequence[ClassifiedItem]) -> CorrectionsPage:
    """The page of corrections; `corrected` comes with the latest change first.

    An item whose retraction was taken back changed, but has nothing corrected to show.
    """
    entries = tuple(context.view(found) for found in corrected)
    first = next((found.item for found in corrected), None)
    changed_at = None
    if first:
        changed_at = first.retraction.at if first.retraction else first.revised_at
    return CorrectionsPage(
        **shared(context, CORRECTIONS_PATH) | {"changed_at": changed_at},
        entries=tuple(e for e in entries if e.corrections or e.retraction is not None),
    )


def item_page(
    context: SiteContext,
    found: ClassifiedItem,
    newer: ItemSummary | None,
    older: ItemSummary | None,
) -> ItemPage:
    """The page of an item. What it says of changes is the item's own last one, so that it stays as
    it is when others change. A retracted item keeps its title and the reason, nothing else."""
    item = found.item
    sightings = () if item.retraction else item.sources
    # After a merge one file may speak of the item twice; when it first did is what counts.
    first_seen: dict[str, datetime] = {}
    for seen in sorted(sightings, key=lambda seen: seen.first_seen_at, reverse=True):
        first_seen[seen.ref.path] = seen.first_seen_at
    readings = sorted((at, path) for path, at in first_seen.items())
    feeds = (feed_link(context), *(feed_link(context, each.topic) for each in found.topics))
    return ItemPage(
        **shared(context, item_path(item)) | {"feeds": feeds, "changed_at": item.updated},
        entry=context.view(found),
        readings=tuple(
            Reading(path, context.source_name(path), first_seen=context.day(seen_at))
            for seen_at, path in readings
        ),
        linked_data=linked_data(
            context.site, item, context.address(item_path(item)), context.language_of(item)
        ),
        newer=context.link(newer) if newer else None,
        older=context.link(older) if older else None,
    )


def moved_page(
    context: SiteContext, path: str, title: str, target: str, target_title: str = ""
) -> MovedPage:
    """The page at an old address, `path`, of what is now at `target`; or, with the title of that,
    of what was merged into it."""
    return MovedPage(
        **shared(context, path) | {"feeds": (), "address": context.address(target)},
        title=title,
        target=target,
        target_title=target_title or title,
        merged=bool(target_title),
    )


def service_page(site: Site, url: str, contact: str) -> ServicePage:
    """What all pages of the service share; `url` is where it is reached from outside."""
    return ServicePage(
        site=site,
        path="",
        address=url,
        root=urlsplit(url).path.rstrip("/") + "/",
        feeds=(),
        digests=(),
        changed_at=None,
        contact=contact,
    )


def topic_choices(
    digest: Digest, topics: Sequence[Topic], chosen: Sequence[str] | None
) -> tuple[TopicChoice, ...]:
    """The topics that a digest brings, in its order; `chosen` None means all of them."""
    known = {topic.slug: topic for topic in topics}
    slugs = digest.topics if digest.topics is not None else tuple(known)
    return tuple(
        TopicChoice(slug, known[slug].title, known[slug].about, chosen is None or slug in chosen)
        for slug in slugs
        if slug in known
    )


def language_choices(
    digest: Digest, settings: Settings, found: Sequence[str], chosen: Sequence[str] | None
) -> tuple[LanguageChoice, ...]:
    """The languages that a digest's items may be in: those that it names, else those of the site,
    of its sources and of the items that are `found` to be in others. `chosen` None means all.
    Empty where there is nothing to choose."""
    given = [tag for source in settings.sources if (tag := source.language)]
    offered = digest.items_in or readings_of((settings.site.language, *given, *found))
    # What somebody chose before stays theirs to leave out.
    offered += tuple(tag for tag in chosen or () if not among(tag, offered))
    if len(offered) < 2:
        return ()
    return tuple(LanguageChoice(tag, own_name(tag), among(tag, chosen)) for tag in offered)


def feed_link(context: SiteContext, of: Topic | Digest | None = None) -> FeedLink:
    """The feed of a topic, of a digest's issues, or of everything."""
    kind = "digests" if isinstance(of, Digest) else "topics"
    path = f"{kind}/{of.slug}/{FEED_PATH}" if of else FEED_PATH
    return FeedLink(of.title if of else context.site.title, path, context.address(path))


def language_feed_link(context: SiteContext, topic: Topic, tag: str) -> FeedLink:
    """The feed of a topic's items in one language."""
    path = f"topics/{topic.slug}/{tag}/{FEED_PATH}"
    return FeedLink(f"{topic.title} ({own_name(tag)})", path, context.address(path), tag)
