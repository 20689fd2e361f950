"""Locks that a PostgreSQL server keeps for us, and what it reports, in words.

An advisory lock ends with the connection that holds it
(https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS). A process that is killed
loses it at once, but one that hangs would keep it for ever: its kernel goes on answering. So what a
process holds for longer than a statement is on a `Lifeline`, whose connection the server ends when
it has heard nothing of it for a while.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from tidings.errors import StateReplaced, StoreBusy, StoreError
from tidings.state.access import Server

WAIT_SECONDS: Final = 30
# The second half of the keys of our locks; the first tells one state from another.
WRITING, PUBLISHING, WORKING, UPGRADING, LEADING = 1, 2, 3, 4, 5
# The lock of a worker is its number after this one.
WORKER: Final = 1_000
# Which locks of this state are held now, each with the process of the server that serves its
# holder. To be read after the rows that it is compared with.
HELD: Final = (
    "SELECT objid::bigint AS what, pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid::bigint = (hashtext('tidings ' || current_schema())::bigint & 4294967295)"
)
# Seconds: the server forgets who says nothing for so long, how often we say something, and when we
# no longer trust that it has heard us.
FORGOTTEN_AFTER: Final = 60
BEAT_SECONDS: Final = 10
DOUBTED_AFTER: Final = 30
CLOSING_SECONDS: Final = 5
POLL_SECONDS: Final = 0.1
# How the server finds out that a machine is gone, at most within its lease.
_KEPT: Final = (
    f"SET idle_session_timeout = '{FORGOTTEN_AFTER}s'; SET tcp_keepalives_idle = 10;"
    " SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
    " SET tcp_user_timeout = '25s'"
)
TIME: Final = "SELECT extract(epoch FROM clock_timestamp())::float"


class Lifeline:
    """A connection of a process's own, which holds its locks and tells it the server's time.

    A thread says every few seconds that the process lives. What hangs for longer, or loses the
    connection, has lost its locks, and `lives` is False from then on. Any thread may use it.
    """

    def __init__(self, engine: Engine, server: Server) -> None:
        self._server = server
        self._using = threading.Lock()
        self._closing = threading.Event()
        self._lost = False
        self._saying: tuple[str, tuple[Any, ...]] = (TIME, ())
        with explained(server):
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            # None of those that are lent out again and again.
            connection.detach()
            self._connection = connection
            try:
                for setting in _KEPT.split(";"):
                    connection.exec_driver_sql(setting)
                self._key = key_of(connection)
                self.pid = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
                self._told = self._ask_time()
            except BaseException:
                connection.close()
                raise
        self._beating = threading.Thread(target=self._beat, name="lifeline", daemon=True)
        self._beating.start()

    @property
    def lives(self) -> bool:
        """Whether what this process holds is still its own, as far as is known."""
        return not self._lost and _elapsed() - self._told[1] < DOUBTED_AFTER

    def now(self) -> datetime:
        """The server's time, in UTC and whole seconds: the `Clock` of all who share a state."""
        told, at = self._told
        return datetime.fromtimestamp(told + _elapsed() - at, UTC).replace(microsecond=0)

    def take(self, what: int, *, wait: int = 0, shared: bool = False) -> bool:
        """Take a lock, waiting up to so many seconds; False if another process keeps it."""
        query = f"SELECT pg_try_advisory_lock{'_shared' if shared else ''}(%s, %s)"
        ends = _elapsed() + wait
        # Asked again and again rather than waited for: meanwhile others hear of us.
        while not self.ask(query, (self._key, what)):
            if _elapsed() >= ends or self._closing.wait(POLL_SECONDS):
                return False
        return True

    def give_up(self, what: int) -> None:
        """Let go of a lock; what is lost is let go of already."""
        with suppress(StoreError):
            self.ask("SELECT pg_advisory_unlock(%s, %s)", (self._key, what))

    def ask(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        """The first value that a statement answers. Raises `StoreBusy` if the connection is gone,
        with all that it held."""
        with self._using, explained(self._server):
            if self._lost:
                raise StoreBusy(f"the connection to {self._server} was lost: try again later")
            try:
                result = self._connection.exec_driver_sql(query, values)
                return result.scalar() if result.returns_rows else None
            except DBAPIError as error:
                self._lost = self._lost or error.connection_invalidated
                raise

    def say(self, query: str, values: tuple[Any, ...]) -> None:
        """What to say from now on every few seconds: a statement that answers the time."""
        self._saying = query, values

    def close(self) -> None:
        """Let go of all of it."""
        self._closing.set()
        self._beating.join(CLOSING_SECONDS)
        with self._using, suppress(DBAPIError):
            self._lost = True
            self._connection.close()

    def _ask_time(self) -> tuple[float, float]:
        at = _elapsed()
        return float(self._connection.exec_driver_sql(TIME).scalar_one()), at

    def _beat(self) -> None:
        while not self._closing.wait(BEAT_SECONDS) and not self._lost:
            with suppress(StoreError):
                at = _elapsed()
                if (told := self.ask(*self._saying)) is not None:
                    self._told = float(told), at


def _elapsed() -> float:
    """Seconds that have passed, also while the machine slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@contextmanager
def held(engine: Engine, server: Server, what: int, busy: str, *, wait: int) -> Iterator[None]:
    """Hold a lock of the server's on a connection of its own while the block runs.

    Waits up to `wait` seconds, then raises `StoreBusy(busy)`. A connection that is lost loses it.
    """
    with (
        explained(server),
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        key = key_of(connection)
        if wait:
            connection.exec_driver_sql(f"SET lock_timeout = '{wait}s'")
            try:
                connection.exec_driver_sql("SELECT pg_advisory_lock(%s, %s)", (key, what))
            except DBAPIError as error:
                if code_of(error) != _LOCK_TIMEOUT:
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


def lock(connection: Connection, what: int) -> None:
    """Take a lock of the server's for the rest of the transaction."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (key_of(connection), what))


def key_of(connection: Connection) -> int:
    """What tells the locks of this state from those of another in the same database."""
    query = "SELECT hashtext('tidings ' || current_schema())"
    return int(connection.exec_driver_sql(query).scalar_one())


_LOCK_TIMEOUT: Final = "55P03"
_DEADLOCK: Final = "40P01"
# SQLSTATE, or its class, and what to do: https://www.postgresql.org/docs/15/errcodes-appendix.html
_ADVICE: Final = {
    "42501": "let this user create tables and write to them",
    "53100": "free some space on the server's disk; the next run takes up where this one stopped",
    "25006": "the server takes no changes now: see whether it is the right one of several",
}
# No connection, or none any more: the server is away, starts, stops, or has too many. Where there
# never was one, there is no code.
_AWAY: Final = ("08", "57P", "53300", "25P03")
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
    except NoConnectionLeft as error:
        raise StoreBusy(f"{server}: all our connections are in use: try again later") from error
    except DBAPIError as error:
        code, reason = code_of(error), _reason(error)
        if code in (_LOCK_TIMEOUT, _DEADLOCK):
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


def code_of(error: DBAPIError) -> str:
    """What the server calls an error; "" if it is the driver's."""
    return str(getattr(error.orig, "sqlstate", "") or "")


def _reason(error: DBAPIError) -> str:
    """The first line of what the driver says."""
    return (str(error.orig).strip() or "no answer").splitlines()[0]
