"""What use cases work with: the ports to clock, files, templates and mail, and `Services`.

Every port may be called from any thread, but for a channel and the rate limiter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tidings.model import (
    NONE,
    Envelope,
    PublishedFile,
    ReadError,
    Scan,
    SeedStat,
    SeedText,
)

if TYPE_CHECKING:
    from tidings.application.classify import Classifier
    from tidings.application.record import Recording
    from tidings.core.mail.message import Render
    from tidings.core.settings import Look, Settings
    from tidings.state import Store


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime:
        """The present instant: aware, in UTC, in whole seconds."""
        ...


class Outlet(Protocol):
    """Where files are published: a folder or a bucket. Paths are relative to it, with slashes.

    Every file is replaced whole or not at all; raises `PublishError` when that fails.
    """

    def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
        """Put files in place where their bytes differ, all made durable together.

        Each answer says how the file stands now, and whether it was written. Raises `Overtaken`
        when another process publishes from the same state by now.
        """
        ...

    def stands(self, file: PublishedFile) -> bool:
        """Whether the file is still as we left it, by size and by its modification time or ETag;
        in a bucket as far as `sweep` has looked."""
        ...

    def differs(self, path: str, data: bytes) -> bool:
        """Whether there is a file at that path that says anything else."""
        ...

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files of ours, and folders that this leaves empty."""
        ...

    def begin(self) -> None:
        """Before a publication: remove what one that did not end left half-written."""
        ...

    def end(self) -> None:
        """After a publication, unless it failed."""
        ...

    def sweep(self) -> None:
        """Look into every folder: remove what is left half-written, however it came about, or note
        what there is."""
        ...


@dataclass(frozen=True, slots=True)
class MadePicture:
    """What is published of a picture: its name, made of its bytes, its size in pixels, the bytes;
    `look` is how the file looked that it was made of, None if that is not known."""

    name: str
    width: int
    height: int
    data: bytes
    look: SeedStat | None = None


@dataclass(frozen=True, slots=True)
class UnmadePicture:
    """Why nothing can be made of a picture, and what to do about it. `unreadable`: it may be what
    it was, and only cannot be read now."""

    message: str
    hint: str
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class PictureFolder:
    """Where local pictures are found, by paths that are relative to the instance.

    `look` tells how a file looks, None if there is none; `make` what is published of it.
    """

    look: Callable[[str], SeedStat | None]
    make: Callable[[str], MadePicture | UnmadePicture]


NO_PICTURES = PictureFolder(
    lambda _path: None, lambda _path: UnmadePicture("there are no pictures here", "")
)


class Renderer(Protocol):
    """Templates of this instance over the default ones; raises `TemplateError`."""

    @property
    def languages(self) -> Sequence[str]:
        """The languages that there are words for, English first."""
        ...

    def render(self, name: str, context: Mapping[str, object]) -> str:
        """Render one template in the language of the site."""
        ...

    def speaking(self, language: str) -> Render:
        """Return `render` in that language."""
        ...

    def assets(self, look: Look) -> Mapping[str, bytes]:
        """The static files that pages refer to, by published name; what has a colour has that of
        `look`."""
        ...

    def fingerprint(self) -> str:
        """Changes whenever a template or an asset does."""
        ...


class Channel(Protocol):
    """One connection of a transport, kept open for many messages. Belongs to one thread."""

    def send(self, envelope: Envelope, message: bytes) -> str:
        """Hand over one message; returns what the other side said.

        Once this returns, the message is durably the other side's. Raises `DeliveryError`, whose
        `permanent` says whether it is worth trying again; `TransportClosed` when nothing else
        would pass either; `ReplyLost` when it may have arrived all the same. A channel heals
        itself: after an error the next message may be sent on it.
        """
        ...

    def close(self) -> None:
        """Say goodbye; never raises."""
        ...


@runtime_checkable
class PipeliningChannel(Channel, Protocol):
    """A channel that can begin the next message before this one is answered, and tell nothing of
    it but whom it is from and for."""

    @property
    def pipelines(self) -> bool:
        """Whether the other side takes that, as far as is known by now."""
        ...

    def begin_after(self, following: Envelope) -> None:
        """Let the next `send` begin the message after it as well, which is to be of this envelope.

        Nothing of its content goes out before `send` is called for it, nor is anything lost if
        that never is, or is for another one.
        """
        ...


class Transport(Protocol):
    """The way out for messages."""

    def connect(self) -> Channel:
        """A channel for one thread. Cheap: it reaches out when the first message is sent."""
        ...


class Mailbox(Protocol):
    """Where reports and requests to leave arrive. Raises `MailboxError`."""

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Each message that is not too long, with what names it; none is marked as read."""
        ...

    def put_away(self, name: str) -> None:
        """Move a message to the folder for those that are dealt with."""
        ...

    def position(self) -> str:
        """What tells the messages that were given from those that come later; "" if they are all
        given each time."""
        ...

    def close(self) -> None:
        """Say goodbye; never raises."""
        ...


class RateLimiter(Protocol):
    """How many messages may go out in a time, over all connections."""

    def grant(self, most: int) -> int:
        """How many of `most` may go out now; they count as gone."""
        ...

    def delay(self) -> float:
        """Seconds until the next one may."""
        ...


class SeedFolder(Protocol):
    """The folder that listings come in by. May be called from any thread."""

    def scan(self, known: Mapping[str, SeedStat] = NONE) -> Scan:
        """Every file that the configured patterns name, and how those look that do not look as
        they are `known` to; nothing is opened.

        Raises `SeedError` when a folder cannot be read, so that it never passes for empty.
        """
        ...

    def read(self, path: str) -> SeedText | ReadError:
        """The text of one file, as named by `scan`. One bad file never raises."""
        ...


class Owners(Protocol):
    """The processes that send: this one, and those that have ended."""

    @property
    def me(self) -> str:
        """The name of this process in the ledger."""
        ...

    @property
    def lives(self) -> bool:
        """Whether others still count on this process by that name."""
        ...

    def dead(self, owners: Collection[str]) -> Collection[str]:
        """Those of `owners` that certainly no longer run."""
        ...


def nothing_to_put_away(_name: str, _marks: Mapping[str, str], _number: int) -> str:
    """Where nothing is to be changed: every note counts as put away."""
    return ""


@dataclass(frozen=True, slots=True)
class Services:
    """What the use cases of one instance work with, as it is configured now.

    `key` is the instance's root secret, from which Message-IDs and pseudonyms derive; `sign` signs
    values for a purpose, so that they can be part of a link. Every subject begins with
    `subject_prefix`, "" but for tests of a digest. `known_as` changes with anything that the mail
    server knows us by. `put_away` is told the name of a note's files, the mark of
    each by language, and the number of the edition that took it; it puts them beside the others,
    and returns why it could not, or "". `rehearsed` tells that nothing of it stays: the transport
    leads nowhere, and the state is a private copy.
    """

    settings: Settings
    store: Store
    clock: Clock
    seeds: SeedFolder
    outlet: Outlet
    renderer: Renderer
    transport: Transport
    owners: Owners
    rate: RateLimiter
    key: bytes
    sign: Callable[[str, Sequence[object]], str]
    classifier: Classifier
    recording: Recording
    pictures: PictureFolder = NO_PICTURES
    subject_prefix: str = ""
    put_away: Callable[[str, Mapping[str, str], int], str] = nothing_to_put_away
    known_as: str = ""
    rehearsed: bool = False
