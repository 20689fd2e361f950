"""The processes that work on a state that a server keeps: who lives, who leads, with what.

Each has a number, and a lock of that number as long as it lives: no machine's name, number of a
process or clock decides that. The lock is taken before the row is written and is never taken
again, so whose row is seen and whose lock is not held has ended for good.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from tidings.errors import StoreBusy, StoreError
from tidings.state.server_locks import HELD, LEADING, TIME, WORKER, WORKING, Lifeline

LEAD: Final = "lead"
# So long after it was last heard of, a process that did not end by itself may come back, and what
# it knew stays in force.
MISSED_FOR: Final = timedelta(minutes=10)
_ALIVE: Final = f"SELECT coalesce(string_agg(what::text, ' '), '') FROM ({HELD}) AS held"  # noqa: S608
_NUMBER: Final = "SELECT nextval(pg_get_serial_sequence('workers', 'id'))"
_ENTER: Final = (
    "INSERT INTO workers (id, name, version, roles, config, session, started_at, beat_at)"
    " VALUES (%s, %s, %s, %s, %s, right(current_setting('application_name'), 16), %s, %s)"
)
_CHANGE: Final = "UPDATE workers SET roles = %s, config = %s WHERE id = %s"
# What a process that hangs has begun would keep its rows from others for as long as it hangs. One
# that is known by another number since goes on.
_CUT_OFF: Final = (
    "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"  # noqa: S608
    " JOIN workers gone ON right(application_name, 16) = gone.session"
    " WHERE gone.id = ANY(%s) AND NOT EXISTS (SELECT 1 FROM workers other"
    f" WHERE other.session = gone.session"
    f" AND other.id + {WORKER} IN (SELECT what FROM ({HELD}) AS held))"
)
_END: Final = "UPDATE workers SET ended_at = %s WHERE id = %s"
_FORGET: Final = "DELETE FROM workers WHERE beat_at < %s"
# The first sight of a configuration gives it the next number, unless it brings one.
_KNOW: Final = (
    "INSERT INTO configs (fingerprint, revision, first_seen_at)"
    " VALUES (%s, coalesce(%s, (SELECT coalesce(max(revision), 0) + 1 FROM configs)), %s)"
    " ON CONFLICT (fingerprint)"
    " DO UPDATE SET revision = greatest(configs.revision, coalesce(%s, 0))"
)
_IN_FORCE: Final = (
    "SELECT configs.fingerprint || ' ' || workers.name FROM workers"  # noqa: S608
    " JOIN configs ON configs.fingerprint = workers.config"
    f" WHERE workers.roles LIKE '%%{LEAD}%%' AND workers.ended_at IS NULL"
    " AND (workers.beat_at >= %s"
    f" OR workers.id + {WORKER} IN (SELECT what FROM ({HELD}) AS held))"
    " ORDER BY configs.revision DESC, configs.fingerprint DESC LIMIT 1"
)
_BEAT: Final = (
    "UPDATE workers SET beat_at ="  # noqa: S608
    " to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
    f" WHERE id = %s RETURNING ({TIME})"
)


@dataclass(frozen=True, slots=True)
class Registration:
    """What a process says of itself: its name for people, its version of Tidings, what it may do,
    and the fingerprint of its configuration, with its number if somebody gave it one."""

    name: str
    version: str
    roles: tuple[str, ...]
    config: str
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A process as others see it. `in_hand` counts the messages that it has set aside or sends;
    `leads`: it records and publishes; `waits`: a newer configuration than its own is in force."""

    number: int
    name: str
    version: str
    roles: tuple[str, ...]
    started_at: datetime
    beat_at: datetime
    in_hand: int = 0
    leads: bool = False
    waits: bool = False


class ServerOwners:
    """The processes that work on one state; it is the `Owners` and the `Clock` of each of them.

    `lifeline` gives the connection that holds this one's locks, another if that was lost. Every
    method raises `StoreBusy` if the server is away.
    """

    def __init__(self, lifeline: Callable[[], Lifeline], me: Registration) -> None:
        self._lifeline = lifeline
        self._me = me
        self._told: Registration | None = None
        self._number = 0
        self._line: Lifeline | None = None
        self._leads = False
        # The thread that leads and the one that sends ask alike.
        self._asking = threading.RLock()

    @property
    def me(self) -> str:
        """The name of this process in the ledger: a number, given at first use, and a new one
        whenever it was not heard of for so long that others count it as ended."""
        with self._asking:
            line = self._entered()
            if self._told != self._me:
                self._know(line)
                line.ask(_CHANGE, (" ".join(self._me.roles), self._me.config, self._number))
            else:
                with suppress(StoreBusy):
                    line.ask(TIME)
                self._entered()  # by another connection, if that was lost
            return str(self._number)

    @property
    def lives(self) -> bool:
        """Whether others still count on this process by the name that it had last."""
        return self._line is None or self._line.lives

    def now(self) -> datetime:
        """The server's time."""
        return self._lifeline().now()

    def follow(self, me: Registration) -> None:
        """Say otherwise of this process from now on."""
        self._me = me

    def dead(self, owners: Collection[str]) -> Collection[str]:
        """Those of `owners` that have ended: what is in the ledger under their names is nobody's.

        They are to be read before this is called.
        """
        if not owners:
            return ()
        held = self._lifeline().ask(_ALIVE).split()
        living = {str(int(what) - WORKER) for what in held}
        gone = [owner for owner in owners if owner not in living]
        if numbers := [int(owner) for owner in gone if owner.isdecimal()]:
            self._lifeline().ask(_CUT_OFF, (numbers,))
        return gone

    def lead(self) -> bool:
        """Whether this process is the one that records and publishes, trying to be it: it stays so
        until it ends or is not heard of."""
        with self._asking:
            line = self._entered()
            self._leads = self._leads or line.take(LEADING)
            return self._leads

    def stand_back(self) -> None:
        """Let another process lead."""
        if self._leads and self._line:
            self._line.give_up(LEADING)
        self._leads = False

    def newer(self) -> str:
        """The name of a process with a newer configuration that is in force; "" if there is none.

        In force is the newest of all that may lead. What may only send has no say in it.
        """
        with self._asking:
            _, line = self.me, self._entered()
        since = _instant(line.now() - MISSED_FOR)
        mine = LEAD in self._me.roles
        config, _, name = (line.ask(_IN_FORCE, (since,)) or "").partition(" ")
        if not config or config == self._me.config:
            return ""
        if not mine and self._is_newer_than(line, config):
            return ""
        return str(name)

    def end(self) -> None:
        """Say that this process ended by itself."""
        if self._line and self._line.lives and self._number:
            try:
                self._line.ask(_END, (_instant(self._line.now()), self._number))
            except StoreError:
                return  # it is seen by its lock all the same

    def _is_newer_than(self, line: Lifeline, config: str) -> bool:
        query = (
            "SELECT (SELECT revision FROM configs WHERE fingerprint = %s)"
            " >= (SELECT revision FROM configs WHERE fingerprint = %s)"
        )
        return bool(line.ask(query, (self._me.config, config)))

    def _entered(self) -> Lifeline:
        """The connection by which this process is known, after making it known."""
        line = self._lifeline()
        if line is not self._line:
            number = int(line.ask(_NUMBER))
            if not line.take(WORKING, shared=True):
                raise StoreBusy("the state is being moved, restored or reset: try again later")
            line.take(WORKER + number)
            now = _instant(line.now())
            self._know(line)
            me = self._me
            roles = " ".join(me.roles)
            line.ask(_ENTER, (number, me.name, me.version, roles, me.config, now, now))
            line.ask(_FORGET, (_instant(line.now() - timedelta(days=1)),))
            line.say(_BEAT, (number,))
            self._line, self._number, self._leads = line, number, False
        return line

    def _know(self, line: Lifeline) -> None:
        """Have the configuration of this process on record."""
        me = self._me
        line.ask(_KNOW, (me.config, me.revision, _instant(line.now()), me.revision))
        self._told = me


def seen(connection: Connection) -> Sequence[WorkerSeen]:
    """The processes that work on a state now, the longest at work first."""
    in_hand = (
        "SELECT lease_owner, count(*) FROM deliveries WHERE lease_owner IS NOT NULL GROUP BY 1"
    )
    known = {str(owner): int(n) for owner, n in connection.exec_driver_sql(in_hand)}
    rows = connection.exec_driver_sql(
        "SELECT workers.*, configs.revision FROM workers"
        " JOIN configs ON configs.fingerprint = workers.config ORDER BY workers.id"
    ).all()
    held = {int(what): int(pid) for what, pid in connection.exec_driver_sql(HELD)}
    living = [row for row in rows if row.id + WORKER in held]
    leading = [(row.revision, row.config) for row in living if LEAD in row.roles.split()]
    newest = max(leading, default=None)
    return [
        WorkerSeen(
            row.id,
            row.name,
            row.version,
            tuple(row.roles.split()),
            datetime.fromisoformat(row.started_at),
            datetime.fromisoformat(row.beat_at),
            known.get(str(row.id), 0),
            held.get(LEADING) == held[row.id + WORKER],
            newest is not None and (row.revision, row.config) < newest,
        )
        for row in living
    ]


def _instant(at: datetime) -> str:
    return f"{at.isoformat()[:19]}Z"
