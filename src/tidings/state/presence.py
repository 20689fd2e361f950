"""Who is there: on which list, and for each digest since when, and since when for which topics.

A list that shrinks suddenly is not believed: who was on it stays noted, so that nobody who vanished
counts as off it. Who is off all lists of a digest and comes back starts anew.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Set
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from tidings.core.audience import Presence, attending
from tidings.state import rows
from tidings.state.figures import Figures
from tidings.state.schema import listed, notes, subscriptions

LIST_MARKS = "lists"
_ALL = "*"


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

    def attend(
        self,
        digest: str,
        wanted: Mapping[str, tuple[str, ...] | None],
        at: datetime,
        vanished: Set[str] = frozenset(),
    ) -> dict[str, Presence]:
        """Note who gets a digest at an edition, by key with the topics that they want (None: all).

        Returns since when it counts as theirs. Who got it and is not there now is off it, but for
        those who have only `vanished`.
        """
        query = select(subscriptions).where(subscriptions.c.digest == digest)
        known = {row.address_key: row for row in self._db.execute(query)}
        found: dict[str, Presence] = {}
        new, changed = list[dict[str, object]](), list[tuple[str, dict[str, object]]]()
        for key, topics in wanted.items():
            row = known.get(key)
            before = None if row is None else _presence_of(row)
            found[key] = attending(before, topics, at)
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
    topics = None if row.topics in (None, _ALL) else tuple(row.topics.split())
    times = {
        topic: datetime.fromisoformat(at) if at else None
        for topic, at in json.loads(row.topics_since).items()
    }
    return Presence(row.first_seen_at, bool(row.returned), topics, times, bool(row.off), known)


def _values(presence: Presence) -> dict[str, object]:
    times = {topic: at.isoformat() if at else "" for topic, at in presence.times.items()}
    return {
        "first_seen_at": presence.since,
        "off": int(presence.off),
        "returned": int(presence.returned),
        "topics": _ALL if presence.topics is None else " ".join(presence.topics),
        "topics_since": json.dumps(dict(sorted(times.items()))),
    }
