"""What people chose and asked for themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from tidings.core.audience import PSEUDONYM
from tidings.model import Choice, PendingSubscription, RecipientState
from tidings.state import rows
from tidings.state.schema import applications, choices, people, subscriptions


@dataclass(frozen=True, slots=True)
class Mark:
    """What is on record of an address as a whole, since when, and why."""

    key: str
    state: RecipientState
    at: datetime
    detail: str


def choice_of(row: Row[Any]) -> Choice:
    """A choice from its row."""
    return Choice(
        digest=row.digest,
        address=row.address,
        changed_at=row.changed_at,
        state=RecipientState(row.state) if row.state else None,
        joined=bool(row.joined),
        name=row.name,
        topics=_topics(row.topics),
        language=row.language,
    )


def _application_of(row: Row[Any]) -> PendingSubscription:
    return PendingSubscription(
        digest=row.digest,
        address=row.address,
        asked_at=row.asked_at,
        since=row.since,
        topics=_topics(row.topics),
        language=row.language,
        mails=row.mails,
        waiting=bool(row.waiting),
    )


def _topics(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(text.split())


def _text(topics: Sequence[str] | None) -> str | None:
    return None if topics is None else " ".join(topics)


class Choices:
    """What people decided about digests, and what waits for them to prove their address."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def of_digest(self, digest: str) -> Mapping[str, Choice]:
        """All choices about a digest, by address key."""
        query = select(choices).where(choices.c.digest == digest)
        return {row.address_key: choice_of(row) for row in self._db.execute(query)}

    def of(self, key: str) -> Sequence[Choice]:
        """All choices of one address."""
        query = select(choices).where(choices.c.address_key == key).order_by(choices.c.digest)
        return [choice_of(row) for row in self._db.execute(query)]

    def all(self) -> Sequence[Choice]:
        """All choices of all people."""
        query = select(choices).order_by(choices.c.address_key, choices.c.digest)
        return [choice_of(row) for row in self._db.execute(query)]

    def save(self, choice: Choice) -> None:
        """Record a choice in the place of what was chosen before."""
        values = {
            "digest": choice.digest,
            "address_key": choice.key,
            "address": choice.address,
            "name": choice.name,
            "state": choice.state.value if choice.state else None,
            "joined": int(choice.joined),
            "topics": _text(choice.topics),
            "language": choice.language,
            "changed_at": choice.changed_at,
        }
        self._db.execute(insert(choices).prefix_with("OR REPLACE").values(values))

    def begin_anew(self, digest: str | None, key: str, at: datetime) -> None:
        """Whoever comes back after leaving is owed what comes from now on; None for any digest."""
        theirs = subscriptions.c.address_key == key
        if digest is not None:
            theirs &= subscriptions.c.digest == digest
        self._db.execute(update(subscriptions).where(theirs).values(first_seen_at=at))

    def marks(self) -> Sequence[Mark]:
        """What is on record of addresses as a whole."""
        query = (
            select(people)
            .where(people.c.state.is_not(None), ~people.c.address_key.startswith(PSEUDONYM))
            .order_by(people.c.address_key)
        )
        return [
            Mark(row.address_key, RecipientState(row.state), row.changed_at, row.detail)
            for row in self._db.execute(query)
        ]

    def unmark(self, keys: Collection[str]) -> None:
        """Take back what is on record of these addresses as a whole."""
        for portion in rows.chunks(keys):
            here = people.c.address_key.in_(portion)
            self._db.execute(update(people).where(here).values(state=None, refusals=0, detail=""))

    def pseudonyms(self) -> Set[str]:
        """What stands for the addresses that were erased."""
        query = select(people.c.address_key).where(people.c.address_key.startswith(PSEUDONYM))
        return set(self._db.scalars(query.where(people.c.state.is_not(None))))

    def application(self, digest: str, key: str) -> PendingSubscription | None:
        """What somebody asked for and has not confirmed."""
        row = self._db.execute(
            select(applications).where(
                applications.c.digest == digest, applications.c.address_key == key
            )
        ).one_or_none()
        return None if row is None else _application_of(row)

    def applications(self, key: str | None = None) -> Sequence[PendingSubscription]:
        """All that was asked for and not confirmed, or that of one address."""
        query = select(applications).order_by(applications.c.asked_at, applications.c.address_key)
        if key is not None:
            query = query.where(applications.c.address_key == key)
        return [_application_of(row) for row in self._db.execute(query)]

    def apply(self, application: PendingSubscription) -> None:
        """Record a wish in the place of an earlier one."""
        values = {
            "digest": application.digest,
            "address_key": application.key,
            "address": application.address,
            "topics": _text(application.topics),
            "language": application.language,
            "asked_at": application.asked_at,
            "since": application.since,
            "mails": application.mails,
            "waiting": int(application.waiting),
        }
        self._db.execute(insert(applications).prefix_with("OR REPLACE").values(values))

    def withdraw(self, digest: str, key: str) -> None:
        """The wish was fulfilled, or is not to be remembered."""
        self._db.execute(
            delete(applications).where(
                applications.c.digest == digest, applications.c.address_key == key
            )
        )
