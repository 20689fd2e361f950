"""The models of tidings.yaml: the site, its sources, its mail, its worker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from tidings.core.settings.bucket_address import FOLDER, Publish, Witness, check_files
from tidings.core.settings.look import FooterLink, Look
from tidings.core.settings.outgoing import TOKEN_FIELD, BounceAddress, Command
from tidings.core.settings.running import Limits as Limits
from tidings.core.settings.running import Privacy as Privacy
from tidings.core.settings.running import Queue
from tidings.core.settings.running import Worker as Worker
from tidings.core.settings.state_address import StateUrl
from tidings.core.settings.values import (
    Day,
    Greeting,
    Interval,
    InvalidValue,
    Language,
    Line,
    Mailto,
    Model,
    OptionalLine,
    OptionalLines,
    PlainAddress,
    Rate,
    Sender,
    SiteId,
    SiteUrl,
    TimeZone,
    WebAddress,
    ascii_domain,
    check_glob,
    is_bucket,
    parse_mailbox,
    without_options,
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

Security = Literal["starttls", "tls", "none"]

# Message submission (RFC 6409), and the same with TLS from the first byte (RFC 8314).
_PORTS = {"smtp": 587, "smtps": 465}
_IMAP_PORTS = {"imap": 143, "imaps": 993}
_WITH_PASSWORD = re.compile(r"[a-z]+://.*:.*@", re.IGNORECASE | re.DOTALL)
_FORMS = "write: file:outbox, smtp://user@mail.example.org or smtps://user@mail.example.org"


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server that takes messages on, and how to reach it.

    `security` is "starttls" (RFC 3207), "tls" for TLS from the first byte, or "none", which only
    a server on this machine may have. `user` is "" where none logs in; `ca` is a file of
    certificates, relative to the instance, that is trusted besides the system's, "" for none.
    """

    host: str
    port: int
    user: str = ""
    security: Security = "starttls"
    ca: str = ""

    @property
    def place(self) -> str:
        """Host and port, for people to read."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_transport(text: str) -> str | Relay:
    """Read "file:FOLDER" as the folder, "smtp://[user@]host[:port]" or smtps:// as a server.

    Raises InvalidValue for the rest, without repeating anything that might be a password.
    """
    if _WITH_PASSWORD.match(text):
        raise InvalidValue(
            "holds a password, which does not belong in a configuration file",
            "write user@host, and put the password into TIDINGS_SMTP_PASSWORD or into the file "
            "that TIDINGS_SMTP_PASSWORD_FILE names",
        )
    folder = text.removeprefix("file:")
    if folder != text and folder.strip() and not folder.startswith("//"):
        return folder
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _no_transport(text) from None
    if parts.scheme not in _PORTS or not parts.netloc or re.search(r"\s", text):
        raise _no_transport(text)
    if port == 0 or parts.path not in ("", "/") or parts.fragment:
        raise InvalidValue("holds more than a user, a host, a port and options", _FORMS)
    return _relay(parts, port or _PORTS[parts.scheme])


def parse_imap(text: str) -> tuple[Relay, str]:
    """Read "imaps://user@host[:port][/FOLDER]", or imap:// for STARTTLS, as a server and a folder,
    INBOX unless it names one.

    Raises InvalidValue, without repeating anything that might be a password.
    """
    forms = "write: imaps://user@mail.example.org/INBOX"
    if _WITH_PASSWORD.match(text):
        raise InvalidValue("holds a password", "put it into TIDINGS_IMAP_PASSWORD or a file")
    try:
        parts = urlsplit(text)
        port = parts.port or _IMAP_PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise InvalidValue("is not an IMAP mailbox", forms) from None
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if not parts.netloc or not folder.isascii() or not folder.isprintable():
        raise InvalidValue("is not an IMAP mailbox", forms)
    user = f"{parts.username}@" if parts.username else ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    scheme = "smtps" if parts.scheme == "imaps" else "smtp"
    query = f"?{parts.query}" if parts.query else ""
    try:
        relay = parse_transport(f"{scheme}://{user}{host}:{port}{query}")
    except InvalidValue as wrong:
        raise InvalidValue(wrong.message, forms) from None
    if isinstance(relay, str) or not relay.user:
        raise InvalidValue("names no user", forms)
    return relay, folder


def check_transport(text: str) -> str:
    """Return where messages go, once it reads as a folder or a server."""
    parse_transport(text)
    return text


def _no_transport(text: str) -> InvalidValue:
    return InvalidValue(
        "is not a transport" if "@" in text else f'"{text}" is not a transport', _FORMS
    )


def _relay(parts: SplitResult, port: int) -> Relay:
    host = _host(parts.hostname or "")
    user = unquote(parts.username or "")
    if "@" in parts.netloc and not (user and user.isprintable()):
        raise InvalidValue("names no user before the @", _FORMS)
    options = parse_qsl(parts.query, keep_blank_values=True)
    given = dict(options)
    if len(given) != len(options) or not set(given) <= {"tls", "ca"} or given.get("ca") == "":
        raise InvalidValue("holds an option that there is not", "?tls=none or ?ca=FILE")
    security: Security = "starttls" if parts.scheme == "smtp" else "tls"
    if "tls" in given:
        _check_unprotected(given, parts.scheme, host)
        security = "none"
    return Relay(host, port, user, security, given.get("ca", ""))


def _host(name: str) -> str:
    try:
        return str(ip_address(name))
    except ValueError:
        pass
    if not (host := ascii_domain(name)):
        raise InvalidValue(f'"{name}" is not a host', _FORMS)
    return host


def _check_unprotected(given: dict[str, str], scheme: str, host: str) -> None:
    if given["tls"] != "none" or scheme == "smtps":
        hint = "leave it out: smtp:// asks for STARTTLS, smtps:// is TLS from the first byte"
        raise InvalidValue("the option tls can only say none, with smtp://", hint)
    if not is_loopback(host):
        hint = "it is for a server on this machine, as in smtp://localhost:25?tls=none"
        raise InvalidValue(f"tls=none would send mail to {host} for all to read", hint)
    if "ca" in given:
        raise InvalidValue(
            "the options tls=none and ca exclude each other", "remove one of the two"
        )


def is_loopback(host: str) -> bool:
    """True if the host is the machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def xoauth2(user: str, token: str) -> str:
    """What a user logs in with who has an access token, before it is encoded. It is no standard;
    Google and Microsoft describe it as SASL XOAUTH2."""
    return f"user={user}\1auth=Bearer {token}\1\1"


def check_source(text: str) -> str:
    """Return a pattern of files: inside the instance, or in a bucket."""
    return check_files(text.strip()) if is_bucket(text.strip()) else check_glob(text)


SourcePath = Annotated[str, AfterValidator(check_source)]
Transport = Annotated[str, AfterValidator(check_transport)]


class Author(Model):
    """Who answers for the feeds."""

    name: Line
    """Who answers for the feeds."""

    email: PlainAddress
    """Where they read mail; it is on every page."""


class Site(Model):
    """What is published, and who answers for it."""

    id: SiteId = Field(examples=["news.example.org,2026"])
    """A domain of yours, a comma and a year. All permanent ids derive from it (RFC 4151): never
    change it."""

    title: Line
    """What the site is called."""

    about: OptionalLine = ""
    """One sentence on the site, on its first page and in the feed of everything."""

    url: SiteUrl = Field(examples=["https://news.example.org/"])
    """Where feeds/ is served. Full addresses in feeds and mails begin with it."""

    language: Language = Field(default="en", examples=["en", "es", "es-CR"])
    """Of the texts and the pages, and of mails that name no other."""

    time_zone: TimeZone = Field(examples=["America/Costa_Rica", "Europe/Berlin", "UTC"])
    """Days begin, and digests fall due, by this clock."""

    author: Author

    links: Literal["page", "source"] = "source"
    """Where headlines lead: to the story at its own address where it has one (source), or to the
    page that Tidings makes of it (page)."""

    remote_images: bool = False
    """Whether pages and feeds show pictures that lie on other sites, which then learn who looks.
    Pictures beside the listings are always shown, mails never have remote ones."""

    footer: tuple[FooterLink, ...] = ()
    """Links at the end of every page and message, such as imprint, privacy, accessibility."""

    look: Look = Field(default_factory=Look)

    @property
    def authority(self) -> str:
        """The domain in `id`: it never changes, wherever the pages are."""
        return self.id.partition(",")[0].rpartition("@")[2]


class ExampleModel(Model):
    """The first entry of a listing as it should be read, as printed by tidings parse FILE --first
    TITLE. It decides how the files are read in which its title stands."""

    title: Line
    """The title of the first entry."""

    published: Day | None = Field(default=None, examples=["2026-03-31"])
    """Its day. With last or entries, none says that it has no date."""

    last: Line | None = None
    """The title of the last entry."""

    entries: int | None = Field(default=None, ge=1)
    """How many entries there are."""

    def to_example(self) -> Example:
        """The example as readers of listings know it."""
        return Example(self.title, self.published, self.last, self.entries)


class ColumnsModel(Model):
    """Which columns of a table, or keys of JSON, the fields are read from, where their names do not
    tell."""

    title: Line | None = Field(default=None, examples=["Headline"])
    """The column of the titles."""

    date: Line | None = Field(default=None, examples=["publishedAt"])
    """The column of the days."""

    summary: Line | None = Field(default=None, examples=["body"])
    """The column of the texts."""

    url: Line | None = Field(default=None, examples=["permalink"])
    """The column of the addresses."""

    category: Line | None = Field(default=None, examples=["section"])
    """The column of the categories."""

    image: Line | None = Field(default=None, examples=["thumbnail"])
    """The column of the pictures: addresses of the web, or files beside the listing."""

    image_alt: Line | None = Field(default=None, examples=["alt"])
    """The column of what the pictures show, in words."""

    def to_columns(self) -> dict[str, str]:
        """By field the column that is given for it."""
        given = self.model_dump(exclude_none=True)
        return {field: str(column) for field, column in given.items()}


class Source(Model):
    """Listings to watch, and how they are read."""

    path: SourcePath = Field(examples=["seeds/*.txt", "seeds/**/*.txt", "s3://news-inbox/in/*.txt"])
    """A pattern of files, relative to the instance, or in a bucket. * stays within a folder, **
    spans folders."""

    name: Line | None = Field(default=None, examples=["Press office"])
    """Whom readers are told that items of it come from. They are never told of files."""

    url: WebAddress | None = Field(default=None, examples=["https://www.example.org/news/"])
    """Where its listings were saved from. Links in saved pages that leave out the address of their
    site lead to it; nothing is ever fetched from there."""

    language: Language | None = None
    """Of the listings. All but English put the day first in numeric dates, and each has plurals of
    its own. Inferred unless given."""

    languages: tuple[Language, ...] = ()
    """Those whose names of months and days are looked for first; the usual twelve unless given."""

    date_order: Literal["DMY", "MDY"] | None = None
    """Day or month first, where neither the files nor their language settle numeric dates."""

    example: ExampleModel | None = None
    layout: Layout | None = None
    """The only layout that is read, whatever the confidence. Inferred unless given: see tidings
    parse."""

    threshold: float = Field(default=0.6, ge=0, le=1)
    """From 0 to 1: a file publishes nothing if it is less sure than this that all of it is read
    right."""

    columns: ColumnsModel = Field(default_factory=ColumnsModel)
    """Which columns of tables and JSON the fields are read from. By their names unless given."""

    encoding: Literal["cp1252", "latin-1"] | None = None
    """What files that are not UTF-8 are read in."""

    category: Line | None = None
    """For every entry of the source that names none of its own."""

    removed: Literal["keep", "retract"] = "keep"
    """What becomes of an entry that is gone from its file: it stays published or is retracted."""

    newest: Literal["corrects"] | None = None
    """Set it for files that bring the same entries again under another name, such as weekly dumps:
    an equal title and date is the same item, and what the last file by name says corrects it."""

    @property
    def pattern(self) -> str:
        """`path` as the paths of its files match it: without how a bucket is reached."""
        return without_options(self.path)


class Feeds(Model):
    """How much a feed holds."""

    limit: int = Field(default=50, ge=1)
    """A feed holds so many of the newest items, with those of the latest changes."""

    max: int = Field(default=500, ge=1, validate_default=True)
    """A feed never holds more than so many."""

    @field_validator("max", mode="after")
    @classmethod
    def _limit_within_max(cls, most: int, info: ValidationInfo) -> int:
        if info.data.get("limit", 0) > most:
            raise InvalidValue(f"{most} is below limit, which is {info.data['limit']}")
        return most


class Mail(Model):
    """Who sends mail, and by which way."""

    sender: Sender = Field(
        default="", alias="from", examples=["Regional news desk <news@example.org>"]
    )
    """The sender, as Name <address>. The site's author unless given."""

    transport: Transport = Field(
        default="file:outbox", examples=["file:outbox", "smtp://user@mail.example.org"]
    )
    """file: and a folder that messages are written into, or a mail server: smtp:// (STARTTLS, port
    587) or smtps:// (TLS, port 465). Never with a password."""

    bounce_address: BounceAddress | None = Field(
        default=None, examples=["bounces@example.org", "bounces+{token}@example.org"]
    )
    """Where mail comes back to that cannot be delivered: the envelope sender, which is the address
    of from unless given. With {token} in it, each message has one of its own that nobody can make
    up."""

    token_command: Command = Field(
        default=(), examples=["/usr/local/bin/mail-token", ["mail-token", "news@example.org"]]
    )
    """A program that prints an access token, with which the user in transport logs in (XOAUTH2) in
    place of a password. A line or a list of words; no shell runs it."""

    reply_to: PlainAddress | None = None
    """Where answers go, if not to the sender."""

    unsubscribe: Mailto | None = Field(default=None, examples=["mailto:leave@example.org"])
    """A mailto: address that takes people off the list. With {token} in its subject, tidings
    deliveries bounce can read who asks."""

    postal_address: OptionalLines = ""
    """Stands at the end of every message; may have several lines."""

    service_url: SiteUrl | None = None
    """Where tidings serve is reached from outside: with it, every message has links to pause,
    change and leave."""

    connections: int = Field(default=4, ge=1, le=50)
    """To a mail server at a time."""

    hello: Greeting | None = Field(default=None, examples=["mail.example.org", "[192.0.2.1]"])
    """What this machine introduces itself with to a mail server. Its own full name unless given
    or, without one, the address it connects from."""

    rate: Rate = Field(default=None, examples=["20/s", "600/min", "1000/h"])
    """The most messages in a time."""

    expires: Interval = Field(default=timedelta(days=5), examples=["5d", "12h"])
    """What an edition has not sent after this time fails."""

    in_doubt: Literal["resend", "hold"] = "resend"
    """A message that may have arrived or not is sent again under the same Message-ID, or held until
    somebody decides."""

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
    def name(self) -> str:
        """The display name in `sender`, "" if there is none."""
        return parse_mailbox(self.sender)[0]

    @property
    def address(self) -> str:
        """The bare address in `sender`."""
        return parse_mailbox(self.sender)[1]

    @property
    def keyed(self) -> bool:
        """Whether each message has a return path of its own."""
        return TOKEN_FIELD in (self.bounce_address or "")

    @property
    def envelope_sender(self) -> str:
        """The return path of a message that is of no edition, such as an alert."""
        return (self.bounce_address or self.address).replace(TOKEN_FIELD, "notice")

    @property
    def contact(self) -> str:
        """Where a person who answers a mail writes to."""
        return self.reply_to or self.address

    @property
    def one_click(self) -> bool:
        """Whether mail programs may offer to leave with one click (RFC 8058 asks for https)."""
        return (self.service_url or "").startswith("https://")

    @property
    def leave_url(self) -> str | None:
        """The mailto: address for leaving, safe in a header and in markup (RFC 2369, RFC 6068)."""
        if not self.unsubscribe:
            return None
        return "mailto:" + quote(self.unsubscribe.partition(":")[2], safe="@?=&%+.,!*'()")

    @property
    def leaves_by_token(self) -> bool:
        """Whether a request to leave by mail says whose it is."""
        return TOKEN_FIELD in (self.unsubscribe or "")

    def leaving_by(self, token: str) -> Mail:
        """The same with what stands for {token} in `unsubscribe`."""
        if not self.leaves_by_token:
            return self
        return self.model_copy(
            update={"unsubscribe": str(self.unsubscribe).replace(TOKEN_FIELD, token)}
        )

    @property
    def leave_subject(self) -> str:
        """The subject that `unsubscribe` gives a request to leave, "" if it gives none."""
        query = parse_qsl((self.unsubscribe or "").partition("?")[2].replace("+", "%2B"))
        return next((value for name, value in query if name.casefold() == "subject"), "")

    @property
    def leave_address(self) -> str | None:
        """The mailbox in `leave_url`, for people to read."""
        if not self.unsubscribe:
            return None
        return unquote(self.unsubscribe.partition(":")[2].partition("?")[0])

    @property
    def postal_lines(self) -> tuple[str, ...]:
        """The postal address line by line."""
        return tuple(line for line in self.postal_address.splitlines() if line.strip())


def _some(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    if not sources:
        raise InvalidValue("needs at least one source", "write: - path: seeds/*.txt")
    return sources


class TidingsFile(Model):
    """tidings.yaml"""

    site: Site
    sources: Annotated[tuple[Source, ...], AfterValidator(_some)] = (Source(path="seeds/*.txt"),)
    """Which files are listings, and how they are read."""

    feeds: Feeds = Field(default_factory=Feeds)
    state: StateUrl = Field(
        default="sqlite:///state/tidings.db", examples=["sqlite:///state/tidings.db"]
    )
    """The state file: three slashes and a path in the instance, four and an absolute one. Or a
    database on a PostgreSQL server: `postgresql://user@host/database?sslmode=verify-full`."""

    queue: Queue = "none"
    """What spreads work over the workers that share a state on a server: each looks by itself what
    is due, or Procrastinate tells them."""

    publish: Publish = Field(default=FOLDER, examples=["feeds", "s3://news-public/site"])
    """Where feeds and pages go: the folder feeds/, or a bucket."""

    witness: Witness | None = Field(default=None, examples=["s3://news-private/witness"])
    """A bucket that readers cannot see, for how far they have seen the state. A file unless
    given."""

    mail: Mail = Field(default_factory=Mail)
    worker: Worker = Field(default_factory=Worker)
    privacy: Privacy = Field(default_factory=Privacy)
    limits: Limits = Field(default_factory=Limits)
