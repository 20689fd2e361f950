"""A state on a PostgreSQL server: its opening and refusing, its locks, its schema, its trials."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import create_engine, inspect

from tests.postgres import Cluster, fresh, programs
from tidings.errors import (
    SchemaTooNew,
    SchemaTooOld,
    StateMissing,
    StateNotAccepted,
    StoreBusy,
    StoreError,
)
from tidings.state import (
    RollbackGuard,
    Server,
    Store,
    Transaction,
    migrate,
    open_store,
    postgresql,
    rehearsal,
    schema,
    server_connections,
    server_locks,
    snapshot,
    who_holds,
    working,
)
from tidings.state.health import LATEST

pytestmark = pytest.mark.scale


@pytest.fixture
def server(postgres: str) -> Server:
    return fresh(postgres)


@pytest.fixture
def store(server: Server) -> Iterator[Store]:
    opened = open_store(server)
    yield opened
    opened.close()


def ask(server: Server, statement: str) -> list[tuple[object, ...]]:
    """What somebody with the server's own client is answered."""
    with psycopg.connect(server.address, autocommit=True) as connection:
        found = connection.execute(statement.encode())
        return found.fetchall() if found.description else []


# --- Opening and refusing ------------------------------------------------------------------------


def test_the_tables_are_what_the_newest_migration_makes(store: Store, server: Server) -> None:
    made = inspect(create_engine(server_connections.url_of(server)))
    for table in schema.metadata.sorted_tables:
        columns = {each["name"]: each for each in made.get_columns(table.name)}
        assert list(columns) == [column.name for column in table.columns]
        for column in table.columns:
            found = columns[column.name]
            assert found["nullable"] == column.nullable, column
            assert found["type"].python_type is column.type.python_type or (
                found["type"].python_type is str
            ), column
            if found["type"].python_type is str:
                assert getattr(found["type"], "collation", "") == "C", (
                    f"{column} sorts by the server's language"
                )
        keys = made.get_pk_constraint(table.name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key.columns]
        indexes = {each["name"] for each in made.get_indexes(table.name)}
        assert {each.name for each in table.indexes} <= indexes
        foreign = {tuple(each["constrained_columns"]) for each in made.get_foreign_keys(table.name)}
        assert foreign == {tuple(each.column_keys) for each in table.foreign_key_constraints}
    made.engine.dispose()


def test_an_empty_database_is_begun_and_one_of_another_program_is_left_alone(
    server: Server,
) -> None:
    ask(server, "CREATE TABLE theirs (id INTEGER)")
    with pytest.raises(StoreError, match=r"another program, theirs for one.*database of its own"):
        open_store(server)
    with pytest.raises(StoreError, match="another program"), snapshot(server):
        pass
    assert ask(server, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()") == [
        ("theirs",)
    ]


def test_there_is_nothing_to_look_at_before_the_first_run(server: Server) -> None:
    with pytest.raises(StateMissing, match="`tidings run` makes it"), snapshot(server):
        pass


def test_a_state_of_a_newer_version_is_refused_by_name(store: Store, server: Server) -> None:
    ask(server, "INSERT INTO schema_version (number) VALUES (9999)")
    for opening in (lambda: open_store(server), lambda: migrate(server)):
        with pytest.raises(SchemaTooNew, match=r"schema 9999.*upgrade Tidings"):
            opening()
    with pytest.raises(SchemaTooNew), snapshot(server):
        pass


def test_a_state_of_an_older_version_waits_for_somebody_to_bring_it_up_to_date(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert migrate(server) == (0, LATEST)
    monkeypatch.setattr(postgresql, "LATEST", LATEST + 1)
    for opening in (open_store, lambda at: rehearsal(at).__enter__()):
        with pytest.raises(SchemaTooOld, match=rf"of version {LATEST}.*state migrate"):
            opening(server)
    monkeypatch.undo()
    assert migrate(server) == (LATEST, LATEST)
    open_store(server).close()


def test_a_migration_that_fails_midway_leaves_nothing_and_can_be_repeated(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = postgresql._text_of
    monkeypatch.setattr(postgresql, "_text_of", lambda script: real(script) + "; SELECT 1 / 0")
    with pytest.raises(StoreError, match="division by zero"):
        open_store(server)
    assert ask(server, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()") == [
        (0,)
    ]
    monkeypatch.undo()
    open_store(server).close()


def test_a_state_that_was_there_once_is_not_begun_anew(postgres: str, tmp_path: Path) -> None:
    guard = RollbackGuard(tmp_path / "witness")
    working_state = open_store(fresh(postgres), guard)
    with working_state.writing() as state:
        state.remember("x", "1")
    working_state.close()
    assert guard.path.exists()
    with pytest.raises(StateMissing, match=r"once there was one.*state accept"):
        open_store(fresh(postgres), RollbackGuard(guard.path))


def test_a_database_that_was_set_back_is_held_until_it_is_accepted(
    server: Server, tmp_path: Path
) -> None:
    guard = tmp_path / "witness"
    store = open_store(server, RollbackGuard(guard))
    with store.writing() as state:
        state.remember("x", "1")
    store.close()
    ask(server, "UPDATE notes SET value = '0' WHERE name = 'generation'")
    with pytest.raises(StateNotAccepted, match="older than what readers have seen"):
        open_store(server, RollbackGuard(guard))
    with snapshot(server, RollbackGuard(guard)) as looked:
        assert "older" in looked.needs_accept


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (("tidings@", "nobody-here@"), StoreError, "does not exist: correct `state`"),
        (("/postgres", "/none-such"), StoreError, "does not exist: correct `state`"),
        (("127.0.0.1:", "127.0.0.1:1"), StoreBusy, "cannot be reached.*try again later"),
    ],
)
def test_who_is_not_let_in_is_told_why_and_never_the_password(
    postgres: str, change: tuple[str, str], error: type[StoreError], told: str
) -> None:
    address = postgres.replace(*change)
    if change[1].endswith("1"):
        address = "postgresql://tidings@127.0.0.1:1/postgres"
    with pytest.raises(error, match=told) as caught:
        open_store(Server(address, "the-password"))
    assert (
        "the-password" not in f"{caught.value}{caught.value!r}{Server(address, 'the-password')!r}"
    )


# --- Locks ---------------------------------------------------------------------------------------


def test_who_waits_too_long_for_another_writer_is_told_to_try_later(
    store: Store, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_locks, "WAIT_SECONDS", 1)
    other = open_store(server)
    with store.writing() as state:
        state.remember("x", "1")
        with pytest.raises(StoreBusy, match="in use by another process"), other.writing():
            pass
        with other.reading() as seen:
            assert seen.note("x") is None
    other.close()


WRITER = """
import sys
from tidings.state import Server, open_store
store = open_store(Server(sys.argv[1]))
for _ in range(20):
    with store.writing() as state:
        state.remember("count", str(int(state.note("count") or 0) + 1))
store.close()
"""


def test_two_processes_that_write_in_turn_lose_nothing(store: Store, server: Server) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, server.address]) for _ in range(2)]
    assert [each.wait(60) for each in writers] == [0, 0]
    with store.reading() as state:
        assert state.note("count") == "40"


def test_a_worker_is_alone_and_its_lock_goes_with_it(store: Store, server: Server) -> None:
    assert who_holds(server) == (False, False)
    with working(server, "another worker runs"):
        assert who_holds(server) == (True, False)
        with (
            pytest.raises(StoreBusy, match="another worker runs"),
            working(server, "another worker runs"),
        ):
            pass
    with store.exclusive(), store.exclusive():
        assert who_holds(server) == (False, True)
    assert who_holds(server) == (False, False)


def test_two_states_in_one_database_do_not_wait_for_each_other(store: Store, postgres: str) -> None:
    other = open_store(fresh(postgres))
    with store.writing(), other.writing() as state, store.exclusive(), other.exclusive():
        state.remember("x", "1")
    other.close()


def test_threads_that_write_at_once_wait_for_each_other(store: Store) -> None:
    inside: list[str] = []

    def write(name: str) -> None:
        with store.writing() as state:
            inside.append(name)
            state.remember("x", name)
            inside.append(name)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert inside[::2] == inside[1::2]


# --- Trying --------------------------------------------------------------------------------------


def test_what_is_tried_is_seen_by_who_tries_it_and_gone_afterwards(
    store: Store, server: Server
) -> None:
    with rehearsal(server) as trying:
        with trying.writing() as state:
            state.remember("x", "tried")
        with trying.reading() as state:
            assert state.note("x") == "tried"
        with pytest.raises(ValueError, match="stop"), trying.writing() as state:
            _half_remember(state)
        with trying.reading() as state:
            assert state.note("x") == "tried"
        with store.writing() as real:
            assert real.note("x") is None
            real.remember("y", "meanwhile")
    with store.reading() as state:
        assert (state.note("x"), state.note("y")) == (None, "meanwhile")


def _half_remember(state: Transaction) -> None:
    state.remember("x", "half")
    raise ValueError("stop")


def test_a_state_that_is_not_there_yet_can_be_tried_and_is_not_begun(server: Server) -> None:
    with rehearsal(server) as trying, trying.writing() as state:
        state.remember("x", "1")
    with pytest.raises(StateMissing), snapshot(server):
        pass


def test_looking_sees_what_was_committed_and_nothing_later(store: Store, server: Server) -> None:
    with snapshot(server) as looked:
        with looked.reading() as state:
            assert state.note("x") is None
        with store.writing() as state:
            state.remember("x", "1")
        with looked.reading() as state:
            assert state.note("x") is None
        with looked.adapting() as state:
            state.remember("y", "for itself")
    with store.reading() as state:
        assert state.note("y") is None


# --- A server that goes away ---------------------------------------------------------------------


def test_a_server_that_crashes_is_told_of_and_worked_with_again_once_it_is_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    if not (found := programs()):
        pytest.skip("PostgreSQL is not installed")
    folder = tmp_path_factory.mktemp("cluster")
    for each in (folder, *folder.parents[:3]):
        each.chmod(0o755)
    cluster = Cluster(folder, found)
    cluster.make()
    cluster.start()
    try:
        store = open_store(Server(cluster.address))
        with store.writing() as state:
            state.remember("x", "1")
        with pytest.raises(StoreBusy, match="cannot be reached"), store.writing() as state:
            _remember_around(state, lambda: cluster.stop("immediate"))
        with pytest.raises(StoreBusy, match="cannot be reached"), store.reading():
            pass
        cluster.start()
        with store.writing() as state:
            assert (state.note("x"), state.note("y")) == ("1", None)
            state.remember("x", "3")
        store.close()
    finally:
        cluster.stop("immediate")


def _remember_around(state: Transaction, between: Callable[[], None]) -> None:
    state.remember("x", "2")
    between()
    state.remember("y", "2")


def test_an_address_can_name_what_libpq_knows(postgres: str) -> None:
    named = Server(f"{postgres}?{quote('application_name')}=news&connect_timeout=3")
    assert server_connections.url_of(named).query["application_name"] == "news"
    assert server_connections.url_of(named).query["connect_timeout"] == "3"


def test_a_server_that_never_answers_is_waited_for_by_one_of_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = Server(
            f"postgresql://tidings@127.0.0.1:{silent.getsockname()[1]}/x?connect_timeout=2"
        )
        monkeypatch.setattr(server_connections, "_AGAIN_AFTER", 3600.0)
        engine = server_connections.engine_of(server)
        for _ in range(3):
            with (
                pytest.raises(StoreBusy, match="cannot be reached"),
                server_locks.explained(server),
            ):
                engine.connect()
        engine.dispose()
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_who_finds_all_connections_in_use_is_told_to_come_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_connections, "_CONNECT_SECONDS", 0)
    store = open_store(Server(f"{server.address}&connect_timeout=10"))
    with ExitStack() as held_by_others:
        for _ in range(15):
            held_by_others.enter_context(store.reading())
        with pytest.raises(StoreBusy, match="all our connections are in use"), store.reading():
            pass
    store.close()
