"""Digests, what they announced, and their editions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, insert, literal, select, update

from tidings.adapters.store import rows
from tidings.adapters.store.schema import announcements, digests, editions, items, memberships
from tidings.core.editions import Announcement
from tidings.model import Edition


def edition_of(row: Row[Any]) -> Edition:
    """An edition from its row."""
    return Edition(row.id, row.digest, row.number, row.period, row.opened_at, row.subject)


class Editions:
    """The `Editions` port inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def first_seen(self, digest: str) -> datetime | None:
        """When the digest was first met."""
        return self._db.scalar(select(digests.c.first_seen_at).where(digests.c.slug == digest))

    def topics_seen(self, digest: str) -> tuple[str, ...] | None:
        """The topics the digest had when last met; None when it is new. `("*",)` means all."""
        seen = self._db.scalar(select(digests.c.topics).where(digests.c.slug == digest))
        return None if seen is None else tuple(seen.split())

    def meet(self, digest: str, topics: Sequence[str], at: datetime) -> None:
        """Remember the digest and the topics it has now."""
        shown = " ".join(topics)
        if self.first_seen(digest) is None:
            self._db.execute(insert(digests).values(slug=digest, first_seen_at=at, topics=shown))
        else:
            self._db.execute(update(digests).where(digests.c.slug == digest).values(topics=shown))

    def unannounced(self, digest: str, topics: Sequence[str] | None) -> tuple[str, ...]:
        """Ids of items in these topics (None: all items) that the digest never announced."""
        known = exists().where(
            announcements.c.digest == digest, announcements.c.item_id == items.c.id
        )
        query = select(items.c.id).where(~known)
        if topics is not None:
            query = query.where(
                exists().where(memberships.c.item_id == items.c.id, memberships.c.topic.in_(topics))
            )
        return tuple(self._db.scalars(query.order_by(items.c.listed_at.desc(), items.c.id)))

    def corrected(self, digest: str) -> tuple[tuple[str, int], ...]:
        """(item, current revision) of items announced in an edition with an older revision."""
        newest = (
            select(
                announcements.c.item_id,
                func.max(announcements.c.revision).label("revision"),
                func.max(announcements.c.edition_id).label("edition_id"),
            )
            .where(announcements.c.digest == digest)
            .group_by(announcements.c.item_id)
            .subquery()
        )
        query = (
            select(items.c.id, items.c.revision)
            .join(newest, newest.c.item_id == items.c.id)
            .where(newest.c.edition_id.is_not(None), items.c.revision > newest.c.revision)
            .order_by(items.c.listed_at.desc(), items.c.id)
        )
        return tuple((row.id, row.revision) for row in self._db.execute(query))

    def pass_over(self, digest: str, item_ids: Collection[str]) -> None:
        """Mark items, as they are now, as known to the digest without announcing them."""
        for portion in rows.chunks(item_ids):
            known = select(literal(digest), items.c.id, items.c.revision, literal(0)).where(
                items.c.id.in_(portion)
            )
            columns = ["digest", "item_id", "revision", "corrected"]
            self._db.execute(insert(announcements).from_select(columns, known))

    def exists(self, digest: str, period: str) -> bool:
        """Whether this slot was opened, or recorded as empty, already."""
        found = select(editions.c.id).where(
            editions.c.digest == digest, editions.c.period == period
        )
        return self._db.scalar(found) is not None

    def next_number(self, digest: str) -> int:
        """The number of the digest's next edition, counted from 1."""
        last = self._db.scalar(
            select(func.max(editions.c.number)).where(editions.c.digest == digest)
        )
        return (last or 0) + 1

    def skip(self, digest: str, period: str, at: datetime) -> None:
        """Record that a slot passed without an edition, so that it is not looked at again."""
        self._db.execute(insert(editions).values(digest=digest, period=period, opened_at=at))

    def open(
        self,
        edition: Edition,
        contents: Sequence[tuple[str, int, bool]],
    ) -> Edition:
        """Open an edition (its id is given here) with its (item, revision, corrected)."""
        inserted = self._db.execute(
            insert(editions).values(
                digest=edition.digest,
                period=edition.period,
                number=edition.number,
                opened_at=edition.opened_at,
                subject=edition.subject,
            )
        )
        opened = replace(edition, id=rows.key_of(inserted))
        self._db.execute(
            insert(announcements),
            [
                {
                    "digest": edition.digest,
                    "item_id": item_id,
                    "revision": revision,
                    "corrected": int(corrected),
                    "edition_id": opened.id,
                }
                for item_id, revision, corrected in contents
            ],
        )
        return opened

    def announced(self, digest: str) -> tuple[Announcement, ...]:
        """Everything that the digest's editions announced, in their order."""
        query = (
            select(announcements, editions.c.opened_at)
            .join(editions, editions.c.id == announcements.c.edition_id)
            .where(announcements.c.digest == digest)
            .join(items, items.c.id == announcements.c.item_id)
            .order_by(editions.c.id, items.c.listed_at.desc(), items.c.id)
        )
        return tuple(
            Announcement(row.item_id, row.revision, bool(row.corrected), row.opened_at)
            for row in self._db.execute(query)
        )

    def latest(self, digest: str) -> Edition | None:
        """The newest edition, if there is one."""
        row = self._db.execute(
            select(editions)
            .where(and_(editions.c.digest == digest, editions.c.number.is_not(None)))
            .order_by(editions.c.number.desc())
            .limit(1)
        ).first()
        return edition_of(row) if row else None
