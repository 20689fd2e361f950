"""Items, their revisions, and each source's own last text of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from datetime import date, datetime

from sqlalchemy import Connection, Select, delete, func, insert, select, union, update

from tidings.adapters.store import rows
from tidings.adapters.store.schema import items, revisions, sightings
from tidings.adapters.store.window import window
from tidings.core.pages import Census
from tidings.core.selection import Member
from tidings.model import Changes, Item, Revision, Sighting


class Items:
    """The `Items` port inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def get(self, ids: Collection[str]) -> dict[str, Item]:
        """Whole items, with history and sources, by id."""
        found: dict[str, Item] = {}
        for portion in rows.chunks(ids):
            history: dict[str, list[Revision]] = defaultdict(list)
            for row in self._db.execute(
                select(revisions)
                .where(revisions.c.item_id.in_(portion))
                .order_by(revisions.c.item_id, revisions.c.number)
            ):
                history[row.item_id].append(rows.revision_of(row))
            sources: dict[str, list[Sighting]] = defaultdict(list)
            for row in self._db.execute(
                select(sightings)
                .where(sightings.c.item_id.in_(portion))
                .order_by(sightings.c.first_seen_at, sightings.c.path)
            ):
                sources[row.item_id].append(rows.sighting_of(row))
            for row in self._db.execute(select(items).where(items.c.id.in_(portion))):
                found[row.id] = rows.item_of(row, history[row.id], sources[row.id])
        return found

    def titled(self, keys: Collection[str]) -> dict[str, Item]:
        """Items that have, or one of whose sources has, one of these normalised titles."""
        ids: set[str] = set()
        for portion in rows.chunks(keys):
            ids.update(
                self._db.scalars(
                    union(
                        select(items.c.id).where(items.c.title_key.in_(portion)),
                        select(sightings.c.item_id).where(sightings.c.title_key.in_(portion)),
                    )
                )
            )
        return self.get(ids)

    def taken_ids(self, ids: Collection[str]) -> Set[str]:
        """Which of these ids are in use."""
        taken: set[str] = set()
        for portion in rows.chunks(ids):
            taken.update(self._db.scalars(select(items.c.id).where(items.c.id.in_(portion))))
        return taken

    def taken_instants(self, days: Collection[date]) -> Mapping[date, Set[datetime]]:
        """The `published` instants in use on each of these days."""
        taken: dict[date, set[datetime]] = {day: set() for day in days}
        for portion in rows.chunks(days):
            for row in self._db.execute(
                select(items.c.date, items.c.published).where(items.c.date.in_(portion))
            ):
                taken[row.date].add(row.published)
        return taken

    def undated_at(self, arrived_at: datetime) -> int:
        """The first rank that is free among the undated items that arrived at this instant."""
        newest = self._db.scalar(
            select(func.max(items.c.arrival_rank)).where(
                items.c.listed_at <= arrived_at,
                items.c.arrived_at == arrived_at,
                items.c.date.is_(None),
            )
        )
        return 0 if newest is None else newest + 1

    def record(self, path: str, changes: Changes, run: int) -> None:
        """Save what changed, note what was touched, and the path's sightings as they stand."""
        if changes.new:
            stamps = {"changed_run": run, "touched_run": run}
            self._db.execute(
                insert(items), [rows.item_values(item) | stamps for item in changes.new]
            )
        for item in (*changes.revised, *changes.retracted):
            self._update(item, {"changed_run": run, "touched_run": run})
        for item in changes.filled:
            self._update(item, {"touched_run": run})
        for portion in rows.chunks(item.id for item in changes.reread):
            here = items.c.id.in_(portion)
            self._db.execute(update(items).where(here).values(touched_run=run))
        self._save_current_revisions(
            (*changes.new, *changes.revised, *changes.retracted, *changes.filled)
        )
        self._db.execute(delete(sightings).where(sightings.c.path == path))
        if changes.sightings:
            self._db.execute(
                insert(sightings), [rows.sighting_values(s) for s in changes.sightings]
            )

    def _update(self, item: Item, stamps: dict[str, object]) -> None:
        values = rows.item_values(item) | stamps
        self._db.execute(update(items).where(items.c.id == item.id).values(values))

    def _save_current_revisions(self, changed: Iterable[Item]) -> None:
        values = []
        for item in changed:
            revision = item.history[-1]
            self._db.execute(
                delete(revisions).where(
                    revisions.c.item_id == item.id, revisions.c.number == revision.number
                )
            )
            values.append(
                {
                    "item_id": item.id,
                    "number": revision.number,
                    **rows.text_values(revision.text),
                    "at": revision.at,
                    "path": revision.path,
                }
            )
        if values:
            self._db.execute(insert(revisions), values)

    def sightings(self, path: str) -> tuple[Sighting, ...]:
        """What a path says, or said, of each item that it carried."""
        found = self._db.execute(
            select(sightings).where(sightings.c.path == path).order_by(sightings.c.position)
        )
        return tuple(rows.sighting_of(row) for row in found)

    def newest(self, limit: int) -> tuple[Item, ...]:
        """The newest items by publication or arrival."""
        ids = self._db.scalars(
            select(items.c.id).order_by(items.c.listed_at.desc(), items.c.id).limit(limit)
        ).all()
        found = self.get(ids)
        return tuple(found[item_id] for item_id in ids)

    def members(self) -> Iterator[Member]:
        """Every item's place among all."""
        return member_rows(self._db, select(items.c.id, items.c.listed_at, items.c.changed_run))

    def feed_members(self, first_run: int, limit: int) -> Iterator[Member]:
        """The places among all that decide what a feed of so many entries holds."""
        touched = items.c.touched_run
        places = select(items.c.id, items.c.listed_at, items.c.changed_run, touched)
        return window(self._db, places, touched.expression, first_run, limit)

    def census(self) -> Census:
        """The figures of all items."""
        return census(self._db, select(items.c.id))

    def changed_since(self, run: int) -> tuple[str, ...]:
        """Ids of items touched by a run after this one."""
        return tuple(self._db.scalars(select(items.c.id).where(items.c.touched_run > run)))

    def all(self) -> Iterator[Item]:
        """Every item, a portion in memory at a time."""
        for portion in rows.chunks(self._db.scalars(select(items.c.id)).all()):
            yield from self.get(portion).values()


def member_rows(db: Connection, query: Select[str, datetime, int]) -> Iterator[Member]:
    """Members from (id, listed at, changed run)."""
    for row in db.execute(query):
        yield Member(row[0], (-row[1].timestamp(), row[0]), row[2])


def census(db: Connection, ids: Select[str]) -> Census:
    """Count the items with these ids, and find the newest."""
    chosen = items.c.id.in_(ids)
    month = func.substr(items.c.date, 1, 7)
    months: dict[tuple[int, int], int] = {}
    undated = 0
    for shown, count in db.execute(select(month, func.count()).where(chosen).group_by(month)):
        if shown is None:
            undated = count
        else:
            months[int(shown[:4]), int(shown[5:7])] = count
    newest_id = db.scalar(
        select(items.c.id).where(chosen).order_by(items.c.listed_at.desc(), items.c.id).limit(1)
    )
    newest = Items(db).get([newest_id])[newest_id] if newest_id else None
    return Census(undated + sum(months.values()), undated, months, newest)
