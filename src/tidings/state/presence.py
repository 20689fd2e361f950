"""Who is there: on which list, and for each digest since when, and since when for which topics.

A list that shrinks suddenly is not believed: who was on it stays noted, so that nobody who vanished
counts as off it. Who is off all lists of a digest and comes back starts anew.

Also up to where nothing of a digest is owed to somebody any more, so that opening an edition does
not go through years of editions. It holds until something of that changes. Triggers drop it when a
delivery of an older edition counts as had, or does so no more, when an announcement comes or goes
late, when items are merged and when addresses change; of items that changed, or joined a topic,
since that run the whole past is looked at anyway.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Set
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from tidings.core.audience import Presence, Times, Wanted, attending
from tidings.state import rows
from tidings.state.figures import Figures
from tidings.state.schema import (
    announcements,
    cleared,
    editions,
    items,
    listed,
    memberships,
    notes,
    owed_items,
    subscriptions,
    topics,
)

LIST_MARKS = "lists"
_ALL = "*"
_NONE: Mapping[str, Wanted] = MappingProxyType({})


class Presences:
    """Who is on lists, and since when somebody gets a digest."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

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
        row = self._db.execute(select(subscriptions).where(here)).first()
        return None if row is None else _presence_of(row)

    def keep(self, digest: str, key: str, presence: Presence) -> None:
        """Note since when somebody gets a digest."""
        values = {"digest": digest, "address_key": key, **_values(presence)}
        self._db.execute(rows.upsert(subscriptions), values)

    def attend(
        self,
        digest: str,
        wanted: Mapping[str, Wanted],
        at: datetime,
        vanished: Set[str] = frozenset(),
        items_in: Mapping[str, Wanted] = _NONE,
    ) -> dict[str, Presence]:
        """Note who gets a digest at an edition, by key with the topics that they want, and
        the languages of items (None: all).

        Returns since when it counts as theirs. Who got it and is not there now is off it, but for
        those who have only `vanished`.
        """
        query = select(subscriptions).where(subscriptions.c.digest == digest)
        known = {row.address_key: row for row in self._db.execute(query)}
        found: dict[str, Presence] = {}
        new, changed = list[dict[str, object]](), list[tuple[str, dict[str, object]]]()
        for key, chosen in wanted.items():
            row = known.get(key)
            before = None if row is None else _presence_of(row)
            found[key] = attending(before, chosen, at, items_in.get(key))
            if row is None:
                new.append({"digest": digest, "address_key": key, **_values(found[key])})
            elif found[key] != before or row.topics is None:
                changed.append((key, _values(found[key])))
        figures = Figures(self._db)
        moving = {str(row["address_key"]) for row in new} | {key for key, _ in changed}
        moving |= {key for key, row in known.items() if not row.off} - wanted.keys() - vanished
        before_them = figures.standing(digest, sorted(moving))
        if new:
            self._db.execute(insert(subscriptions), new)
        here = subscriptions.c.digest == digest
        if changed:
            one = here & (subscriptions.c.address_key == bindparam("key"))
            each = update(subscriptions).where(one).values({n: bindparam(n) for n in changed[0][1]})
            self._db.execute(each, [{"key": key, **values} for key, values in changed])
        gone = [key for key, row in known.items() if not row.off]
        off = set(gone) - wanted.keys() - vanished
        for portion in rows.chunks(sorted(off)):
            some = here & subscriptions.c.address_key.in_(portion)
            self._db.execute(update(subscriptions).where(some).values(off=1))
        figures.moved(digest, before_them, figures.standing(digest, sorted(moving)), at)
        return found


def _presence_of(row: Row[Any]) -> Presence:
    known = row.topics is not None
    return Presence(
        since=row.first_seen_at,
        returned=bool(row.returned),
        topics=_wanted(row.topics),
        times=_times(row.topics_since),
        off=bool(row.off),
        known=known,
        items_in=_wanted(row.items_in),
        language_times=_times(row.items_in_since),
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


class Clearance(NamedTuple):
    """Of editions `before` this one nothing was owed, as of a `run`, by `choices`."""

    before: int
    run: int
    choices: str


class Cleared:
    """Up to where nothing of a digest is owed to somebody any more."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def of(self, digest: str) -> Mapping[str, Clearance]:
        """What is noted of a digest, by address key."""
        c = cleared.c
        query = select(c.address_key, c.before_edition, c.run, c.choices).where(c.digest == digest)
        return {key: Clearance(*noted) for key, *noted in self._db.execute(query).all()}

    def note(self, digest: str, found: Mapping[str, Clearance]) -> None:
        """Note this of these people, in the place of what was noted."""
        if found:
            values = [
                {
                    "digest": digest,
                    "address_key": key,
                    "before_edition": each.before,
                    "run": each.run,
                    "choices": each.choices,
                }
                for key, each in found.items()
            ]
            self._db.execute(rows.upsert(cleared), values)

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
