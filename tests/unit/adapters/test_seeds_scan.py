"""Which files the patterns of a source name, and what is an error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidings import model
from tidings.adapters.seeds import SeedFolder
from tidings.errors import SeedError

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
FILE_LIMIT, LINE_LIMIT = 4096, 512


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "seeds").mkdir()
    return tmp_path


def box(root: Path, *globs: str) -> SeedFolder:
    return SeedFolder(root, globs or ("seeds/*.txt",), file_limit=FILE_LIMIT, line_limit=LINE_LIMIT)


def put(root: Path, path: str, content: bytes = b"One\n") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def found(root: Path, *globs: str) -> list[str]:
    return sorted(box(root, *globs).scan().paths)


def text_of(root: Path, path: str = "seeds/a.txt") -> model.SeedText:
    answer = box(root).read(path)
    assert isinstance(answer, model.SeedText), answer
    return answer


def test_files_are_listed_by_path_and_each_once(root: Path) -> None:
    for name in ("b.txt", "a.txt", "c.md", ".d.txt", "sub/e.txt"):
        put(root, f"seeds/{name}")
    assert found(root, "seeds/*.txt", "seeds/a*") == ["seeds/a.txt", "seeds/b.txt"]


def test_patterns_may_span_folders(root: Path) -> None:
    for path in ("seeds/a.txt", "seeds/x/b.txt", "seeds/x/y/c.txt", "seeds/.git/d.txt", "e.txt"):
        put(root, path)
    assert found(root, "seeds/**/*.txt") == ["seeds/a.txt", "seeds/x/b.txt", "seeds/x/y/c.txt"]
    assert found(root, "seeds/*/*.txt") == ["seeds/x/b.txt"]
    assert found(root, "seeds/*/y/*.txt") == ["seeds/x/y/c.txt"]
    assert found(root, "*.txt", "./seeds/a.txt") == ["e.txt", "seeds/a.txt"]


def test_a_pattern_that_names_nothing_gives_nothing(root: Path) -> None:
    assert found(root, "seeds/*.txt", "seeds/no.txt", "seeds/*/no/*.txt", "seeds/**/x/*.txt") == []


def test_the_survey_tells_how_a_file_looks(root: Path) -> None:
    facts = put(root, "seeds/a.txt", b"12345").stat()
    (seen,) = box(root).scan().changed.values()
    assert seen == model.SeedStat(
        "seeds/a.txt", 5, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino
    )
    assert text_of(root).stat == seen


def test_a_file_saved_again_looks_different(root: Path) -> None:
    file = put(root, "seeds/a.txt", b"one")
    before = box(root).scan()
    os.utime(file, ns=(1, 1))
    assert box(root).scan() != before


def test_of_a_file_that_looks_as_it_is_known_to_only_the_path_is_told(root: Path) -> None:
    put(root, "seeds/a.txt")
    known = box(root).scan().changed
    put(root, "seeds/b.txt")
    scan = box(root).scan(known)
    assert (scan.paths, list(scan.changed)) == ({"seeds/a.txt", "seeds/b.txt"}, ["seeds/b.txt"])
    put(root, "seeds/a.txt", b"Two\n")
    assert list(box(root).scan(known).changed) == ["seeds/a.txt", "seeds/b.txt"]


def test_a_folder_that_goes_while_it_is_listed_is_passed_over_unless_it_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "seeds/x/a.txt")
    real = os.scandir

    class Going:
        """A folder that is removed once it is open: the system then says that there is none."""

        def __init__(self, folder: int) -> None:
            self._entries = list(real(folder))

        def __enter__(self) -> Going:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __iter__(self) -> Iterator[os.DirEntry[str]]:
            if any(entry.name == "a.txt" for entry in self._entries):
                raise FileNotFoundError(2, "No such file or directory")
            return iter(self._entries)

    monkeypatch.setattr(os, "scandir", Going)
    assert found(root, "seeds/*/*.txt") == found(root, "seeds/**/*.txt") == []
    with pytest.raises(SeedError, match="seeds/x does not exist"):
        found(root, "seeds/x/*.txt")


def test_what_is_no_file_is_listed_so_that_it_can_be_named(root: Path) -> None:
    os.mkfifo(root / "seeds/pipe.txt")
    (root / "seeds/link.txt").symlink_to("nowhere")
    (root / "seeds/folder.txt").mkdir()
    assert found(root) == ["seeds/folder.txt", "seeds/link.txt", "seeds/pipe.txt"]
    assert found(root, "seeds/*") == ["seeds/link.txt", "seeds/pipe.txt"]


def test_folders_behind_links_are_not_entered(root: Path) -> None:
    put(root, "elsewhere/a.txt")
    (root / "seeds/x").symlink_to(root / "elsewhere")
    assert found(root, "seeds/**/*.txt", "seeds/*/*.txt") == []
    with pytest.raises(SeedError, match="symbolic link"):
        found(root, "seeds/x/*.txt")


def test_a_missing_folder_never_passes_for_an_empty_one(root: Path) -> None:
    (root / "seeds").rmdir()
    with pytest.raises(SeedError, match="seeds does not exist"):
        found(root)


def test_a_folder_that_is_a_file_is_an_error(root: Path) -> None:
    put(root, "news")
    with pytest.raises(SeedError, match="news cannot be read"):
        found(root, "news/*.txt")


@pytest.mark.skipif(AS_ROOT, reason="root reads everything")
def test_an_unreadable_folder_never_passes_for_an_empty_one(root: Path) -> None:
    (root / "seeds").chmod(0)
    try:
        with pytest.raises(SeedError, match="Permission denied"):
            found(root)
    finally:
        (root / "seeds").chmod(0o700)


@pytest.mark.parametrize("pattern", ["../*.txt", "/etc/*", "seeds/../../*", "", ".", "a\0b"])
def test_a_pattern_that_leads_out_of_the_instance_is_refused(root: Path, pattern: str) -> None:
    with pytest.raises(SeedError, match="leads out"):
        box(root, pattern)
