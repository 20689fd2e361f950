"""What people decided about digests, and what waits for them to prove their address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, tuple_, update

from tidings.core.limits import mailbox
from tidings.model import Choice, PendingSubscription, RecipientState
from tidings.state import rows
from tidings.state.figures import Figures
from tidings.state.presence import Recipients, wanted_of
from tidings.state.schema import applications, choices, links, subscriptions


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
        figures = Figures(self._db)
        before = figures.standing(choice.digest, [choice.key])
        values = {
            "digest": choice.digest,
            "address_key": choice.key,
            "address": choice.address,
            "name": choice.name,
            "state": choice.state.value if choice.state else None,
            "joined": int(choice.joined),
            "topics": _text(choice.topics),
            "language": choice.language,
            "items_in": _text(choice.items_in),
            "changed_at": choice.changed_at,
        }
        self._db.execute(rows.upsert(choices), values)
        Recipients(self._db).let_back()
        after = figures.standing(choice.digest, [choice.key])
        figures.moved(choice.digest, before, after, choice.changed_at)

    def begin_anew(self, digest: str | None, key: str, at: datetime) -> None:
        """Whoever comes back after leaving is owed what comes from now on; None for any digest."""
        theirs = subscriptions.c.address_key == key
        if digest is not None:
            theirs &= subscriptions.c.digest == digest
        anew = {"first_seen_at": at, "returned": 1, "topics_since": "{}", "items_in_since": "{}"}
        self._db.execute(update(subscriptions).where(theirs).values(anew))

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

    def waiting(
        self, due: datetime, some: int, after: PendingSubscription | None = None
    ) -> Sequence[PendingSubscription]:
        """Some of what waits for its mail and is due by then, the first first, or `after` one."""
        c = applications.c
        query = select(applications).where(c.waiting == 1, c.due_at <= due)
        if after:
            behind = tuple_(c.address_key, c.digest) > (after.key, after.digest)
            same = and_(c.due_at == after.due, behind)
            query = query.where(c.due_at >= after.due, or_(c.due_at > after.due, same))
        query = query.order_by(c.due_at, c.address_key, c.digest).limit(some)
        return [_application_of(row) for row in self._db.execute(query)]

    def mailed(self, digest: str, key: str, since: datetime, until: datetime) -> int:
        """How many links for a digest were mailed to the mailbox of an address in that time."""
        query = select(func.coalesce(func.sum(applications.c.mails), 0)).where(
            applications.c.mailbox == mailbox(key),
            applications.c.mails > 0,
            applications.c.digest == digest,
            applications.c.since > since,
            applications.c.since <= until,
        )
        return self._db.scalar(query) or 0

    def any_older(self, than: datetime) -> bool:
        """Whether there is any wish to forget."""
        old = select(applications.c.digest).where(applications.c.due_at < than).limit(1)
        return self._db.scalar(old) is not None

    def forget_wishes(self, before: datetime, some: int) -> int:
        """Forget some of what was due before that and never confirmed, with the links to it;
        returns how many."""
        key = tuple_(applications.c.digest, applications.c.address_key)
        old = select(applications.c.digest, applications.c.address_key).where(
            applications.c.due_at < before
        )
        few = old.order_by(applications.c.due_at).limit(some)
        asked = tuple_(links.c.digest, links.c.address_key)
        self._db.execute(delete(links).where(links.c.unconfirmed == 1, asked.in_(few)))
        return self._db.execute(delete(applications).where(key.in_(few))).rowcount

    def wished_topics(self) -> Set[str]:
        """All combinations of topics that are in choices and wishes, each with spaces between."""
        found: set[str] = set()
        for table in (choices, applications):
            found.update(self._db.scalars(select(table.c.topics).distinct()))
        return {topics for topics in found if topics}

    def joined_at(self, domain: str) -> int:
        """How many people of a domain joined a digest by themselves and get it."""
        at = choices.c.address_key.endswith(f"@{domain}", autoescape=True)
        here = and_(choices.c.joined == 1, choices.c.state == RecipientState.ACTIVE, at)
        query = select(func.count(choices.c.address_key.distinct())).where(here)
        return self._db.scalar(query) or 0

    def apply(self, application: PendingSubscription) -> None:
        """Record a wish in the place of an earlier one."""
        values = {
            "digest": application.digest,
            "address_key": application.key,
            "address": application.address,
            "topics": _text(application.topics),
            "language": application.language,
            "items_in": _text(application.items_in),
            "asked_at": application.asked_at,
            "since": application.since,
            "mails": application.mails,
            "waiting": int(application.waiting),
            "due_at": application.due,
            "mailbox": mailbox(application.key),
        }
        self._db.execute(rows.upsert(applications), values)

    def withdraw(self, digest: str, key: str) -> None:
        """The wish was fulfilled, or is not to be remembered."""
        self._db.execute(
            delete(applications).where(
                applications.c.digest == digest, applications.c.address_key == key
            )
        )


def choice_of(row: Row[Any]) -> Choice:
    """A choice from its row."""
    return Choice(
        digest=row.digest,
        address=row.address,
        changed_at=row.changed_at,
        state=RecipientState(row.state) if row.state else None,
        joined=bool(row.joined),
        name=row.name,
        topics=wanted_of(row.topics),
        language=row.language,
        items_in=wanted_of(row.items_in),
    )


def _application_of(row: Row[Any]) -> PendingSubscription:
    return PendingSubscription(
        digest=row.digest,
        address=row.address,
        asked_at=row.asked_at,
        since=row.since,
        topics=wanted_of(row.topics),
        language=row.language,
        mails=row.mails,
        waiting=bool(row.waiting),
        items_in=wanted_of(row.items_in),
        due_at=row.due_at,
    )


def _text(chosen: Sequence[str] | None) -> str | None:
    return None if chosen is None else " ".join(chosen)
