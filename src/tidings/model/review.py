"""The review of an edition: its proofs, who decided what of them, and the note of its editor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Verdict = Literal["approve", "hold", "skip"]
# The text of a note that has no language of its own: that of the digest.
PLAIN = ""


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """Who is asked before an edition goes, and when: at the latest of the moments `opens` before
    its slot, each a weekday (None for any day) and a local (hour, minute). With `send` an edition
    goes at its slot though nobody has approved it."""

    by: tuple[str, ...]
    opens: tuple[tuple[int | None, tuple[int, int]], ...] = ()
    send: bool = False


@dataclass(frozen=True, slots=True)
class NoteText:
    """A note in one language: the markdown of its text, a pattern of subjects ("" for none), and
    the mark of the file that it was read from."""

    body: str
    subject: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class EditorNote:
    """What an editor wrote for one edition: `texts` by language, the item that is to lead ("" for
    none) and those left out, each as it was named; `for_good`: no later edition brings them."""

    texts: Mapping[str, NoteText] = field(default_factory=dict)
    lead: str = ""
    leave_out: tuple[str, ...] = ()
    for_good: bool = False

    def text_for(self, language: str) -> NoteText | None:
        """The text for readers of a language: its own, else that of its base, else the plain one.
        None if there is none."""
        base = language.partition("-")[0]
        return self.texts.get(language) or self.texts.get(base) or self.texts.get(PLAIN)


@dataclass(frozen=True, slots=True)
class Content:
    """An item as an edition announces it: in that revision, and the one announced before if it is
    announced as corrected."""

    item_id: str
    revision: int
    had: int | None = None


class ReviewState(StrEnum):
    """How far a review has come. Sent, skipped and dropped are its ends: "dropped" is what never
    went, since nothing of it was left, the next edition took it over, or nobody reviews any more.
    """

    WAITING = "waiting"
    HELD = "held"
    APPROVED = "approved"
    SENT = "sent"
    SKIPPED = "skipped"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Proof:
    """An edition as it would go, at one moment: `number` counts the proofs of a review from 1.
    `mails` says by address and language how mailing it went."""

    number: int
    made_at: datetime
    contents: tuple[Content, ...]
    note: EditorNote | None = None
    mails: Mapping[str, ProofMail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProofMail:
    """How mailing a proof to somebody went: "sent", "failed" for good, or "deferred"."""

    state: Literal["sent", "failed", "deferred"]
    at: datetime
    detail: str = ""
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Ruling:
    """What somebody decided of a proof, and when."""

    verdict: Verdict
    by: str
    at: datetime
    proof: int


@dataclass(frozen=True, slots=True)
class Review:
    """The review of what is to become an edition of a digest, with its newest proof.

    `due_at` is when it goes once it is approved: its slot, or later if it was made late; None for
    at once. `edition_id` is the edition that came of it.
    """

    id: int
    digest: str
    number: int
    period: str
    slot_day: date | None
    slot_at: datetime | None
    due_at: datetime | None
    opened_at: datetime
    state: ReviewState
    proof: Proof
    rulings: tuple[Ruling, ...] = ()
    edition_id: int | None = None

    @property
    def open(self) -> bool:
        """Whether it has not come to an end."""
        return self.state in (ReviewState.WAITING, ReviewState.HELD, ReviewState.APPROVED)

    @property
    def unapproved(self) -> bool:
        """Whether it waits for somebody's approval."""
        return self.state in (ReviewState.WAITING, ReviewState.HELD)

    def overdue(self, now: datetime) -> bool:
        """Whether the moment to send it has passed without an approval."""
        return self.unapproved and self.due_at is not None and now >= self.due_at
