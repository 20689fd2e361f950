"""Who is in which topic, why, and since which run; lists of items of a topic or of all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from tidings.core.tags import UNKNOWN
from tidings.model import Cause, ItemSummary, TopicCounts
from tidings.state import rows
from tidings.state.columns import Instant
from tidings.state.presence import cleared
from tidings.state.schema import (
    digests,
    items,
    memberships,
    months,
    owed_sets,
    revisions,
    topics,
)

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)

if TYPE_CHECKING:
    from tidings.core.feeds.model import Member


@dataclass(frozen=True, slots=True)
class TopicRecord:
    """What state remembers of a topic (or, under "", of everything)."""

    slug: str
    fingerprint: str
    first_run: int
    changed_at: datetime
    changed_run: int


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


# In the order of `TopicRecord`.
_RECORDS = select(
    topics.c.slug,
    topics.c.fingerprint,
    topics.c.first_run,
    topics.c.changed_at,
    topics.c.changed_run,
)


class Topics:
    """Who is in which topic, and why."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def records(self) -> Mapping[str, TopicRecord]:
        """What is remembered of each topic; under "" of everything."""
        return {row[0]: TopicRecord(*row) for row in self._db.execute(_RECORDS).all()}

    def save(self, records: Collection[TopicRecord]) -> None:
        """Remember topics in place of what was known."""
        if records:
            self._db.execute(rows.upsert(topics), [asdict(record) for record in records])

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
        members = select(memberships.c.item_id).where(memberships.c.topic == slug)
        return set(self._db.scalars(members).all())

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
        # Items have come into a topic that none of them is said to have joined.
        self._db.execute(delete(cleared))

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


# What was merged into another, or is quietly gone, is in no list.
ALONE = and_(items.c.merged_into.is_(None), items.c.retracted_quietly == 0)


# The file that an item's text is from.
_SOURCE = (
    select(revisions.c.path)
    .where(revisions.c.item_id == items.c.id, revisions.c.path != "")
    .order_by(revisions.c.number.desc())
    .limit(1)
    .correlate(items)
    .scalar_subquery()
)
# As much of an item as a link to it needs.
HEAD = (
    *(items.c.slug, items.c.title, items.c.date, items.c.arrived_at, items.c.retracted_at),
    func.coalesce(_SOURCE, "").label("source"),
    items.c.url,
)


class ListQueries(NamedTuple):
    """Statements on the items of a topic, or on all.

    `dated` and `undated` are ids, `members` ids with place and last change; all take `limit`, and
    `undated` is asked for what was listed at `listed_from` or later. `nth_change` is the run of the
    change at `offset` among those in `since` or later, the latest first; `changed` are the members
    changed in `since` or later, the newest `limit`, and `total` is how many there are.
    """

    dated: Select[str]
    undated: Select[str]
    members: Select[str, datetime, int]
    nth_change: Select[int]
    total: Select[int]
    changed: Select[str, datetime, int]


def by_few(column: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """The column, to sort by what another index has found: the planner, which cannot know that this
    is little, would go through all rows by the index of this one, so as not to sort."""
    return func.coalesce(column, column)


def _given(name: str) -> BindParameter[int]:
    return bindparam(name, type_=Integer)


def _list_queries(
    item_id: ColumnElement[str],
    listed_at: ColumnElement[datetime],
    changed_run: ColumnElement[int],
    belongs: ColumnElement[bool],
    has_date: ColumnElement[bool],
) -> ListQueries:
    changed = changed_run >= _given("since")
    members = select(item_id, listed_at, changed_run).where(belongs)
    newest_first, limit = (listed_at.desc(), item_id), _given("limit")
    ids = select(item_id).where(belongs).order_by(*newest_first).limit(limit)
    since = listed_at >= bindparam("listed_from", type_=Instant)
    return ListQueries(
        dated=ids.where(has_date),
        undated=ids.where(~has_date, since),
        members=members.order_by(*newest_first).limit(limit),
        nth_change=select(changed_run)
        .where(belongs, changed)
        .order_by(changed_run.desc())
        .limit(1)
        .offset(_given("offset")),
        total=select(func.count()).where(belongs, changed),
        changed=members.where(changed).order_by(by_few(listed_at).desc(), item_id).limit(limit),
    )


_OF_TOPIC = memberships.c.topic == bindparam("slug", type_=String)


EVERYTHING = _list_queries(
    items.c.id, items.c.listed_at, items.c.changed_run, ALONE, items.c.date.is_not(None)
)


TOPIC = _list_queries(
    memberships.c.item_id,
    memberships.c.listed_at,
    memberships.c.changed_run,
    _OF_TOPIC,
    memberships.c.month != "",
)


# The first of `TOPIC.dated`, of the topic of the row around this.
_NEWEST = (
    select(memberships.c.item_id)
    .where(memberships.c.topic == topics.c.slug, memberships.c.month != "")
    .order_by(memberships.c.listed_at.desc(), memberships.c.item_id)
    .limit(1)
    .correlate(topics)
    .scalar_subquery()
)


# The heads of a topic's items of some months: from `first` to `last`, as 2026-01.
OF_MONTHS = (
    select(*HEAD)
    .join(memberships, memberships.c.item_id == items.c.id)
    .where(
        _OF_TOPIC,
        memberships.c.month.between(
            bindparam("first", type_=String), bindparam("last", type_=String)
        ),
    )
    .order_by(by_few(memberships.c.listed_at).desc(), items.c.id)
)


# The same of a topic's items in some `languages`.
TOPIC_IN = _list_queries(
    memberships.c.item_id,
    memberships.c.listed_at,
    memberships.c.changed_run,
    and_(
        _OF_TOPIC,
        memberships.c.item_id.in_(
            select(items.c.id).where(
                items.c.id == memberships.c.item_id,
                items.c.language.in_(bindparam("languages", expanding=True)),
            )
        ),
    ),
    memberships.c.month != "",
)


# The same of everything, by the index of days: "2026-01" comes before all days of that month.
_ALL = select(*HEAD).where(ALONE).order_by(by_few(items.c.listed_at).desc(), items.c.id)
ALL_OF_MONTHS = _ALL.where(
    type_coerce(items.c.date, String).between(
        bindparam("first", type_=String), bindparam("last", type_=String) + "-31"
    )
)
ALL_UNDATED = _ALL.where(items.c.date.is_(None))


def queries_of(slug: str, *, spoken: bool = False) -> ListQueries:
    """The statements on a topic's items, in some languages if `spoken`; or (under "") on all."""
    if spoken:
        return TOPIC_IN
    return TOPIC if slug else EVERYTHING


_ARRIVAL = items.c.arrival


class ItemLists:
    """Items in the order of lists, newest first. No answer costs more than its own size.

    A topic is named by its slug; "" stands for everything.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def newest(self, slug: str, limit: int) -> tuple[str, ...]:
        """Ids of the newest items of a topic (under "" of all). What has no date comes after all
        that has one, the last to arrive first: when it came in is not when it happened."""
        given = {"slug": slug, "limit": limit}
        dated = tuple(self._db.scalars(queries_of(slug).dated, given).all())
        if len(dated) == limit:
            return dated
        return dated + self.undated(slug, limit - len(dated), BEFORE_ALL)

    def undated(self, slug: str, limit: int, since: datetime) -> tuple[str, ...]:
        """Ids of a topic's items without a date that arrived at `since` or later, last first."""
        given = {"slug": slug, "limit": limit, "listed_from": since}
        return tuple(self._db.scalars(queries_of(slug).undated, given).all())

    def selection(
        self,
        slug: str,
        *,
        first_run: int,
        limit: int,
        maximum: int,
        languages: Collection[str] | None = None,
    ) -> tuple[tuple[str, ...], int]:
        """What a feed holds: the newest `limit` members, and as many of the latest runs as it takes
        to bring `limit` changes, each run whole; of items in some `languages` (None: in all).

        `first_run` is the topic's first: it counts as no change. Returns what `combine` does.
        """
        # Here, since who only looks at the state publishes nothing.
        from tidings.core.feeds.model import combine

        ask, since = queries_of(slug, spoken=languages is not None), first_run + 1
        of: dict[str, object] = {"slug": slug}
        if languages is not None:
            of["languages"] = list(languages)
        newest = self._members(ask.members, of | {"limit": limit})
        last = of | {"since": since, "offset": limit - 1}
        since = self._db.scalar(ask.nth_change, last) or since
        changed = of | {"since": since}
        total = self._db.scalar(ask.total, changed) or 0
        latest = self._members(ask.changed, changed | {"limit": maximum})
        return combine(newest, latest, since=since, total=total, maximum=maximum)

    def languages(self, slug: str = "") -> Sequence[str]:
        """The languages that a topic's items (under "" all) are in, as they were told.

        Where there are several at all, this goes through the topic's items: 4 ms for 10,000.
        """
        everywhere = select(items.c.language).where(items.c.language.is_not(None)).distinct()
        if len(found := self._db.scalars(everywhere).all()) < 2:
            return found
        query = select(items.c.language).where(ALONE, items.c.language.is_not(None)).distinct()
        if slug:
            of_topic = memberships.c.topic == slug
            query = query.join(memberships, memberships.c.item_id == items.c.id).where(of_topic)
        return self._db.scalars(query.order_by(items.c.language)).all()

    def by_language(self) -> Mapping[str, int]:
        """How many items there are in each language, "und" for those that are not known."""
        tag, number = func.coalesce(items.c.language, UNKNOWN), func.count()
        query = select(tag, number).where(ALONE).group_by(tag).order_by(number.desc(), tag)
        return {row[0]: row[1] for row in self._db.execute(query)}

    def _members(self, query: Select[str, datetime, int], given: dict[str, object]) -> list[Member]:
        from tidings.core.feeds.model import Member

        return [
            Member(item_id, (-listed_at.timestamp(), item_id), run)
            for item_id, listed_at, run in self._db.execute(query, given).all()
        ]

    def heads(self, ids: Collection[str]) -> dict[str, ItemSummary]:
        """As much of items as links to them need, by id."""
        found = {}
        for portion in rows.chunks(ids):
            query = select(items.c.id, *HEAD).where(items.c.id.in_(portion))
            for row in self._db.execute(query).all():
                found[row.id] = _head(row)
        return found

    def of_year(self, slug: str, year: int | None) -> tuple[ItemSummary, ...]:
        """A topic's items of one year (under "" all), or (None) those without a date; newest
        first."""
        if year is None:
            return self._listed(slug, "", "")
        return self._listed(slug, f"{year:04d}-01", f"{year:04d}-12")

    def of_month(self, slug: str, month: tuple[int, int]) -> tuple[ItemSummary, ...]:
        """A topic's items of one month (under "" all), (year, 1 to 12); newest first."""
        name = f"{month[0]:04d}-{month[1]:02d}"
        return self._listed(slug, name, name)

    def _listed(self, slug: str, first: str, last: str) -> tuple[ItemSummary, ...]:
        between = {"slug": slug, "first": first, "last": last}
        query = OF_MONTHS if slug else ALL_OF_MONTHS if first else ALL_UNDATED
        return tuple(_head(row) for row in self._db.execute(query, between).all())

    def arrivals(self, ids: Collection[str]) -> Set[int]:
        """Of each of these items: how many had arrived with it. None is ever taken away."""
        found: set[int] = set()
        for portion in rows.chunks(ids):
            found.update(self._db.scalars(select(_ARRIVAL).where(items.c.id.in_(portion))))
        return found

    def last_arrival(self) -> int:
        """How many items have ever arrived, with those that were merged."""
        return self._db.scalar(select(func.max(_ARRIVAL)).select_from(items)) or 0

    def arrived(self, first: int, last: int) -> tuple[tuple[str, datetime], ...]:
        """The slugs of the items from the `first` that arrived to the `last`, in that order, each
        with its `updated`."""
        updated = func.coalesce(items.c.revised_at, items.c.listed_at, type_=Instant)
        here = _ARRIVAL.between(first, last)
        query = select(items.c.slug, updated).where(here, ALONE).order_by(_ARRIVAL)
        return tuple((slug, at) for slug, at in self._db.execute(query).all())

    def neighbours(self, ids: Collection[str]) -> Mapping[str, tuple[str | None, str | None]]:
        """The ids of the next newer and the next older item of each."""
        found = {}
        for portion in rows.chunks(ids):
            query = select(items.c.id, _beside(newer=True), _beside(newer=False)).where(
                items.c.id.in_(portion)
            )
            for item_id, newer, older in self._db.execute(query).all():
                found[item_id] = (newer, older)
        return found

    def census(self, slug: str) -> TopicCounts:
        """The figures of a topic (under "" of everything)."""
        return self.censuses([slug])[slug]

    def censuses(self, slugs: Collection[str]) -> dict[str, TopicCounts]:
        """The figures of several topics."""
        dated: dict[str, dict[tuple[int, int], int]] = defaultdict(dict)
        undated: dict[str, int] = {}
        for portion in rows.chunks(slugs):
            query = select(months.c.topic, months.c.month, months.c.total)
            here = query.where(months.c.topic.in_(portion), months.c.total > 0)
            for topic, month, count in self._db.execute(here).all():
                if key := _month(month):
                    dated[topic][key] = count
                else:
                    undated[topic] = count
        firsts = self._firsts(slugs)
        heads = self.heads(set(firsts.values()))
        return {
            slug: TopicCounts(
                total=undated.get(slug, 0) + sum(dated[slug].values()),
                undated=undated.get(slug, 0),
                months=dated[slug],
                newest=heads[firsts[slug]] if slug in firsts else None,
            )
            for slug in slugs
        }

    def _firsts(self, slugs: Collection[str]) -> Mapping[str, str]:
        """The id of the newest item of each topic that has any."""
        found: dict[str, str] = {}
        for portion in rows.chunks(slugs):
            query = select(topics.c.slug, _NEWEST).where(topics.c.slug.in_(portion))
            found |= {slug: first for slug, first in self._db.execute(query).all() if first}
        for slug in slugs:
            if slug not in found and (newest := self.newest(slug, 1)):
                found[slug] = newest[0]
        return found

    def recounted_since(self, run: int) -> Set[tuple[str, tuple[int, int] | None]]:
        """Topics with the months (None: the undated) whose items came or went after this run."""
        query = select(months.c.topic, months.c.month).where(months.c.touched_run > run)
        return {(topic, _month(month)) for topic, month in self._db.execute(query).all()}

    def corrected(self, limit: int) -> tuple[str, ...]:
        """Ids of the items revised or retracted last, the latest first."""
        latest: dict[str, datetime] = {}
        # What was only read otherwise may have an instant of revision, and no revision.
        told = or_(items.c.revision > 0, items.c.retracted_at.is_not(None))
        for column in (items.c.revised_at, items.c.retracted_at):
            query = select(items.c.id, column).where(column.is_not(None), told, ALONE)
            for item_id, at in self._db.execute(
                query.order_by(column.desc(), items.c.id).limit(limit)
            ):
                latest[item_id] = max(at, latest.get(item_id, at))
        ordered = sorted(latest, key=lambda item_id: (-latest[item_id].timestamp(), item_id))
        return tuple(ordered[:limit])


@lru_cache(maxsize=2_000)
def _month(name: str) -> tuple[int, int] | None:
    return (int(name[:4]), int(name[5:7])) if name else None


def _head(row: Sequence[Any]) -> ItemSummary:
    """From the columns of `HEAD`, which come last."""
    slug, title, day, arrived_at, retracted_at, source, url = row[-len(HEAD) :]
    return ItemSummary(slug, title, day, arrived_at, retracted_at is not None, source, url)


def _beside(*, newer: bool) -> ColumnElement[str]:
    """The id of the item next to that of the row around this, in the order of lists."""
    other, listed, item_id = items.alias(), items.c.listed_at, items.c.id
    if newer:
        near = other.c.listed_at >= listed
        apart = (other.c.listed_at > listed) | (other.c.id < item_id)
        query = select(other.c.id).order_by(other.c.listed_at, other.c.id.desc())
    else:
        near = other.c.listed_at <= listed
        apart = (other.c.listed_at < listed) | (other.c.id > item_id)
        query = select(other.c.id).order_by(other.c.listed_at.desc(), other.c.id)
    alone = other.c.merged_into.is_(None) & (other.c.retracted_quietly == 0)
    query = query.where(near, apart, alone).limit(1)
    return query.correlate(items).scalar_subquery()
