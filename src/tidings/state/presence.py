"""Who is there: on which list, and for each digest since when, and since when for which topics.

A list that shrinks suddenly is not believed: who was on it stays noted, so that nobody who vanished
counts as off it. Who is off all lists of a digest and comes back starts anew.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from tidings.core.audience import Presence, Times, Wanted
from tidings.state import rows
from tidings.state.columns import written
from tidings.state.schema import deliveries, listed, notes, subscriptions

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
