"""Who is there: on which list, and for each digest since when, and since when for which topics.

The people on lists are rows, brought up to date when a list has changed, and asked for by key or in
portions, so that nobody has to hold all of them. A list is known by a fingerprint, which changes
with anything that decides what it says. Whoever is on several lists of a digest is described by the
first of them.

A list that shrinks suddenly is not believed: who was on it stays noted, so that nobody who vanished
counts as off it. Who is off all lists of a digest and comes back starts anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    true,
    update,
)

from tidings.core.audience import Presence, Times, Wanted
from tidings.model import Recipient, RecipientState
from tidings.state import rows
from tidings.state.columns import written
from tidings.state.schema import (
    announcements,
    deliveries,
    editions,
    items,
    listed,
    memberships,
    metadata,
    notes,
    owed_items,
    subscriptions,
    topics,
)

LIST_MARKS = "lists"
_ALL = "*"
# What is noted of a presence, in the order of `presence_of`.
_COLUMNS = (
    "first_seen_at",
    "off",
    "returned",
    "topics",
    "topics_since",
    "items_in",
    "items_in_since",
)


class Presences:
    """Who is on lists, and since when somebody gets a digest."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._written: dict[int, tuple[Presence, tuple[object, ...]]] = {}

    # --- Lists ------------------------------------------------------------------------------------

    def marks(self) -> dict[str, str]:
        """What each list was like when it was last looked at; "" for one that is not believed."""
        query = select(notes.c.value).where(notes.c.name == LIST_MARKS)
        found: dict[str, str] = json.loads(self._db.scalar(query) or "{}")
        return found

    def mark(self, marks: Mapping[str, str]) -> None:
        """Remember what the lists are like now."""
        value = json.dumps(dict(sorted(marks.items())))
        self._db.execute(rows.upsert(notes), {"name": LIST_MARKS, "value": value})

    def on(self, lists: Collection[str]) -> Set[str]:
        """The keys of those who were on these lists when they were last believed."""
        query = select(listed.c.address_key).where(listed.c.list.in_(lists))
        return set(self._db.scalars(query))

    def add(self, name: str, keys: Collection[str]) -> None:
        """Note who is on a list besides."""
        if keys:
            values = [{"list": name, "address_key": key} for key in sorted(keys)]
            self._db.execute(insert(listed), values)

    def drop(self, name: str, keys: Collection[str] | None = None) -> None:
        """Forget these people of a list, or (None) all of it."""
        here = listed.c.list == name
        if keys is None:
            self._db.execute(delete(listed).where(here))
            return
        for portion in rows.chunks(sorted(keys)):
            self._db.execute(delete(listed).where(here, listed.c.address_key.in_(portion)))

    # --- Digests ----------------------------------------------------------------------------------

    def of(self, digest: str, key: str) -> Presence | None:
        """Since when somebody gets a digest; None before their first edition."""
        here = (subscriptions.c.digest == digest) & (subscriptions.c.address_key == key)
        columns = (subscriptions.c[name] for name in _COLUMNS)
        row = self._db.execute(select(*columns).where(here)).first()
        return None if row is None else presence_of(*row)

    def keep(self, digest: str, key: str, presence: Presence) -> None:
        """Note since when somebody gets a digest."""
        values = {"digest": digest, "address_key": key, **_values(presence)}
        self._db.execute(rows.upsert(subscriptions), values)

    def come(
        self, digest: str, new: Mapping[str, Presence], changed: Mapping[str, Presence]
    ) -> None:
        """Note since when people get a digest, of whom nothing was noted, or another thing."""
        columns = ("digest", "address_key", *_COLUMNS)
        rows.pour(
            self._db,
            subscriptions,
            [(digest, key, *self._row(presence)) for key, presence in new.items()],
            columns,
        )
        if changed:
            here = subscriptions.c.digest == digest
            one = here & (subscriptions.c.address_key == bindparam("key"))
            each = update(subscriptions).where(one).values({n: bindparam(n) for n in _COLUMNS})
            values = [{"key": key, **_values(presence)} for key, presence in changed.items()]
            self._db.execute(each, values)

    def _row(self, presence: Presence) -> tuple[object, ...]:
        """The columns of a presence as the database has them: of many people they are the same."""
        found = self._written.get(id(presence))
        if found is None or found[0] is not presence:
            values = _values(presence) | {"first_seen_at": written(presence.since)}
            found = self._written[id(presence)] = presence, tuple(values.values())
        return found[1]

    def without_delivery(self, digest: str, edition_id: int) -> Iterator[Sequence[str]]:
        """In portions, the keys of those who get the digest as far as is noted, and have no
        delivery of an edition. What is noted of a portion's people meanwhile may be."""
        s, after = subscriptions.c, ""
        made = select(deliveries.c.id).where(
            deliveries.c.edition_id == edition_id, deliveries.c.address_key == s.address_key
        )
        query = select(s.address_key).where(s.digest == digest, s.off == 0, ~made.exists())
        while keys := self._db.scalars(
            query.where(s.address_key > after).order_by(s.address_key).limit(rows.CHUNK)
        ).all():
            after = keys[-1]
            yield keys

    def leave(self, digest: str, keys: Collection[str]) -> None:
        """Note that these people are on no list of a digest any more, nor have joined it."""
        here = subscriptions.c.digest == digest
        for portion in rows.chunks(sorted(keys)):
            some = here & subscriptions.c.address_key.in_(portion)
            self._db.execute(update(subscriptions).where(some).values(off=1))


def presence_of(
    since: datetime,
    off: int,
    returned: int,
    topics: str | None,
    topics_since: str,
    items_in: str,
    items_in_since: str,
) -> Presence:
    """A presence from its columns."""
    return Presence(
        since=since,
        returned=bool(returned),
        topics=_wanted(topics),
        times=_times(topics_since),
        off=bool(off),
        known=topics is not None,
        items_in=_wanted(items_in),
        language_times=_times(items_in_since),
    )


def _wanted(text: str | None) -> Wanted:
    return None if text in (None, _ALL) else tuple(text.split())


def _times(text: str) -> Times:
    noted: dict[str, str] = json.loads(text)
    return {each: datetime.fromisoformat(at) if at else None for each, at in noted.items()}


def _values(presence: Presence) -> dict[str, object]:
    return {
        "first_seen_at": presence.since,
        "off": int(presence.off),
        "returned": int(presence.returned),
        "topics": _text(presence.topics),
        "topics_since": _noted(presence.times),
        "items_in": _text(presence.items_in),
        "items_in_since": _noted(presence.language_times),
    }


def _text(wanted: Wanted) -> str:
    return _ALL if wanted is None else " ".join(wanted)


def _noted(times: Times) -> str:
    noted = {each: at.isoformat() if at else "" for each, at in times.items()}
    return json.dumps(dict(sorted(noted.items())))


# So many people are read or written at a time.
PORTION = 5_000
# In the place of a fingerprint: somebody decided something who may be one of those that are left
# out of the list, since their data was erased.
BACK = "?"
_MICROSECOND = timedelta(microseconds=1)

recipient_lists = Table(
    "recipient_lists",
    metadata,
    Column("name", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    # What was found out about it besides its people, as JSON.
    Column("found", String, nullable=False),
    # How many of its people are not among the rows, since their data was erased.
    Column("erased", Integer, nullable=False),
    Index("recipient_lists_without", "erased"),
)

recipients = Table(
    "recipients",
    metadata,
    Column("list", String, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("address_key", String, nullable=False),
    Column("address", String, nullable=False),
    Column("name", String, nullable=False),
    # Null for all topics, and for items in all languages.
    Column("topics", String),
    Column("language", String),
    Column("items_in", String),
    # Null, "everything", or a number of microseconds.
    Column("start", String),
    Column("paused", Integer, nullable=False),
    Column("shared", Integer),
    UniqueConstraint("list", "address_key"),
)


class KeptList(NamedTuple):
    """What stands in the state of a list besides its people: its fingerprint, what was found out
    about it, and how many are left out since their data was erased."""

    fingerprint: str
    found: str
    erased: int


class Recipients:
    """The people on lists."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def fingerprints(self) -> Mapping[str, str]:
        """The fingerprint of each list as its people stand here."""
        return {name: kept.fingerprint for name, kept in self.kept().items()}

    def kept(self) -> Mapping[str, KeptList]:
        """What stands here of each list besides its people."""
        return {row.name: KeptList(*row[1:]) for row in self._db.execute(select(recipient_lists))}

    def replace(
        self,
        name: str,
        fingerprint: str,
        found: str,
        people: Iterable[Recipient],
        erased: Callable[[Recipient], bool],
    ) -> None:
        """Let a list be what it is now, but for those whose data was erased. Of two people with one
        address, the first is on it."""
        self._db.execute(delete(recipients).where(recipients.c.list == name))
        counted, gone = enumerate(people), 0
        while portion := tuple(islice(counted, PORTION)):
            values = [_row_of(name, at, person) for at, person in portion if not erased(person)]
            gone += len(portion) - len(values)
            rows.pour(self._db, recipients, values, passing_over=True)
        kept = {"name": name, "fingerprint": fingerprint, "found": found, "erased": gone}
        self._db.execute(rows.upsert(recipient_lists), kept)

    def keep_only(self, names: Collection[str]) -> None:
        """Forget all lists but these."""
        for table, name in (
            (recipients, recipients.c.list),
            (recipient_lists, recipient_lists.c.name),
        ):
            self._db.execute(delete(table).where(name.not_in(names) if names else true()))

    def of(self, lists: Sequence[str], keys: Collection[str]) -> dict[str, Recipient]:
        """Those of these people who are on any of these lists, by key."""
        ranks = {name: rank for rank, name in enumerate(lists)}
        found: dict[str, tuple[int, Recipient]] = {}
        for portion in rows.chunks(keys):
            query = select(recipients).where(
                recipients.c.address_key.in_(portion), recipients.c.list.in_(lists)
            )
            for row in self._db.execute(query):
                rank = ranks[row.list]
                if row.address_key not in found or rank < found[row.address_key][0]:
                    found[row.address_key] = rank, recipient_of(row)
        return {key: person for key, (_, person) in found.items()}

    def all_of(self, name: str) -> Iterator[Recipient]:
        """The people on a list, in its order."""
        after = -1
        while True:
            query = (
                select(recipients)
                .where(recipients.c.list == name, recipients.c.position > after)
                .order_by(recipients.c.position)
                .limit(PORTION)
            )
            found = self._db.execute(query).all()
            if not found:
                return
            after = found[-1].position
            yield from map(recipient_of, found)

    def count(self, name: str) -> int:
        """How many people are on a list."""
        query = select(func.count()).where(recipients.c.list == name)
        return self._db.scalar(query) or 0

    def forget(self, key: str) -> None:
        """Forget somebody whose data is erased, whatever lists go on to say."""
        # By the names of lists, since people are found by list and key.
        every = select(recipient_lists.c.name)
        here = recipients.c.list.in_(every), recipients.c.address_key == key
        naming = self._db.scalars(select(recipients.c.list).where(*here)).all()
        self._db.execute(delete(recipients).where(*here))
        without = update(recipient_lists).where(recipient_lists.c.name.in_(naming))
        self._db.execute(without.values(erased=recipient_lists.c.erased + 1))

    def let_back(self) -> None:
        """Have those lists read again of which people are left out: one of them may be back."""
        without = recipient_lists.c.erased > 0
        self._db.execute(update(recipient_lists).where(without).values(fingerprint=BACK))

    # --- Against who was on a list when it was last believed --------------------------------------

    def known(self, name: str) -> int:
        """How many people were on a list when it was last believed."""
        return self._db.scalar(select(func.count()).where(listed.c.list == name)) or 0

    def lost(self, name: str) -> int:
        """How many of them are not on it now."""
        return self._db.scalar(select(func.count()).select_from(listed).where(_off(name))) or 0

    def drop_lost(self, name: str) -> None:
        """Forget that they were."""
        self._db.execute(delete(listed).where(_off(name)))

    def note_all(self, name: str) -> None:
        """Note who is on a list now besides those who were."""
        r = recipients.c
        same = listed.c.address_key == r.address_key
        noted = select(listed.c.list).where(listed.c.list == name, same)
        new = select(r.list, r.address_key).where(r.list == name, ~noted.exists())
        self._db.execute(listed.insert().from_select(["list", "address_key"], new))


def _off(name: str) -> ColumnElement[bool]:
    r = recipients.c
    on = select(r.list).where(r.list == name, r.address_key == listed.c.address_key)
    return (listed.c.list == name) & ~on.exists()


def recipient_of(row: Any) -> Recipient:
    """A recipient from its row."""
    return Recipient(
        address=row.address,
        name=row.name,
        topics=wanted_of(row.topics),
        language=row.language,
        start=start_of(row.start),
        state=RecipientState.PAUSED if row.paused else RecipientState.ACTIVE,
        shared=None if row.shared is None else bool(row.shared),
        items_in=wanted_of(row.items_in),
    )


def wanted_of(written: str | None) -> tuple[str, ...] | None:
    """Topics or languages from their column."""
    return None if written is None else tuple(written.split())


def start_of(written: str | None) -> timedelta | Literal["everything"] | None:
    """From which editions on somebody is to get mail, from its column."""
    if written is None or written == "everything":
        return "everything" if written else None
    return int(written) * _MICROSECOND


def _row_of(name: str, position: int, person: Recipient) -> tuple[object, ...]:
    start = person.start
    return (
        name,
        position,
        person.key,
        person.address,
        person.name,
        None if person.topics is None else " ".join(person.topics),
        person.language,
        None if person.items_in is None else " ".join(person.items_in),
        str(start // _MICROSECOND) if isinstance(start, timedelta) else start,
        int(person.state is RecipientState.PAUSED),
        None if person.shared is None else int(person.shared),
    )


# --- Up to where nothing of a digest is owed to somebody any more ---------------------------------

# So that an opening need not go through all that they ever had. Triggers of the database drop what
# is noted when a delivery counts otherwise, something is announced late, an item is merged or told
# in another language, or an address changes.
cleared = Table(
    "cleared",
    metadata,
    Column("digest", String, primary_key=True),
    Column("address_key", String, primary_key=True),
    Column("before_edition", Integer, nullable=False),
    Column("run", Integer, nullable=False),
    Column("choices", String, nullable=False),
    Index("cleared_by_address", "address_key"),
    Index("cleared_by_edition", "digest", "before_edition"),
)


class Clearance(NamedTuple):
    """Of editions `before` this one nothing was owed, as of a `run`, by `choices`."""

    before: int
    run: int
    choices: str


class Cleared:
    """Up to where nothing of a digest is owed to somebody any more, and what decides that."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def note(self, digest: str, found: Mapping[str, Clearance]) -> None:
        """Note this of these people, in the place of what was noted."""
        values = [(digest, key, *each) for key, each in found.items()]
        rows.pour(self._db, cleared, values, replacing=True)

    def drop(self) -> None:
        """Forget all of it: the next edition of each digest looks at everything."""
        self._db.execute(delete(cleared))

    def recent(self, digest: str, edition_id: int, count: int) -> Set[int]:
        """The ids of an edition and of those of the same digest before it, so many in all."""
        query = select(editions.c.id).where(
            editions.c.digest == digest,
            editions.c.id <= edition_id,
            editions.c.number.is_not(None),
        )
        return set(self._db.scalars(query.order_by(editions.c.number.desc()).limit(count)))

    def first_since(self, digest: str, since: datetime) -> int:
        """The id of the first of a digest's editions that were opened then or later; 0 if there is
        none. A clock may have been ahead: ids tell which came first."""
        query = select(func.min(editions.c.id)).where(
            editions.c.digest == digest, editions.c.opened_at >= since
        )
        return self._db.scalar(query) or 0

    def unsettled(self, digest: str, before: int, run: int | None) -> Collection[str]:
        """The items of which a digest may owe something to whom nothing was owed `before` an
        edition, as of a `run`: announced in it or later, changed since, or in a topic since; (None)
        only the first."""
        later = select(editions.c.id).where(editions.c.id >= before, editions.c.digest == digest)
        announced = select(announcements.c.item_id).where(announcements.c.edition_id.in_(later))
        found = set(self._db.scalars(announced))
        if run is None:
            return found
        touched = select(items.c.id).where(items.c.touched_run >= run)
        joined = select(memberships.c.item_id).where(
            memberships.c.topic.in_(select(topics.c.slug)), memberships.c.changed_run >= run
        )
        return found | set(self._db.scalars(touched)) | set(self._db.scalars(joined))

    def sets_with(
        self, item_ids: Collection[str], merged: Mapping[str, tuple[str, int]]
    ) -> Set[int]:
        """The owed sets that have any of these items, or one that was `merged` into any, directly
        or not."""
        wanted = set(item_ids)
        for item_id in merged:
            passed, at = {item_id}, item_id
            while at in merged:
                at = merged[at][0]
                passed |= {at}
            if not wanted.isdisjoint(passed):
                wanted |= passed
        found = set[int]()
        for portion in rows.chunks(sorted(wanted)):
            query = select(owed_items.c.owed_set).where(owed_items.c.item_id.in_(portion))
            found.update(self._db.scalars(query.distinct()))
        return found
