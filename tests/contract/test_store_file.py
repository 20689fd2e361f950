"""A state that is a file: its locks, its opening and refusing, its copies, its migrations."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, inspect
from sqlalchemy.exc import DatabaseError

from tests.builders import HOUR, MONDAY, item, record_changes, sighting, text
from tests.desk import hurried
from tidings.errors import SchemaTooNew, StateMissing, StoreBusy, StoreError
from tidings.model import (
    Changes,
    Item,
)
from tidings.state import (
    RollbackGuard,
    Store,
    Transaction,
    access,
    health,
    open_store,
    rehearsal,
    schema,
    snapshot,
)

A, B, C = "a" * 16, "b" * 16, "c" * 16
LATER = MONDAY + HOUR
BOAT = item(text("Boat", "It floats.", "2026-02-01", url="https://x.example/", category="News"), A)
PORT = item(text("Port", "It waits.", "2026-02-02"), B)
CRANE = item(text("Crane", "It lifts."), C)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tidings.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = hurried(open_store(path))
    yield opened
    opened.close()


def save(state: Transaction, *items: Item, path: str = "a.txt", run: int = 1) -> None:
    """Record items as new, in the order of one file."""
    seen = [sighting(each.id, each.text, path=path, position=n) for n, each in enumerate(items)]
    record_changes(state, path, Changes(new=items, sightings=tuple(seen)), run)


def numbered(number: int) -> str:
    """An id whose first half, which names the slug, is the number."""
    return f"{number:08x}{'0' * 8}"


def bare(found: Item) -> Item:
    return replace(found, sources=())


# --- Busy ----------------------------------------------------------------------------------------


def test_a_state_that_another_holds_is_busy_and_still_read(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "WAIT_SECONDS", 0.0)
    with store.writing() as state:
        state.remember("x", "1")
    with access.held(path.with_name("state.lock"), wait=0.0, busy="busy"):
        with pytest.raises(StoreBusy, match="in use by another"), store.writing():
            pytest.fail("two held the state")
        with pytest.raises(StoreBusy):
            open_store(path)
        with pytest.raises(StoreBusy), snapshot(path):
            pass
        with store.reading() as state:
            assert state.note("x") == "1"
    with store.writing() as state:
        state.remember("x", "2")


def test_a_database_that_a_stranger_locked_is_busy(store: Store, path: Path) -> None:
    engine = store._database._engine  # type: ignore[attr-defined]
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=0").close())
    engine.dispose()
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match="try again"), store.writing() as state:
        state.remember("x", "0")
    stranger.execute("ROLLBACK")
    stranger.close()
    with store.writing() as state:
        state.remember("x", "1")


COUNTER = """
import sys
from pathlib import Path
from tidings.state import open_store
store = open_store(Path(sys.argv[1]))
for _ in range(25):
    with store.writing() as state:
        state.remember("count", str(int(state.note("count") or 0) + 1))
store.close()
"""


def test_two_processes_that_write_in_turn_lose_nothing(store: Store, path: Path) -> None:
    others = [subprocess.Popen([sys.executable, "-c", COUNTER, str(path)]) for _ in range(2)]
    for _ in range(25):
        with store.writing() as state:
            state.remember("count", str(int(state.note("count") or 0) + 1))
    assert [other.wait(30) for other in others] == [0, 0]
    with store.reading() as state:
        assert state.note("count") == "75"


# --- Opening and refusing ------------------------------------------------------------------------


def beside(path: Path) -> dict[str, tuple[bytes, int]]:
    return {
        place.name: (place.read_bytes(), place.stat().st_mtime_ns)
        for place in path.parent.iterdir()
        if place.name != "state.lock"
    }


@pytest.mark.parametrize("left", ["nothing", "an empty file"])
def test_a_state_that_was_there_once_is_not_begun_anew(path: Path, left: str) -> None:
    open_store(path).close()
    path.write_bytes(b"") if left != "nothing" else path.unlink()
    before = beside(path)
    for _ in range(2):
        with pytest.raises(StateMissing, match=str(path)):
            open_store(path)
        with pytest.raises(StateMissing, match=str(path)), snapshot(path):
            pass
    assert beside(path) == before


def test_a_run_that_ends_during_a_look_does_not_make_the_state_look_old(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = RollbackGuard(path.parent.parent / "witness")
    working = hurried(open_store(path, witness))
    with working.writing() as state:
        state.new_run(MONDAY)
    check = health.check_pages

    def slowly(*given: Any, **named: Any) -> None:
        check(*given, **named)
        with working.writing() as state:
            state.new_run(LATER)

    monkeypatch.setattr(health, "check_pages", slowly)
    with snapshot(path, witness) as seen:
        assert not seen.needs_accept
    with rehearsal(path, witness):
        pass
    working.close()


def test_there_is_nothing_to_look_at_before_the_first_run(path: Path) -> None:
    with pytest.raises(StateMissing, match="tidings run"), snapshot(path):
        pass
    assert not path.parent.exists()


@pytest.mark.parametrize("application_id", [0, 77])
def test_somebody_else_s_database_is_refused(path: Path, application_id: int) -> None:
    path.parent.mkdir()
    theirs = sqlite3.connect(path)
    theirs.execute(f"PRAGMA application_id = {application_id}")
    theirs.execute("CREATE TABLE theirs (a)")
    theirs.execute("INSERT INTO theirs VALUES (1)")
    theirs.commit()
    theirs.close()
    with pytest.raises(StoreError, match="not a state of Tidings"):
        open_store(path)
    theirs = sqlite3.connect(path)
    found = theirs.execute("SELECT name FROM sqlite_master").fetchall()
    theirs.close()
    assert found == [("theirs",)]
    assert not path.with_name("tidings.db.initialised").exists()


def test_somebody_else_s_database_is_left_as_it_was_to_the_byte(path: Path) -> None:
    path.parent.mkdir()
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE theirs (a)")
    theirs.commit()
    theirs.close()
    before = beside(path)
    with pytest.raises(StoreError):
        open_store(path)
    assert beside(path) == before


def test_a_state_says_whose_it_is_to_whoever_reads_its_first_bytes(path: Path) -> None:
    """`file` and its kin know databases by these four bytes (the SQLite file format, 1.3.9)."""
    open_store(path).close()
    assert path.read_bytes()[68:72] == b"TIDG"


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("attempt to write a readonly database", "make the file and its folder readable"),
        ("unable to open database file", "make the file and its folder readable"),
        ("database or disk is full", "free some space"),
        ("disk I/O error", "free some space"),
        ("no such table: items", "see `tidings status`"),
    ],
)
def test_what_a_database_complains_of_comes_with_what_to_do(
    path: Path, reason: str, advice: str
) -> None:
    with pytest.raises(StoreError, match=advice), health.explained(path):
        raise DatabaseError("", {}, sqlite3.OperationalError(reason))


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"Dear diary, " * 1_000)
    before = beside(path)
    with pytest.raises(StoreError, match=str(path)):
        open_store(path)
    with pytest.raises(StoreError, match=str(path)), snapshot(path):
        pass
    assert beside(path) == before


def test_a_state_of_a_newer_version_is_refused_by_name(path: Path) -> None:
    open_store(path).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.commit()
    newer.close()
    before = beside(path)
    with pytest.raises(SchemaTooNew, match=f"{path}.*99"):
        open_store(path)
    assert beside(path) == before


def test_a_copy_of_a_newer_state_is_refused_by_the_name_of_the_original(path: Path) -> None:
    open_store(path).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.commit()
    newer.close()
    with pytest.raises(SchemaTooNew, match=str(path)), snapshot(path):
        pass


@pytest.mark.parametrize("obstacle", ["the folder is a file", "the file is a folder"])
def test_a_place_that_cannot_hold_a_state_is_its_fault(path: Path, obstacle: str) -> None:
    if obstacle == "the folder is a file":
        path.parent.write_bytes(b"in the way")
    else:
        path.mkdir(parents=True)
    with pytest.raises(StoreError, match=str(path.parent)):
        open_store(path)


def test_opening_twice_is_opening(store: Store, path: Path) -> None:
    again = open_store(path)
    with again.writing() as state:
        state.remember("x", "1")
    again.close()
    with store.reading() as state:
        assert state.note("x") == "1"


def test_a_closed_state_is_one_file_without_a_log(path: Path) -> None:
    store = open_store(path)
    with store.writing() as state:
        state.remember("x", "1")
    store.close()
    names = {place.name for place in path.parent.iterdir()}
    assert "tidings.db" in names
    assert not any(name.endswith("-wal") and (path.parent / name).stat().st_size for name in names)


# --- Looking -------------------------------------------------------------------------------------


@pytest.mark.parametrize("running", [False, True])
def test_looking_leaves_the_instance_byte_for_byte_as_it_was(path: Path, running: bool) -> None:
    store = open_store(path)
    with store.writing() as state:
        save(state, BOAT)
    if not running:
        store.close()

    def everything() -> dict[str, tuple[bytes, int]]:
        places = [path.parent, *path.parent.iterdir()]
        return {
            place.name: (place.read_bytes() if place.is_file() else b"", place.stat().st_mtime_ns)
            for place in places
        }

    before = everything()
    with snapshot(path) as copy:
        with copy.reading() as state:
            assert set(state.items.get([A])) == {A}
        with pytest.raises(StoreError, match="reading only"), copy.writing():
            pass
    assert everything() == before
    if running:
        store.close()


def test_looking_makes_no_lock_where_there_is_none(path: Path) -> None:
    open_store(path).close()
    path.with_name("state.lock").unlink()
    before = beside(path), path.parent.stat().st_mtime_ns
    with snapshot(path) as copy, copy.reading() as state:
        assert state.note("x") is None
    assert (beside(path), path.parent.stat().st_mtime_ns) == before
    assert not path.with_name("state.lock").exists()


def test_looking_sees_what_was_committed_and_nothing_later(store: Store, path: Path) -> None:
    with store.writing() as state:
        state.remember("x", "1")
    with snapshot(path) as copy:
        with store.writing() as state:
            state.remember("x", "2")
        with copy.reading() as state:
            assert state.note("x") == "1"


# --- Migrations ----------------------------------------------------------------------------------


def test_the_tables_are_what_the_migrations_make(path: Path, tmp_path: Path) -> None:
    def described(place: Path, *, declared: bool) -> dict[str, Any]:
        engine = create_engine(f"sqlite:///{place}")
        if declared:
            schema.metadata.create_all(engine)
        found = inspect(engine)
        tables = {
            name: {
                "columns": {
                    column["name"]: (
                        str(column["type"]),
                        column["nullable"],
                        column["default"],
                    )
                    for column in found.get_columns(name)
                },
                "key": found.get_pk_constraint(name)["constrained_columns"],
                "foreign": sorted(
                    (
                        key["constrained_columns"],
                        key["referred_table"],
                        key["referred_columns"],
                        sorted(key["options"].items()),
                    )
                    for key in found.get_foreign_keys(name)
                ),
                "unique": sorted(
                    each["column_names"] for each in found.get_unique_constraints(name)
                ),
                "indexes": sorted(
                    (each["name"] or "", each["column_names"], each["unique"])
                    for each in found.get_indexes(name)
                ),
            }
            for name in found.get_table_names()
        }
        engine.dispose()
        return tables

    open_store(path).close()
    assert described(path, declared=False) == described(tmp_path / "declared.db", declared=True)


def test_every_step_from_an_empty_file_leads_to_the_newest_version(path: Path) -> None:
    open_store(path).close()
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA user_version").fetchone() == (health.LATEST,)
    assert raw.execute("PRAGMA application_id").fetchone() == (health.APPLICATION_ID,)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()


def test_a_first_migration_that_fails_midway_leaves_nothing_and_can_be_repeated(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(health, "statements", lambda _: ["CREATE TABLE half (a)", "CREATE NONSENSE"])
        with pytest.raises(StoreError, match=str(path)):
            open_store(path)
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT name FROM sqlite_master").fetchall() == []
    assert raw.execute("PRAGMA user_version").fetchone() == (0,)
    raw.close()
    open_store(path).close()


def test_a_later_migration_that_fails_midway_leaves_the_old_schema_and_the_data(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(path)
    with store.writing() as state:
        state.remember("x", "1")
    store.close()
    latest, real = health.LATEST, health.statements
    monkeypatch.setattr(health, "_SCRIPTS", (*health._SCRIPTS, "9999_next.sql"))
    monkeypatch.setattr(health, "LATEST", 9999)

    def following(*tail: str) -> None:
        steps = ["CREATE TABLE half (a)", "DROP TABLE notes", *tail]
        monkeypatch.setattr(
            health, "statements", lambda name: steps if name == "9999_next.sql" else real(name)
        )

    following("CREATE NONSENSE")
    with pytest.raises(StoreError):
        open_store(path)
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT value FROM notes").fetchall() == [("1",)]
    assert raw.execute("SELECT name FROM sqlite_master WHERE name = 'half'").fetchall() == []
    assert raw.execute("PRAGMA user_version").fetchone() == (latest,)
    raw.close()
    following()
    open_store(path).close()
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA user_version").fetchone() == (9999,)
    raw.close()


def test_a_migration_file_is_cut_into_whole_statements() -> None:
    for script in health._SCRIPTS:
        for statement in health.statements(script):
            assert sqlite3.complete_statement(f"{statement.rstrip(';')};")


OPENING = """
import sys
from pathlib import Path
from tidings.state import open_store
store = open_store(Path(sys.argv[1]))
with store.writing() as state:
    state.remember("x", "1")
store.close()
print(*sys.modules)
"""


def test_a_state_in_a_file_takes_nothing_along_that_only_a_server_needs(path: Path) -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            OPENING,
            str(path),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"psycopg", "tidings.state.postgresql", "tidings.state.moving"} & set(told)
