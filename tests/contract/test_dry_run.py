"""What is only tried out leaves no trace: the outlet that compares, the state that is a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import MONDAY
from tests.pressroom import traces
from tidings.adapters.outlet.dry_run import DryRunOutlet
from tidings.adapters.outlet.folder import OutputFolder
from tidings.errors import PublishError, StateMissing, StoreError
from tidings.state import open_store, rehearsal

# --- The outlet ----------------------------------------------------------------------------------


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    """A published folder with a feed and a page."""
    folder = tmp_path / "feeds"
    OutputFolder(folder).put([("topics/boats/atom.xml", b"old"), ("index.html", b"old")])
    return folder


def test_it_answers_as_the_real_one_would_and_writes_nothing(feeds: Path) -> None:
    files = [("index.html", b"old"), ("topics/boats/atom.xml", b"new"), ("more.html", b"new")]
    before = traces(feeds)
    tried = DryRunOutlet(feeds).put(files)
    assert traces(feeds) == before
    real = OutputFolder(feeds).put(files)
    assert sorted((f.path, f.size, f.digest, written) for f, written in tried) == sorted(
        (f.path, f.size, f.digest, written) for f, written in real
    )


def test_it_keeps_what_it_was_asked_to_do_and_the_bytes_of_feeds(feeds: Path) -> None:
    outlet = DryRunOutlet(feeds)
    outlet.put([("topics/boats/atom.xml", b"new"), ("more.html", b"new")])
    outlet.remove(["index.html", "never.html"])
    outlet.sweep()
    changes = outlet.changes()
    assert [(change.path, change.kind) for change in changes] == [
        ("index.html", "removed"),
        ("more.html", "new"),
        ("topics/boats/atom.xml", "changed"),
    ]
    assert (changes[2].before, changes[2].after) == (b"old", b"new")


def test_a_file_that_is_put_twice_counts_once_and_one_put_back_not_at_all(feeds: Path) -> None:
    outlet = DryRunOutlet(feeds)
    ((file, first),) = outlet.put([("a.html", b"1")])
    ((_, again),) = outlet.put([("a.html", b"1")])
    assert (first, again) == (True, False)
    assert outlet.stands(file)
    outlet.put([("index.html", b"other")])
    outlet.put([("index.html", b"old")])
    outlet.remove(["a.html"])
    assert outlet.changes() == []


def test_a_file_that_cannot_be_read_fails_as_it_would(feeds: Path) -> None:
    (feeds / "taken").mkdir()
    with pytest.raises(PublishError, match="taken"):
        DryRunOutlet(feeds).put([("taken", b"x")])


# --- The state -----------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tidings.db"


def test_what_is_written_in_a_rehearsal_is_read_in_it_and_gone_afterwards(path: Path) -> None:
    store = open_store(path)
    with store.writing() as state:
        state.remember("name", "before")
    before = traces(path.parent)
    with rehearsal(path) as tried:
        with tried.writing() as state:
            state.remember("name", "tried")
            state.new_run(MONDAY)
        with tried.reading() as state:
            assert (state.note("name"), state.last_run()) == ("tried", 1)
    assert traces(path.parent) == before
    with store.reading() as state:
        assert (state.note("name"), state.last_run()) == ("before", 0)
    store.close()


def test_where_there_is_no_state_one_is_rehearsed_elsewhere(path: Path) -> None:
    with rehearsal(path) as tried, tried.writing() as state:
        assert state.new_run(MONDAY) == 1
    assert not path.parent.exists()


def test_a_state_that_could_not_be_used_cannot_be_rehearsed_with(path: Path) -> None:
    open_store(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError), rehearsal(path):
        pass
    path.unlink()
    with pytest.raises(StateMissing), rehearsal(path):
        pass
