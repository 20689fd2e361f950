"""The folder of published files: whole files, durable, untouched when nothing changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tidings.adapters.outlet import folder as module
from tidings.adapters.outlet.folder import OutputFolder
from tidings.application.ports import Outlet
from tidings.errors import PublishError
from tidings.model import PublishedFile

SECOND = 1_000_000_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "feeds"


@pytest.fixture
def outlet(root: Path) -> Outlet:
    return OutputFolder(root)


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and modification time."""
    return {
        str(place.relative_to(root)): (place.read_bytes(), place.stat().st_mtime_ns)
        for place in root.rglob("*")
        if place.is_file()
    }


def put(outlet: Outlet, **files: bytes) -> list[tuple[PublishedFile, bool]]:
    return list(outlet.put([(name.replace("_", "/"), data) for name, data in files.items()]))


# --- Putting -------------------------------------------------------------------------------------


def test_a_file_is_put_where_it_belongs_with_its_folders(outlet: Outlet, root: Path) -> None:
    ((file, written),) = outlet.put([("topics/boats/atom.xml", b"<feed/>")])
    assert written
    place = root / "topics" / "boats" / "atom.xml"
    assert place.read_bytes() == b"<feed/>"
    assert file == PublishedFile(
        "topics/boats/atom.xml",
        7,
        place.stat().st_mtime_ns,
        hashlib.sha256(b"<feed/>").hexdigest(),
    )


def test_answers_name_every_file_once(outlet: Outlet) -> None:
    put(outlet, a=b"1", b=b"2")
    answers = outlet.put([("a", b"1"), ("b", b"new"), ("c", b"3")])
    assert {file.path: written for file, written in answers} == {"a": False, "b": True, "c": True}


def test_a_file_with_the_same_bytes_is_not_touched(outlet: Outlet, root: Path) -> None:
    put(outlet, a=b"1", sub_b=b"")
    before = tree(root)
    inodes = {name: (root / name).stat().st_ino for name in before}
    answers = put(outlet, a=b"1", sub_b=b"")
    assert [written for _, written in answers] == [False, False]
    assert tree(root) == before
    assert {name: (root / name).stat().st_ino for name in before} == inodes
    assert [file.mtime_ns for file, _ in answers] == [mtime for _, mtime in before.values()]


def test_a_file_of_the_same_size_with_other_bytes_is_replaced(outlet: Outlet, root: Path) -> None:
    put(outlet, a=b"1234")
    ((_, written),) = put(outlet, a=b"4321")
    assert written
    assert (root / "a").read_bytes() == b"4321"


def test_a_file_is_replaced_whole_and_never_written_over(outlet: Outlet, root: Path) -> None:
    put(outlet, a=b"old")
    with (root / "a").open("rb") as reader:
        put(outlet, a=b"new and longer")
        assert reader.read() == b"old"


def test_nothing_temporary_is_left_behind(outlet: Outlet, root: Path) -> None:
    put(outlet, a=b"1", sub_b=b"2")
    put(outlet, a=b"2", sub_b=b"2")
    assert set(tree(root)) == {"a", "sub/b"}


def test_putting_nothing_makes_nothing(outlet: Outlet, root: Path) -> None:
    assert list(outlet.put([])) == []
    assert not root.exists()


@pytest.mark.parametrize("ahead", [0, 5 * SECOND, 3600 * SECOND])
def test_a_modification_time_moves_on_by_a_second_even_from_the_future(
    outlet: Outlet, root: Path, ahead: int
) -> None:
    put(outlet, a=b"1")
    place = root / "a"
    before = place.stat().st_mtime_ns + ahead
    os.utime(place, ns=(before, before))
    ((file, _),) = put(outlet, a=b"2")
    assert place.stat().st_mtime_ns == file.mtime_ns >= before + SECOND


def test_any_reader_may_read_what_is_published(outlet: Outlet, root: Path) -> None:
    before = os.umask(0o022)
    try:
        put(outlet, a=b"1")
    finally:
        os.umask(before)
    assert (root / "a").stat().st_mode & 0o777 == 0o644


def test_files_and_their_folders_are_synced_before_the_answer(
    outlet: Outlet, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        synced.append(name if (root / name).is_dir() or name == root.name else "file")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    put(outlet, a=b"1", b=b"2", sub_c=b"3")
    assert synced.count("file") >= 3
    assert sorted(synced[-2:]) == ["feeds", "sub"], "the folders last"
    synced.clear()
    put(outlet, a=b"1", b=b"2", sub_c=b"3")
    assert synced == []


# --- Failing -------------------------------------------------------------------------------------


def failing_at(place: str, number: int) -> Callable[..., Any]:
    """An `os` function that fails at its n-th call, as on a full disk."""
    real, calls = getattr(os, place), iter(range(1, 100))

    def function(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == number:
            raise OSError(28, "No space left on device")
        return real(*args, **kwargs)

    return function


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_full_disk_leaves_every_old_file_whole_and_no_rubbish(
    outlet: Outlet, root: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    put(outlet, a=b"old a", b=b"old b", c=b"old c")
    before = tree(root)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing_at("fsync", number))
        with pytest.raises(PublishError) as caught:
            put(outlet, a=b"new a", b=b"new b", c=b"new c")
    assert "No space left on device" in str(caught.value)
    # Several files are on their way to the disk at once.
    assert any(str(root / name) in str(caught.value) for name in "abc")
    assert tree(root) == before
    put(outlet, a=b"new a", b=b"new b", c=b"new c")
    assert {data for data, _ in tree(root).values()} == {b"new a", b"new b", b"new c"}


def test_a_rename_that_fails_leaves_each_file_old_or_new(
    outlet: Outlet, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(outlet, a=b"old", b=b"old", c=b"old")
    real = os.replace

    def failing(temporary: str, place: str) -> None:
        if place.endswith("/b"):
            raise OSError(5, "Input/output error")
        real(temporary, place)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(PublishError, match="Input/output error"):
        put(outlet, a=b"new", b=b"new", c=b"new")
    assert {name: data for name, (data, _) in tree(root).items()} == {
        "a": b"new",
        "b": b"old",
        "c": b"old",
    }


def test_a_folder_in_the_place_of_a_file_is_named(outlet: Outlet, root: Path) -> None:
    (root / "a").mkdir(parents=True)
    with pytest.raises(PublishError, match=str(root / "a")):
        put(outlet, a=b"1")


def test_a_file_in_the_place_of_a_folder_is_named(outlet: Outlet, root: Path) -> None:
    put(outlet, topics=b"a file")
    with pytest.raises(PublishError, match="topics"):
        outlet.put([("topics/boats.xml", b"1")])


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_named(outlet: Outlet, root: Path) -> None:
    root.mkdir()
    root.chmod(0o555)
    with pytest.raises(PublishError, match=str(root)):
        put(outlet, a=b"1")


# --- Standing ------------------------------------------------------------------------------------


def test_a_file_stands_as_long_as_nobody_touches_it(outlet: Outlet, root: Path) -> None:
    ((file, _),) = put(outlet, a=b"1234")
    place = root / "a"
    assert outlet.stands(file)
    os.utime(place, ns=(0, file.mtime_ns + 1))
    assert not outlet.stands(file)
    os.utime(place, ns=(0, file.mtime_ns))
    assert outlet.stands(file)
    place.write_bytes(b"12345")
    os.utime(place, ns=(0, file.mtime_ns))
    assert not outlet.stands(file)
    place.unlink()
    assert not outlet.stands(file)


def test_a_link_in_the_place_of_a_file_does_not_stand(outlet: Outlet, root: Path) -> None:
    ((file, _),) = put(outlet, a=b"1234")
    (root / "a").rename(root / "real")
    (root / "a").symlink_to("real")
    assert not outlet.stands(file)


# --- Removing and sweeping -----------------------------------------------------------------------


def test_a_file_differs_from_what_it_does_not_say(outlet: Outlet, root: Path) -> None:
    assert not outlet.differs("robots.txt", b"all")
    put(outlet, **{"robots.txt": b"all"})
    assert not outlet.differs("robots.txt", b"all")
    assert outlet.differs("robots.txt", b"one")
    (root / "lost").symlink_to("nowhere")
    assert outlet.differs("lost", b"")


def test_removing_takes_the_file_and_the_folders_that_it_leaves_empty(
    outlet: Outlet, root: Path
) -> None:
    put(outlet, topics_boats_atom=b"1", topics_ports_atom=b"1")
    outlet.remove(["topics/boats/atom"])
    assert set(tree(root)) == {"topics/ports/atom"}
    assert not (root / "topics" / "boats").exists()
    outlet.remove(["topics/ports/atom"])
    assert list(root.iterdir()) == []


def test_a_folder_with_somebody_s_file_stays(outlet: Outlet, root: Path) -> None:
    put(outlet, topics_boats_atom=b"1")
    (root / "topics" / "boats" / "notes.txt").write_bytes(b"mine")
    outlet.remove(["topics/boats/atom"])
    assert set(tree(root)) == {"topics/boats/notes.txt"}


def test_removing_what_is_gone_is_no_error(outlet: Outlet, root: Path) -> None:
    put(outlet, a=b"1")
    outlet.remove(["a", "a", "never/was"])
    assert tree(root) == {}


def test_what_a_crash_left_half_written_is_swept_away(
    outlet: Outlet, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    def crash(temporary: str, place: str) -> None:
        raise Crash

    put(outlet, sub_a=b"1")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", crash)
        with pytest.raises(Crash):
            put(outlet, sub_a=b"2", b=b"2")
    assert len(tree(root)) == 3
    OutputFolder(root).sweep()
    assert {name: data for name, (data, _) in tree(root).items()} == {"sub/a": b"1"}


def test_sweeping_leaves_everything_else_alone(outlet: Outlet, root: Path) -> None:
    put(outlet, a=b"1", sub_b=b"2")
    (root / ".htaccess").write_bytes(b"mine")
    (root / "notes.tmp").write_bytes(b"mine")
    before = tree(root)
    outlet.sweep()
    assert tree(root) == before


def test_a_publication_after_one_that_ended_looks_into_no_folder(
    outlet: Outlet, root: Path
) -> None:
    outlet.begin()
    put(outlet, sub_a=b"1")
    outlet.end()
    (root / "sub" / ".a.4711.tmp").write_bytes(b"half")
    outlet.begin()
    assert (root / "sub" / ".a.4711.tmp").exists()
    outlet.end()
    assert set(tree(root)) == {"sub/a", "sub/.a.4711.tmp"}


def test_a_publication_after_one_that_did_not_end_sweeps_up_behind_it(
    outlet: Outlet, root: Path
) -> None:
    outlet.begin()
    put(outlet, sub_a=b"1")
    (root / "sub" / ".a.4711.tmp").write_bytes(b"half")
    later = OutputFolder(root)
    later.begin()
    later.end()
    assert set(tree(root)) == {"sub/a"}


def test_of_many_files_each_is_asked_whether_it_reached_the_disk(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sync(file: str) -> None:
        if "/.b7." in file:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(module, "_sync_file", sync)
    many = [(f"b{number}", b"1") for number in range(module.MANY)]
    with pytest.raises(PublishError, match="b7"):
        OutputFolder(root).put(many)
    assert tree(root) == {}


def test_there_need_not_be_a_folder_to_sweep(outlet: Outlet, root: Path) -> None:
    outlet.sweep()
    outlet.remove(["a"])
    assert not root.exists()
