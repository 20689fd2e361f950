"""The rate of mail over all processes that send from one state on a server."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import pytest

from tests.postgres import fresh
from tidings.adapters.clock import SharedRate
from tidings.errors import StoreBusy
from tidings.state import Server, Store, open_store, postgresql
from tidings.state.rate import NEXT_NOTE

pytestmark = pytest.mark.scale
RATE = 200.0

# Takes places as a sender does, with a clock that is an hour off, and prints where each of them
# begins, by the clock of the server.
_SENDER = """
import sys, time
import time_machine
import psycopg
from tidings.state import Server, open_store

address, off, wanted, rate = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
store = open_store(Server(address))
with time_machine.travel(time.time() + off), psycopg.connect(address, autocommit=True) as clock:
    while wanted > 0:
        count, wait = store.take_places(7, rate)
        now = clock.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()[0]
        if count:
            print(count, now + wait)
            wanted -= count
store.close()
"""


@pytest.fixture
def server(postgres: str) -> Server:
    made = fresh(postgres)
    open_store(made).close()
    return made


def taker(store: Store) -> SharedRate:
    assert store.take_places
    return SharedRate(RATE, store.take_places)


def test_several_processes_take_turns_in_the_servers_time_whatever_their_clocks_say(
    server: Server,
) -> None:
    wanted = 70
    command = [sys.executable, "-c", _SENDER, server.address]
    processes = [
        subprocess.Popen([*command, off, str(wanted), str(RATE)], stdout=subprocess.PIPE, text=True)
        for off in ("0", "3600", "-3600")
    ]
    told = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    taken = sorted(
        (float(begins), int(count))
        for lines in told
        for count, begins in map(str.split, lines.splitlines())
    )
    assert sum(count for _, count in taken) >= 3 * wanted
    first, last = taken[0][0], taken[-1][0]
    before_last = sum(count for _, count in taken[:-1])
    # What each process adds to the answer is the time that it took to ask what time it is.
    assert before_last <= RATE * (last - first) + RATE * 0.1
    with psycopg.connect(server.address) as connection:
        row = connection.execute("SELECT value::float8 FROM notes WHERE name = %s", (NEXT_NOTE,))
        found = row.fetchone()
    assert found
    assert before_last <= RATE * (found[0] - first) + RATE * 0.1


def test_a_clock_of_the_server_that_was_ahead_holds_up_nobody(server: Server) -> None:
    store = open_store(server)
    assert store.take_places
    store.take_places(1, RATE)
    with psycopg.connect(server.address) as connection:
        connection.execute(
            "UPDATE notes SET value = (value::float8 + 3600)::text WHERE name = %s", (NEXT_NOTE,)
        )
    count, wait = store.take_places(1, RATE)
    assert count == 1
    assert wait <= 1.0
    store.close()


def test_who_is_a_second_ahead_is_told_when_to_ask_again(server: Server) -> None:
    store = open_store(server)
    assert store.take_places
    assert store.take_places(1, 1 / 60) == (1, 0.0)
    count, wait = store.take_places(1, 1 / 60)
    assert count == 0
    assert 50 < wait <= 59
    # Who was told to send faster by now does not wait for what the slower one has taken.
    count, wait = store.take_places(1, RATE)
    assert (count, wait <= 1.0) == (1, True)
    store.close()


def test_more_than_the_places_of_a_tenth_of_a_second_are_not_taken_at_a_time(
    server: Server,
) -> None:
    store = open_store(server)
    assert store.take_places
    assert store.take_places(1000, RATE)[0] == 20
    assert store.take_places(1000, 3.0)[0] == 1
    store.close()


def test_nothing_is_granted_while_the_server_is_away(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(server)
    limiter = taker(store)
    assert limiter.grant(3) == 3
    monkeypatch.setattr(postgresql, "take_places", _away)
    with pytest.raises(StoreBusy, match="cannot be reached"):
        SharedRate(RATE, store.take_places or _never).grant(1)
    store.close()


def _away(connection: object, _count: int, _rate: float) -> tuple[int, float]:
    assert hasattr(connection, "exec_driver_sql")
    connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    raise AssertionError


def _never(_count: int, _rate: float) -> tuple[int, float]:
    raise AssertionError
