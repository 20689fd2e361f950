"""Opening a state that a PostgreSQL server keeps: transactions, locks, its schema, its errors.

The same tables and queries as in a file (`database.py`). What a file needs a lock beside it for,
the server's advisory locks do, which end with the connection that holds them
(https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS). What looks or tries
works in a transaction that is rolled back, where a file is copied.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Final

from sqlalchemy import Connection, Engine

from tidings.errors import (
    SchemaTooNew,
    SchemaTooOld,
    StateMissing,
    StateNotAccepted,
    StoreBusy,
    StoreError,
)
from tidings.state import server_locks
from tidings.state.access import Server
from tidings.state.health import LATEST, LastSeen, RollbackGuard, objection
from tidings.state.rate import take_places
from tidings.state.server_connections import engine_of
from tidings.state.server_locks import (
    HELD,
    PUBLISHING,
    UPGRADING,
    WORKING,
    WRITING,
    Lifeline,
    explained,
    held,
    lock,
)
from tidings.state.workers import Registration, ServerOwners

# One script for each version that a state on a server can be of, as `health` has for files.
_SCRIPTS: Final = (
    "0019_initial.sql",
    "0020_workers.sql",
    "0021_etags.sql",
    "0022_cleared.sql",
    "0023_recipients.sql",
)
# For a snapshot, which holds up nobody while pages are made of it.
_UNHURRIED: Final = "SET LOCAL idle_in_transaction_session_timeout = 0"
_HOLDS: Final = f"SELECT count(*) FROM ({HELD}) AS held WHERE what = %s AND pid = %s"  # noqa: S608
_MARK: Final = "schema_version"
_VERSION: Final = "SELECT max(number) FROM schema_version"


class ServerDatabase:
    """A state on a server, with the guard against going back in time.

    What `Database` is for a file. `needs_accept` says why it must not be worked with until it is
    accepted; "" if it may. A state on a server is never upgraded by being opened.
    """

    upgraded_from: Final = 0

    def __init__(
        self,
        server: Server,
        engine: Engine,
        guard: RollbackGuard | None = None,
        needs_accept: str = "",
    ) -> None:
        self._server = server
        self._engine = engine
        self._guard = guard
        self._turn = threading.RLock()
        self._depth = 0
        # The thread that is alone, and the connection by which it is.
        self._alone: tuple[int, Lifeline] | None = None
        self._making = threading.Lock()
        self._line: Lifeline | None = None
        self._owners: ServerOwners | None = None
        self.needs_accept = needs_accept

    @contextmanager
    def writing(self, *, closing: bool = False) -> Iterator[Connection]:
        """One transaction, alone among writers, witnessed before it counts as done."""
        seen = None
        with (
            explained(self._server),
            self._engine.connect() as connection,
            connection.begin(),
        ):
            lock(connection, WRITING)
            self._refuse_overtaken(connection)
            yield connection
            if self._guard and (closing or _has_changed(connection)):
                seen = self._guard.due(connection, closing=closing)
        if self._guard and seen:
            self._guard.tell(seen)

    @contextmanager
    def sharing(self) -> Iterator[Connection]:
        """One transaction beside others, each statement of which stands by itself.

        It is not witnessed: whoever is alone among writers does so a few seconds later.
        """
        with (
            explained(self._server),
            self._engine.connect() as connection,
            connection.begin(),
        ):
            yield connection
        if self._guard:
            self._guard.behind = True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent snapshot; nothing is written."""
        with explained(self._server), self._engine.connect() as plain:
            connection = plain.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with connection.begin():
                connection.exec_driver_sql(_UNHURRIED)
                self._refuse_overtaken(connection)
                yield connection

    @contextmanager
    def adapting(self) -> Iterator[Connection]:
        """A write transaction."""
        with self.writing() as connection:
            yield connection

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Alone in recording to this state and publishing from it; re-entrant within a thread."""
        with self._turn:
            if self._depth:
                yield
                return
            line = self.lifeline()
            if not line.take(PUBLISHING, wait=server_locks.WAIT_SECONDS):
                raise StoreBusy(
                    f"another process records and publishes ({self._server}): try again later"
                )
            self._alone = threading.get_ident(), line
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                self._alone = None
                line.give_up(PUBLISHING)

    def is_alone(self) -> bool:
        """Whether the server still knows of the lock of `exclusive`: it takes it back from whoever
        it lost sight of, who cannot tell by himself."""
        alone = self._alone
        try:
            return alone is not None and bool(alone[1].ask(_HOLDS, (PUBLISHING, alone[1].pid)))
        except StoreError:
            return False

    def _refuse_overtaken(self, connection: Connection) -> None:
        """Raise `StoreBusy` if this thread was alone in recording and publishing, and is not any
        more: it slept, or lost its connection, and another process may have gone on."""
        if self._alone is None or self._alone[0] != threading.get_ident():
            return
        holds = connection.exec_driver_sql(_HOLDS, (PUBLISHING, self._alone[1].pid)).scalar()
        if not holds:
            raise StoreBusy(
                f"this process was not heard of by {self._server} for too long, so another may have"
                " gone on recording and publishing: the next run starts again"
            )

    def lifeline(self) -> Lifeline:
        """The connection that holds what this process has to itself; another if that was lost."""
        with self._making:
            if self._line is None or not self._line.lives:
                if self._line:
                    self._line.close()
                self._line = Lifeline(self._engine, self._server)
            return self._line

    def owners(self, me: Registration) -> ServerOwners:
        """The processes that work on this state, of which this is one."""
        if self._owners is None:
            self._owners = ServerOwners(self.lifeline, me)
        self._owners.follow(me)
        return self._owners

    def clock(self) -> Lifeline:
        """The server's time."""
        return self.lifeline()

    def take_places(self, count: int, rate: float) -> tuple[int, float]:
        """Take places of messages among all processes; see `rate.take_places`."""
        with (
            explained(self._server),
            self._engine.connect() as connection,
            connection.begin(),
        ):
            return take_places(connection, count, rate)

    def close(self) -> None:
        """Let go of the server."""
        try:
            if self._guard and self._guard.behind:
                with self.writing(closing=True):
                    pass
        except StoreError:
            pass  # the next to open the state will witness it
        finally:
            if self._owners:
                self._owners.end()
            if self._line:
                self._line.close()
            self._engine.dispose()


class TriedDatabase:
    """A state on a server inside one transaction that is rolled back in the end: what looks at it
    or tries something on it leaves nothing behind, and nobody else sees any of it."""

    upgraded_from: Final = 0
    take_places: Final = None

    def __init__(self, server: Server, connection: Connection, needs_accept: str = "") -> None:
        self._server = server
        self._connection = connection
        self._alone = threading.RLock()
        self.needs_accept = needs_accept

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """What one transaction would do, to be undone with all the rest."""
        with self._alone, explained(self._server), self._connection.begin_nested():
            yield self._connection

    adapting = sharing = writing

    def owners(self, me: Registration) -> None:
        """None: nothing that is tried is anybody's."""

    def clock(self) -> None:
        """None: what is tried is so at an instant that is given."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The state as it is with what was tried so far."""
        with self._alone, explained(self._server):
            yield self._connection

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Nobody else is in this transaction."""
        with self._alone:
            yield

    def is_alone(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Nothing is kept: whoever began the transaction rolls it back."""


def open_for_writing(server: Server, guard: RollbackGuard | None = None) -> ServerDatabase:
    """Open the state, beginning it in an empty database.

    Raises `StateMissing` if readers have seen a state and the database is empty, `SchemaTooOld` or
    `SchemaTooNew` if it is of another version, `StateNotAccepted` if it is not the state that
    readers have seen, `StoreBusy` if the server does not answer, `StoreError` if the database is
    another program's.
    """
    return _open(server, guard)


def open_for_accepting(server: Server) -> ServerDatabase:
    """Open a state whatever its witness says, or begin a new one in an empty database."""
    return _open(server, None, accepting=True)


def open_beside(server: Server) -> ServerDatabase:
    """Open a state that others record to and publish, of which there may be many.

    It begins no state, and witnesses nothing: what readers have seen stands beside the feeds, on
    the machine of whoever publishes. Raises `StateMissing` as long as there is no state, and what
    `open_for_writing` does.
    """
    engine = engine_of(server)
    try:
        with explained(server), engine.connect() as connection:
            found = _checked_version(connection, server, None)
    except BaseException:
        engine.dispose()
        raise
    if not found:
        engine.dispose()
        raise StateMissing(f"{server} holds no state yet: `tidings state migrate` makes it")
    return ServerDatabase(server, engine)


def _open(
    server: Server, guard: RollbackGuard | None, *, accepting: bool = False
) -> ServerDatabase:
    engine = engine_of(server)
    try:
        with explained(server), engine.connect() as connection:
            _make_ready(connection, server, guard)
            why = "" if accepting else _objection(connection, server, guard)
    except BaseException:
        engine.dispose()
        raise
    if why:
        engine.dispose()
        raise StateNotAccepted(why)
    return ServerDatabase(server, engine, guard)


def _make_ready(connection: Connection, server: Server, guard: RollbackGuard | None) -> None:
    """Begin a state in an empty database, unless there was one; refuse one of another version."""
    with connection.begin():
        found = _checked_version(connection, server, guard)
    if not found:
        _apply(connection)


def _checked_version(connection: Connection, server: Server, guard: RollbackGuard | None) -> int:
    found = version(connection, server)
    if not found and guard is not None and guard.exists():
        raise StateMissing(
            f"{server} holds no state, and once there was one: nothing is read, published or mailed"
            " without it. Restore the database and run `tidings state accept`; without a backup, "
            "`tidings state accept` alone starts a new state and mails nothing that is known"
        )
    if 0 < found < LATEST:
        raise SchemaTooOld(
            f"{server} is of version {found}, and this Tidings needs {LATEST}: run "
            "`tidings state migrate`"
        )
    return found


def migrate(server: Server) -> tuple[int, int]:
    """Bring the schema up to date, each version in a transaction of its own; returns the version
    that the state was of (0 if there was none), and the present one.

    Others may be at work meanwhile. Raises what `open_for_writing` does.
    """
    engine = engine_of(server)
    try:
        with explained(server), engine.connect() as connection:
            before = version(connection, server)
            connection.rollback()
            _apply(connection)
            return before, LATEST
    finally:
        engine.dispose()


@contextmanager
def tried(
    server: Server, guard: RollbackGuard | None = None, *, looking: bool
) -> Iterator[TriedDatabase]:
    """The state inside a transaction that is rolled back. Who only looks has one snapshot of it,
    and is told by `needs_accept` if it is not the one that readers have seen.

    Raises `StateMissing` if there is none to look at, and what `open_for_writing` does.
    """
    seen = guard.seen() if guard else None
    engine = engine_of(server)
    level = "REPEATABLE READ" if looking else "READ COMMITTED"
    try:
        with (
            explained(server),
            engine.connect().execution_options(isolation_level=level) as connection,
            connection.begin() as whole,
        ):
            try:
                connection.exec_driver_sql(_UNHURRIED)
                found = _checked_version(connection, server, guard)
                if not found and looking:
                    raise StateMissing(f"{server} holds no state yet: `tidings run` makes it")
                if not found:
                    _run_scripts(connection, 0)
                why = objection(connection, seen, str(server)) if found else ""
                if why and not looking:
                    raise StateNotAccepted(why)
                yield TriedDatabase(server, connection, why)
            finally:
                whole.rollback()
    finally:
        engine.dispose()


@contextmanager
def working(server: Server, busy: str) -> Iterator[None]:
    """Held for a worker's life. Raises `StoreBusy(busy)` if another process holds it."""
    engine = engine_of(server)
    try:
        with held(engine, server, WORKING, busy, wait=0):
            yield
    finally:
        engine.dispose()


def who_holds(server: Server) -> tuple[bool, bool]:
    """Whether a worker lives, and whether somebody records and publishes."""
    engine = engine_of(server)
    try:
        with explained(server), engine.connect() as connection:
            found = set(connection.exec_driver_sql(HELD).scalars())
            return WORKING in found, PUBLISHING in found
    finally:
        engine.dispose()


def version(connection: Connection, server: Server) -> int:
    """The version of the schema; 0 in an empty database.

    Raises `StoreError` if the database holds something else, `SchemaTooNew` if a newer Tidings
    wrote it.
    """
    names = set(connection.dialect.get_table_names(connection))
    if _MARK not in names:
        if names:
            raise StoreError(
                f"{server} holds tables of another program, {min(names)} for one: give `state` in "
                "config/tidings.yaml a database of its own"
            )
        return 0
    found = int(connection.exec_driver_sql(_VERSION).scalar() or 0)
    if found > LATEST:
        raise SchemaTooNew(
            f"{server} was written by a newer version of Tidings (schema {found}, this one knows "
            f"{LATEST}): upgrade Tidings"
        )
    return found


def _apply(connection: Connection) -> None:
    """Run what is missing, alone in doing so."""
    with connection.begin():
        lock(connection, UPGRADING)
        found = 0
        if connection.dialect.has_table(connection, _MARK):
            found = int(connection.exec_driver_sql(_VERSION).scalar() or 0)
        _run_scripts(connection, found)


def _run_scripts(connection: Connection, done: int) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS schema_version ("
        "number INTEGER PRIMARY KEY, applied_at TIMESTAMPTZ DEFAULT clock_timestamp() NOT NULL)"
    )
    for script in _SCRIPTS:
        number = int(script[:4])
        if number > done:
            # Without parameters the driver sends all of it at once.
            connection.exec_driver_sql(_text_of(script))
            connection.exec_driver_sql("INSERT INTO schema_version (number) VALUES (%s)", (number,))


def _text_of(script: str) -> str:
    found = files("tidings.state").joinpath("sql", "postgresql", script)
    return found.read_text(encoding="utf-8")


def _objection(connection: Connection, server: Server, guard: RollbackGuard | None) -> str:
    seen: LastSeen | None = guard.seen() if guard else None
    with connection.begin():
        return objection(connection, seen, str(server))


def _has_changed(connection: Connection) -> bool:
    query = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"
    return bool(connection.exec_driver_sql(query).scalar_one())
