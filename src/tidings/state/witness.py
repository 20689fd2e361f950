"""The witness of a state: how far readers have seen it, told outside of it.

Whoever opens the state compares. It is told before mail leaves, so that an older copy of the state
is noticed, and nobody gets anything twice.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Set
from pathlib import Path

from sqlalchemy import Connection, func, select

from tidings.errors import StateReplaced, StoreError
from tidings.state import access
from tidings.state.health import (
    GENERATION,
    LINEAGE,
    LastEdition,
    LastSeen,
    new_lineage,
    notes_of,
    remember,
)
from tidings.state.schema import announcements, editions, runs

PAUSE_SECONDS = 1.0
# Of all digests together. Whoever restores a copy that is older counts all as mailed.
ITEMS_TOLD = 2_000
ABOUT = (
    "How far readers have seen the state of this instance, so that an old copy of it is noticed. "
    "Not for editing; keep it when you restore a backup."
)

# Which transactions must not end unwitnessed: those after which one of these differs.
_MARKS = select(
    select(func.max(editions.c.id)).scalar_subquery(),
    select(func.max(runs.c.number)).scalar_subquery(),
)

Marks = tuple[int | None, int | None]


class RollbackGuard:
    """The file beside the feeds. Everything here happens under the state lock.

    Unless an edition or a run has begun, the generation is raised every `pause` seconds at most.
    """

    def __init__(self, path: Path, pause: float = PAUSE_SECONDS) -> None:
        self.path = path
        self._pause = pause
        self._seen: LastSeen | None = None
        # As of the transaction under way, and as of the last one that was witnessed.
        self._now: Marks | None = None
        self._marks: Marks | None = None
        self._renewed_at = 0.0
        # Whether anything was committed that the file does not tell of.
        self.behind = False

    def seen(self) -> LastSeen | None:
        """What readers have seen; None if nothing was ever witnessed, or the file was removed.

        Raises `StoreError` if the file cannot be understood.
        """
        try:
            if (data := self.read()) is None:
                return None
            told = json.loads(data)
            return LastSeen(
                str(told["lineage"]),
                int(told["generation"]),
                {
                    str(digest): LastEdition(
                        int(last["number"]),
                        str(last["period"]),
                        int(last.get("since", 0)),
                        frozenset(map(str, last.get("items", ()))),
                    )
                    for digest, last in told["editions"].items()
                },
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(
                f"{self.path} cannot be read, so nobody knows how far readers have seen the state: "
                "put it back as it was, or run `tidings state accept`, which writes it again"
            ) from error

    def due(self, connection: Connection, *, closing: bool = False) -> LastSeen | None:
        """At the end of a write transaction: raise the generation if that is due, as it always is
        for the last one before closing.

        Returns what is to be witnessed once the transaction is committed.
        """
        edition, run = connection.execute(_MARKS).one()
        self._now = (edition, run)
        recent = time.monotonic() - self._renewed_at < self._pause
        if self._now == self._marks and recent and not closing:
            self.behind = True
            return None
        known = notes_of(connection)
        if self._seen and int(known.get(GENERATION, 0)) < self._seen.generation:
            raise StateReplaced("the state went back in time while it was in use: start again")
        lineage = known.get(LINEAGE) or new_lineage()
        generation = int(known.get(GENERATION, 0)) + 1
        remember(connection, LINEAGE, lineage)
        remember(connection, GENERATION, str(generation))
        return LastSeen(lineage, generation, _last_editions(connection))

    def renew(self, connection: Connection) -> None:
        """Witness the state as it is, whatever was witnessed before."""
        known = notes_of(connection)
        self.tell(LastSeen(known[LINEAGE], int(known[GENERATION]), _last_editions(connection)))

    def tell(self, seen: LastSeen) -> None:
        """Let the witness tell this. Raises `StoreError`."""
        written = {
            "about": ABOUT,
            "format_version": 1,
            "lineage": seen.lineage,
            "generation": seen.generation,
            "editions": {
                digest: {
                    "number": last.number,
                    "period": last.period,
                    "since": last.since,
                    "items": sorted(last.items),
                }
                for digest, last in seen.editions.items()
            },
        }
        self.write(f"{json.dumps(written, indent=1)}\n".encode(), seen)
        self._seen, self._marks = seen, self._now
        self._renewed_at, self.behind = time.monotonic(), False

    def exists(self) -> bool:
        """Whether anything was ever witnessed."""
        return self.path.exists()

    def read(self) -> bytes | None:
        """What the witness tells; None if there is none. Raises `OSError`, or `StoreError`."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, data: bytes, _seen: LastSeen) -> None:
        """Put the witness in place, durably. Raises `StoreError`."""
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        try:
            temporary.unlink(missing_ok=True)
            access.create(temporary)
            with temporary.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(self.path)
            _sync(self.path.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StoreError(
                f"{self.path}: {error.strerror}: nothing is mailed before this can be written; "
                "free some space, or make its folder writable"
            ) from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _last_editions(connection: Connection) -> dict[str, LastEdition]:
    newest = (
        select(editions.c.digest, func.max(editions.c.number).label("number"))
        .where(editions.c.number.is_not(None))
        .group_by(editions.c.digest)
        .subquery()
    )
    found = connection.execute(
        select(editions.c.digest, editions.c.number, editions.c.period).join(
            newest,
            (newest.c.digest == editions.c.digest) & (newest.c.number == editions.c.number),
        )
    )
    told = _announced_lately(connection)
    return {
        row.digest: LastEdition(row.number, row.period, *told.get(row.digest, (0, frozenset())))
        for row in found
    }


def _announced_lately(connection: Connection) -> dict[str, tuple[int, Set[str]]]:
    """By digest, the items of its newest editions, and the number of the first of these. An edition
    that stands in for an unknown one has none, so nobody knows of what is before it."""
    query = (
        select(editions.c.id, editions.c.digest, editions.c.number, announcements.c.item_id)
        .outerjoin(announcements, announcements.c.edition_id == editions.c.id)
        .where(editions.c.number.is_not(None))
        .order_by(editions.c.id.desc())
        .limit(ITEMS_TOLD)
    )
    found = connection.execute(query).all()
    # The last edition of a full answer may be cut.
    cut = found[-1].id if len(found) == ITEMS_TOLD else 0
    told: dict[str, tuple[int, set[str]]] = {}
    unknown: set[str] = set()
    for row in found:
        if row.item_id is None or row.id == cut:
            unknown.add(row.digest)
        elif row.digest not in unknown:
            _, ids = told.get(row.digest, (0, set[str]()))
            ids.add(row.item_id)
            told[row.digest] = row.number, ids
    return dict(told)
