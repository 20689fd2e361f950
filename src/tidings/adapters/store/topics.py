"""Who is in which topic, why, and since which run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Set

from sqlalchemy import Connection, case, delete, insert, select

from tidings.adapters.store import rows
from tidings.adapters.store.items import census, member_rows
from tidings.adapters.store.schema import items, memberships, topics
from tidings.adapters.store.window import window
from tidings.application.ports.records import TopicRecord
from tidings.core.pages import Census
from tidings.core.selection import Member
from tidings.model import Cause


class Topics:
    """The `Topics` port inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def records(self) -> Mapping[str, TopicRecord]:
        """What is remembered of each topic; under "" of everything."""
        return {
            row.slug: TopicRecord(
                row.slug, row.fingerprint, row.first_run, row.changed_at, row.changed_run
            )
            for row in self._db.execute(select(topics))
        }

    def save(self, record: TopicRecord) -> None:
        """Remember a topic in place of what was known."""
        self._db.execute(delete(topics).where(topics.c.slug == record.slug))
        self._db.execute(
            insert(topics).values(
                slug=record.slug,
                fingerprint=record.fingerprint,
                first_run=record.first_run,
                changed_at=record.changed_at,
                changed_run=record.changed_run,
            )
        )

    def drop(self, slug: str) -> None:
        """Forget a topic and its memberships; the items stay."""
        self._db.execute(delete(memberships).where(memberships.c.topic == slug))
        self._db.execute(delete(topics).where(topics.c.slug == slug))

    def of(
        self, item_ids: Collection[str], *, by_rule: bool = True
    ) -> Mapping[str, tuple[str, ...]]:
        """The topics of each item; an item in no topic is not in the answer.

        Without `by_rule`, memberships that came of an edited rule do not count.
        """
        wanted = [cause.value for cause in Cause if by_rule or cause is not Cause.RULE]
        found: dict[str, list[str]] = defaultdict(list)
        for portion in rows.chunks(item_ids):
            for row in self._db.execute(
                select(memberships.c.item_id, memberships.c.topic)
                .where(memberships.c.item_id.in_(portion), memberships.c.cause.in_(wanted))
                .order_by(memberships.c.topic)
            ):
                found[row.item_id].append(row.topic)
        return {item_id: tuple(slugs) for item_id, slugs in found.items()}

    def join(self, slug: str, item_ids: Iterable[str], cause: Cause, run: int) -> None:
        """Put items into a topic that they are not in."""
        values = [
            {"topic": slug, "item_id": item_id, "cause": cause.value, "since_run": run}
            for item_id in item_ids
        ]
        if values:
            self._db.execute(insert(memberships), values)

    def leave(self, slug: str, item_ids: Iterable[str]) -> None:
        """Take items out of a topic."""
        for portion in rows.chunks(item_ids):
            self._db.execute(
                delete(memberships).where(
                    memberships.c.topic == slug, memberships.c.item_id.in_(portion)
                )
            )

    def member_ids(self, slug: str) -> Set[str]:
        """The ids of a topic's items."""
        return set(
            self._db.scalars(select(memberships.c.item_id).where(memberships.c.topic == slug))
        )

    def members(self, slug: str) -> Iterator[Member]:
        """A topic's items with their places; joining counts as a change."""
        joined_later = memberships.c.since_run > items.c.changed_run
        changed = case((joined_later, memberships.c.since_run), else_=items.c.changed_run)
        return member_rows(
            self._db,
            select(items.c.id, items.c.listed_at, changed)
            .join(memberships, memberships.c.item_id == items.c.id)
            .where(memberships.c.topic == slug),
        )

    def feed_members(self, slug: str, first_run: int, limit: int) -> Iterator[Member]:
        """The places that decide what the topic's feed of so many entries holds."""
        since = memberships.c.since_run
        changed = case((since > items.c.changed_run, since), else_=items.c.changed_run)
        touched = case((since > items.c.touched_run, since), else_=items.c.touched_run)
        places = (
            select(items.c.id, items.c.listed_at, changed, touched)
            .join(memberships, memberships.c.item_id == items.c.id)
            .where(memberships.c.topic == slug)
        )
        return window(self._db, places, touched, first_run, limit)

    def census(self, slug: str) -> Census:
        """The figures of a topic."""
        return census(self._db, select(memberships.c.item_id).where(memberships.c.topic == slug))
