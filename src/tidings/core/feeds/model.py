"""What feeds say, whatever the format: of topics, of everything, of the editions of a digest.

Entries and feeds are frozen values that are fit for XML and JSON as they are: every text has gone
through `plain` when it was put in, so that no text can break a document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from tidings.core.addresses import web_address
from tidings.core.corrections import excerpt
from tidings.core.languages import Marks, direction_of, first_strong, known_language
from tidings.core.pages.items import ClassifiedItem, PictureView, item_path
from tidings.core.settings import Site
from tidings.core.tags import own_name
from tidings.model import Digest, Edition, Item, Topic


@dataclass(frozen=True, slots=True)
class Member:
    """An item's place in a topic (or among all): enough to decide whether a feed holds it.

    `order` is `Item.order`; `changed_run` is the run of its last arrival, revision, retraction or
    joining here.
    """

    item_id: str
    order: tuple[float, str]
    changed_run: int


def combine(
    newest: Sequence[Member], changed: Sequence[Member], *, since: int, total: int, maximum: int
) -> tuple[tuple[str, ...], int]:
    """Choose a feed's entries: the `newest` members, and those of the latest runs, none of which is
    cut in two. `changed` are the newest `maximum` of the `total` members that changed in the run
    `since` or later. Returns the ids, newest first, and how many more there would have been without
    the maximum."""
    members = {member.item_id: member for member in (*newest, *changed)}
    ordered = sorted(members.values(), key=lambda member: member.order)
    chosen = total + sum(member.changed_run < since for member in newest)
    ids = tuple(member.item_id for member in ordered[:maximum])
    return ids, max(0, chosen - maximum)


ATOM = "atom.xml"
RSS = "rss.xml"
JSON = "feed.json"
NAMES = (ATOM, RSS, JSON)
OPML = "opml.xml"
SITEMAP = "sitemap.xml"
PAGES_SITEMAP = "sitemap-pages.xml"
ROBOTS = "robots.txt"
STYLE = "assets/feed.css"

EXCERPT = 280  # characters

# Everything outside of XML 1.0 §2.2 Char, and those inside that XML discourages.
_ILLEGAL = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
)
_BREAKS = re.compile("[ \t\n\r]+")


def topic_folder(slug: str) -> str:
    """The folder of a topic's page and feeds."""
    return f"topics/{slug}/"


def digest_folder(slug: str) -> str:
    """The folder of a digest's editions and their feeds."""
    return f"digests/{slug}/"


# --- What feeds are made of --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeedStrings:
    """What feeds say in words of their own; {title} and {number} stand for those."""

    retracted: str = "Retracted: {title}"
    numbered: str = "No. {number}, {title}"
    untitled: str = "Untitled"

    def of_retracted(self, title: str) -> str:
        """How a retracted item is called."""
        return self.retracted.replace("{title}", title)

    def of_edition(self, number: int, title: str) -> str:
        """How an edition without a subject is called."""
        return self.numbered.replace("{number}", str(number)).replace("{title}", title)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A picture of an entry: its address, its media type, its size in bytes (0 if unknown)."""

    address: str
    media_type: str
    length: int


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed.

    `id` is a permanent `tag:` URI (RFC 4151), `address` the page that it leads to, `related` where
    the news itself is read ("" if unknown). `content` is XHTML without its division, `excerpt` is
    plain text. `published` is None where no date is known; `arrived` always is. `updated` moves
    with a real change only. `topics` are pairs of slug and title; `language` is that of the texts
    where it is known to be another than the feed's, else "".
    """

    id: str
    title: str
    address: str
    content: str
    excerpt: str
    published: datetime | None
    arrived: datetime
    updated: datetime
    topics: tuple[tuple[str, str], ...] = ()
    related: str = ""
    language: str = ""
    image: Enclosure | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: of a topic, of everything, or of a digest's editions.

    `folder` is where its documents are published below the site's address. `updated` is the instant
    of the latest recorded change; `entries` come newest first. `page_folder` is where its page is,
    "" for its own folder.
    """

    site: Site
    id: str
    title: str
    about: str
    folder: str
    language: str
    updated: datetime
    entries: Sequence[FeedEntry]
    page_folder: str = ""

    def address(self, name: str) -> str:
        """Where the document of that name is served."""
        return f"{self.site.url}{self.folder}{name}"

    @property
    def home(self) -> str:
        """Where the page is served that shows the same to people."""
        return f"{self.site.url}{self.page_folder or self.folder}index.html"

    def asset(self, path: str) -> str:
        """The way from this feed's folder to a file: it works from a disk and below any prefix."""
        return "../" * self.folder.count("/") + path


# --- Feeds of items ----------------------------------------------------------------------------


def in_language(feed: Feed, topic: Topic, tag: str) -> Feed:
    """The feed of a topic's items in one language, from a feed that has only those."""
    title = line(topic.title, topic.slug)
    return replace(
        feed,
        id=f"{feed.id}/{tag}",
        title=f"{title} ({own_name(tag)}){feed.title.removeprefix(title)}",
        folder=f"{feed.folder}{tag}/",
        language=tag,
        page_folder=feed.folder,
    )


def of_items(
    site: Site, topic: Topic | None, updated: datetime, entries: Sequence[FeedEntry]
) -> Feed:
    """The feed of a topic, or (None) of everything.

    `updated` is the instant of its latest recorded change; `entries` come newest first.
    """
    title = line(site.title, site.url)
    about = line(topic.about if topic else site.about, "")
    return Feed(
        site=site,
        id=f"tag:{site.id}:topic/{topic.slug}" if topic else f"tag:{site.id}:items",
        title=f"{line(topic.title, topic.slug)}, {title}" if topic else title,
        about=about,
        folder=topic_folder(topic.slug) if topic else "",
        language=site.language,
        updated=updated,
        entries=entries,
    )


def entry_of(
    site: Site,
    strings: FeedStrings,
    found: ClassifiedItem,
    language: str | None = None,
    feed: str = "",
    image: PictureView | None = None,
) -> FeedEntry:
    """An item as an entry. Of a retracted one the title and the reason are left.

    `language` is that of its texts, None if each is to be asked by itself; `feed` is that of the
    feed, "" for the site's; `image` is its picture.
    """
    feed = feed or site.language
    item = found.item
    title = line(item.title, strings.untitled)
    related = "" if item.retraction else web_address(plain(item.text.url or ""))
    topics = [each.topic for each in found.topics]
    said = item.retraction.reason if item.retraction else item.summary or item.title
    said = plain(said).strip() or title
    spoken = None if item.retraction else language
    content = paragraph(said, _marks(said, spoken, site.language, feed))
    if related and item.text.url:
        content += f"<p>{link(item.text.url.strip(), item.text.url.strip())}</p>"
    return FeedEntry(
        id=f"tag:{site.id}:item/{item.id}",
        title=_title(strings, item),
        address=site.url + item_path(item),
        content=content,
        excerpt=line(excerpt(said, EXCERPT), title),
        published=item.published,
        arrived=item.arrived,
        updated=item.updated,
        topics=tuple((each.slug, line(each.title, each.slug)) for each in topics),
        related=related,
        language=known_language(f"{item.title} {said}", spoken, site=site.language, page=feed),
        image=_enclosure(site, image),
    )


def _enclosure(site: Site, image: PictureView | None) -> Enclosure | None:
    if image is None or not image.media_type:
        return None
    return Enclosure(web_address(image.address(site.url)), image.media_type, image.length)


def _marks(text: str, language: str | None, site: str, feed: str) -> Marks:
    """What a text in the markup of a feed needs: it lands in a reader's own page, most of which run
    from left to right."""
    direction = first_strong(text)
    told = direction == "rtl" or (direction == "ltr" and direction_of(feed) == "rtl")
    spoken = known_language(text, language, site=site, page=feed)
    return Marks(spoken, direction or "" if told else "")


def author_of(site: Site) -> tuple[str, str]:
    """Name and address (perhaps "") of who answers for the feeds of a site: feeds must name
    somebody (RFC 4287 §4.1.1)."""
    name = line(site.author.name, line(site.title, site.url))
    return name, line(site.author.email, "")


# --- Feeds of editions -------------------------------------------------------------------------


def of_editions(
    site: Site,
    strings: FeedStrings,
    digest: Digest,
    editions: Sequence[tuple[Edition, Sequence[Item]]],
    updated: datetime,
    languages: Mapping[str, str] | None = None,
) -> Feed:
    """The feed of a digest's public editions, one entry for each.

    `editions` come newest first, each with its items in the order of its page, as it announced
    them: pass as many as the feed is to hold. `updated` is the instant of the digest's first sight,
    which counts while there is no edition: never the clock. `languages` are those of items, by id,
    as far as they are known. The entry of edition 12 leads to `digests/<slug>/12.html` and has the
    id `tag:<site.id>:digest/<slug>/12`; the feed's page is `digests/<slug>/index.html`. An entry
    says its items at the revision that is passed in, so it does not change once published, except
    that of an item that was retracted only the title is left, and of one that is quietly gone
    nothing.
    Write it with `documents(feed)`.
    """
    title = line(digest.title, digest.slug)
    spoken = languages or {}
    entries = _apart([_edition_entry(site, strings, digest, *each, spoken) for each in editions])
    return Feed(
        site=site,
        id=f"tag:{site.id}:digest/{digest.slug}",
        title=f"{title}, {line(site.title, site.url)}",
        about="",
        folder=digest_folder(digest.slug),
        language=digest.language,
        updated=max((entry.updated for entry in entries), default=updated),
        entries=entries,
    )


def _apart(entries: Sequence[FeedEntry]) -> Sequence[FeedEntry]:
    """The entries, none `updated` at the instant of another: one retraction may be in several.

    The newest keeps it, so that nothing moves when the oldest drops out of the feed.
    """
    taken: set[datetime] = set()
    apart = []
    for entry in entries:
        updated = entry.updated
        while updated in taken:
            updated -= timedelta(seconds=1)
        taken.add(updated)
        apart.append(replace(entry, updated=updated))
    return apart


def _edition_entry(
    site: Site,
    strings: FeedStrings,
    digest: Digest,
    edition: Edition,
    contents: Sequence[Item],
    languages: Mapping[str, str],
) -> FeedEntry:
    items = [i for i in contents if not (i.retraction and i.retraction.quietly)]
    retracted = [item.retraction.at for item in items if item.retraction]
    # That it was withdrawn, or is no longer, is a revision that no file made.
    decided = [each.at for item in items for each in item.history if not each.path]
    numbered = strings.of_edition(edition.number, line(digest.title, digest.slug))
    titles = [_title(strings, item) for item in items]
    told = (_marks(i.title, languages.get(i.id), site.language, digest.language) for i in items)
    lines = "".join(
        f"<li{_attributes(mark)}>{link(site.url + item_path(item), title)}</li>"
        for item, title, mark in zip(items, titles, told, strict=True)
    )
    return FeedEntry(
        id=f"tag:{site.id}:digest/{digest.slug}/{edition.number}",
        title=line(edition.subject_below(digest.title), numbered),
        address=f"{site.url}{digest_folder(digest.slug)}{edition.number}.html",
        content=f"<ul>{lines}</ul>" if lines else paragraph(numbered),
        excerpt=line("; ".join(titles[:3]), numbered),
        published=edition.opened_at,
        arrived=edition.opened_at,
        updated=max([edition.opened_at, *retracted, *decided]),
    )


def _title(strings: FeedStrings, item: Item) -> str:
    title = line(item.title, strings.untitled)
    return strings.of_retracted(title) if item.retraction else title


# --- Text that can stand in any document -------------------------------------------------------


def plain(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


def line(text: str, otherwise: str) -> str:
    """The text on one line, for titles; `otherwise` if nothing is left of it."""
    joined = _BREAKS.sub(" ", plain(text)).strip(" ")
    return joined if joined.strip() else otherwise


def paragraph(text: str, told: Marks = Marks("", "")) -> str:  # noqa: B008 (a frozen value)
    """A paragraph of XHTML with this text."""
    return f"<p{_attributes(told)}>{escape(plain(text))}</p>"


def _attributes(told: Marks) -> str:
    named = zip(told._fields, told, strict=True)
    return "".join(f" {name}={quoteattr(value)}" for name, value in named if value)


def link(address: str, text: str) -> str:
    """A link in XHTML."""
    return f"<a href={quoteattr(plain(address))}>{escape(plain(text))}</a>"
