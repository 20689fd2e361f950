"""The shape of tidings.yaml: the site, its sources, its mail, its worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from tidings.core.settings.addresses import (
    Glob,
    Mailto,
    PlainAddress,
    Sender,
    SiteId,
    SiteUrl,
    StateUrl,
    WebAddress,
    parse_mailbox,
)
from tidings.core.settings.shape import Shape
from tidings.core.settings.transports import Relay, Transport, parse_transport
from tidings.core.settings.values import (
    Day,
    Interval,
    Language,
    Line,
    OptionalLine,
    OptionalLines,
    Rate,
    Size,
    TimeZone,
    Wrong,
)
from tidings.model import Example

Layout = Literal[
    "dated-before",
    "dated-after",
    "dated-last",
    "date-and-title",
    "title-and-date",
    "title-and-dated-text",
    "mixed",
    "undated",
    "undated-even",
]


class Author(Shape):
    """Who answers for the feeds."""

    name: Line
    email: PlainAddress


class Site(Shape):
    """What the feeds are called and where they live. `id` is the root of every permanent id."""

    id: SiteId
    title: Line
    about: OptionalLine = ""
    url: SiteUrl
    language: Language = "en"
    time_zone: TimeZone
    author: Author


class ExampleShape(Shape):
    """The first entry of a listing as it should be read; with `last`, the title of the last, and
    the number of `entries` all of it."""

    title: Line
    published: Day | None = None
    last: Line | None = None
    entries: int | None = Field(default=None, ge=1)

    def noun(self) -> Example:
        """The example as readers of listings know it."""
        return Example(self.title, self.published, self.last, self.entries)


class Source(Shape):
    """Listings to watch: `path` is a glob relative to the instance.

    `languages` are those in which months are known, `example` decides between readings
    of the files in which its title stands, `layout` is the only one tried. Below the
    confidence `threshold` a file is quarantined. `encoding` is what files that are not UTF-8 are
    read in. `removed` says what becomes of an item that is gone from a file saved again, or with
    it: it is kept, since pages scroll, or retracted.
    """

    path: Glob
    language: Language | None = None
    languages: tuple[Language, ...] = ()
    date_order: Literal["DMY", "MDY"] | None = None
    example: ExampleShape | None = None
    layout: Layout | None = None
    threshold: float = Field(default=0.6, ge=0, le=1)
    encoding: Literal["cp1252", "latin-1"] | None = None
    category: Line | None = None
    removed: Literal["keep", "retract"] = "keep"


class Feeds(Shape):
    """How many entries a feed holds: the newest `limit` and recent changes, never above `max`."""

    limit: int = Field(default=50, ge=1)
    max: int = Field(default=500, ge=1, validate_default=True)

    @field_validator("max", mode="after")
    @classmethod
    def _limit_within_max(cls, most: int, info: ValidationInfo) -> int:
        if info.data.get("limit", 0) > most:
            raise Wrong(f"{most} is below limit, which is {info.data['limit']}")
        return most


class Mail(Shape):
    """Who sends, and by which way. `sender` is written `from`; "" means the site's author.

    `service_url` is where `tidings serve` is reached from outside: with it, every message carries
    links to pause, change and leave. `rate` is in messages per second over all `connections`, None
    for as fast as it goes. What an edition has not sent after `expires` fails. `in_doubt` says what
    becomes of a message that may have arrived: sent again under the same Message-ID, or held until
    somebody decides.
    """

    sender: Sender = Field(default="", alias="from")
    transport: Transport = "file:outbox"
    reply_to: PlainAddress | None = None
    unsubscribe: Mailto | None = None
    postal_address: OptionalLines = ""
    service_url: SiteUrl | None = None
    connections: int = Field(default=4, ge=1, le=50)
    rate: Rate = None
    expires: Interval = timedelta(days=5)
    in_doubt: Literal["resend", "hold"] = "resend"

    @property
    def folder(self) -> str | None:
        """The folder that `transport` names, None if it is a server."""
        way_out = parse_transport(self.transport)
        return way_out if isinstance(way_out, str) else None

    @property
    def relay(self) -> Relay | None:
        """The mail server that `transport` names, None if it is a folder."""
        way_out = parse_transport(self.transport)
        return way_out if isinstance(way_out, Relay) else None

    @property
    def sender_name(self) -> str:
        """The display name in `sender`, "" if there is none."""
        return parse_mailbox(self.sender)[0]

    @property
    def sender_address(self) -> str:
        """The bare address in `sender`."""
        return parse_mailbox(self.sender)[1]


class Worker(Shape):
    """How often the worker looks, and how it is watched.

    `heartbeat` is called after each round, `alerts` is written to when `alert_after` rounds in a
    row have failed, or something is late.
    """

    every: Interval = timedelta(seconds=15)
    log: Literal["text", "json"] = "text"
    heartbeat: WebAddress | None = None
    alerts: PlainAddress | None = None
    alert_after: int = Field(default=10, ge=1)


class Privacy(Shape):
    """How long is remembered who has left, and who never confirmed."""

    keep: Interval = timedelta(days=390)


class Limits(Shape):
    """The longest seed file and the longest line in it, in bytes."""

    file: Size = 8 * 2**20
    line: Size = 64 * 2**10


def _some(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    if not sources:
        raise Wrong("needs at least one source", "write: - path: seeds/*.txt")
    return sources


class TidingsFile(Shape):
    """tidings.yaml"""

    site: Site
    sources: Annotated[tuple[Source, ...], AfterValidator(_some)] = (Source(path="seeds/*.txt"),)
    feeds: Feeds = Field(default_factory=Feeds)
    state: StateUrl = "sqlite:///state/tidings.db"
    mail: Mail = Field(default_factory=Mail)
    worker: Worker = Field(default_factory=Worker)
    privacy: Privacy = Field(default_factory=Privacy)
    limits: Limits = Field(default_factory=Limits)
