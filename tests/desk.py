"""A news desk: the use cases on a real state and real folders, with a world moved by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy import text as text_of

from tests.builders import MONDAY, SITE, SITE_ID, ZONE, mail_from, text
from tests.postgres import ON_SERVER, VARIABLE, fresh
from tidings.adapters.clock import TokenBucket
from tidings.adapters.outlet.folder import OutputFolder
from tidings.adapters.seeds import SeedFolder
from tidings.adapters.signing import Signer
from tidings.application.announce import Opened, Send, announce
from tidings.application.classify import Classifier
from tidings.application.deliver import DeliverReport, deliver
from tidings.application.edit import Editor
from tidings.application.ports import Outlet, Services, Transport
from tidings.application.publish import PublishReport, publish
from tidings.application.record import Recording, RecordReport, record
from tidings.core.feeds.model import Member
from tidings.core.listings import Reading
from tidings.core.mail.digest import DigestMail
from tidings.core.mail.message import Render
from tidings.core.settings import Feeds, Look, Settings
from tidings.core.settings.site import Source
from tidings.model import (
    Digest,
    Envelope,
    Item,
    Listing,
    Problem,
    Recipient,
    Scan,
    SeedRef,
    Topic,
)
from tidings.state import Place, Server, Store, Transaction, open_store
from tidings.state.database import Database

KEY = b"secret"


def one_a_line(written: str, path: str) -> Reading:
    """The listings of the tests: `2026-03-01 | Title | Summary`, the day may be missing.

    A line without bars is a problem, and a file without a listing is quarantined.
    """
    found: list[Listing] = []
    problems: list[Problem] = []
    for number, line in enumerate(written.splitlines(), start=1):
        if line.count("|") != 2:
            problems.append(Problem(path, number, 1, "not an entry"))
            continue
        day, title, summary = (part.strip() for part in line.split("|"))
        found.append(Listing(text(title, summary, day or None), SeedRef(path, number)))
    return Reading(tuple(found), tuple(problems), "one a line", 1.0 if found else 0.0)


# --- The rest of the world -----------------------------------------------------------------------


@dataclass
class Hands:
    """A clock that is moved by hand."""

    at: datetime = MONDAY

    def now(self) -> datetime:
        """Where the hands stand."""
        return self.at


@dataclass
class Owners:
    """Who is sending; those named in `gone` no longer run."""

    me: str = "desk:1:1"
    gone: tuple[str, ...] = ()
    lives: bool = True

    def dead(self, owners: object) -> tuple[str, ...]:
        """Those who no longer run."""
        return self.gone


@dataclass
class Postbox:
    """A transport that keeps what it is given; `refusing` says what to raise for an address."""

    refusing: dict[str, BaseException] = field(default_factory=dict)
    kept: list[tuple[Envelope, bytes]] = field(default_factory=list)

    def connect(self) -> Postbox:
        """The box itself."""
        return self

    def close(self) -> None:
        """Nothing is held open."""

    def send(self, envelope: Envelope, message: bytes) -> str:
        """Keep the message, then fail if that address is to fail."""
        failure = self.refusing.get(envelope.recipient)
        self.kept.append((envelope, message))
        if failure:
            raise failure
        return "kept"

    def to(self, address: str) -> list[str]:
        """The text of each message to that address, in order."""
        return [_body(message) for envelope, message in self.kept if envelope.recipient == address]


def _body(message: bytes) -> str:
    plain = message.split(b"quoted-printable\r\n\r\n")[1].split(b"\r\n--=_")[0]
    return plain.decode("ascii").replace("\r\n", "\n").strip()


def mail_text(name: str, context: Mapping[str, object]) -> str:
    """A digest mail in a few words: `new Title`, `corrected Title`, one a line, in order."""
    mail = context.get("mail")
    if not isinstance(mail, DigestMail):
        return f"{context['lead']} and {context['others']} more"
    printed = [entry for section in mail.sections for entry in section.items]
    if mail.lead:
        printed.insert(0, mail.lead)
    lines = sorted(f"new {entry.title}" for entry in printed)
    lines += sorted(f"corrected {entry.title}" for entry in mail.corrected)
    return "\n".join(lines) + "\n"


@dataclass
class Printer:
    """A renderer of pages that prints every value that the page has; `mail` renders messages."""

    name: str = "printer"
    mark: str = ""
    mail: Render = mail_text
    languages: tuple[str, ...] = ("en",)

    def render(self, name: str, context: Mapping[str, object]) -> str:
        """The template's name and all that it was given; nothing for the words of feeds."""
        if name.startswith("feed/"):
            return ""
        return f"{name}\n{context!r}\n"

    def speaking(self, _language: str) -> Render:
        """What renders messages, in whatever language."""
        return self.mail

    def assets(self, look: Look) -> Mapping[str, bytes]:
        """One style sheet."""
        return {"site.css": b"/* calm */\n"}

    def fingerprint(self) -> str:
        """Changes with its name, or its mark."""
        return f"{self.name} {self.mark}"


def services(settings: Settings, store: Store, **more: Any) -> Services:
    """What the use cases work with; the world is one of tests unless `more` names another."""
    given: dict[str, Any] = {
        "clock": Hands(),
        "seeds": None,
        "outlet": None,
        "renderer": Printer(),
        "transport": Postbox(),
        "owners": Owners(),
        "rate": TokenBucket(None),
        "key": KEY,
        "sign": Signer(KEY).sign,
        "recording": None,
        **more,
    }
    return Services(settings=settings, store=store, classifier=Classifier(settings), **given)


# --- A desk: the use cases on a real state -------------------------------------------------------


@dataclass
class Desk:
    """The use cases on a real state and real folders, with a configuration that tests may edit."""

    root: Path
    store: Store
    topics: tuple[Topic, ...] = ()
    digests: tuple[Digest, ...] = ()
    lists: dict[str, tuple[Recipient, ...]] = field(default_factory=lambda: {"staff": ()})
    aliases: Sequence[Sequence[str]] = ()
    printer: Printer = field(default_factory=Printer)
    inputs: str = ""
    limit: int = 50
    maximum: int = 500
    render: Render = mail_text
    # Patterns of files that take back what they drop.
    retracting: tuple[str, ...] = ()
    # Patterns of sources whose newest file corrects the others.
    correcting: tuple[str, ...] = ()
    # What makes listings of a file, and the mark of its version and settings.
    parse: Callable[[str, str], Reading] = one_a_line
    read_by: str = ""
    # Of the site, and by the patterns of sources.
    language: str = SITE.language
    spoken: Mapping[str, str | None] = field(default_factory=lambda: {"seeds/*.txt": None})

    def write(self, name: str, *lines: str) -> None:
        """Save a seed file, one entry a line."""
        place = self.root / "seeds" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    @property
    def seeds(self) -> SeedFolder:
        """The folder that listings come in by."""
        return SeedFolder(self.root, ["seeds/*.txt"], file_limit=1 << 20, line_limit=1 << 16)

    @property
    def outlet(self) -> OutputFolder:
        """The published folder."""
        return OutputFolder(self.root / "feeds")

    @property
    def settings(self) -> Settings:
        """What is configured now."""
        return Settings(
            site=SITE.model_copy(update={"language": self.language}),
            sources=tuple(Source(path=path, language=tag) for path, tag in self.spoken.items()),
            feeds=Feeds(limit=self.limit, max=self.maximum),
            aliases=tuple(map(tuple, self.aliases)),
            topics=self.topics,
            digests=self.digests,
            lists=self.lists,
            mail=mail_from("Harbour news", "digest@news.example.org", connections=1),
        )

    @property
    def classifier(self) -> Classifier:
        """The topics as configured now."""
        return Classifier(self.settings)

    @property
    def recording(self) -> Recording:
        """How files are read, and which of them take back what they drop."""

        def takes_back(path: str) -> str:
            return next((each for each in self.retracting if fnmatchcase(path, each)), "")

        return Recording(
            SITE_ID,
            ZONE,
            self.parse,
            settings=lambda _path: self.read_by,
            takes_back=takes_back,
            takers=self.retracting,
            corrects=lambda path: next((p for p in self.correcting if fnmatchcase(path, p)), ""),
        )

    def editor(self, now: datetime = MONDAY, *, reason: str = "", by: str = "Ana") -> Editor:
        """Somebody who decides on items."""
        return Editor(by, reason, now, SITE_ID, ZONE, self.classifier)

    def record(self, now: datetime = MONDAY, settled: Scan | None = None) -> RecordReport:
        """Read what is new in the seeds."""
        return record(
            self.store,
            self.seeds,
            self.classifier,
            self.recording,
            now,
            settled=settled,
        )

    def file(self, name: str, *lines: str, now: datetime = MONDAY) -> RecordReport:
        """Save a seed file and read it."""
        self.write(name, *lines)
        return self.record(now)

    def publish(self, outlet: Outlet | None = None) -> PublishReport:
        """Bring the published folder up to date."""
        self.printer.mark = self.inputs
        return publish(self.store, outlet or self.outlet, self.printer, self.settings, MONDAY)

    def publish_as_if_anew(self) -> None:
        """Publish, and see that all stands as a publication of everything has it."""
        self.publish()
        kept = self.published()
        self.inputs += " anew"
        self.publish()
        assert kept == self.published()

    def published(self) -> dict[str, bytes]:
        """The files below `feeds/`."""
        folder = self.root / "feeds"
        files = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    def services(self, **more: Any) -> Services:
        """What the use cases work with; `more` replaces parts of it."""
        self.printer.mail = self.render
        given: dict[str, Any] = {
            "outlet": self.outlet,
            "renderer": self.printer,
            "seeds": self.seeds,
            "recording": self.recording,
            **more,
        }
        return services(self.settings, given.pop("store", self.store), **given)

    def announce(self, now: datetime = MONDAY, send: Send = "now") -> tuple[Opened, ...]:
        """Open editions."""
        joined = self.services()
        found = (announce(joined, digest, send, now) for digest in self.digests)
        return tuple(opened for opened in found if opened)

    def deliver(
        self, transport: Transport, now: datetime = MONDAY, owners: Owners | None = None
    ) -> DeliverReport:
        """Send what waits."""
        clock = Hands(now)
        return deliver(self.services(transport=transport, clock=clock, owners=owners or Owners()))

    def mail(self, now: datetime = MONDAY, transport: Postbox | None = None) -> dict[str, str]:
        """Open what can be opened and send it; returns the text that each address got."""
        transport = transport or Postbox()
        self.announce(now)
        self.deliver(transport, now)
        return {
            envelope.recipient: _body(message)
            for envelope, message in transport.kept
            if envelope.recipient not in transport.refusing
        }

    def items(self) -> dict[str, Item]:
        """Every item by title; no two may share one."""
        with self.store.reading() as state:
            found = list(state.items.all())
        assert len({each.title for each in found}) == len(found)
        return {each.title: each for each in found}

    def members(self, slug: str) -> set[str]:
        """The titles in a topic."""
        with self.store.reading() as state:
            ids = state.topics.member_ids(slug)
            return {each.title for each in state.items.get(ids).values()}


def staff(*people: str | Recipient) -> dict[str, tuple[Recipient, ...]]:
    """A list `staff` of these people."""
    return {"staff": tuple(Recipient(each) if isinstance(each, str) else each for each in people)}


def members(state: Transaction, slug: str = "") -> list[Member]:
    """The members of a topic, or of everything, as the rows of items and memberships tell."""
    connection = state._db
    query = "SELECT id, listed_at, changed_run FROM items"
    if slug:
        query = (
            "SELECT id, i.listed_at, CASE WHEN i.changed_run > since_run THEN i.changed_run"
            " ELSE since_run END FROM items AS i JOIN memberships ON item_id = id"
            " WHERE topic = :topic"
        )
    return [
        Member(item_id, (-datetime.fromisoformat(at).timestamp(), item_id), run)
        for item_id, at, run in connection.execute(text_of(query), {"topic": slug} if slug else {})
    ]


def hurried(store: Store) -> Store:
    """The same store, which no longer waits for the disk: no test can pull the plug of that."""
    if not isinstance(store._database, Database):
        return store
    engine = store._database._engine
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF").close())
    engine.dispose()
    return store


in_a_file = pytest.mark.skipif(ON_SERVER in os.environ, reason="this is about a state in a file")


def place_of(root: Path) -> Place:
    """Where the state of an instance is kept: in its folder, or, with `--on-server`, in a schema of
    its own on the server of the tests."""
    if ON_SERVER not in os.environ:
        return root / "state" / "tidings.db"
    return _on_server(root)


@cache
def _on_server(root: Path) -> Server:
    return fresh(os.environ[VARIABLE])


def open_desk(root: Path, *topics: Topic) -> Desk:
    """A desk below `root` with an empty seed folder."""
    (root / "seeds").mkdir(parents=True, exist_ok=True)
    return Desk(root, hurried(open_store(place_of(root))), topics)
