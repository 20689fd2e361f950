"""Files have their mode from their beginning: there is no moment in which others can open them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tidings.adapters.eml import EmlFolder
from tidings.adapters.outlet.folder import OutputFolder
from tidings.adapters.signing import secret_key
from tidings.model import Envelope
from tidings.state import RollbackGuard, back_up, held, open_store
from tidings.state.database import copied

LETTER = Envelope("a@x.example", "b@x.example", "weekly", 1, 7)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct, autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def narrows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is open at first cannot be closed afterwards."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a mode is changed afterwards")

    for owner, name in ((os, "chmod"), (os, "fchmod"), (Path, "chmod")):
        monkeypatch.setattr(owner, name, refused)


def mode(place: Path) -> int:
    return stat.S_IMODE(place.stat().st_mode)


def wide(root: Path) -> dict[str, str]:
    """What others may do anything with, by mode."""
    found = {str(each.relative_to(root)): mode(each) for each in root.rglob("*")}
    return {name: oct(bits) for name, bits in found.items() if bits & 0o077}


@pytest.mark.usefixtures("narrows_nothing")
def test_nothing_of_a_state_is_ever_open_to_others(tmp_path: Path) -> None:
    path, witness = tmp_path / "state" / "tidings.db", RollbackGuard(tmp_path / ".tidings-witness")
    with held(tmp_path / "lock", wait=0, busy=""):
        pass
    secret_key(path.parent, {})
    store = open_store(path, witness)
    with store.writing() as state, store.reading():
        state.new_run(datetime(2026, 11, 23, tzinfo=UTC))
        state.remember("a", "b")
    assert {each.name for each in path.parent.iterdir()} >= {
        "secret.key",
        "state.lock",
        "tidings.db",
        "tidings.db-shm",
        "tidings.db-wal",
        "tidings.db.initialised",
    }
    assert witness.path.exists()
    assert wide(tmp_path) == {}
    with copied(path, witness, tmp_path) as (copy, _, _):
        assert copy.exists()
        assert wide(tmp_path) == {}
    store.close()
    back_up(path, witness, [], tmp_path / "news.tar", datetime(2026, 11, 23, tzinfo=UTC))
    assert wide(tmp_path) == {}


@pytest.mark.usefixtures("narrows_nothing")
def test_no_message_is_ever_open_to_others(tmp_path: Path) -> None:
    for _ in range(2):
        EmlFolder(tmp_path / "outbox").send(LETTER, b"x")
    assert wide(tmp_path) == {}


def test_what_a_crash_left_open_does_not_make_the_next_message_so(tmp_path: Path) -> None:
    folder = tmp_path / "outbox" / "weekly" / "1"
    folder.mkdir(parents=True)
    (folder / ".7-b@x.example.eml.tmp").write_bytes(b"half")
    (folder / ".7-b@x.example.eml.tmp").chmod(0o644)
    assert mode(Path(EmlFolder(tmp_path / "outbox").send(LETTER, b"x"))) == 0o600


def test_what_replaces_an_open_backup_is_closed(tmp_path: Path) -> None:
    path, target = tmp_path / "state" / "tidings.db", tmp_path / "news.tar"
    open_store(path).close()
    target.touch()
    target.chmod(0o644)
    back_up(path, RollbackGuard(tmp_path / "w"), [], target, datetime(2026, 11, 23, tzinfo=UTC))
    assert mode(target) == 0o600


def test_what_is_published_can_be_read_by_a_web_server(tmp_path: Path) -> None:
    root = tmp_path / "feeds"
    outlet = OutputFolder(root)
    outlet.begin()
    outlet.put([("index.html", b"x"), ("topics/a/atom.xml", b"y")])
    assert {mode(each) for each in (root, *root.rglob("*")) if each.is_dir()} == {0o755}
    assert [mode(root / name) for name in ("index.html", "topics/a/atom.xml")] == [0o644] * 2


def test_a_folder_of_feeds_that_somebody_made_keeps_its_mode(tmp_path: Path) -> None:
    root = tmp_path / "feeds"
    root.mkdir()
    root.chmod(0o2750)
    outlet = OutputFolder(root)
    outlet.begin()
    outlet.put([("topics/atom.xml", b"y")])
    assert mode(root) == 0o2750
    assert mode(root / "topics") == 0o2755, "the group of the folder stays that of what is in it"
