"""Opening the SQLite state file: pragmas, transactions, migrations, and refusing what is not ours.

WAL with `synchronous=FULL`, every write transaction under our own lock, checkpoints only by us and
under the state lock (https://sqlite.org/wal.html; the WAL-reset bug of SQLite before 3.51.3 needs
two connections that checkpoint at once).
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from sqlite3 import Connection as RawConnection
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from tidings.errors import StateMissing, StateNotAccepted, StateReplaced, StoreError
from tidings.state import access, health
from tidings.state.access import Lock, publish_lock, state_lock
from tidings.state.health import LastSeen, RollbackGuard, explained, objection

CHECKPOINT_BYTES = 4 * 1024 * 1024
BUSY_MS = 5_000


class Database:
    """The state file with its engine, its lock, and the guard against going back in time.

    `needs_accept` says why it must not be worked with until it is accepted; "" if it may.
    `checked_ns` is the modification time that the file had when it was last looked through.
    `upgraded_from` is the version of the schema that the file was of before it was opened; 0 if
    that is the present one. Of a copy, it tells of the original, which is still of that version.
    """

    # One process alone sends from a file.
    take_places: Final = None

    def __init__(
        self,
        path: Path,
        engine: Engine,
        lock: Lock | None,
        guard: RollbackGuard | None = None,
        needs_accept: str = "",
        checked_ns: int = 0,
        upgraded_from: int = 0,
    ) -> None:
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._engine = engine
        self._lock = lock
        self._publishing = publish_lock(path.with_name("publish.lock"))
        self._guard = guard
        self._file = _identity(path)
        self._checked_ns = checked_ns
        self.needs_accept = needs_accept
        self.upgraded_from = upgraded_from

    @contextmanager
    def writing(self, *, closing: bool = False) -> Iterator[Connection]:
        """One transaction under the state lock, witnessed before it counts as done.

        It becomes a write transaction by the first change in it: nobody else can have written since
        it began. One without a change costs neither a wait for the disk nor a look at the guard.
        """
        if self._lock is None:
            raise StoreError(f"{self._path} was opened for reading only")
        with self._lock.hold(), explained(self._path):
            if _identity(self._path) != self._file:
                raise StateReplaced(
                    f"{self._path} was moved or replaced while it was in use: nothing more is "
                    "written to either; stop what works with it, a worker above all, and start "
                    "again"
                )
            seen = None
            with self._engine.connect() as connection, connection.begin():
                changes = _changes(connection)
                yield connection
                if self._guard and (closing or _changes(connection) != changes):
                    seen = self._guard.due(connection, closing=closing)
            if self._guard and seen:
                self._guard.tell(seen)
            self._checkpoint(CHECKPOINT_BYTES)

    sharing = writing

    def owners(self, me: object) -> None:
        """None: the machine knows which of its processes work on a file."""

    def clock(self) -> None:
        """None: a file goes by the machine's."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent snapshot; nothing is written."""
        with explained(self._path), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def adapting(self) -> Iterator[Connection]:
        """A write transaction; of a private copy, one that nobody else knows of."""
        if self._lock:
            with self.writing() as connection:
                yield connection
            return
        with self.reading() as connection:  # of the copy, which is ours to write
            yield connection

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Alone in recording to this file and publishing from it; re-entrant within a thread."""
        with self._publishing.hold():
            yield

    def is_alone(self) -> bool:
        """Always: the system takes no lock of a file back from a process that lives."""
        return True

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        if self._lock is None:
            self._engine.dispose()
            return
        if self._guard and self._guard.behind:
            # If this cannot be written, the next to open the state will.
            with suppress(StoreError), self.writing(closing=True):
                pass
        with self._lock.hold(), explained(self._path):
            self._checkpoint(0)
            self._engine.dispose()
            if _identity(self._path) == self._file:
                health.note_how_left(self._path, self._checked_ns)

    def _checkpoint(self, at_least: int) -> None:
        if _size(self._log) <= at_least:
            return
        # What was committed stands in the log; if it cannot be folded in now (a reader is at work,
        # the disk is full), a later checkpoint will.
        with (
            suppress(DatabaseError),
            self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as plain,
        ):
            # Not a moment's wait: the reader may be this very thread, at work on a publication.
            plain.exec_driver_sql("PRAGMA busy_timeout=0")
            try:
                plain.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                plain.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_MS}")


def open_for_writing(path: Path, guard: RollbackGuard | None = None) -> Database:
    """Open the state, creating it and its folder at first use, and bring its schema up to date.

    Raises `StateMissing` if it was initialised once and is gone or empty, `SchemaTooNew` if a newer
    Tidings wrote it, `StoreError` if it is damaged, not a Tidings state, or, by its guard, not
    the one that readers have seen.
    """
    if guard and guard.exists():
        health.refuse_if_gone(path, existed=True)
    return _open(path, guard)


def open_for_accepting(path: Path) -> Database:
    """Open a state whatever its witness says, or begin a new one where there is none.

    Nothing that happens to it is witnessed: that is for the end, once it can be accepted.
    """
    return _open(path, None, accepting=True)


def _open(path: Path, guard: RollbackGuard | None, *, accepting: bool = False) -> Database:
    try:
        access.make_folder(path)
    except OSError as error:
        raise StoreError(
            f"{path.parent}: {error.strerror}: make it a folder that can be written"
        ) from error
    lock = state_lock(path.with_name("state.lock"))
    with lock.hold(), explained(path):
        if not accepting:
            health.refuse_if_gone(path, existed=False)
        health.refuse_foreign(path)
        health.refuse_cut(path, path)
        access.create(path)
        access.narrow(path, [guard.path] if guard else [])
        engine = _engine(path)
        try:
            checked_ns = health.was_left_so(path)
            health.check_identity(path, engine)
            if checked_ns is None:
                checked_ns = health.modified_ns(path)
                health.check_pages(path, engine)
            if not accepting:
                _refuse_unaccepted(path, engine, _seen(guard))
            health.drop_old_copy(path)
            _keep_copy(path, engine)
            upgraded_from = health.apply(engine)
        except BaseException:
            engine.dispose()
            raise
        access.create(health.marker_of(path))
        return Database(
            path, engine, lock, guard, checked_ns=checked_ns, upgraded_from=upgraded_from
        )


def _keep_copy(path: Path, engine: Engine) -> None:
    try:
        health.keep_copy(path, engine)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{path}: no copy could be kept before the upgrade, so nothing was changed ({error}): "
            "free some space, or make its folder writable"
        ) from error


@contextmanager
def snapshot(path: Path, guard: RollbackGuard | None = None) -> Iterator[Database]:
    """A private copy of the state, for verbs that only look: the original is not even locked for
    longer than the copy takes, and nothing beside it is created.

    Raises `StateMissing` if there is no state yet, or none any more, `StoreError` if it is damaged.
    """
    access.refuse_stranger(path)
    seen = _seen(guard)
    with copied(path, guard) as (copy, engine, left_so):
        with explained(path):
            _look_through(path, copy, engine, left_so=left_so)
            why = _objection(path, engine, seen)
            before = health.apply(engine)
        # Under the name of the original: nobody knows the copy.
        yield Database(path, engine, None, needs_accept=why, upgraded_from=before)


@contextmanager
def rehearsal(path: Path, guard: RollbackGuard | None = None) -> Iterator[Database]:
    """A private copy of the state that can be written, a new one if there is none yet: whatever is
    done to it is gone afterwards, and the original is left as it is.

    Raises what `open_for_writing` does: what could not be done could not be rehearsed.
    """
    health.refuse_if_gone(path, existed=guard is not None and guard.exists())
    if not path.exists():
        with tempfile.TemporaryDirectory(prefix=".tidings-") as scratch:
            fresh = _open(Path(scratch) / path.name, None)
            try:
                yield fresh
            finally:
                fresh.close()
        return
    seen = _seen(guard)
    with copied(path, guard) as (copy, engine, left_so):
        _hasten(engine)
        with explained(path):
            _look_through(path, copy, engine, left_so=left_so)
            _refuse_unaccepted(path, engine, seen)
            before = health.apply(engine)
        lock = state_lock(copy.with_name("state.lock"))
        yield Database(copy, engine, lock, upgraded_from=before)


@contextmanager
def copied(
    path: Path, guard: RollbackGuard | None = None, folder: Path | None = None
) -> Iterator[tuple[Path, Engine, bool]]:
    """A copy of the state in a temporary folder (inside `folder`, if given), as it was written; and
    whether the original stood as we left it, so that it need not be looked through."""
    health.refuse_if_gone(path, existed=guard is not None and guard.exists())
    if not path.exists():
        raise StateMissing(f"{path} does not exist yet: `tidings run` makes it")
    with tempfile.TemporaryDirectory(prefix=".tidings-", dir=folder) as scratch:
        copy = Path(scratch) / path.name
        lock = path.with_name("state.lock")
        # Nobody can be writing where there is no lock, and looking makes none.
        with state_lock(lock).hold() if lock.exists() else nullcontext():
            for suffix in ("", "-wal"):
                original, twin = (each.with_name(each.name + suffix) for each in (path, copy))
                if original.exists():
                    access.create(twin)
                    shutil.copyfile(original, twin)
            left_so = health.was_left_so(path) is not None
        engine = _engine(copy)
        try:
            with explained(path):
                health.check_identity(path, engine)
            yield copy, engine, left_so
        finally:
            engine.dispose()


def _look_through(path: Path, copy: Path, engine: Engine, *, left_so: bool) -> None:
    """Raise `StoreError` if the copy of the state at `path` is damaged. What is as we left it was
    found whole on the same day: to read it again was a third of `status` after three years."""
    health.refuse_cut(copy, path)
    if not left_so:
        health.check_pages(path, engine)


def _hasten(engine: Engine) -> None:
    """Do not wait for the disk: this copy is thrown away."""

    @event.listens_for(engine, "connect")
    def set_pragma(raw: RawConnection, _record: Any) -> None:
        raw.execute("PRAGMA synchronous=OFF").close()

    engine.dispose()


def _seen(guard: RollbackGuard | None) -> LastSeen | None:
    """What readers have seen. To be asked before the state is copied, unless nobody can write
    meanwhile: what is witnessed in between is not in the copy."""
    return guard.seen() if guard else None


def _refuse_unaccepted(path: Path, engine: Engine, seen: LastSeen | None) -> None:
    if why := _objection(path, engine, seen):
        raise StateNotAccepted(why)


def _objection(path: Path, engine: Engine, seen: LastSeen | None) -> str:
    with engine.connect() as connection:
        return objection(connection, seen, path)


def _changes(connection: Connection) -> int:
    """How many rows were ever inserted, updated or deleted by this connection."""
    raw = connection.connection.dbapi_connection
    return raw.total_changes if isinstance(raw, RawConnection) else 0


def _size(path: Path) -> int:
    """How long a file is; 0 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another of the same name; None if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"isolation_level": None},
        # Every transaction here ends in a commit or a rollback; nothing is left to reset.
        pool_reset_on_return=None,
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(raw: RawConnection, _record: Any) -> None:
        for pragma in (
            f"busy_timeout={BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "wal_autocheckpoint=0",
            # Who is erased is not to be read between the lines of the file.
            "secure_delete=ON",
        ):
            raw.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver is told not to begin by itself (isolation_level=None): it would do so late,
        # deferred, and not at all before DDL.
        writing = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
