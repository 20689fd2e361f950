"""Procrastinate: the queue of jobs in the database that keeps the state.

It rings, wakes and spreads work over processes. What is to be done the ledger says: a job carries
nothing but its kind, and a queue that is emptied is filled again at the next look.
https://procrastinate.readthedocs.io/en/stable/
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from tidings.errors import StoreError
from tidings.state.jobs import SEND, STALLED_AFTER

if TYPE_CHECKING:
    import psycopg
    from procrastinate import App

log = logging.getLogger(__name__)

LOOK: Final = "look"
# Seconds for which we wait before we ask a server again that was away.
PATIENCE: Final = 5
# Hours for which a job that failed stays to be looked at.
KEPT_FOR: Final = 24
# Whatever is of the queue: its names all begin so.
_DROP: Final = """
DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT tablename AS name FROM pg_tables
    WHERE schemaname = current_schema() AND tablename LIKE 'procrastinate\\_%' LOOP
    EXECUTE format('DROP TABLE %I CASCADE', each.name);
  END LOOP;
  FOR each IN SELECT oid::regprocedure AS name FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate\\_%' LOOP
    EXECUTE format('DROP FUNCTION %s CASCADE', each.name);
  END LOOP;
  FOR each IN SELECT oid::regtype AS name FROM pg_type
    WHERE typnamespace = current_schema()::regnamespace AND typname LIKE 'procrastinate\\_%' LOOP
    EXECUTE format('DROP TYPE %s CASCADE', each.name);
  END LOOP;
END $$
"""


def require() -> None:
    """Raise `StoreError` if Procrastinate is not installed."""
    if find_spec("procrastinate") is None:
        raise StoreError(
            "procrastinate is not installed, which `queue: procrastinate` needs: run "
            "`pip install 'tidings[scale]'`"
        )


def submit(connection: Any, names: Sequence[str]) -> None:
    """Add jobs that have work of their kind done, inside the transaction of a psycopg connection.

    A name is a kind and a number, such as "send:0"; no two jobs of one name wait. Raises
    `StoreError` if the queue cannot be used; the transaction then goes back to its last savepoint.
    """
    # An app of its own: the one of a running worker takes asynchronous connections alone.
    from procrastinate import App, SyncPsycopgConnector
    from procrastinate.exceptions import AlreadyEnqueued, ProcrastinateException

    app = App(connector=SyncPsycopgConnector())
    for name in names:
        kind, _, _ = name.partition(":")
        try:
            with connection.transaction():
                app.configure_task(
                    kind, queue=kind, queueing_lock=name, connection=connection
                ).defer()
        except AlreadyEnqueued:
            continue  # somebody else was as quick
        except ProcrastinateException as error:
            raise StoreError(f"{error.__cause__ or error}".strip().splitlines()[0]) from error


def prepare(connection: psycopg.Connection[Any], known: str, upgrading: bool) -> str:
    """Make the tables of the queue, unless they are there and of the present version.

    `known` is what this returned the last time, "" if it never did. Those of another version are
    replaced if we are `upgrading`: what their jobs were for is to be found in the ledger. Raises
    `StoreError` if they are of another and we are not, or if they are not ours.
    """
    from procrastinate.schema import SchemaManager

    there = connection.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL").fetchone()
    present = version("procrastinate")
    if there and there[0]:
        if not known:
            raise StoreError(
                "this schema has the jobs of another application: give Tidings a schema of its own"
            )
        if known == present:
            return present
        if not upgrading:
            raise StoreError(
                f"the queue of jobs is of version {known}, and this Tidings needs {present}: run "
                "`tidings state migrate`"
            )
        connection.execute(_DROP)
    connection.execute(SchemaManager.get_schema())
    return present


class JobQueue:
    """Has jobs done in this process as they come, from `start` to `stop`.

    `look` looks for work and adds jobs; `send`, if this process sends, does what is due. Neither is
    done twice at once in one process. A server that is away is asked again and again.
    """

    def __init__(
        self,
        address: str,
        password: str,
        every: timedelta,
        look: Callable[[], None],
        send: Callable[[], None] | None,
    ) -> None:
        self._address, self._password = address, password
        self._every = every
        self._jobs = {LOOK: look} | ({SEND: send} if send else {})
        self._stopping = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._working: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Do jobs from now on."""
        # Every job that comes and goes; what fails is told by whoever does it.
        logging.getLogger("procrastinate").setLevel(logging.ERROR)
        self._thread.start()

    def stop(self) -> None:
        """Begin no more jobs, and wait for those that are being done."""
        self._stopping.set()
        self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join()

    def _cancel(self) -> None:
        if self._working:
            self._working.cancel()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._keep_on())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _keep_on(self) -> None:
        from procrastinate.exceptions import ConnectorException
        from psycopg import Error
        from psycopg_pool import PoolTimeout

        away = False
        while not self._stopping.is_set():
            self._working = asyncio.ensure_future(self._work())
            try:
                await self._working
            except asyncio.CancelledError:
                return
            except (ConnectorException, Error, PoolTimeout, OSError) as error:
                if not away:
                    log.warning('queue of jobs away reason="%s"', _words(error))
                away = True
            self._working = asyncio.ensure_future(asyncio.sleep(PATIENCE))
            try:
                await self._working
            except asyncio.CancelledError:
                return

    async def _work(self) -> None:
        """Be a worker of each queue of ours, so that a long job holds up none of another kind."""
        app = self._app()
        async with app.open_async():
            working = [
                asyncio.ensure_future(
                    app.run_worker_async(
                        queues=[kind],
                        name=kind,
                        concurrency=1,
                        install_signal_handlers=False,
                        delete_jobs="successful",
                    )
                )
                for kind in self._jobs
            ]
            try:
                await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
            finally:
                # Once, and then to the end of their jobs: a second time would cut these short.
                for each in working:
                    each.cancel()
                await asyncio.wait(working)
            for each in working:
                if not each.cancelled() and (error := each.exception()):
                    raise error

    def _app(self) -> App:
        from procrastinate import App, PsycopgConnector

        connector = PsycopgConnector(
            conninfo=self._address,
            min_size=1,
            max_size=4,
            kwargs={"password": self._password or None, "application_name": "tidings jobs"},
        )
        app = App(connector=connector)

        async def look(timestamp: int) -> None:  # noqa: ARG001  its instant is no matter
            await _clear(app)
            await asyncio.to_thread(self._jobs[LOOK])

        # One that waits is enough; a look that was missed is made up for by the next.
        looking = app.task(name=LOOK, queue=LOOK, queueing_lock=LOOK)(look)
        app.periodic(cron=_cron(self._every))(looking)
        if SEND in self._jobs:
            app.task(name=SEND, queue=SEND)(self._jobs[SEND])
        return app


async def _clear(app: App) -> None:
    """End the jobs of workers that are gone, which would else count as being done for ever, and
    forget those that failed long ago."""
    from procrastinate.jobs import Status

    manager = app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        await manager.finish_job(job=job, status=Status.FAILED, delete_job=True)
    await manager.delete_old_jobs(nb_hours=KEPT_FOR, include_failed=True)


def _cron(every: timedelta) -> str:
    """How often to look: so many seconds apart, a minute at most."""
    seconds = max(1, round(every.total_seconds()))
    return f"* * * * * */{seconds}" if seconds < 60 else "* * * * *"


def _words(error: BaseException) -> str:
    cause = error.__cause__ or error
    return next(iter(str(cause).strip().splitlines()), type(cause).__name__)
