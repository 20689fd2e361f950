"""Digests, what they announced, and their editions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)

from tidings.core.audience import Announcement, Issue
from tidings.core.schedule import PastSlot, Slot
from tidings.core.tags import UNKNOWN, among
from tidings.model import DeliveryState, Edition, Owed, OwedSet
from tidings.state import rows
from tidings.state.schema import (
    announcements,
    deliveries,
    digests,
    editions,
    items,
    memberships,
    owed_items,
    owed_sets,
    variants,
)
from tidings.state.topics import by_few

OPEN = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.SENDING)
BODY = select(variants.c.body).where(
    variants.c.owed_set == bindparam("owed_set"), variants.c.language == bindparam("language")
)


def edition_of(row: Row[Any]) -> Edition:
    """An edition from its row."""
    return Edition(row.id, row.digest, row.number, row.period, row.opened_at, row.subject)


def languages_of(connection: Connection) -> Sequence[str]:
    """The languages that items are in."""
    return connection.scalars(
        select(items.c.language).where(items.c.language.is_not(None)).distinct()
    ).all()


class Editions:
    """Digests, what they announced, and their editions."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def first_seen(self, digest: str) -> datetime | None:
        """When the digest was first met."""
        return self._db.scalar(select(digests.c.first_seen_at).where(digests.c.slug == digest))

    def topics_seen(self, digest: str) -> tuple[str, ...] | None:
        """The topics the digest had when last met; None when it is new. `("*",)` means all."""
        seen = self._db.scalar(select(digests.c.topics).where(digests.c.slug == digest))
        return None if seen is None else tuple(seen.split())

    def items_in_seen(self, digest: str) -> tuple[str, ...] | None:
        """The languages of the items that the digest brought when last met; None for all."""
        seen = self._db.scalar(select(digests.c.items_in).where(digests.c.slug == digest))
        return None if seen is None else tuple(seen.split())

    def meet(
        self,
        digest: str,
        topics: Sequence[str],
        at: datetime,
        items_in: Sequence[str] | None = None,
    ) -> None:
        """Remember the digest, the topics it has now, and the languages of its items."""
        values = {
            "topics": " ".join(topics),
            "items_in": None if items_in is None else " ".join(items_in),
        }
        if self.first_seen(digest) is None:
            self._db.execute(insert(digests).values(slug=digest, first_seen_at=at, **values))
        else:
            self._db.execute(update(digests).where(digests.c.slug == digest).values(values))

    def unannounced(
        self,
        digest: str,
        topics: Sequence[str] | None,
        items_in: Sequence[str] | None = None,
        *,
        withdrawn: bool = False,
    ) -> tuple[str, ...]:
        """Ids of items in these topics (None: all items), and in these languages (None: all, and
        always what may be in any of them), that the digest never announced.

        Those that are retracted or were merged into another are left out, unless `withdrawn`.
        """
        # By two indexes alone: most items are known, and need not be looked at.
        each = items.alias()
        known = exists(announcements.c.item_id).where(
            announcements.c.digest == digest, announcements.c.item_id == each.c.id
        )
        query = select(items.c.id).where(items.c.id.in_(select(each.c.id).where(~known)))
        if not withdrawn:
            query = query.where(items.c.retracted_at.is_(None), items.c.merged_into.is_(None))
        if topics is not None:
            query = query.where(
                exists().where(memberships.c.item_id == items.c.id, memberships.c.topic.in_(topics))
            )
        if items_in is not None:
            spoken = [tag for tag in languages_of(self._db) if among(tag, items_in)]
            query = query.where(or_(items.c.language.is_(None), items.c.language.in_(spoken)))
        ordered = query.order_by(by_few(items.c.listed_at).desc(), items.c.id)
        return tuple(self._db.scalars(ordered).all())

    def corrected(self, digest: str) -> tuple[tuple[str, int, int], ...]:
        """(item, current revision, the one announced last) of items announced in an edition with
        an older revision."""
        of_item = and_(announcements.c.digest == digest, announcements.c.item_id == items.c.id)
        announced, edition_id = (
            select(func.max(column)).where(of_item).correlate(items).scalar_subquery()
            for column in (announcements.c.revision, announcements.c.edition_id)
        )
        query = (
            select(items.c.id, items.c.revision, announced.label("announced"))
            .where(
                # By an index: most items are never corrected.
                items.c.revision > literal_column("0"),
                items.c.revision > announced,
                edition_id.is_not(None),
                items.c.merged_into.is_(None),
            )
            .order_by(by_few(items.c.listed_at).desc(), items.c.id)
        )
        return tuple((row.id, row.revision, row.announced) for row in self._db.execute(query))

    def pass_over(self, digest: str, item_ids: Collection[str]) -> None:
        """Mark items, as they are now, as known to the digest without announcing them; those that
        it knows stay as they are."""
        met = exists().where(
            announcements.c.digest == digest, announcements.c.item_id == items.c.id
        )
        for portion in rows.chunks(item_ids):
            known = select(literal(digest), items.c.id, items.c.revision, literal(0)).where(
                items.c.id.in_(portion), ~met
            )
            columns = ["digest", "item_id", "revision", "corrected"]
            self._db.execute(insert(announcements).from_select(columns, known))

    def know(self, digest: str, revisions: Mapping[str, int]) -> None:
        """Mark items, each in this revision, as known to the digest without announcing them; those
        that it knows stay as they are."""
        known: set[str] = set()
        for portion in rows.chunks(revisions):
            of = announcements.c.digest == digest
            query = select(announcements.c.item_id).where(of, announcements.c.item_id.in_(portion))
            known.update(self._db.scalars(query))
        values = [
            {"digest": digest, "item_id": item_id, "revision": revision, "corrected": 0}
            for item_id, revision in revisions.items()
            if item_id not in known
        ]
        if values:
            self._db.execute(insert(announcements), values)

    def known(self, digest: str, item_ids: Collection[str]) -> Mapping[str, int]:
        """Which of these items the digest knows, each in the newest revision that it knows."""
        found: dict[str, int] = {}
        for portion in rows.chunks(item_ids):
            query = (
                select(announcements.c.item_id, func.max(announcements.c.revision))
                .where(announcements.c.digest == digest, announcements.c.item_id.in_(portion))
                .group_by(announcements.c.item_id)
            )
            found |= {row[0]: row[1] for row in self._db.execute(query)}
        return found

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

    def slots(self, digest: str, since: datetime) -> tuple[PastSlot, ...]:
        """What was opened, or found empty, since an instant, whatever it was for."""
        query = select(
            editions.c.period, editions.c.opened_at, editions.c.slot_day, editions.c.slot_at
        ).where(editions.c.digest == digest, editions.c.opened_at >= since)
        return tuple(PastSlot(*row) for row in self._db.execute(query))

    def skip(self, digest: str, period: str, at: datetime, slot: Slot | None = None) -> None:
        """Record that a slot passed without an edition, so that it is not looked at again."""
        self._db.execute(
            insert(editions).values(
                digest=digest,
                period=period,
                opened_at=at,
                slot_day=slot.day if slot else None,
                slot_at=slot.at if slot else None,
            )
        )

    def open(
        self,
        edition: Edition,
        contents: Sequence[tuple[str, int, bool]],
        slot: Slot | None = None,
    ) -> Edition:
        """Open an edition (its id is given here) with its (item, revision, corrected), for a slot
        unless it is opened by hand."""
        inserted = self._db.execute(
            insert(editions).values(
                digest=edition.digest,
                period=edition.period,
                number=edition.number,
                opened_at=edition.opened_at,
                subject=edition.subject,
                slot_day=slot.day if slot else None,
                slot_at=slot.at if slot else None,
            )
        )
        opened = replace(edition, id=rows.key_of(inserted))
        if not contents:  # one that only shows what a mail looks like
            return opened
        spoken = self._languages([item_id for item_id, *_ in contents])
        self._db.execute(
            insert(announcements),
            [
                {
                    "digest": edition.digest,
                    "item_id": item_id,
                    "revision": revision,
                    "corrected": int(corrected),
                    "edition_id": opened.id,
                    "language": spoken[item_id],
                }
                for item_id, revision, corrected in contents
            ],
        )
        return opened

    def _languages(self, item_ids: Sequence[str]) -> Mapping[str, str | None]:
        found: dict[str, str | None] = {}
        for portion in rows.chunks(item_ids):
            query = select(items.c.id, items.c.language).where(items.c.id.in_(portion))
            found.update({row.id: row.language for row in self._db.execute(query)})
        return found

    def announced(
        self, digest: str, item_ids: Collection[str] | None = None
    ) -> tuple[Announcement, ...]:
        """Everything that the digest's editions announced, in their order; of these items, if they
        are given."""
        if item_ids is None:
            return tuple(each for _, each in self._announced(digest, true()))
        found: list[tuple[Any, Announcement]] = []
        for portion in rows.chunks(item_ids):
            found += self._announced(digest, announcements.c.item_id.in_(portion))
        return tuple(each for _, each in sorted(found, key=itemgetter(0)))

    def _announced(
        self, digest: str, which: ColumnElement[bool]
    ) -> Iterator[tuple[tuple[int, float, str], Announcement]]:
        """Announcements, each with its place among all."""
        query = (
            select(
                announcements,
                editions.c.opened_at,
                func.coalesce(announcements.c.language, items.c.language, UNKNOWN).label("spoken"),
                items.c.listed_at,
            )
            .join(editions, editions.c.id == announcements.c.edition_id)
            .join(items, items.c.id == announcements.c.item_id)
            .where(announcements.c.digest == digest, items.c.merged_into.is_(None), which)
            .order_by(editions.c.id, items.c.listed_at.desc(), items.c.id)
        )
        for row in self._db.execute(query):
            place = (row.edition_id, -row.listed_at.timestamp(), row.item_id)
            yield (
                place,
                Announcement(
                    row.item_id, row.revision, bool(row.corrected), row.opened_at, row.spoken
                ),
            )

    def told(self, item_ids: Collection[str]) -> Set[str]:
        """Which of these items some edition announced as they are now."""
        found: set[str] = set()
        for portion in rows.chunks(item_ids):
            query = (
                select(items.c.id)
                .join(announcements, announcements.c.item_id == items.c.id)
                .where(
                    items.c.id.in_(portion),
                    announcements.c.revision == items.c.revision,
                    announcements.c.edition_id.is_not(None),
                )
            )
            found.update(self._db.scalars(query))
        return found

    def count_for(self, item_id: str, other_id: str) -> tuple[str, ...]:
        """Let what announced one item count for another, in its present text.

        Concerns digests that never announced the other; returns them.
        """
        known = select(announcements.c.digest).where(announcements.c.item_id == other_id)
        query = (
            select(
                announcements.c.digest,
                func.min(announcements.c.edition_id).label("edition_id"),
            )
            .where(announcements.c.item_id == item_id, announcements.c.digest.not_in(known))
            .group_by(announcements.c.digest)
            .order_by(announcements.c.digest)
        )
        first = self._db.execute(query).all()
        revision = self._db.scalar(select(items.c.revision).where(items.c.id == other_id))
        for row in first:
            self._db.execute(
                insert(announcements).values(
                    digest=row.digest,
                    item_id=other_id,
                    revision=revision,
                    corrected=0,
                    edition_id=row.edition_id,
                )
            )
        return tuple(row.digest for row in first)

    def count_no_more(self, other_id: str, revision: int, digests: Collection[str]) -> None:
        """Take that back in these digests."""
        self._db.execute(
            delete(announcements).where(
                announcements.c.item_id == other_id,
                announcements.c.revision == revision,
                announcements.c.digest.in_(digests),
            )
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

    def issues(self, digest: str) -> tuple[Issue, ...]:
        """The digest's editions that announced something, newest first."""
        corrections = func.sum(announcements.c.corrected)
        query = (
            select(editions, func.count().label("announced"), corrections.label("corrections"))
            .join(announcements, announcements.c.edition_id == editions.c.id)
            .where(editions.c.digest == digest, editions.c.number.is_not(None))
            .group_by(editions.c.id)
            .order_by(editions.c.number.desc())
        )
        return tuple(
            Issue(edition_of(row), row.announced - row.corrections, row.corrections)
            for row in self._db.execute(query)
        )

    def with_items(self, item_ids: Collection[str]) -> Set[int]:
        """The ids of the editions that announced any of these items."""
        found: set[int] = set()
        slugs = self._db.scalars(select(digests.c.slug)).all()
        for portion in rows.chunks(item_ids):
            query = select(announcements.c.edition_id).where(
                announcements.c.digest.in_(slugs),
                announcements.c.item_id.in_(portion),
                announcements.c.edition_id.is_not(None),
            )
            found.update(key for key in self._db.scalars(query) if key is not None)
        return found

    def opened_since(self, edition_id: int) -> Set[int]:
        """The ids of the editions opened after this one."""
        return set(self._db.scalars(select(editions.c.id).where(editions.c.id > edition_id)))

    def get(self, ids: Collection[int]) -> tuple[Edition, ...]:
        """These editions, oldest first; what is no edition but a slot passed over is left out."""
        found: list[Edition] = []
        for portion in rows.chunks(sorted(ids)):
            query = select(editions).where(
                editions.c.id.in_(portion), editions.c.number.is_not(None)
            )
            found.extend(edition_of(row) for row in self._db.execute(query.order_by(editions.c.id)))
        return tuple(found)

    def contents(self, edition_id: int) -> tuple[Owed, ...]:
        """What an edition announced, newest item first."""
        earlier = announcements.alias()
        had = (
            select(func.max(earlier.c.revision))
            .where(
                earlier.c.digest == announcements.c.digest,
                earlier.c.item_id == announcements.c.item_id,
                earlier.c.revision < announcements.c.revision,
                announcements.c.corrected == 1,
            )
            .correlate(announcements)
            .scalar_subquery()
        )
        query = (
            select(announcements.c.item_id, announcements.c.revision, had.label("had"))
            .join(items, items.c.id == announcements.c.item_id)
            .where(announcements.c.edition_id == edition_id)
            .order_by(items.c.listed_at.desc(), items.c.id)
        )
        return tuple(Owed(row.item_id, row.revision, row.had) for row in self._db.execute(query))

    def last_id(self) -> int:
        """The id of the edition opened last, of whatever digest; 0 before the first."""
        return self._db.scalar(select(func.max(editions.c.id))) or 0

    def stand_in(
        self, digest: str, number: int, period: str, at: datetime, subject: str
    ) -> Edition:
        """An edition in the place of one that the state has no memory of.

        It takes the number and the period, so that neither is used for another.
        """
        taken = select(editions.c.id).where(
            editions.c.digest == digest, editions.c.period == period
        )
        if self._db.scalar(taken) is not None:
            period = f"lost-{number}"
        values = {
            "digest": digest,
            "number": number,
            "period": period,
            "opened_at": at,
            "subject": subject,
        }
        key = rows.key_of(self._db.execute(insert(editions).values(values)))
        return Edition(key, digest, number, period, at, subject)

    # --- What is owed, and the bodies that say it -------------------------------------------------

    def add_owed_set(self, edition_id: int, owed_set: OwedSet) -> int:
        """Save what several readers are owed alike; returns its id."""
        follows = None if owed_set.follows is None else " ".join(owed_set.follows)
        values = {
            "edition_id": edition_id,
            "follows": follows,
            "subject": owed_set.subject,
            "is_first": int(owed_set.first),
        }
        key = rows.key_of(self._db.execute(insert(owed_sets).values(values)))
        self._db.execute(
            insert(owed_items),
            [
                {
                    "owed_set": key,
                    "item_id": each.item_id,
                    "revision": each.revision,
                    "had_revision": each.had_revision,
                }
                for each in owed_set.owed
            ],
        )
        return key

    def note_unprinted(self, owed_set: int, item_ids: Collection[str]) -> None:
        """Note that a mail only counts these items of an owed set."""
        for portion in rows.chunks(item_ids):
            self._db.execute(
                update(owed_items)
                .where(owed_items.c.owed_set == owed_set, owed_items.c.item_id.in_(portion))
                .values(printed=0)
            )

    def owed_sets(self, keys: Collection[int]) -> Mapping[int, OwedSet]:
        """What the readers of each of these variants are owed."""
        found: dict[int, OwedSet] = {}
        for portion in rows.chunks(keys):
            owed: dict[int, list[Owed]] = defaultdict(list)
            of_these = select(owed_items).where(owed_items.c.owed_set.in_(portion))
            for row in self._db.execute(of_these.order_by(*owed_items.primary_key)):
                owed[row.owed_set].append(Owed(row.item_id, row.revision, row.had_revision))
            for row in self._db.execute(select(owed_sets).where(owed_sets.c.id.in_(portion))):
                follows = None if row.follows is None else tuple(row.follows.split())
                found[row.id] = OwedSet(
                    tuple(owed[row.id]), follows, row.subject, bool(row.is_first)
                )
        return found

    def variant(self, owed_set: int, language: str) -> bytes | None:
        """The kept body of a variant."""
        return self._db.scalar(BODY, {"owed_set": owed_set, "language": language})

    def keep_variant(
        self, owed_set: int, language: str, body: bytes, before: bytes | None = None
    ) -> bytes:
        """Keep the body of a variant, in the place of the one that was kept `before`, so that every
        copy of it is the same; returns the one that is kept, another's if that was there first."""
        kept = {"owed_set": owed_set, "language": language, "body": body}
        if before is None:
            new = rows.insert_new(variants).values(kept).returning(variants.c.owed_set)
            done = self._db.execute(new).first() is not None
        else:
            here = [variants.c[name] == kept[name] for name in ("owed_set", "language")]
            changed = update(variants).where(*here, variants.c.body == before)
            done = self._db.execute(changed.values(body=body)).rowcount > 0
        return body if done else self.variant(owed_set, language) or body

    def drop_settled_variants(self) -> None:
        """Let go of the bodies of which nothing is left to send."""
        unsettled = (*OPEN, DeliveryState.IN_DOUBT)
        wanted = exists().where(
            deliveries.c.owed_set == variants.c.owed_set,
            deliveries.c.language == variants.c.language,
            # What was parked after crashes may be tried again, and has to be the same then.
            or_(deliveries.c.state.in_(unsettled), deliveries.c.crashes > 0),
        )
        self._db.execute(delete(variants).where(~wanted))
