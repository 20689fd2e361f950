"""The rest of the world: the clock, the published folder, the templates, the mail.

All of them may be called from any thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from tidings.application.ports.files import PublishedFile


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime:
        """The present instant: aware, in UTC, in whole seconds."""
        ...


class Outlet(Protocol):
    """The folder of published files. Paths are relative to it, with forward slashes.

    Every file is replaced whole or not at all; raises `PublishError` when that fails.
    """

    def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
        """Put files in place where their bytes differ, all made durable together.

        Each answer says how the file stands now, and whether it was written.
        """
        ...

    def stands(self, file: PublishedFile) -> bool:
        """Whether the file is still as we left it, by size and modification time."""
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
        """Remove what is left half-written, however it came about; looks into every folder."""
        ...


@dataclass(frozen=True, slots=True)
class FileChange:
    """What would become of a published file: new, changed or removed.

    `before` and `after` are the bytes of a feed, None where there is none; of other files, which
    are many, only whether there is one counts, and the bytes are left out.
    """

    path: str
    before: bytes | None
    after: bytes | None

    @property
    def kind(self) -> Literal["new", "changed", "removed"]:
        """In which way."""
        if self.before is None:
            return "new"
        return "removed" if self.after is None else "changed"


class TrialOutlet(Outlet, Protocol):
    """An outlet that leaves the published folder as it is, and keeps what it was asked to do."""

    def changes(self) -> Sequence[FileChange]:
        """What would be written and removed, by path."""
        ...


class Renderer(Protocol):
    """Templates of this instance over the default ones; raises `TemplateError`."""

    def render(self, name: str, context: Mapping[str, object]) -> str:
        """Render one template."""
        ...

    def assets(self) -> Mapping[str, bytes]:
        """The static files that pages refer to, by published name."""
        ...

    def fingerprint(self) -> str:
        """Changes whenever a template or an asset does."""
        ...


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a message goes, and what names it: the digest, its edition's number, the delivery."""

    sender: str
    recipient: str
    digest: str
    number: int
    delivery_id: int


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


class Transport(Protocol):
    """The way out for messages."""

    def connect(self) -> Channel:
        """A channel for one thread. Cheap: it reaches out when the first message is sent."""
        ...


class Pace(Protocol):
    """How many messages may go out in a time, over all connections."""

    def grant(self, most: int) -> int:
        """How many of `most` may go out now; they count as gone."""
        ...

    def delay(self) -> float:
        """Seconds until the next one may."""
        ...
