"""What people chose, and what they asked for: in the state, beside the lists of the YAML files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tidings.model import Application, Choice, RecipientState


@dataclass(frozen=True, slots=True)
class Mark:
    """What is on record of an address as a whole, since when, and why."""

    key: str
    state: RecipientState
    at: datetime
    detail: str


class Choices(Protocol):
    """What people decided about digests, and what waits for them to prove their address."""

    def of_digest(self, digest: str) -> Mapping[str, Choice]:
        """All choices about a digest, by address key."""
        ...

    def of(self, key: str) -> Sequence[Choice]:
        """All choices of one address."""
        ...

    def all(self) -> Sequence[Choice]:
        """All choices of all people."""
        ...

    def save(self, choice: Choice) -> None:
        """Record a choice in the place of what was chosen before."""
        ...

    def begin_anew(self, digest: str | None, key: str, at: datetime) -> None:
        """Whoever comes back after leaving is owed what comes from now on; None for any digest."""
        ...

    def marks(self) -> Sequence[Mark]:
        """What is on record of addresses as a whole."""
        ...

    def unmark(self, keys: Collection[str]) -> None:
        """Take back what is on record of these addresses as a whole."""
        ...

    def pseudonyms(self) -> Set[str]:
        """What stands for the addresses that were erased."""
        ...

    def application(self, digest: str, key: str) -> Application | None:
        """What somebody asked for and has not confirmed."""
        ...

    def applications(self, key: str | None = None) -> Sequence[Application]:
        """All that was asked for and not confirmed, or that of one address."""
        ...

    def apply(self, application: Application) -> None:
        """Record a wish in the place of an earlier one."""
        ...

    def withdraw(self, digest: str, key: str) -> None:
        """The wish was fulfilled, or is not to be remembered."""
        ...


@dataclass(frozen=True, slots=True)
class Trace:
    """A message that was made for somebody: of which edition, and what became of it."""

    digest: str
    number: int
    state: str
    at: datetime
    subject: str


class Privacy(Protocol):
    """What is known of a person, and how it is forgotten."""

    def trace(self, key: str) -> Sequence[Trace]:
        """The messages that were made for an address."""
        ...

    def erase(self, key: str, pseudonym: str, at: datetime) -> bool:
        """Put the pseudonym in the place of the address wherever it stands, and forget the rest.

        What was still to be sent is not; whoever has the pseudonym gets nothing more. Returns
        whether anything was known.
        """
        ...

    def stale(self, before: datetime) -> Sequence[str]:
        """The keys of those who have left, and of whom nothing else was recorded since."""
        ...

    def forget_applications(self, before: datetime) -> int:
        """Forget what was asked for before that and never confirmed; returns how many."""
        ...
