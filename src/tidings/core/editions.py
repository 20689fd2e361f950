"""Who gets what: the inputs of an edition, and what each recipient is owed.

What somebody is owed is read from what they were sent, never from a cursor: whoever was paused,
deferred or new gets exactly what they missed, in one mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from tidings.model import Digest, Edition, Owed, Recipient, RecipientState


@dataclass(frozen=True, slots=True)
class Announcement:
    """An item, at a revision, as one edition of a digest announced it: as new, or as corrected."""

    item_id: str
    revision: int
    corrected: bool
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Announced:
    """An item as one edition announced it; `had_revision` is what the digest announced before."""

    item_id: str
    revision: int
    had_revision: int | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """An edition with the numbers of items that it announced as new and as corrected."""

    edition: Edition
    new: int
    corrected: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """A recipient of a digest, and since when its editions count as theirs (None: always)."""

    recipient: Recipient
    since: datetime | None


def recipients(digest: Digest, lists: Mapping[str, Sequence[Recipient]]) -> tuple[Recipient, ...]:
    """One recipient per address, whatever lists name it; the first list in order describes them."""
    first: dict[str, Recipient] = {}
    for name in digest.lists:
        for recipient in lists[name]:
            first.setdefault(recipient.key, recipient)
    return tuple(first.values())


def since(recipient: Recipient, first_seen: datetime) -> datetime | None:
    """From when on a digest's editions count as this recipient's (None: from the first)."""
    if recipient.start == "everything":
        return None
    return first_seen if recipient.start is None else first_seen - recipient.start


def gets_mail(recipient: Recipient) -> bool:
    """Whether anything may be sent to them now."""
    return recipient.state is RecipientState.ACTIVE


def concerns(topics: Sequence[str] | None, item_topics: Iterable[str]) -> bool:
    """Whether somebody who chose `topics` (None: everything) wants an item in `item_topics`."""
    return topics is None or not set(topics).isdisjoint(item_topics)


def owed(
    subscription: Subscription,
    announced: Iterable[Announcement],
    delivered: Mapping[str, int],
    item_topics: Mapping[str, Sequence[str]],
    withdrawn: Set[str] = frozenset(),
) -> tuple[Owed, ...]:
    """What one recipient is owed of everything that a digest announced.

    `announced` covers all of the digest's editions in order, including the one being opened;
    `delivered` is the newest revision of each item in a sent or in-doubt delivery to them. Who had
    an older text is owed the correction, also of an item that left their topics with it; who
    missed that gets the item as new, in its newest text; whom the item never concerned is not told
    that it was wrong. That an item was `withdrawn` is told to those who had it, and to nobody else.
    """
    newest: dict[str, int] = {}
    for announcement in announced:
        item_id = announcement.item_id
        if subscription.since is not None and announcement.opened_at < subscription.since:
            continue
        if announcement.corrected and item_id not in newest and item_id not in delivered:
            continue
        newest[item_id] = max(announcement.revision, newest.get(item_id, 0))
    wanted = subscription.recipient.topics
    return tuple(
        Owed(item_id, revision, delivered.get(item_id))
        for item_id, revision in newest.items()
        if delivered.get(item_id, -1) < revision
        and (
            item_id in delivered
            or (item_id not in withdrawn and concerns(wanted, item_topics.get(item_id, ())))
        )
    )
