"""Says what waits for whose approval, from the state alone.

It stands apart from what mails proofs, since `status` asks it and starts without what makes mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidings.core.schedule import has_passed
from tidings.core.settings import Settings
from tidings.model import Digest, Review
from tidings.state import Store, Transaction

# So long the operator's alert stands that an edition went without an approval.
ALERTED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pending:
    """A review that has not come to an end, and what is wrong with mailing its proof: by address,
    the reason."""

    digest: Digest
    review: Review
    items: int
    unreached: tuple[tuple[str, str], ...] = ()

    @property
    def reviewers(self) -> tuple[str, ...]:
        """Who is asked; nobody if the configuration has no review any more."""
        return self.digest.review.by if self.digest.review else ()


def pending(state: Transaction, settings: Settings) -> Iterator[Pending]:
    """What waits for approval, or is approved and waits for its slot."""
    for digest in settings.digests:
        if review := state.reviews.current(digest.slug):
            mails = review.proof.mails
            unreached = {
                name.partition(" ")[0]: mail.detail
                for name, mail in mails.items()
                if mail.state != "sent" and review.unapproved
            }
            items = len(review.proof.contents)
            yield Pending(digest, review, items, tuple(unreached.items()))


def overdue(store: Store, settings: Settings, now: datetime) -> list[str]:
    """Say which digests wait for an approval though their slot has passed, and which went without
    one of late."""
    with store.reading() as state:
        waiting = [each.digest for each in pending(state, settings) if each.review.overdue(now)]
        gone = [each for each in settings.digests if _went_unapproved(state, each, now)]
    told = [f"{digest.title} waits for approval" for digest in waiting]
    return told + [f"{digest.title} went without an approval" for digest in gone]


def _went_unapproved(state: Transaction, digest: Digest, now: datetime) -> bool:
    last = state.reviews.latest(digest.slug)
    if last is None or last.edition_id is None or any(r.verdict == "approve" for r in last.rulings):
        return False
    (edition,) = state.editions.get([last.edition_id])
    return not has_passed(ALERTED, edition.opened_at, now)
