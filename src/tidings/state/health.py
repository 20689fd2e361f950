"""Is this file a state of ours, whole, of our version, and the one that readers have seen?

Whatever is wrong, the file is left as it is: it may be all that there is to save. The history of
the schema is one SQL file a version, each applied in one transaction, after a copy. Whether this is
the state that readers have seen is told by a count in it, and the same count in a file outside.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator, Set
from contextlib import closing, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError

from tidings.core.identity import normalise
from tidings.errors import (
    OUT_OF_MEMORY,
    SchemaTooNew,
    StateDamaged,
    StateMissing,
    StateReplaced,
    StoreBusy,
    StoreError,
)
from tidings.state import access, rows
from tidings.state.last_seen import ABOUT, ITEMS_TOLD, PAUSE_SECONDS
from tidings.state.last_seen import LastEdition as LastEdition
from tidings.state.last_seen import LastSeen as LastSeen
from tidings.state.schema import announcements, editions, notes, runs

APPLICATION_ID = 0x54494447  # "TIDG": how a state file of ours is told from any other
KEPT_SECONDS = 30 * 24 * 60 * 60
_SCRIPTS = (
    "0001_initial.sql",
    "0002_delivery.sql",
    "0003_decisions.sql",
    "0004_people.sql",
    "0005_places.sql",
    "0006_last_read.sql",
    "0007_second_dialect.sql",
    "0008_visible_keys.sql",
    "0009_slots.sql",
    "0010_presence.sql",
    "0011_doubt.sql",
    "0012_links.sql",
    "0013_reader_events.sql",
    "0014_languages_of_items.sql",
    "0015_pictures.sql",
    "0016_probes.sql",
    "0017_readers.sql",
    "0018_review.sql",
    "0019_guids.sql",
    "0020_workers.sql",
    "0021_etags.sql",
    "0022_cleared.sql",
    "0023_recipients.sql",
)


def version_of(script: str) -> int:
    """The version that a migration file leads to: the number that its name begins with."""
    return int(script[:4])


LATEST = version_of(_SCRIPTS[-1])


# Since this version addresses are compared by `address_key`.
FOLDED = 10


def statements(script: str) -> list[str]:
    """The statements of one migration file."""
    text = files("tidings.state").joinpath("sql", "sqlite", script).read_text(encoding="utf-8")
    return [statement.strip() for statement in text.split(";\n") if statement.strip()]


def version(engine: Engine) -> int:
    """How far a state file is; 0 if nothing was ever made in it."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def keep_copy(path: Path, engine: Engine) -> None:
    """Keep a copy of the state at `path` as it was before this version first changes its schema,
    for whoever has to go back; one copy at a time, for its owner alone.

    Others must not write meanwhile. Raises `OSError` if there is no room for it.
    """
    if not 0 < version(engine) < LATEST:
        return
    begun = path.with_name(f".tidings-{path.name}.copy")
    begun.unlink(missing_ok=True)
    try:
        access.create(begun)
        with (
            closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as whole,
            closing(sqlite3.connect(begun)) as copy,
        ):
            whole.backup(copy)
        begun.replace(copy_of(path))
    finally:
        begun.unlink(missing_ok=True)


def drop_old_copy(path: Path) -> None:
    """Remove that copy once the state has been written for 30 days since."""
    copy = copy_of(path)
    with suppress(OSError):
        if path.stat().st_mtime - copy.stat().st_mtime > KEPT_SECONDS:
            copy.unlink()


def copy_of(path: Path) -> Path:
    """Where the copy of the state at `path` from before an upgrade is kept."""
    return path.with_name(path.name + access.BEFORE_UPGRADE)


def apply(engine: Engine) -> int:
    """Bring the schema up to date; a migration that fails leaves the old schema intact.

    Migrations may call `normalised`, which makes the keys by which titles are found. Returns the
    version that the state was of; 0 if it was new or of the present one.
    """
    with engine.connect().execution_options(immediate=True) as connection:
        done = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        connection.rollback()
        if done < LATEST:
            raw: Any = connection.connection.dbapi_connection
            raw.create_function("normalised", 1, normalise, deterministic=True)
        for script in _SCRIPTS:
            version = version_of(script)
            if version <= done:
                continue
            with connection.begin():
                for statement in statements(script):
                    connection.exec_driver_sql(statement)
                if version == LATEST and 0 < done < FOLDED:
                    # With all columns that the tables have now, whatever version this began with.
                    from tidings.state.folding import fold_addresses

                    fold_addresses(connection)
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.exec_driver_sql(f"PRAGMA user_version = {version}")
    return done if done < LATEST else 0


RESTORE = "Restore a backup and run `tidings state accept`"
HEADER_BYTES = 100
CHECKED_EVERY_NS = 24 * 60 * 60 * 10**9
MAGIC = b"SQLite format 3\0"
AFRESH = (
    "without a backup, `tidings state accept` alone starts a new state and mails nothing that is "
    "known, and `tidings reset` starts over from the beginning"
)


def marker_of(path: Path) -> Path:
    """The file that says that there was a state at `path` once."""
    return path.with_name(path.name + ".initialised")


def refuse_if_gone(path: Path, *, existed: bool) -> None:
    """Raise `StateMissing` if there was a state once and now there is none."""
    access.refuse_stranger(path)
    if path.exists() and path.stat().st_size > 0:
        return
    if existed or marker_of(path).exists():
        how = "empty" if path.exists() else "missing"
        raise StateMissing(
            f"{path} is {how}, and once it was not: nothing is read, published or mailed without "
            f"it. {RESTORE}; {AFRESH}"
        )


def refuse_foreign(path: Path) -> None:
    """Raise `StoreError` if the file is another program's, without touching it.

    Opening it to write would turn it into a write-ahead-log database, also if nothing is written.
    """
    access.refuse_stranger(path)
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)) as raw:
            (found,) = raw.execute("PRAGMA application_id").fetchone()
            (tables,) = raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError:
        return  # no database, or damaged: said once it is opened
    if found != APPLICATION_ID and (found or tables):
        raise foreign(path)


def foreign(path: Path) -> StoreError:
    """The file is a database, but none of ours; to be raised."""
    return StoreError(
        f"{path} is an SQLite file, but not a state of Tidings: give `state` in "
        "config/tidings.yaml a file of its own"
    )


def check_identity(path: Path, engine: Engine) -> None:
    """Raise `StoreError` if the file is not a state of ours, `SchemaTooNew` if from a newer one."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    if found == 0 and version == 0 and tables == 0:
        return  # created, but the first migration never got through
    if found != APPLICATION_ID:
        raise foreign(path)
    if version > LATEST:
        raise SchemaTooNew(
            f"{path} was written by a newer version of Tidings (schema {version}, this one knows "
            f"{LATEST}): upgrade Tidings"
        )


def refuse_cut(path: Path, name: Path) -> None:
    """Raise `StoreError` if the file at `path` (spoken of as `name`) ends within a page.

    SQLite reads what is missing as zeros, which may pass for a page.
    """
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        return  # what a full disk cut short may still stand in the log
    try:
        with path.open("rb") as stream:
            header = stream.read(HEADER_BYTES)
    except OSError:
        return  # there is none yet, or the database itself will say why not
    page = int.from_bytes(header[16:18], "big")
    page = 65536 if page == 1 else page  # https://sqlite.org/fileformat2.html#page_size
    if header.startswith(MAGIC) and page and path.stat().st_size % page:
        raise damaged(name, "it was cut short")


def check_pages(path: Path, engine: Engine, *, thoroughly: bool = False) -> None:
    """Raise `StoreError` if the file is damaged.

    Reads it whole: measured, 100 MB take 0.08 s from memory, thoroughly (indexes against their
    tables, too) 0.2 s.
    """
    with engine.connect() as connection:
        found = _damage(connection, "integrity_check" if thoroughly else "quick_check")
    if found:
        raise damaged(path, found)


def was_left_so(path: Path) -> int | None:
    """Whether the file at `path` is as we left it when we last closed it, by size, modification
    time and inode, and was looked through within a day before that: then there is no need to read
    it whole again.

    Returns the modification time that it had when it was looked through; None if there is need.
    """
    try:
        told = [int(number) for number in marker_of(path).read_text("ascii").split()]
        *left, checked_ns = told
        facts = _facts(path)
    except (OSError, ValueError):
        return None
    recent = 0 <= facts[1] - checked_ns < CHECKED_EVERY_NS
    return checked_ns if left == facts and recent else None


def note_how_left(path: Path, checked_ns: int) -> None:
    """Remember, beside a file that was just closed, how it stands, and when it was looked through.

    What cannot be remembered is looked through next time.
    """
    log = path.with_name(path.name + "-wal")
    with suppress(OSError):
        facts = [] if log.exists() and log.stat().st_size else _facts(path)
        access.create(marker_of(path))
        marker_of(path).write_text(" ".join(map(str, (*facts, checked_ns))), "ascii")


def modified_ns(path: Path) -> int:
    """When the file at `path` was last changed; 0 if there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


def _facts(path: Path) -> list[int]:
    facts = path.stat()
    return [facts.st_size, facts.st_mtime_ns, facts.st_ino]


def _damage(connection: Connection, check: str) -> str:
    lines = [str(line) for line in connection.exec_driver_sql(f"PRAGMA {check}(1)").scalars()]
    return "" if lines == ["ok"] else " ".join(lines).replace("\n", " ").replace("*** ", "")


def damaged(path: Path, reason: str) -> StateDamaged:
    """The file is not what it was; to be raised."""
    return StateDamaged(
        f"{path} is damaged ({reason}): nothing is read, published or mailed, and the file is left "
        f"as it is. {RESTORE}; without a backup, move it away, and `tidings state accept` alone "
        "starts a new state and mails nothing that is known"
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the database reports into errors that say what to do."""
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig)
        if "locked" in reason:
            raise StoreBusy(
                f"{path}: {reason} by another program: close that, or try again later"
            ) from error
        if "malformed" in reason or "not a database" in reason:
            raise damaged(path, reason) from error
        if "full" in reason or "disk I/O" in reason:
            advice = "free some space on its disk; the next run takes up where this one stopped"
        elif "out of memory" in reason:
            advice = OUT_OF_MEMORY
        elif "unable to open" in reason or "readonly" in reason:
            advice = "make the file and its folder readable and writable"
        else:
            advice = "see `tidings status`"
        raise StoreError(f"{path}: {reason}: {advice}") from error


# The notes in the state by which it is told from an older copy of itself.
LINEAGE = "lineage"
GENERATION = "generation"
# Set in the copy that a backup holds: the instant at which it was made; "" in a state in use.
BACKUP = "backup"
# The lineage that began when a restored or rebuilt state was accepted; absent before.
ACCEPTED = "accepted"
# What Message-IDs and the pseudonyms of the erased derive from: in hexadecimal figures.
ROOT_SECRET = "root secret"  # noqa: S105
# Where the state was moved to; absent, or "", in a state in use.
MOVED = "moved"
# What List-Ids and Message-IDs end with.
MAIL_HOST = "mail host"


# Which transactions must not end unwitnessed: those after which one of these differs.
_MARKS = select(
    select(func.max(editions.c.id)).scalar_subquery(),
    select(func.max(runs.c.number)).scalar_subquery(),
)

Marks = tuple[int | None, int | None]


def new_lineage() -> str:
    """A name that no other state has."""
    return secrets.token_hex(8)


def objection(connection: Connection, seen: LastSeen | None, path: Path | str) -> str:
    """Why the state at `path` must not be worked with until it is accepted; "" if it may."""
    known = _notes(connection)
    if known.get(MOVED):
        return (
            f"{path} was moved to {known[MOVED]}: nothing is read, published or mailed from it; "
            "give `state` in config/tidings.yaml that address, or go on with this one, if nothing "
            "was done with the other, by `tidings state accept`"
        )
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
    wanted = notes.c.name.in_((LINEAGE, GENERATION, BACKUP, MOVED))
    return {row.name: row.value for row in connection.execute(select(notes).where(wanted))}


def remember(connection: Connection, name: str, value: str) -> None:
    """Set a note."""
    connection.execute(rows.upsert(notes), {"name": name, "value": value})


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
        known = _notes(connection)
        if self._seen and int(known.get(GENERATION, 0)) < self._seen.generation:
            raise StateReplaced("the state went back in time while it was in use: start again")
        lineage = known.get(LINEAGE) or new_lineage()
        generation = int(known.get(GENERATION, 0)) + 1
        remember(connection, LINEAGE, lineage)
        remember(connection, GENERATION, str(generation))
        return LastSeen(lineage, generation, _last_editions(connection))

    def renew(self, connection: Connection) -> None:
        """Witness the state as it is, whatever was witnessed before."""
        known = _notes(connection)
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
