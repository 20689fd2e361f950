"""What a feed says, whatever the format: frozen values that are fit for XML and JSON as they are.

Every text went through `safe.plain` when it was put in, so that no text can break a document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Author:
    """Who answers for a feed; `email` may be ""."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Category:
    """What an entry is about: `term` is for machines, unique in `scheme`; `label` is for people."""

    term: str
    scheme: str
    label: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed.

    `id` is a permanent `tag:` URI (RFC 4151), `address` the page that it leads to, `related` where
    the news itself is read ("" if unknown). `content` is XHTML without its division, `excerpt` is
    plain text. `published` is None where no date is known; `arrived` always is. `updated` moves
    with a real change only.
    """

    id: str
    title: str
    address: str
    content: str
    excerpt: str
    published: datetime | None
    arrived: datetime
    updated: datetime
    categories: tuple[Category, ...] = ()
    related: str = ""


class Printed(NamedTuple):
    """An entry as it stands in the document of each format, lines and margin included.

    It is the same in all feeds of a site that hold it, and to print it is most of making a feed: so
    whoever makes several prints it once.
    """

    atom: str
    rss: str
    json: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: of a topic, of everything, or of a digest's editions.

    `folder` is where its documents are published under `site_url`, `page` the path of the page that
    shows the same to people. `updated` is the instant of the latest recorded change; `entries` come
    newest first.
    """

    id: str
    title: str
    about: str
    site_url: str
    folder: str
    page: str
    language: str
    author: Author
    updated: datetime
    entries: Sequence[Printed]

    def address(self, name: str) -> str:
        """Where the document of that name is served."""
        return f"{self.site_url}{self.folder}{name}"

    @property
    def home(self) -> str:
        """Where the page is served that shows the same to people."""
        return f"{self.site_url}{self.page}"

    def asset(self, path: str) -> str:
        """The way from this feed's folder to a file: it works from a disk and below any prefix."""
        return "../" * self.folder.count("/") + path
