"""The queue of jobs that lies in the same database, where one is used.

A job says that there is work of its kind, never what: that the ledger says. So whatever becomes of
the queue costs time, and no mail.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, text

from tidings.errors import StoreError
from tidings.state import rows, workers
from tidings.state.schema import notes

log = logging.getLogger(__name__)

# Adds jobs of these names with a connection of the driver's, inside its transaction; raises
# `StoreError` if it cannot.
Submit = Callable[[Any, Sequence[str]], None]
# Makes the tables of the queue: given such a connection, the version that they were last made of
# ("" if they never were), and whether one of another version is to be replaced; returns the version
# that they are of now.
Make = Callable[[Any, str, bool], str]

# Seconds after which a worker of the queue that says nothing is taken for ended.
STALLED_AFTER: Final = 120
SEND: Final = "send"
MADE: Final = "version of the queue of jobs"
# One job for so many messages, as long as there are processes for them.
PORTION: Final = 500
_WAITING: Final = text("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo'")
_TABLES: Final = text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL")
_SEEN: Final = text(
    "SELECT count(*) FILTER (WHERE status = 'todo'),"
    " count(*) FILTER (WHERE status = 'doing' AND NOT coalesce(silent, true)),"
    " count(*) FILTER (WHERE status = 'doing' AND coalesce(silent, true)),"
    " count(*) FILTER (WHERE status = 'failed')"
    " FROM (SELECT jobs.status, workers.last_heartbeat <"
    " now() - make_interval(secs => :after) AS silent FROM procrastinate_jobs AS jobs"
    " LEFT JOIN procrastinate_workers AS workers ON workers.id = jobs.worker_id) AS seen"
)


@dataclass(frozen=True, slots=True)
class JobsSeen:
    """How many jobs wait, are done now, are held by a worker that is gone, and failed within a day.

    `there` is False if the queue has no tables yet, or none any more.
    """

    waiting: int = 0
    running: int = 0
    stalled: int = 0
    failed: int = 0
    there: bool = True


class Jobs:
    """The queue as a transaction sees it; `submit` is None where no queue is used."""

    def __init__(self, connection: Connection, submit: Submit | None) -> None:
        self._db = connection
        self._submit = submit

    def call_senders(self, due: int) -> None:
        """Have so many messages sent by as many processes as are of use, none of which is called
        twice. In the transaction that made the work, or found it.

        That the queue cannot be told is logged: the queue looks for work again.
        """
        if self._submit is None or not due:
            return
        living = sum(SEND in each.roles for each in workers.seen(self._db))
        wanted = [f"{SEND}:{n}" for n in range(min(living, -(-due // PORTION)))]
        try:
            with self._db.begin_nested():
                waiting = set(self._db.scalars(_WAITING)) if self._there() else set()
                raw = self._db.connection.driver_connection
                self._submit(raw, [name for name in wanted if name not in waiting])
        except StoreError as error:
            log.warning('queue of jobs not told, the queue looks again reason="%s"', error)

    def seen(self) -> JobsSeen:
        """What is in the queue now."""
        if not self._there():
            return JobsSeen(there=False)
        counted = self._db.execute(_SEEN, {"after": STALLED_AFTER}).one()
        waiting, running, stalled, failed = (int(each) for each in counted)
        return JobsSeen(waiting, running, stalled, failed)

    def prepare(self, make: Make, *, upgrading: bool) -> None:
        """Have the tables of the queue made where there are none, and made anew where they are of
        another version and we are `upgrading`. Raises `StoreError` if they are of another and we
        are not, and if they are not ours."""
        known = self._db.scalar(select(notes.c.value).where(notes.c.name == MADE)) or ""
        raw = self._db.connection.driver_connection
        if (made := make(raw, known, upgrading)) != known:
            self._db.execute(rows.upsert(notes), {"name": MADE, "value": made})

    def _there(self) -> bool:
        return bool(self._db.scalar(_TABLES))
