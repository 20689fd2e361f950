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

from tidings.core.entries import Day, Entry, Membership, Year, by_day, by_year, entry_of, item_path
from tidings.core.tide import Span, Tide, draw, peak_of, span_of
from tidings.core.wording import RuleWords, because, rule_words
from tidings.model import Digest, Evidence, Item, Topic

FEED_PATH = "atom.xml"

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
    newest: Item | None


@dataclass(frozen=True, slots=True)
class Frame:
    """What all pages of one publication share. `zone` says on which day an instant falls."""

    site: Site
    zone: ZoneInfo
    digests: tuple[Digest, ...] = ()

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
    newest: Entry | None


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed to follow: `path` for links, `address` to paste into a reader."""

    title: str
    path: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What every page has. `address` is where it is served, `root` leads back to the folder of
    published files, `feeds` begins with the feed that the page is about."""

    site: Site
    path: str
    address: str
    root: str
    feeds: tuple[FeedLink, ...]
    digests: tuple[Digest, ...]
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage(Page):
    """The first page: the tide, the topics, the latest items and how to follow."""

    total: int
    undated: int
    tide: Tide | None
    topics: tuple[TopicRow, ...]
    latest: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage(Page):
    """One topic: its tide, its rule in words, its feed, its items by year."""

    title: str
    about: str
    total: int
    undated: int
    tide: Tide | None
    rule: RuleWords
    years: tuple[Year, ...]


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
    newer: Entry | None
    older: Entry | None


# --- Builders ----------------------------------------------------------------------------------


def topic_path(topic: Topic) -> str:
    """Where the page of a topic is published."""
    return f"topics/{topic.slug}/index.html"


def topic_feed_path(topic: Topic) -> str:
    """Where the feed of a topic is published."""
    return f"topics/{topic.slug}/{FEED_PATH}"


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
        address=_address(frame, ""),
        root="",
        feeds=(_site_feed(frame),),
        digests=frame.digests,
        changed_at=changed_at,
        total=everything.total,
        undated=everything.undated,
        tide=draw(everything.months, span) if span else None,
        topics=rows,
        latest=by_day(_entry(frame, placed) for placed in latest),
    )


def topic_page(
    frame: Frame,
    topic: Topic,
    census: Census,
    span: Span | None,
    members: Sequence[Placed],
    changed_at: datetime | None,
) -> TopicPage:
    """The page of a topic. `span` is that of all items, so that topics can be compared; `members`
    come in feed order and bring all their topics, this one among them."""
    entries = [_entry(frame, placed) for placed in members]
    return TopicPage(
        site=frame.site,
        path=topic_path(topic),
        address=_address(frame, topic_path(topic)),
        root="../../",
        feeds=(_topic_feed(frame, topic), _site_feed(frame)),
        digests=tuple(d for d in frame.digests if d.topics is None or topic.slug in d.topics),
        changed_at=changed_at,
        title=topic.title,
        about=topic.about,
        total=census.total,
        undated=census.undated,
        tide=draw(census.months, span) if span and census.total > census.undated else None,
        rule=rule_words(topic.rule),
        years=by_year(entries),
    )


def item_page(
    frame: Frame,
    placed: Placed,
    newer: Item | None,
    older: Item | None,
    changed_at: datetime | None,
) -> ItemPage:
    """The page of an item. `changed_at` is the item's own last change, so that its page stays as
    it is when others change. A retracted item keeps its title and the reason, nothing else."""
    item = placed.item
    sightings = () if item.retraction else item.sources
    readings = sorted((s.first_seen_at, s.ref.path) for s in sightings)
    topic_feeds = (_topic_feed(frame, placement.topic) for placement in placed.topics)
    return ItemPage(
        site=frame.site,
        path=item_path(item),
        address=_address(frame, item_path(item)),
        root="../",
        feeds=(_site_feed(frame), *topic_feeds),
        digests=frame.digests,
        changed_at=changed_at,
        entry=_entry(frame, placed),
        readings=tuple(Reading(path, first_seen=frame.day(seen_at)) for seen_at, path in readings),
        newer=_link(frame, newer),
        older=_link(frame, older),
    )


def _entry(frame: Frame, placed: Placed) -> Entry:
    topics = tuple(
        Membership(
            title=placement.topic.title,
            path=topic_path(placement.topic),
            because=because(placed.item, placement.evidence),
        )
        for placement in placed.topics
    )
    return entry_of(placed.item, topics, frame.zone)


def _link(frame: Frame, item: Item | None) -> Entry | None:
    """As much of an item as a link to it needs."""
    return entry_of(item, (), frame.zone) if item else None


def _site_feed(frame: Frame) -> FeedLink:
    return FeedLink(frame.site.title, FEED_PATH, _address(frame, FEED_PATH))


def _topic_feed(frame: Frame, topic: Topic) -> FeedLink:
    path = topic_feed_path(topic)
    return FeedLink(topic.title, path, _address(frame, path))


def _address(frame: Frame, path: str) -> str:
    return f"{frame.site.url.rstrip('/')}/{path}"
