"""What the pages of the site show: frozen values for templates, and pure functions that build them.

Paths are relative to the folder of published files; a page's `root` leads from the page back to
that folder, so that links work from a disk, a server's root or below any prefix. Nothing here is
HTML: markup and most words are the templates'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from tidings.core.entries import (
    Day,
    Entry,
    Head,
    Link,
    Membership,
    by_day,
    entry_of,
    item_path,
    link_of,
)
from tidings.core.snippets import because
from tidings.core.tide import Tide, draw, peak_of, span_of
from tidings.model import Digest, Evidence, Item, Topic

FEED_PATH = "atom.xml"
CORRECTIONS_PATH = "corrections.html"

# --- What comes in -----------------------------------------------------------------------------


class Author(Protocol):
    """Who answers for the site."""

    @property
    def name(self) -> str:
        """How they are called."""

    @property
    def email(self) -> str:
        """Where they read mail."""


class Site(Protocol):
    """What pages need to know of the settings. `url` is where the published folder is served."""

    @property
    def title(self) -> str:
        """What it is called."""

    @property
    def about(self) -> str:
        """One sentence on it, or ""."""

    @property
    def url(self) -> str:
        """Where the published folder is served."""

    @property
    def author(self) -> Author:
        """Who answers for it."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A topic that an item is in, and the words that put it there."""

    topic: Topic
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """An item with its topics, in the order of the configuration."""

    item: Item
    topics: tuple[Placement, ...]


@dataclass(frozen=True, slots=True)
class Census:
    """A topic, or everything, in figures: dated items by (year, month), and undated ones."""

    total: int
    undated: int
    months: Mapping[tuple[int, int], int]
    newest: Head | None

    @property
    def years(self) -> Mapping[int | None, int]:
        """How many items each year has, the newest year first, undated ones (None) last."""
        years: dict[int | None, int] = {}
        for (year, _), count in sorted(self.months.items(), reverse=True):
            years[year] = years.get(year, 0) + count
        return years | {None: self.undated} if self.undated else years


@dataclass(frozen=True, slots=True)
class Frame:
    """What all pages of one publication share. `zone` says on which day an instant falls; `began`
    is when the site first recorded anything, None before; `service_url` is where people subscribe
    by themselves, ending in a slash, "" if nowhere."""

    site: Site
    zone: ZoneInfo
    digests: tuple[Digest, ...] = ()
    began: datetime | None = None
    service_url: str = ""

    def day(self, instant: datetime) -> date:
        """The local day of an instant."""
        return instant.astimezone(self.zone).date()


# --- What templates receive --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic in the table of contents. `tide` is None while nothing on the site has a date."""

    title: str
    about: str
    path: str
    total: int
    tide: Tide | None
    newest: Link | None


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed to follow: `path` for links, `address` to paste into a reader."""

    title: str
    path: str
    address: str

    @property
    def rss(self) -> str:
        """The path of the same feed as RSS."""
        return self.path.removesuffix(FEED_PATH) + "rss.xml"

    @property
    def json(self) -> str:
        """The path of the same feed as JSON Feed."""
        return self.path.removesuffix(FEED_PATH) + "feed.json"


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
class IndexPage(Page):
    """The first page: the tide, the topics, the latest items and how to follow."""

    total: int
    undated: int
    tide: Tide | None
    topics: tuple[TopicRow, ...]
    latest: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionsPage(Page):
    """What was corrected or withdrawn last, the latest first."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that the item was read from. No line: it would change with every entry above."""

    path: str
    first_seen: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage(Page):
    """One item: text, topics with reasons, corrections, readings, neighbours."""

    entry: Entry
    readings: tuple[Reading, ...]
    newer: Link | None
    older: Link | None


# --- Builders ----------------------------------------------------------------------------------


def topic_path(topic: Topic) -> str:
    """Where the page of a topic is published."""
    return f"topics/{topic.slug}/index.html"


def topic_feed_path(topic: Topic) -> str:
    """Where the feed of a topic is published."""
    return f"topics/{topic.slug}/{FEED_PATH}"


def digest_path(digest: Digest) -> str:
    """Where the list of a digest's issues is published."""
    return f"digests/{digest.slug}/index.html"


def issue_path(digest: Digest, number: int) -> str:
    """Where an issue is published."""
    return f"digests/{digest.slug}/{number}.html"


def index_page(
    frame: Frame,
    topics: Sequence[tuple[Topic, Census]],
    everything: Census,
    latest: Sequence[Placed],
    changed_at: datetime | None,
) -> IndexPage:
    """The first page. `latest` come in feed order, `changed_at` is the latest recorded change."""
    span = span_of(everything.months)
    peak = peak_of((census.months for _, census in topics), span) if span else 0
    rows = tuple(
        TopicRow(
            title=topic.title,
            about=topic.about,
            path=topic_path(topic),
            total=census.total,
            tide=draw(census.months, span, peak) if span else None,
            newest=_link(frame, census.newest),
        )
        for topic, census in topics
    )
    return IndexPage(
        site=frame.site,
        path="index.html",
        address=address_of(frame, ""),
        root="",
        feeds=(site_feed(frame),),
        digests=frame.digests,
        service_url=frame.service_url,
        changed_at=changed_at,
        total=everything.total,
        undated=everything.undated,
        tide=draw(everything.months, span) if span else None,
        topics=rows,
        latest=by_day(entry_in(frame, placed) for placed in latest),
    )


def corrections_page(frame: Frame, corrected: Sequence[Placed]) -> CorrectionsPage:
    """The page of corrections; `corrected` comes with the latest change first.

    An item whose retraction was taken back changed, but has nothing corrected to show.
    """
    entries = tuple(entry_in(frame, placed) for placed in corrected)
    first = next((placed.item for placed in corrected), None)
    changed_at = None
    if first:
        changed_at = first.retraction.at if first.retraction else first.revised_at
    return CorrectionsPage(
        site=frame.site,
        path=CORRECTIONS_PATH,
        address=address_of(frame, CORRECTIONS_PATH),
        root="",
        feeds=(site_feed(frame),),
        digests=frame.digests,
        changed_at=changed_at,
        entries=tuple(e for e in entries if e.corrections or e.retraction is not None),
    )


def item_page(
    frame: Frame,
    placed: Placed,
    newer: Head | None,
    older: Head | None,
    changed_at: datetime | None,
) -> ItemPage:
    """The page of an item. `changed_at` is the item's own last change, so that its page stays as
    it is when others change. A retracted item keeps its title and the reason, nothing else."""
    item = placed.item
    sightings = () if item.retraction else item.sources
    # After a merge one file may speak of the item twice; when it first did is what counts.
    first_seen: dict[str, datetime] = {}
    for seen in sorted(sightings, key=lambda seen: seen.first_seen_at, reverse=True):
        first_seen[seen.ref.path] = seen.first_seen_at
    readings = sorted((at, path) for path, at in first_seen.items())
    topic_feeds = (topic_feed(frame, placement.topic) for placement in placed.topics)
    return ItemPage(
        site=frame.site,
        path=item_path(item),
        address=address_of(frame, item_path(item)),
        root="../",
        feeds=(site_feed(frame), *topic_feeds),
        digests=frame.digests,
        changed_at=changed_at,
        entry=entry_in(frame, placed),
        readings=tuple(Reading(path, first_seen=frame.day(seen_at)) for seen_at, path in readings),
        newer=_link(frame, newer),
        older=_link(frame, older),
    )


def entry_in(frame: Frame, placed: Placed) -> Entry:
    """An item as pages show it, with its topics and the words that put it there."""
    topics = tuple(
        Membership(
            title=placement.topic.title,
            path=topic_path(placement.topic),
            because=because(placed.item, placement.evidence),
        )
        for placement in placed.topics
    )
    return entry_of(placed.item, topics, frame.zone, frame.began)


def _link(frame: Frame, head: Head | None) -> Link | None:
    return link_of(head, frame.zone) if head else None


def site_feed(frame: Frame) -> FeedLink:
    """The feed of everything."""
    return FeedLink(frame.site.title, FEED_PATH, address_of(frame, FEED_PATH))


def topic_feed(frame: Frame, topic: Topic) -> FeedLink:
    """The feed of a topic."""
    path = topic_feed_path(topic)
    return FeedLink(topic.title, path, address_of(frame, path))


def digest_feed(frame: Frame, digest: Digest) -> FeedLink:
    """The feed of a digest's issues."""
    path = f"digests/{digest.slug}/{FEED_PATH}"
    return FeedLink(digest.title, path, address_of(frame, path))


def address_of(frame: Frame, path: str) -> str:
    """Where a published file is served."""
    return f"{frame.site.url.rstrip('/')}/{path}"
