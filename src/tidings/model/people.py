"""What people chose for themselves, beside the lists that administrators write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidings.model.digests import RecipientState

# All topics of a digest, as somebody's own choice; None would be no choice.
ALL = ("*",)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody decided about one digest.

    `state` is what they did last: active, paused or left, None for nothing but other choices. Who
    `joined` gets the digest without being on a list. `topics` and `language` are None while the
    list's, or the digest's, hold.
    """

    digest: str
    address: str
    changed_at: datetime
    state: RecipientState | None = None
    joined: bool = False
    name: str = ""
    topics: tuple[str, ...] | None = None
    language: str | None = None

    @property
    def key(self) -> str:
        """The form in which addresses are compared."""
        return self.address.casefold()


@dataclass(frozen=True, slots=True)
class Application:
    """Somebody's wish for a digest, unproven until the link that was mailed there is used.

    `asked_at` is when the wish was last expressed, `mails` how many links were sent since
    `since`; while `waiting` one is still to be sent.
    """

    digest: str
    address: str
    asked_at: datetime
    since: datetime
    topics: tuple[str, ...] | None = None
    language: str | None = None
    mails: int = 0
    waiting: bool = True

    @property
    def key(self) -> str:
        """The form in which addresses are compared."""
        return self.address.casefold()
