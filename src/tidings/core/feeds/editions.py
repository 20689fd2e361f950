"""Feeds of a digest's editions: what is mailed, for those who would rather follow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tidings.core.entries import item_path
from tidings.core.feeds import safe
from tidings.core.feeds.description import Entry, Feed
from tidings.core.feeds.items import author_of
from tidings.core.feeds.paths import digest_folder
from tidings.core.feeds.printing import printed
from tidings.core.identity import SECOND
from tidings.core.publication import Publication
from tidings.model import Digest, Edition, Item


@dataclass(frozen=True, slots=True)
class PublishedEdition:
    """An edition with its items in the order of its page, each as the edition announced it."""

    edition: Edition
    items: tuple[Item, ...]


def of_editions(
    site: Publication,
    digest: Digest,
    editions: Sequence[PublishedEdition],
    updated: datetime,
) -> Feed:
    """The feed of a digest's public editions, one entry for each.

    `editions` come newest first: pass as many as the feed is to hold. `updated` is the instant of
    the newest edition or, while there is none, of the digest's first sight: never the clock. The
    entry of edition 12 leads to `digests/<slug>/12.html` and has the id
    `tag:<site.id>:digest/<slug>/12`; the feed's page is `digests/<slug>/index.html`. An entry says
    its items at the revision that is passed in, so it does not change once published, except that
    of an item that was retracted only the title is left, and of one that is quietly gone nothing.
    Write it with `documents(feed)`.
    """
    folder = digest_folder(digest.slug)
    title, author = safe.line(digest.title, digest.slug), author_of(site)
    return Feed(
        id=f"tag:{site.id}:digest/{digest.slug}",
        title=f"{title}, {safe.line(site.title, site.url)}",
        about="",
        site_url=site.url,
        folder=folder,
        page=f"{folder}index.html",
        language=digest.language,
        author=author,
        updated=updated,
        entries=printed(_apart([_entry(site, digest, each) for each in editions]), author),
    )


def _apart(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The entries, none `updated` at the instant of another: one retraction may be in several.

    The newest keeps it, so that nothing moves when the oldest drops out of the feed.
    """
    taken: set[datetime] = set()
    apart = []
    for entry in entries:
        updated = entry.updated
        while updated in taken:
            updated -= SECOND
        taken.add(updated)
        apart.append(replace(entry, updated=updated))
    return apart


def _entry(site: Publication, digest: Digest, published: PublishedEdition) -> Entry:
    edition = published.edition
    items = [i for i in published.items if not (i.retraction and i.retraction.quietly)]
    retracted = [item.retraction.at for item in items if item.retraction]
    numbered = site.words.of_edition(edition.number, safe.line(digest.title, digest.slug))
    titles = [_title(site, item) for item in items]
    lines = "".join(
        f"<li>{safe.link(site.url + item_path(item), title)}</li>"
        for item, title in zip(items, titles, strict=True)
    )
    return Entry(
        id=f"tag:{site.id}:digest/{digest.slug}/{edition.number}",
        title=safe.line(edition.subject, numbered),
        address=f"{site.url}{digest_folder(digest.slug)}{edition.number}.html",
        content=f"<ul>{lines}</ul>" if lines else safe.paragraph(numbered),
        excerpt=safe.line("; ".join(titles[:3]), numbered),
        published=edition.opened_at,
        arrived=edition.opened_at,
        updated=max([edition.opened_at, *retracted]),
    )


def _title(site: Publication, item: Item) -> str:
    title = safe.line(item.title, site.words.untitled)
    return site.words.of_retracted(title) if item.retraction else title
