"""A cycle as a whole: what one process records and publishes while another is at it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from tests.pressroom import Pressroom, pressroom
from tidings.adapters.seeds import SeedFolder
from tidings.application import record
from tidings.application.cycle import run_cycle
from tidings.application.ports import Services
from tidings.application.publish import publish
from tidings.entrypoints import wiring
from tidings.errors import StoreBusy, StoreError
from tidings.model import ReadError, SeedText
from tidings.state import Store, access
from tidings.state.database import _changes

MORE = "9 May, 2026\n\nA {name} calls at the port\n\nThe {name} comes from far away.\n"


class Interrupted(SeedFolder):
    """A seed box that lets another process publish before each file is read: a worker, say, for
    which the files have not settled yet."""

    other: Services

    def read(self, path: str) -> SeedText | ReadError:
        m = self.other
        with suppress(StoreBusy):
            publish(m.store, m.outlet, m.renderer, m.settings, m.clock.now())
        return super().read(path)


@contextmanager
def process(room: Pressroom) -> Iterator[Services]:
    """What a process has in hand that works on the instance."""
    instance = wiring.load_instance(room.root, room.environ)
    store = wiring.open_state(instance)
    try:
        yield wiring.services(instance, store, wiring.clock(room.now))
    finally:
        store.close()


def test_an_added_topic_is_published_while_the_listings_are_out_of_reach(tmp_path: Path) -> None:
    """Found so: pages were asked for of a topic that nothing was recorded of."""
    room = pressroom(tmp_path)
    room.run("none")
    seeds = (room.root / "seeds").rename(room.root / "away")
    room.edit(
        "config/topics.yaml", "topics:", "topics:\n  ferries:\n    title: F\n    any: [ferry]"
    )
    report = room.run("none")
    assert ["does not exist" in error for error in report.errors] == [True]
    assert b"The ferry is back" in room.published()["topics/ferries/atom.xml"]
    seeds.rename(room.root / "seeds")
    assert room.run("none").errors == []


def test_a_first_run_without_listings_leaves_the_first_reading_to_come(tmp_path: Path) -> None:
    room = pressroom(tmp_path)
    seeds = (room.root / "seeds").rename(room.root / "away")
    assert room.run("none").errors
    assert room.published() == {}
    seeds.rename(room.root / "seeds")
    room.edit("config/tidings.yaml", "site:", "feeds: {limit: 1}\nsite:")
    room.run("none")
    # What came first is no change: the feed holds the newest alone.
    assert room.published()["atom.xml"].count(b"<entry>") == 1


BREAKS = "CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END"


def break_table(room: Pressroom, table: str) -> None:
    """Have the database refuse whatever is put into a table."""
    with closing(sqlite3.connect(room.root / "state/tidings.db")) as database:
        database.execute(BREAKS.format(table=table))


def test_a_database_error_while_publishing_never_ends_a_run_before_mail(tmp_path: Path) -> None:
    room = pressroom(tmp_path)
    room.run("none")
    break_table(room, "files")
    room.write("seeds/barge.txt", MORE.format(name="barge"))
    report = room.run("now")
    assert ["broken" in error for error in report.errors] == [True]
    assert report.delivered.sent == sum(room.messages().values()) == 3


def test_a_digest_whose_edition_cannot_be_opened_leaves_the_others_their_mail(
    tmp_path: Path,
) -> None:
    room = pressroom(tmp_path)
    room.run("none")
    break_table(room, "editions WHEN NEW.digest = 'weekly'")
    room.write("seeds/ferry.txt", MORE.format(name="ferry"))
    report = room.run("now")
    assert len(report.errors) == 1
    assert [opened.edition.digest for opened in report.opened] == ["boats"]
    assert report.delivered.sent > 0


def test_another_process_never_publishes_half_of_what_a_run_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found so: it noted the run as published, and the other half was never on the web."""
    monkeypatch.setattr(access, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(record, "PORTION", 1)
    room = pressroom(tmp_path)
    room.run("none")
    for name in ("barge", "cutter", "dredger"):
        room.write(f"seeds/{name}.txt", MORE.format(name=name))
    seeds = Interrupted(room.root, ["seeds/*.txt"], file_limit=1 << 20, line_limit=1 << 16)
    with process(room) as ours, process(room) as seeds.other:
        run_cycle(replace(ours, seeds=seeds), "none")
    pages = "".join(name for name in room.published() if name.startswith("items/"))
    assert [name for name in ("barge", "cutter", "dredger") if f"a-{name}-calls" not in pages] == []


def written(store: Store) -> list[int]:
    """How many rows each write transaction has changed, from now on."""
    counts: list[int] = []
    engine = store._database._engine  # type: ignore[attr-defined]

    def begin(connection: Connection) -> None:
        connection.info["before"] = _changes(connection)

    def commit(connection: Connection) -> None:
        if rows := _changes(connection) - connection.info["before"]:
            counts.append(rows)

    event.listen(engine, "begin", begin)
    event.listen(engine, "commit", commit)
    return counts


def test_a_round_that_finds_nothing_writes_once(tmp_path: Path) -> None:
    room = pressroom(tmp_path)
    room.run("now")
    with process(room) as worker:
        run_cycle(worker, "due")
        counts = written(worker.store)
        report = run_cycle(worker, "due")
        assert (report.recorded.run, report.published.written) == (0, 0)
        assert len(counts) <= 1


def test_a_portion_of_files_takes_few_statements(tmp_path: Path) -> None:
    room = pressroom(tmp_path)
    room.run("none")
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement.split("\n")[0])

    def statements(files: range) -> int:
        for number in files:
            text = MORE.format(name=f"ship {number}")
            (room.root / "seeds" / f"{number}.txt").write_text(text, encoding="utf-8")
        asked.clear()
        with process(room) as worker:
            engine = worker.store._database._engine  # type: ignore[attr-defined]
            event.listen(engine, "before_cursor_execute", note)
            how = worker.recording
            report = record.record(
                worker.store, worker.seeds, worker.classifier, how, worker.clock.now()
            )
            assert report.new == len(files)
        return len(asked)

    one, many = statements(range(1)), statements(range(100, 100 + record.PORTION))
    assert many <= one + 5, (one, many)


@pytest.mark.parametrize(
    "fault",
    [
        StoreBusy("the state is in use"),
        OSError(5, "Input/output error"),
        MemoryError(),
        StoreError("the disk is full"),
    ],
)
def test_whatever_fails_while_publishing_never_ends_a_run_before_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    room = pressroom(tmp_path)
    room.run("none")
    room.write("seeds/barge.txt", MORE.format(name="barge"))
    monkeypatch.setattr("tidings.application.cycle.publish", fail)
    report = room.run("now")
    assert len(report.errors) == 1
    assert report.delivered.sent == 3
