"""Whether this is the state that readers have seen: a count in the state, and a witness outside.

The state carries a lineage, drawn once, and a generation that goes up. The witness is a small file
beside the feeds with the highest generation, and the newest edition of each digest, that readers
may have seen anything of. A state that is behind its witness was restored, or is another one.

The rule: no write transaction that opens an edition or takes a run's number ends before the witness
knows of it, and among the others (settlements, above all) the witness is renewed at least once a
second, and at the end of each run. Mail and feeds come after their transaction, so what they show
is witnessed, except that a copy made of the state by other means than `tidings backup`, within the
last second before a process is killed, cannot be told from the state.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, func, select

from tidings.errors import StoreError
from tidings.state import access, rows
from tidings.state.schema import editions, notes, runs

# The notes in the state by which it is told from an older copy of itself.
LINEAGE = "lineage"
GENERATION = "generation"
# Set in the copy that a backup holds: the instant at which it was made; "" in a state in use.
BACKUP = "backup"
# The lineage that began when a restored or rebuilt state was accepted; absent before.
ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class LastEdition:
    """The newest edition of a digest that readers may have had."""

    number: int
    period: str


@dataclass(frozen=True, slots=True)
class LastSeen:
    """How far readers have come: the state's lineage, its generation, and by digest the newest
    edition."""

    lineage: str
    generation: int
    editions: Mapping[str, LastEdition] = field(default_factory=dict)


PAUSE_SECONDS = 1.0
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


def new_lineage() -> str:
    """A name that no other state has."""
    return secrets.token_hex(8)


def objection(connection: Connection, seen: LastSeen | None, path: Path) -> str:
    """Why the state at `path` must not be worked with until it is accepted; "" if it may."""
    known = _notes(connection)
    if known.get(BACKUP):
        what = f"was restored from a backup of {known[BACKUP]}"
    elif seen is None:
        return ""
    elif known.get(LINEAGE) != seen.lineage:
        what = "is not the state that readers have seen"
    elif int(known.get(GENERATION, 0)) < seen.generation:
        what = (
            f"is older than what readers have seen (generation {known.get(GENERATION, 0)}, they "
            f"have seen {seen.generation})"
        )
    else:
        return ""
    return (
        f"{path} {what}: nothing is read, published or mailed from it until you accept it with "
        "`tidings state accept`, which sees to it that nobody gets anything twice"
    )


def _notes(connection: Connection) -> dict[str, str]:
    if not connection.dialect.has_table(connection, notes.name):
        return {}
    wanted = notes.c.name.in_((LINEAGE, GENERATION, BACKUP))
    return {row.name: row.value for row in connection.execute(select(notes).where(wanted))}


def remember(connection: Connection, name: str, value: str) -> None:
    """Set a note."""
    connection.execute(rows.upsert(notes), {"name": name, "value": value})


class RollbackGuard:
    """The file beside the feeds. Everything here happens under the state lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
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
            told = json.loads(self.path.read_bytes())
            return LastSeen(
                str(told["lineage"]),
                int(told["generation"]),
                {
                    str(digest): LastEdition(int(last["number"]), str(last["period"]))
                    for digest, last in told["editions"].items()
                },
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(
                f"{self.path} cannot be read, so nobody knows how far readers have seen the state: "
                "put it back as it was, or run `tidings state accept`, which writes it anew"
            ) from error

    def due(self, connection: Connection, *, closing: bool = False) -> LastSeen | None:
        """At the end of a write transaction: raise the generation if that is due, as it always is
        for the last one before closing.

        Returns what is to be witnessed once the transaction is committed.
        """
        edition, run = connection.execute(_MARKS).one()
        self._now = (edition, run)
        recent = time.monotonic() - self._renewed_at < PAUSE_SECONDS
        if self._now == self._marks and recent and not closing:
            self.behind = True
            return None
        known = _notes(connection)
        if self._seen and int(known.get(GENERATION, 0)) < self._seen.generation:
            raise StoreError("the state went back in time while it was in use: start again")
        lineage = known.get(LINEAGE) or new_lineage()
        generation = int(known.get(GENERATION, 0)) + 1
        remember(connection, LINEAGE, lineage)
        remember(connection, GENERATION, str(generation))
        return LastSeen(lineage, generation, _last_editions(connection))

    def renew(self, connection: Connection) -> None:
        """RollbackGuard the state as it is, whatever was witnessed before."""
        known = _notes(connection)
        self.tell(LastSeen(known[LINEAGE], int(known[GENERATION]), _last_editions(connection)))

    def tell(self, seen: LastSeen) -> None:
        """Put the file in place, durably. Raises `StoreError`."""
        written = {
            "about": ABOUT,
            "format_version": 1,
            "lineage": seen.lineage,
            "generation": seen.generation,
            "editions": {
                digest: {"number": last.number, "period": last.period}
                for digest, last in seen.editions.items()
            },
        }
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        try:
            temporary.unlink(missing_ok=True)
            access.create(temporary)
            with temporary.open("w", encoding="utf-8") as stream:
                json.dump(written, stream, indent=1)
                stream.write("\n")
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
        self._seen, self._marks = seen, self._now
        self._renewed_at, self.behind = time.monotonic(), False


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
    return {row.digest: LastEdition(row.number, row.period) for row in found}
