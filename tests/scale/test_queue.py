"""Procrastinate spreads the work: whatever becomes of its jobs, all get the edition, and once."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from tests.e2e.conftest import call
from tests.postgres import Cluster, fresh, programs
from tests.scale.machines import CONNECTIONS, KEY, Site, site
from tidings.adapters import queue
from tidings.entrypoints import several, wiring
from tidings.errors import StoreError

pytestmark = pytest.mark.scale


@contextmanager
def queued(folder: Path, address: str, people: int, **given: float) -> Iterator[Site]:
    """A site whose machines are told of work by Procrastinate."""
    with site(folder, fresh(address), people=people, **given) as news:
        file = news.folder / "instance" / "config" / "tidings.yaml"
        file.write_text(f"{file.read_text()}queue: procrastinate\n")
        yield news


def test_machines_are_called_by_jobs_and_nobody_gets_the_edition_twice(
    tmp_path: Path, postgres: str
) -> None:
    with queued(tmp_path, postgres, people=1200, delay=0.01) as news:
        news.open_edition()
        one, two = news.machine(), news.machine()
        for each in (one, two):
            each.start("worker", "--role", "send")
        news.wait(lambda: news.unsettled() == 0)
        assert news.copies() == 0
        assert all("mail sent sent=" in each.log() for each in (one, two)), "both had a part"
        seen = call(one.folder, "status", **KEY).stdout
        assert re.search(r"jobs +\d+ waiting, \d+ being done", seen)
        told = json.loads(call(one.folder, "status", "--json", **KEY).stdout)["jobs"]
        assert told["stalled"] == told["failed"] == 0
        for each in news.machines:
            for process in each.begun:
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0
        assert news.ask("SELECT * FROM procrastinate_jobs WHERE status != 'todo'") == []


def test_a_leader_that_opens_an_edition_has_it_sent_by_another(
    tmp_path: Path, postgres: str
) -> None:
    with queued(tmp_path, postgres, people=30) as news:
        leads, sends = news.machine(), news.machine()
        for each in (leads, sends):
            each.edit("every: 1s", "every: 1m")  # no look is waited for
        sends.start("worker", "--role", "send")
        news.wait(lambda: "worker started" in sends.log())
        news.wait(lambda: len(news.ask("SELECT 1 FROM procrastinate_workers")) == 2)
        opened = call(leads.folder, "run", "--send", "now", **KEY)
        assert opened.returncode == 0, opened.stderr
        news.wait(lambda: news.unsettled() == 0)
        assert news.copies() == 0


def test_jobs_that_are_lost_cost_a_few_seconds(tmp_path: Path, postgres: str) -> None:
    with queued(tmp_path, postgres, people=1200, delay=0.02) as news:
        news.open_edition()
        machines = [news.machine() for _ in range(2)]
        for each in machines:
            each.start("worker", "--role", "send")
        for left in (900, 600, 300):
            news.wait(lambda left=left: news.unsettled() < left)  # type: ignore[misc]
            news.ask("TRUNCATE procrastinate_jobs, procrastinate_periodic_defers CASCADE")
        news.wait(lambda: news.unsettled() == 0)
        assert news.copies() == 0


def test_workers_that_are_killed_leave_jobs_that_hold_up_nobody(
    tmp_path: Path, postgres: str
) -> None:
    with queued(tmp_path, postgres, people=1200, delay=0.02) as news:
        news.open_edition()
        machine = news.machine()
        kills = 0
        for left in (1000, 700, 400):
            process = machine.start("worker", "--role", "send")
            news.wait(lambda left=left: news.unsettled() < left)  # type: ignore[misc]
            process.kill()
            process.wait()
            kills += 1
        machine.start("worker", "--role", "send")
        news.wait(lambda: news.unsettled() == 0)
        assert news.copies() <= kills * CONNECTIONS


def test_a_server_that_crashes_is_waited_for(tmp_path: Path) -> None:
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    with TemporaryDirectory(prefix="tidings-postgres-") as home:
        cluster = Cluster(Path(home), found)
        cluster.make()
        cluster.start()
        try:
            with queued(tmp_path, cluster.address, people=800, delay=0.02) as news:
                news.open_edition()
                news.machine().start("worker", "--role", "send")
                news.wait(lambda: news.unsettled() < 600)
                cluster.stop("immediate")
                cluster.start()
                news.wait(lambda: news.unsettled() == 0)
                assert news.copies() <= CONNECTIONS
        finally:
            cluster.stop("immediate")


# --- Its tables -----------------------------------------------------------------------------------


@pytest.fixture
def connection(postgres: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(fresh(postgres).address) as connection:
        yield connection


def waiting(connection: psycopg.Connection) -> list[str]:
    found = connection.execute("SELECT queueing_lock FROM procrastinate_jobs ORDER BY id")
    return [name for (name,) in found]


def test_a_job_is_added_in_the_transaction_that_made_the_work(
    connection: psycopg.Connection,
) -> None:
    queue.prepare(connection, "", False)
    connection.commit()
    connection.execute("SELECT 1")  # begins one
    queue.submit(connection, ["send:0"])
    connection.rollback()
    assert waiting(connection) == []
    queue.submit(connection, ["send:0", "send:1"])
    connection.commit()
    assert waiting(connection) == ["send:0", "send:1"]


def test_no_two_jobs_of_one_name_wait_and_the_transaction_goes_on(
    connection: psycopg.Connection,
) -> None:
    queue.prepare(connection, "", False)
    queue.submit(connection, ["send:0"])
    queue.submit(connection, ["send:0", "send:1"])
    assert waiting(connection) == ["send:0", "send:1"]


def test_a_queue_of_another_version_is_replaced_by_those_who_upgrade(
    connection: psycopg.Connection,
) -> None:
    made = queue.prepare(connection, "", False)
    queue.submit(connection, ["send:0"])
    with pytest.raises(StoreError, match="run `tidings state migrate`"):
        queue.prepare(connection, "3.0.0", False)
    assert queue.prepare(connection, "3.0.0", True) == made
    assert waiting(connection) == []
    assert queue.prepare(connection, made, True) == made


def test_the_jobs_of_another_application_are_left_alone(connection: psycopg.Connection) -> None:
    queue.prepare(connection, "", False)
    with pytest.raises(StoreError, match="a schema of its own"):
        queue.prepare(connection, "", True)


def test_a_queue_without_tables_is_told_of_nothing_and_the_transaction_goes_on(
    tmp_path: Path, postgres: str, caplog: pytest.LogCaptureFixture
) -> None:
    with queued(tmp_path, postgres, people=3) as news:
        instance = wiring.load_instance(news.machine().folder, KEY)
        store = wiring.open_state(instance)
        owners = several.owners(instance, store)
        assert owners is not None
        assert owners.me
        with store.writing() as state:
            assert state.jobs.seen().there
        news.ask("DROP TABLE procrastinate_jobs CASCADE")
        with store.writing() as state:
            state.remember("before", "kept")
            state.jobs.call_senders(3)
            assert not state.jobs.seen().there
        with store.reading() as state:
            assert state.note("before") == "kept"
        store.close()
    assert "the queue looks again" in caplog.text


def test_jobs_of_a_worker_that_is_gone_are_ended_at_a_look(tmp_path: Path, postgres: str) -> None:
    with queued(tmp_path, postgres, people=3) as news:
        machine = news.machine()
        machine.start("worker")
        news.wait(lambda: "worker leads" in machine.log())
        news.wait(lambda: news.unsettled() == 0)
        news.ask(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
            " VALUES ('other', 'gone', 'todo')"
        )
        # As a worker leaves it that was killed, and whose row another has removed.
        news.ask("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'gone'")
        gone = "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'gone'"
        news.wait(lambda: not news.ask(gone))
