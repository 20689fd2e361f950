"""Who is in which topic, why, and since which run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import (
    Connection,
    Integer,
    String,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from tidings.model import Cause
from tidings.state import rows
from tidings.state.schema import (
    digests,
    items,
    memberships,
    months,
    owed_sets,
    topics,
)


@dataclass(frozen=True, slots=True)
class TopicRecord:
    """What state remembers of a topic (or, under "", of everything)."""

    slug: str
    fingerprint: str
    first_run: int
    changed_at: datetime
    changed_run: int


_SAVING = rows.upsert(topics)
# One item at a time, but prepared once: a run has thousands of them.
_JOINING = insert(memberships).from_select(
    [column.name for column in memberships.columns],
    select(
        bindparam("slug", type_=String),
        items.c.id,
        bindparam("why", type_=String),
        bindparam("run", type_=Integer),
        items.c.listed_at,
        case((items.c.changed_run > bindparam("run"), items.c.changed_run), else_=bindparam("run")),
        func.coalesce(func.substr(items.c.date, 1, 7), ""),
    ).where(items.c.id == bindparam("item", type_=String)),
)


class Topics:
    """Who is in which topic, and why."""

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

    def save(self, records: Collection[TopicRecord]) -> None:
        """Remember topics in place of what was known."""
        if records:
            self._db.execute(_SAVING, [asdict(record) for record in records])

    def drop(self, slug: str) -> None:
        """Forget a topic and its memberships; the items stay."""
        self._db.execute(delete(memberships).where(memberships.c.topic == slug))
        self._db.execute(delete(months).where(months.c.topic == slug))
        self._db.execute(delete(topics).where(topics.c.slug == slug))

    def of(
        self, item_ids: Collection[str], *, but: Collection[Cause] = ()
    ) -> Mapping[str, tuple[str, ...]]:
        """The topics of each item; an item in no topic is not in the answer.

        Memberships that came of one of the causes in `but` do not count.
        """
        wanted = [cause.value for cause in Cause if cause not in but]
        found: dict[str, list[str]] = defaultdict(list)
        for portion in rows.chunks(item_ids):
            query = select(memberships.c.item_id, memberships.c.topic).where(
                memberships.c.item_id.in_(portion), memberships.c.cause.in_(wanted)
            )
            for item_id, slug in self._db.execute(query.order_by(memberships.c.topic)).all():
                found[item_id].append(slug)
        return {item_id: tuple(slugs) for item_id, slugs in found.items()}

    def change(
        self,
        leaving: Iterable[tuple[str, str]],
        joining: Mapping[tuple[str, str], tuple[Cause, int]],
    ) -> None:
        """Take (topic, item) out, then put in those that are not in, each with cause and run."""
        by_topic: dict[str, list[str]] = defaultdict(list)
        for slug, item_id in leaving:
            by_topic[slug].append(item_id)
        for slug, ids in by_topic.items():
            self.leave(slug, ids)
        given = [
            {"slug": slug, "item": item_id, "why": cause.value, "run": run}
            for (slug, item_id), (cause, run) in joining.items()
        ]
        if given:
            self._db.execute(_JOINING, given)

    def join(self, slug: str, item_ids: Iterable[str], cause: Cause, run: int) -> None:
        """Put items into a topic that they are not in."""
        self.change((), {(slug, item_id): (cause, run) for item_id in item_ids})

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

    def rename(self, old: str, new: str, run: int) -> None:
        """Carry a topic over to another slug, with its members and all that refers to it; into the
        topic that has that slug already, if there is one."""
        if self._db.scalar(select(topics.c.slug).where(topics.c.slug == new)) is None:
            self._move(old, new, run)
        else:
            self._merge(old, new, run)
        for table, column in ((digests, digests.c.topics), (owed_sets, owed_sets.c.follows)):
            key = next(iter(table.primary_key.columns))
            for row in self._db.execute(select(key, column).where(column.contains(old))).all():
                slugs = dict.fromkeys(new if slug == old else slug for slug in row[1].split())
                values = {column.name: " ".join(slugs)}
                self._db.execute(update(table).where(key == row[0]).values(values))

    def _move(self, old: str, new: str, run: int) -> None:
        # Of a topic of that name that there was, months without items may be left.
        self._db.execute(delete(months).where(months.c.topic == new))
        self._db.execute(update(topics).where(topics.c.slug == old).values(slug=new))
        self._db.execute(update(memberships).where(memberships.c.topic == old).values(topic=new))
        self._db.execute(
            update(months).where(months.c.topic == old).values(topic=new, touched_run=run)
        )

    def _merge(self, old: str, new: str, run: int) -> None:
        theirs = memberships.alias()
        there = select(theirs.c.item_id).where(theirs.c.topic == new)
        coming = select(
            literal(new),
            memberships.c.item_id,
            memberships.c.cause,
            literal(run),
            memberships.c.listed_at,
            memberships.c.changed_run,
            memberships.c.month,
        ).where(memberships.c.topic == old, memberships.c.item_id.not_in(there))
        columns = [column.name for column in memberships.columns]
        self._db.execute(insert(memberships).from_select(columns, coming))
        self.drop(old)
