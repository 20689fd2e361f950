"""Many files are put in place by another process, which does what the outlet itself would do."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidings.adapters.outlet import folder, putting, scribe
from tidings.adapters.outlet.folder import FolderOutlet
from tidings.errors import PublishError

FILES = [(f"items/{number}.html", f"page {number}".encode()) for number in range(20)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "feeds"


@pytest.fixture
def outlet(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FolderOutlet]:
    """An outlet that leaves every file to a scribe, in the middle of a publication."""
    monkeypatch.setattr(folder, "MANY", 1)
    made = FolderOutlet(root)
    made.begin()
    yield made
    made.end()


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(place.relative_to(root)): place.read_bytes()
        for place in root.rglob("*")
        if place.is_file() and place.name != folder.UNFINISHED
    }


def process_of(outlet: FolderOutlet) -> int:
    assert outlet._scribe
    return outlet._scribe._process.pid


def test_its_files_and_answers_are_those_of_the_outlet_itself(
    outlet: FolderOutlet, root: Path, tmp_path: Path
) -> None:
    theirs = outlet.put(FILES)
    ours = putting.put(tmp_path / "ours", FILES)
    assert contents(root) == contents(tmp_path / "ours") == dict(FILES)
    assert [(f.path, f.size, f.digest, new) for f, new in theirs] == [
        (f.path, f.size, f.digest, new) for f, new in ours
    ]
    assert all(outlet.stands(file) for file, _ in theirs)
    again = outlet.put([*FILES[:3], ("items/3.html", b"another")])
    assert [new for _, new in again] == [False, False, False, True]
    assert again[3][0].mtime_ns >= theirs[3][0].mtime_ns + putting.SECOND_NS


def test_it_is_asked_where_there_are_many_files_and_gone_afterwards(root: Path) -> None:
    outlet = FolderOutlet(root)
    outlet.begin()
    outlet.put(FILES)
    assert not outlet._scribe
    outlet.put([(f"items/more-{number}.html", b"") for number in range(folder.MANY)])
    number = process_of(outlet)
    assert number != os.getpid()
    outlet.end()
    assert not outlet._scribe
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_what_it_cannot_put_in_place_is_told_and_it_goes_on(
    outlet: FolderOutlet, root: Path
) -> None:
    (root / "items" / "3.html").mkdir(parents=True)
    with pytest.raises(PublishError, match=str(root / "items" / "3.html")):
        outlet.put(FILES)
    (root / "items" / "3.html").rmdir()
    outlet.put(FILES)
    assert contents(root) == dict(FILES)


def test_when_it_is_killed_the_outlet_goes_on_alone_and_the_next_one_sweeps_up(
    outlet: FolderOutlet, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outlet.put(FILES[:1])
    os.kill(process_of(outlet), signal.SIGKILL)
    answers = [*outlet.put(FILES[:9]), *outlet.put(FILES[9:])]
    assert all(outlet.stands(file) for file, _ in answers)
    assert "status -9" in caplog.text
    outlet.end()
    (root / "items" / ".1.html.4711.tmp").write_bytes(b"half")
    outlet.begin()
    assert contents(root) == dict(FILES)
    outlet.put(FILES)
    assert process_of(outlet)


def test_it_goes_on_until_its_employer_ends_it(outlet: FolderOutlet, root: Path) -> None:
    outlet.put(FILES[:1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(process_of(outlet), number)
    outlet.put(FILES)
    assert contents(root) == dict(FILES)


def test_it_changes_nothing_once_its_employer_is_gone(root: Path) -> None:
    """Somebody else may publish by then."""
    nobody = 2**22 + 1
    done = subprocess.run(
        [sys.executable, "-c", scribe.MAIN, str(nobody), str(root)],
        input=pickle.dumps(FILES),
        stdout=subprocess.PIPE,
        check=True,
    )
    assert isinstance(pickle.loads(done.stdout), PublishError)
    assert contents(root) == {}


def test_where_none_can_be_started_the_outlet_does_it_alone(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    outlet: FolderOutlet,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(sys, "executable", str(root / "no-python"))
    outlet.put(FILES)
    assert contents(root) == dict(FILES)
    assert "no-python" in caplog.text


def test_what_lies_in_the_folder_it_is_called_in_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outlet: FolderOutlet, root: Path
) -> None:
    planted = tmp_path / "instance"
    planted.mkdir()
    for name in ("pickle.py", "tidings.py", "signal.py"):
        (planted / name).write_text("raise SystemExit('planted')\n")
    monkeypatch.chdir(planted)
    outlet.put(FILES)
    assert contents(root) == dict(FILES)


def test_a_farewell_in_the_middle_of_a_word_ends_it_quietly(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", scribe.MAIN, str(os.getpid()), str(root)],
        input=pickle.dumps(FILES)[:40],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
