"""Items, their revisions, each source's own last text of them, and what editors decided on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    distinct,
    exists,
    func,
    insert,
    or_,
    select,
    union,
    update,
)

from tidings.model import (
    Changes,
    Decision,
    DecisionKind,
    Item,
    NearMiss,
    Revision,
    SeedRef,
    SourceEntry,
)
from tidings.state import rows
from tidings.state.schema import decisions, items, near_misses, revisions, sightings, vanished

_COLUMNS = [
    c.name
    for c in items.columns
    if c.name
    not in ("id", "slug", "arrival", "merged_into", "merged_revision", "changed_run", "touched_run")
    and c.name != "language"
]
_UPDATE = (
    update(items)
    .where(items.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in _COLUMNS} | {"touched_run": bindparam("run")})
)
_UPDATE_TOLD = _UPDATE.values(changed_run=bindparam("run"))
_UNDOING = delete(revisions).where(
    revisions.c.item_id == bindparam("item"), revisions.c.number >= bindparam("from")
)


class ItemEdits:
    """Items to be saved, each once and as it is in the end, whatever was done to it in between.

    `inserted` and `updated` tell of each whether readers are told; `touched` are ids of items that
    stay as they are, and are carried by a file for the first time; `from_revision` is by id the
    number of the first revision that is to be written.
    """

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.inserted: dict[str, bool] = {}
        self.updated: dict[str, bool] = {}
        self.touched: set[str] = set()
        self.from_revision: dict[str, int] = {}

    def add(self, changes: Changes) -> None:
        """Take up what changed. An item that is `added` is no news: a feed has it only where its
        date puts it among its newest."""
        for item in changes.new:
            self._put(item, new=True, told=True)
        for item in (*changes.revised, *changes.retracted):
            self._put(item, new=False, told=True)
        for item in changes.added:
            self._put(item, new=True, told=False)
        for item in (*changes.filled, *changes.replaced, *changes.dropped):
            self._put(item, new=False, told=False)
        self.touched.update(item.id for item in changes.reread)

    def _put(self, item: Item, *, new: bool, told: bool) -> None:
        self.items[item.id] = item
        of = self.inserted if new or item.id in self.inserted else self.updated
        of[item.id] = of.get(item.id, False) or told
        number = item.history[-1].number
        self.from_revision[item.id] = min(number, self.from_revision.get(item.id, number))


class Items:
    """Items, their revisions, and what each source says of them."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def get(self, ids: Collection[str]) -> dict[str, Item]:
        """Whole items, with history and sources, by id."""
        found: dict[str, Item] = {}
        for portion in rows.chunks(ids):
            history: dict[str, list[Revision]] = defaultdict(list)
            said = select(*rows.REVISION).where(revisions.c.item_id.in_(portion))
            in_order = said.order_by(revisions.c.item_id, revisions.c.number)
            for row in self._db.execute(in_order).all():
                history[row[0]].append(rows.revision_of(row))
            sources = self._sources(portion)
            query = select(*rows.ITEM).where(items.c.id.in_(portion))
            for row in self._db.execute(query).all():
                found[row[0]] = rows.item_of(row, history[row[0]], sources[row[0]])
        return found

    def _sources(self, ids: Sequence[str]) -> Mapping[str, list[SourceEntry]]:
        """What is said of each of these items, and of those that were merged into it."""
        leads_to: dict[str, str] = {}
        asked = set(ids)
        below: Collection[str] = ids
        while below:
            away = select(items.c.id, items.c.merged_into).where(items.c.merged_into.in_(below))
            found = {each.id: str(each.merged_into) for each in self._db.execute(away)}
            below = found.keys() - leads_to.keys()
            leads_to.update(found)
        stands_for: dict[str, list[str]] = {}
        for item_id in asked | leads_to.keys():
            line = [item_id]
            while line[-1] in leads_to:
                line.append(leads_to[line[-1]])
            stands_for[item_id] = [each for each in line if each in asked]
        sources: dict[str, list[SourceEntry]] = defaultdict(list)
        for portion in rows.chunks(stands_for):
            query = select(*rows.SIGHTING).where(sightings.c.item_id.in_(portion))
            in_order = query.order_by(sightings.c.first_seen_at, sightings.c.path)
            for row in self._db.execute(in_order).all():
                sighting = rows.sighting_of(row)
                for item_id in stands_for[sighting.item_id]:
                    sources[item_id].append(sighting)
        return sources

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

    def known_by(self, guids: Collection[str]) -> Set[str]:
        """The ids of the items that some source knows by one of these guids."""
        ids: set[str] = set()
        for portion in rows.chunks(guids):
            query = select(sightings.c.item_id).where(sightings.c.guid.in_(portion))
            ids.update(self._db.scalars(query))
        return ids

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

    def moments(self, since: datetime) -> Set[datetime]:
        """The instants from this one on that entries of feeds bear, or bore, as `updated`."""
        columns = items.c.listed_at, items.c.revised_at
        queries = (select(column.label("at")).where(column >= since) for column in columns)
        return set(self._db.scalars(union(*queries)))

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

    def tell_languages(self, languages: Mapping[str, str]) -> None:
        """Note which language each of these items is in, "und" where that is not known."""
        told = update(items).where(items.c.id == bindparam("key"))
        given = [{"key": item_id, "tag": tag} for item_id, tag in languages.items()]
        if given:
            self._db.execute(told.values(language=bindparam("tag")), given)

    def save(self, edits: ItemEdits, run: int) -> None:
        """Save items, each by one row of one statement, and the texts that they have now."""
        all_items, arrival = edits.items, self._last_arrival()
        inserted = [
            rows.item_values(all_items[item_id])
            | {"changed_run": run if told else 0, "touched_run": run, "arrival": arrival + at}
            for at, (item_id, told) in enumerate(edits.inserted.items(), start=1)
        ]
        if inserted:
            self._db.execute(insert(items), inserted)
        for told, statement in ((True, _UPDATE_TOLD), (False, _UPDATE)):
            updated = [
                rows.item_values(all_items[item_id]) | {"key": item_id, "run": run}
                for item_id, each in edits.updated.items()
                if each is told
            ]
            if updated:
                self._db.execute(statement, updated)
        for portion in rows.chunks(edits.touched - edits.items.keys()):
            here = items.c.id.in_(portion)
            self._db.execute(update(items).where(here).values(touched_run=run))
        outdated = [
            {"item": item_id, "from": number}
            for item_id, number in edits.from_revision.items()
            if item_id not in edits.inserted
        ]
        if outdated:
            self._db.execute(_UNDOING, outdated)
        texts = [
            rows.revision_values(item_id, revision)
            for item_id, number in edits.from_revision.items()
            for revision in all_items[item_id].history
            if revision.number >= number
        ]
        if texts:
            self._db.execute(insert(revisions), texts)

    def _last_arrival(self) -> int:
        return self._db.scalar(select(func.max(items.c.arrival))) or 0

    def amend(self, changes: Changes, run: int) -> None:
        """Save what changed in items, whatever their files say."""
        edits = ItemEdits()
        edits.add(changes)
        self.save(edits, run)

    def save_entries(self, entries: Mapping[str, Sequence[SourceEntry]]) -> None:
        """Save what each of these paths says, in the place of what it said."""
        for portion in rows.chunks(entries):
            self._db.execute(delete(sightings).where(sightings.c.path.in_(portion)))
        values = [rows.sighting_values(each) for path in entries for each in entries[path]]
        if values:
            self._db.execute(insert(sightings), values)

    def said_differently(self) -> dict[str, Item]:
        """Items of which several files carry texts that differ in title, date or summary."""
        s = sightings.c
        differs = (func.count(distinct(part)) > 1 for part in (s.title_key, s.date, s.summary))
        # What one file alone has is found by an index, and there is no need to look at its texts.
        several = select(s.item_id).group_by(s.item_id).having(func.count() > 1)
        carried = select(s.item_id).where(s.position.is_not(None), s.item_id.in_(several))
        ids = self._db.scalars(carried.group_by(s.item_id).having(func.count() > 1, or_(*differs)))
        return self.get(ids.all())

    def entries(self, paths: Collection[str]) -> dict[str, tuple[SourceEntry, ...]]:
        """By path what it says, or said, of each item that it carried; a path without any is left
        out."""
        found: dict[str, list[SourceEntry]] = defaultdict(list)
        for portion in rows.chunks(paths):
            query = select(*rows.SIGHTING).where(sightings.c.path.in_(portion))
            for row in self._db.execute(query.order_by(sightings.c.position)).all():
                entry = rows.sighting_of(row)
                found[entry.ref.path].append(entry)
        return {path: tuple(entries) for path, entries in found.items()}

    # --- By name ------------------------------------------------------------------------------

    def named(self, beginning: str, limit: int) -> tuple[str, ...]:
        """Ids of items whose id or slug begins so, at most so many; a whole name alone."""
        whole = select(items.c.id).where(or_(items.c.id == beginning, items.c.slug == beginning))
        exact = self._db.scalars(whole.limit(1)).first()
        if exact or not beginning:
            return (exact,) if exact else ()
        end = beginning[:-1] + chr(ord(beginning[-1]) + 1)
        found = {
            item_id
            for name in (items.c.id, items.c.slug)
            for item_id in self._db.scalars(
                select(items.c.id).where(name >= beginning, name < end).order_by(name).limit(limit)
            )
        }
        return tuple(sorted(found))[:limit]

    def reminding_of(self, words: Sequence[str], limit: int) -> tuple[str, ...]:
        """Ids of the newest items whose slug has all of these words, in part or in whole."""
        having = [items.c.slug.contains(word, autoescape=True) for word in words]
        query = select(items.c.id).where(*having).order_by(items.c.listed_at.desc(), items.c.id)
        return tuple(self._db.scalars(query.limit(limit)))

    def titles_on(self, days: Collection[date]) -> tuple[tuple[str, str, date], ...]:
        """(id, normalised title, day) of what these days have, in the order of arrival; what was
        merged or retracted is left out."""
        found: list[tuple[str, str, date]] = []
        for portion in rows.chunks(days):
            query = select(items.c.id, items.c.title_key, items.c.date).where(
                items.c.date.in_(portion),
                items.c.merged_into.is_(None),
                items.c.retracted_at.is_(None),
            )
            found += (tuple(row) for row in self._db.execute(query.order_by(items.c.arrival)).all())
        return tuple(found)

    # --- Decisions ----------------------------------------------------------------------------

    def dated_outside(self, first: date, last: date) -> tuple[tuple[SeedRef, date | None], ...]:
        """The place and the day of all entries of those files of which one that stands there has a
        day before `first` or after `last`."""
        s = sightings.c
        beyond = or_(s.date < first, s.date > last)
        odd = select(items.c.id).where(or_(items.c.date < first, items.c.date > last))
        paths = select(s.path).where(s.item_id.in_(odd), beyond, s.position.is_not(None))
        query = select(s.path, s.line, s.date).where(s.path.in_(paths), s.position.is_not(None))
        found = self._db.execute(query.order_by(s.path, s.position))
        return tuple((SeedRef(row.path, row.line), row.date) for row in found)

    def merge(self, item_id: str, into: str | None, revision: int | None, run: int) -> None:
        """Let an item lead to another from now on, or (None) stand for itself again.

        `revision` is that of the other which counts as had by whoever had this one.
        """
        away = {"merged_into": into, "merged_revision": revision, "touched_run": run}
        self._db.execute(update(items).where(items.c.id == item_id).values(away))

    def hand_over(self, path: str, from_id: str, to_id: str) -> None:
        """What that file says of one item, it says of another."""
        self._db.execute(
            update(sightings)
            .where(sightings.c.path == path, sightings.c.item_id == from_id)
            .values(item_id=to_id)
        )

    def retracted(self, *, quietly: bool = True) -> Set[str]:
        """Ids of all items that are retracted, with or without those that are so quietly."""
        query = select(items.c.id).where(items.c.retracted_at.is_not(None))
        if not quietly:
            query = query.where(items.c.retracted_quietly == 0)
        return set(self._db.scalars(query))

    # --- What is gone from its files ----------------------------------------------------------

    def vanish(self, ids: Collection[str]) -> None:
        """Note that entries of these items are gone from a file that takes back what it drops."""
        if ids:
            values = [{"item_id": item_id} for item_id in sorted(ids)]
            self._db.execute(rows.insert_new(vanished), values)

    def vanished(self) -> tuple[str, ...]:
        """The ids so noted, by which the notes are gone."""
        ids = tuple(self._db.scalars(select(vanished.c.item_id).order_by(vanished.c.item_id)))
        if ids:
            self._db.execute(delete(vanished))
        return ids

    def lose(self, path: str) -> tuple[str, ...]:
        """Note that a file is gone with all its entries; returns the ids of what stood in it."""
        here = (sightings.c.path == path, sightings.c.position.is_not(None))
        ids = tuple(self._db.scalars(select(sightings.c.item_id).where(*here)))
        self._db.execute(update(sightings).where(*here).values(position=None))
        return ids

    # --- All of them --------------------------------------------------------------------------

    def changed_since(self, run: int) -> tuple[str, ...]:
        """Ids of items touched by a run after this one."""
        return tuple(self._db.scalars(select(items.c.id).where(items.c.touched_run > run)).all())

    def all(self) -> Iterator[Item]:
        """Every item, a portion in memory at a time."""
        for portion in rows.chunks(self._db.scalars(select(items.c.id)).all()):
            yield from self.get(portion).values()


class Decisions:
    """Decisions, standing and undone, and suggestions for some."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, decision: Decision) -> None:
        """Put a decision on record; its id is given here."""
        self._db.execute(
            insert(decisions).values(
                verdict=decision.verdict.value,
                item_id=decision.item_id,
                other_id=decision.other_id,
                path=decision.path,
                at=decision.at,
                by=decision.by,
                reason=decision.reason,
                memo=decision.memo,
                undone_by="",
            )
        )

    def of(self, item_ids: Collection[str]) -> tuple[Decision, ...]:
        """Every decision that concerns one of these items, undone ones too, in their order."""
        found: dict[int, Decision] = {}
        for portion in rows.chunks(item_ids):
            query = select(decisions).where(
                or_(decisions.c.item_id.in_(portion), decisions.c.other_id.in_(portion))
            )
            found.update({row.id: _decision_of(row) for row in self._db.execute(query)})
        return tuple(found[key] for key in sorted(found))

    def undo(self, decision_id: int, at: datetime, by: str) -> None:
        """Note that a decision no longer stands."""
        undone = {"undone_at": at, "undone_by": by}
        self._db.execute(update(decisions).where(decisions.c.id == decision_id).values(undone))

    def suggest(self, near: Iterable[NearMiss]) -> None:
        """Remember pairs of items that somebody should look at; known pairs stay as they are."""
        values = [
            {"new_id": each.new_id, "known_id": each.known_id, "why": each.why, "at": each.at}
            for each in near
        ]
        if values:
            self._db.execute(rows.insert_new(near_misses), values)

    def suggested(self) -> tuple[NearMiss, ...]:
        """The pairs that nobody has decided on, oldest first."""
        gone = [
            exists().where(
                items.c.id == side,
                or_(items.c.merged_into.is_not(None), items.c.retracted_at.is_not(None)),
            )
            for side in (near_misses.c.new_id, near_misses.c.known_id)
        ]
        pair = or_(
            and_(
                decisions.c.item_id == near_misses.c.known_id,
                decisions.c.other_id == near_misses.c.new_id,
            ),
            and_(
                decisions.c.item_id == near_misses.c.new_id,
                decisions.c.other_id == near_misses.c.known_id,
            ),
        )
        told_apart = exists().where(
            pair,
            decisions.c.verdict == DecisionKind.DISTINCT.value,
            decisions.c.undone_at.is_(None),
        )
        query = (
            select(near_misses)
            .where(~gone[0], ~gone[1], ~told_apart)
            .order_by(near_misses.c.at, near_misses.c.new_id, near_misses.c.known_id)
        )
        return tuple(
            NearMiss(row.new_id, row.known_id, row.why, row.at) for row in self._db.execute(query)
        )


def _decision_of(row: Row[Any]) -> Decision:
    return Decision(
        verdict=DecisionKind(row.verdict),
        item_id=row.item_id,
        at=row.at,
        by=row.by,
        reason=row.reason,
        other_id=row.other_id,
        path=row.path,
        memo=row.memo,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        id=row.id,
    )
