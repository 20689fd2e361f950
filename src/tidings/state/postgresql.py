"""Opening a state that a PostgreSQL server keeps: transactions, locks, its schema, its errors.

The same tables and queries as in a file (`database.py`). What a file needs a lock beside it for,
the server's advisory locks do, which end with the connection that holds them
(https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS). What looks or tries
works in a transaction that is rolled back, where a file is copied.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from tidings.errors import (
    SchemaTooNew,
    SchemaTooOld,
    StateMissing,
    StateNotAccepted,
    StateReplaced,
    StoreBusy,
    StoreError,
)
from tidings.state.access import Server
from tidings.state.health import LATEST, LastSeen, RollbackGuard, objection

WAIT_SECONDS: Final = 30
_CONNECT_SECONDS: Final = 10
# One script for each version that a state on a server can be of, as `health` has for files.
_SCRIPTS: Final = ("0019_initial.sql", "0020_recipients.sql")
# The second half of the keys of our locks; the first tells one state from another.
_WRITING, _PUBLISHING, _WORKING, _UPGRADING = 1, 2, 3, 4
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
            _lock(connection, _WRITING)
            yield connection
            if self._guard and (closing or _has_changed(connection)):
                seen = self._guard.due(connection, closing=closing)
        if self._guard and seen:
            self._guard.tell(seen)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent snapshot; nothing is written."""
        with explained(self._server), self._engine.connect() as plain:
            connection = plain.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with connection.begin():
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
            busy = "another process records and publishes"
            with held(self._engine, self._server, _PUBLISHING, busy, wait=WAIT_SECONDS):
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1

    def close(self) -> None:
        """Let go of the server."""
        try:
            if self._guard and self._guard.behind:
                with self.writing(closing=True):
                    pass
        except StoreError:
            pass  # the next to open the state will witness it
        finally:
            self._engine.dispose()


class TriedDatabase:
    """A state on a server inside one transaction that is rolled back in the end: what looks at it
    or tries something on it leaves nothing behind, and nobody else sees any of it."""

    upgraded_from: Final = 0

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

    adapting = writing

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


def _open(
    server: Server, guard: RollbackGuard | None, *, accepting: bool = False
) -> ServerDatabase:
    engine = _engine(server)
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
    if not found and guard is not None and guard.path.exists():
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
    engine = _engine(server)
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
    engine = _engine(server)
    level = "REPEATABLE READ" if looking else "READ COMMITTED"
    try:
        with (
            explained(server),
            engine.connect().execution_options(isolation_level=level) as connection,
            connection.begin() as whole,
        ):
            try:
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
    engine = _engine(server)
    try:
        with held(engine, server, _WORKING, busy, wait=0):
            yield
    finally:
        engine.dispose()


@contextmanager
def held(engine: Engine, server: Server, what: int, busy: str, *, wait: int) -> Iterator[None]:
    """Hold a lock of the server's on a connection of its own while the block runs.

    Waits up to `wait` seconds, then raises `StoreBusy(busy)`. A connection that is lost loses it.
    """
    with (
        explained(server),
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        key = _key(connection)
        if wait:
            connection.exec_driver_sql(f"SET lock_timeout = '{wait}s'")
            try:
                connection.exec_driver_sql("SELECT pg_advisory_lock(%s, %s)", (key, what))
            except DBAPIError as error:
                if _code(error) != _LOCK_TIMEOUT:
                    raise
                raise StoreBusy(f"{busy} ({server}): try again later") from error
        else:
            taken = connection.exec_driver_sql(
                "SELECT pg_try_advisory_lock(%s, %s)", (key, what)
            ).scalar_one()
            if not taken:
                raise StoreBusy(f"{busy} ({server})")
        try:
            yield
        finally:
            # With its connection goes the lock, whatever state that is in.
            connection.invalidate()


def who_holds(server: Server) -> tuple[bool, bool]:
    """Whether a worker lives, and whether somebody records and publishes."""
    engine = _engine(server)
    query = (
        "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND classid::bigint = (%s::bigint & 4294967295)"
    )
    try:
        with explained(server), engine.connect() as connection:
            found = set(connection.exec_driver_sql(query, (_key(connection),)).scalars())
            return _WORKING in found, _PUBLISHING in found
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
        _lock(connection, _UPGRADING)
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


def _lock(connection: Connection, what: int) -> None:
    """Take a lock of the server's for the rest of the transaction."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (_key(connection), what))


def _key(connection: Connection) -> int:
    """What tells the locks of this state from those of another in the same database."""
    query = "SELECT hashtext('tidings ' || current_schema())"
    return int(connection.exec_driver_sql(query).scalar_one())


def _has_changed(connection: Connection) -> bool:
    query = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"
    return bool(connection.exec_driver_sql(query).scalar_one())


def url_of(server: Server) -> URL:
    """What SQLAlchemy opens."""
    url = make_url(server.address).set(drivername="postgresql+psycopg")
    if server.password:
        url = url.set(password=server.password)
    query = {"application_name": "tidings", "connect_timeout": str(_CONNECT_SECONDS)}
    return url.set(query={**query, **url.query})


def _engine(server: Server) -> Engine:
    try:
        from psycopg import Connection as Psycopg
        from psycopg.types.string import StrDumper
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{error.name} is not installed, which a state on a server needs: run "
            "`pip install 'tidings[scale]'`"
        ) from error

    class WithoutNul(StrDumper):
        """Text as the server takes it: the one character that it has no place for is left out.

        What is read from files has none; what a mail server answers may.
        """

        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", ""))

    engine = create_engine(url_of(server), pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def adapt(raw: Psycopg[Any], _record: Any) -> None:
        raw.adapters.register_dumper(str, WithoutNul)

    return engine


_LOCK_TIMEOUT: Final = "55P03"
# SQLSTATE, or its class, and what to do: https://www.postgresql.org/docs/15/errcodes-appendix.html
_ADVICE: Final = {
    "42501": "let this user create tables and write to them",
    "53100": "free some space on the server's disk; the next run takes up where this one stopped",
    "25006": "the server takes no changes now: see whether it is the right one of several",
}
# No connection, or none any more: the server is away, starts, stops, or has too many. Where there
# never was one, there is no code.
_AWAY: Final = ("08", "57P", "53300")
# What a server says that lets nobody in, but for what passes by itself. The driver has no code for
# what happens before there is a connection.
_REFUSED: Final = re.compile(
    r"FATAL:\s+((?!the database system|sorry, too many|remaining connection|terminating).*)"
)


@contextmanager
def explained(server: Server) -> Iterator[None]:
    """Turn what the server reports into errors that say what to do."""
    try:
        yield
    except DBAPIError as error:
        code, reason = _code(error), _reason(error)
        if code == _LOCK_TIMEOUT:
            raise StoreBusy(
                f"the state is in use by another process ({server}): try again later"
            ) from error
        for known, advice in _ADVICE.items():
            if code.startswith(known):
                raise StoreError(f"{server}: {reason}: {advice}") from error
        if refusal := _REFUSED.search(str(error.orig)):
            raise StoreError(
                f"{server}: {refusal[1]}: correct `state` in config/tidings.yaml or "
                "TIDINGS_STATE_PASSWORD, or let the server have this user and this database"
            ) from error
        if isinstance(error, OperationalError) and (not code or code.startswith(_AWAY)):
            raise StoreBusy(f"{server} cannot be reached ({reason}): try again later") from error
        if code == "40001":
            raise StateReplaced(f"{server}: {reason}: start again") from error
        raise StoreError(f"{server}: {reason}: see `tidings status`") from error


def _code(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")


def _reason(error: DBAPIError) -> str:
    """The first line of what the driver says."""
    return (str(error.orig).strip() or "no answer").splitlines()[0]
