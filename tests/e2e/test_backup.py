"""A backup is one file that can be made at any time, and restoring it mails nothing twice."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import call, contents, fresh, instance, sample, sample_after_run
from tests.fault import lost_state
from tests.fault.lost_state import (
    WITNESS,
    add_news,
    assert_nothing_twice,
    outbox,
    run,
)
from tidings.core.feeds.model import NAMES
from tidings.entrypoints import wiring

__all__ = ["fresh", "instance", "sample", "sample_after_run"]


def restore(folder: Path, archive: Path) -> None:
    """Put the state of a backup in the place of the one that is lost."""
    shutil.rmtree(folder / "state")
    (folder / "state").mkdir()
    unpack(archive, folder / "state")


def unpack(archive: Path, place: Path) -> None:
    with tarfile.open(archive) as opened:
        opened.extractall(place, filter="data")


@contextmanager
def state_in(archive: Path, scratch: Path) -> Iterator[sqlite3.Connection]:
    """The database of a backup."""
    unpack(archive, scratch)
    connection = sqlite3.connect(scratch / "tidings.db")
    try:
        yield connection
    finally:
        connection.close()


def test_a_backup_holds_the_state_and_the_key_for_its_owner_alone(
    instance: Path, tmp_path: Path
) -> None:
    before = contents(instance)
    archive = tmp_path / "backup.tar"
    done = call(instance, "backup", str(archive))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Backup written to {archive}." in done.stdout
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as opened:
        assert {entry.name: entry.mode for entry in opened} == {
            "tidings.db": 0o600,
            "tidings.db-wal": 0o600,
            "secret.key": 0o600,
        }
    with state_in(archive, tmp_path / "unpacked") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("SELECT count(*) FROM items").fetchall() == [(46,)]
    key = (tmp_path / "unpacked" / "secret.key").read_bytes()
    assert key == (instance / "state" / "secret.key").read_bytes()
    assert contents(instance) == before, "the instance is only looked at"
    assert {place.name for place in tmp_path.iterdir()} == {"backup.tar", "news", "unpacked"}


def test_a_backup_has_what_is_committed_but_not_yet_folded_into_the_file(
    instance: Path, tmp_path: Path
) -> None:
    store = wiring.open_state(wiring.load_instance(instance, os.environ))
    with store.writing() as state:
        state.remember("the last word", "spoken")
    call(instance, "backup", str(tmp_path / "backup.tar"))
    store.close()
    with state_in(tmp_path / "backup.tar", tmp_path / "unpacked") as database:
        found = database.execute("SELECT value FROM notes WHERE name = 'the last word'").fetchall()
    assert found == [("spoken",)]


def test_a_backup_while_others_write_is_of_one_moment(instance: Path, tmp_path: Path) -> None:
    """Two notes that are always written together are equal in every backup."""
    loaded = wiring.load_instance(instance, os.environ)
    done: list[int] = []

    def write() -> int:
        store, written = wiring.open_state(loaded), 0
        while not done:
            written += 1
            with store.writing() as state:
                state.remember("left", str(written))
                state.remember("right", str(written))
        store.close()
        return written

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        try:
            for number in range(3):
                made = call(instance, "backup", str(tmp_path / f"{number}.tar"))
                assert made.returncode == 0, made.stderr
        finally:
            done.append(1)
        assert writer.result() > 3
    for number in range(3):
        with state_in(tmp_path / f"{number}.tar", tmp_path / str(number)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            found = dict(database.execute("SELECT name, value FROM notes").fetchall())
        assert found.get("left") == found.get("right")


def test_an_existing_file_is_replaced_only_when_told_to(instance: Path, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    archive.write_bytes(b"the one of last week")
    refused = call(instance, "backup", str(archive))
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert archive.read_bytes() == b"the one of last week"
    assert call(instance, "backup", "--force", str(archive)).returncode == 0
    assert tarfile.is_tarfile(archive)


def test_a_damaged_state_makes_no_backup_and_spares_the_last_one(
    instance: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "backup.tar"
    archive.write_bytes(b"the one of last week")
    lost_state.a_page_flipped(instance / "state" / "tidings.db")
    done = call(instance, "backup", "--force", str(archive))
    assert done.returncode == 1
    assert "tidings.db is damaged" in done.stderr
    assert archive.read_bytes() == b"the one of last week"
    assert {place.name for place in tmp_path.iterdir()} == {"backup.tar", "news"}


@pytest.mark.parametrize("where", ["nowhere/backup.tar", "news"])
def test_a_place_that_can_hold_no_backup_is_named(
    instance: Path, tmp_path: Path, where: str
) -> None:
    done = call(instance, "backup", str(tmp_path / where))
    assert done.returncode in {1, 2}
    assert where in done.stderr
    assert "Traceback" not in done.stderr


def test_there_is_no_backup_of_a_state_that_is_not_there(instance: Path, tmp_path: Path) -> None:
    (instance / "state" / "tidings.db").unlink()
    done = call(instance, "backup", str(tmp_path / "backup.tar"))
    assert done.returncode == 1
    assert "tidings.db is missing" in done.stderr
    assert not (tmp_path / "backup.tar").exists()


# --- Restoring ----------------------------------------------------------------------------------


def test_the_restore_drill(instance: Path, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    assert call(instance, "backup", str(archive)).returncode == 0
    add_news(instance, "second", "Permits are extended")
    assert run(instance).returncode == 0
    sent, feeds = outbox(instance), contents(instance / "feeds")
    assert len(sent) == 4

    restore(instance, archive)
    held = run(instance)
    assert held.returncode == 1
    assert "was restored from a backup of" in held.stderr
    assert "`tidings state accept`" in held.stderr
    assert (outbox(instance), contents(instance / "feeds")) == (sent, feeds)

    accepted = lost_state.accept(instance)
    assert accepted.returncode == 0, accepted.stderr
    assert run(instance).returncode == 0
    assert outbox(instance) == sent
    # Only what lists the issues knows no more of the one that was opened since.
    lists = {"sitemap.xml", *(f"digests/weekly/{name}" for name in ("index.html", *NAMES))}
    after = contents(instance / "feeds")
    assert {name: data for name, (data, _) in after.items() if name not in lists} == {
        name: data for name, (data, _) in feeds.items() if name not in lists
    }, "readers see what they saw"

    add_news(instance, "third", "Borders reopen on Friday")
    assert run(instance).returncode == 0
    assert_nothing_twice(outbox(instance))
    assert len(outbox(instance)) == 5
    status = call(instance, "status", "--json", SOURCE_DATE_EPOCH=lost_state.LATER_EPOCH)
    assert json.loads(status.stdout)["ok"] is True


def test_a_backup_is_held_on_a_machine_that_has_never_seen_the_instance(
    instance: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "backup.tar"
    assert call(instance, "backup", str(archive)).returncode == 0
    add_news(instance, "second", "Permits are extended")
    assert run(instance).returncode == 0
    elsewhere = tmp_path / "elsewhere"
    for name in ("config", "seeds", "templates"):
        shutil.copytree(instance / name, elsewhere / name)
    (elsewhere / "state").mkdir()
    restore(elsewhere, archive)
    assert not (elsewhere / WITNESS).exists()
    assert "was restored from a backup of" in run(elsewhere).stderr

    assert lost_state.accept(elsewhere).returncode == 0
    assert run(elsewhere).returncode == 0
    assert outbox(elsewhere) == []
    add_news(elsewhere, "third", "Borders reopen on Friday")
    assert run(elsewhere).returncode == 0
    assert_nothing_twice([*outbox(instance), *outbox(elsewhere)])
    assert len(outbox(elsewhere)) == 1


def test_unpacking_over_a_lost_state_leaves_nothing_of_its_log(
    instance: Path, tmp_path: Path
) -> None:
    """A log is taken for that of whatever database it stands beside."""
    archive = tmp_path / "backup.tar"
    assert call(instance, "backup", str(archive)).returncode == 0
    state = instance / "state" / "tidings.db"
    store = wiring.open_state(wiring.load_instance(instance, os.environ))
    with store.writing() as transaction:
        transaction.remember("the last word", "spoken")
    log = state.with_name("tidings.db-wal").read_bytes()
    store.close()
    state.with_name("tidings.db-wal").write_bytes(log)
    unpack(archive, instance / "state")
    assert lost_state.accept(instance).returncode == 0
    connection = sqlite3.connect(state)
    assert connection.execute("SELECT * FROM notes WHERE name = 'the last word'").fetchall() == []
    connection.close()
    assert run(instance).returncode == 0
