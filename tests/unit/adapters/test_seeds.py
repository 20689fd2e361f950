"""The seed folder, on real files: which it finds, what it refuses, and that it says why."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tidings import model
from tidings.adapters.seeds import SeedFolder
from tidings.application import ports
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


def refusal_of(root: Path, path: str = "seeds/a.txt") -> model.ReadError:
    answer = box(root).read(path)
    assert isinstance(answer, model.ReadError), answer
    assert answer.problem.path == path
    assert answer.problem.hint
    return answer


def test_it_is_what_the_use_cases_ask_for() -> None:
    port: ports.SeedFolder = SeedFolder(Path(), (), file_limit=1, line_limit=1)
    assert port.scan() == model.Scan()


# --- Finding --------------------------------------------------------------------------------------


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


# --- Reading --------------------------------------------------------------------------------------


def test_a_file_is_read_whole_with_its_digest(root: Path) -> None:
    content = "Pensá 2 veces\r\n".encode()
    put(root, "seeds/a.txt", content)
    read = text_of(root)
    assert (read.path, read.text) == ("seeds/a.txt", "Pensá 2 veces\r\n")
    assert read.digest == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_with_or_without_a_byte_order_mark_is_read(root: Path, encoding: str) -> None:
    put(root, "seeds/a.txt", "San José 🙂".encode(encoding))
    assert text_of(root).text == "San José 🙂"


def test_big_endian_utf_16_needs_its_mark(root: Path) -> None:
    put(root, "seeds/a.txt", b"\xfe\xff" + "San José".encode("utf-16-be"))
    assert text_of(root).text == "San José"
    put(root, "seeds/a.txt", "San Jose".encode("utf-16-be"))
    assert "NUL" in refusal_of(root).problem.message


def test_an_empty_file_is_an_empty_text(root: Path) -> None:
    put(root, "seeds/a.txt", b"")
    assert text_of(root).text == ""


@pytest.mark.parametrize(
    ("content", "offset", "line", "column"),
    [
        (b"San Jos\xe9", 7, 1, 8),
        (b"one\r\ntwo\rSan Jos\xe9 y\n", 16, 3, 8),
        (b"\xef\xbb\xbfone\nS\xe9 y", 8, 2, 2),
        (b"one\n\xc0\xaf", 4, 2, 1),
        (b"one\n\xed\xa0\x80", 4, 2, 1),
        (b"one\ntw\xc3", 6, 2, 3),
        (b"\xff\xfea\0\n\0b\0\0\xd8", 8, 2, 2),
    ],
)
def test_bytes_that_are_no_text_are_named_with_their_place(
    root: Path, content: bytes, offset: int, line: int, column: int
) -> None:
    put(root, "seeds/a.txt", content)
    refusal = refusal_of(root)
    assert f"offset {offset} " in refusal.problem.message
    assert (refusal.problem.line, refusal.problem.column) == (line, column)
    assert not refusal.transient


def test_a_nul_character_is_named_with_its_place(root: Path) -> None:
    put(root, "seeds/a.txt", b"one\ntw\0o")
    problem = refusal_of(root).problem
    assert "NUL" in problem.message
    assert (problem.line, problem.column) == (2, 3)


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(root: Path) -> None:
    put(root, "seeds/a.txt", b"x\n" * (FILE_LIMIT // 2))
    assert len(text_of(root).text) == FILE_LIMIT
    put(root, "seeds/a.txt", b"x\n" * (FILE_LIMIT // 2) + b"x")
    refusal = refusal_of(root)
    assert "larger than 4 KiB" in refusal.problem.message
    assert not refusal.transient


def test_a_file_over_the_limit_is_not_read_to_its_end(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError("it was read")

    monkeypatch.setattr("tidings.adapters.seeds._read_at_most", never)
    with (root / "seeds/a.txt").open("wb") as file:
        file.truncate(1 << 40)
    assert "larger" in refusal_of(root).problem.message


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n"])
def test_a_line_over_the_limit_is_named(root: Path, line_break: str) -> None:
    fits = "é" * (LINE_LIMIT // 2)
    put(root, "seeds/a.txt", line_break.join([fits, "", fits]).encode())
    text_of(root)
    put(root, "seeds/a.txt", line_break.join([fits, "", fits + "x", "end"]).encode())
    problem = refusal_of(root).problem
    assert (problem.line, "longer than 512 bytes" in problem.message) == (3, True)


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_link(path: Path) -> None:
    target = path.with_name("real")
    target.write_text("secret", encoding="utf-8")
    path.symlink_to(target)


def make_socket(path: Path) -> None:
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket may not be long
    try:
        server.bind(path.name)
    finally:
        os.chdir(here)
        server.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (make_fifo, "a named pipe"),
        (make_folder, "a folder"),
        (make_link, "symbolic link"),
        (make_socket, "not a regular file"),
    ],
)
def test_what_is_no_regular_file_is_refused_at_once(
    root: Path, make: Callable[[Path], None], says: str
) -> None:
    make(root / "seeds/a.txt")
    refusal = refusal_of(root)
    assert says in refusal.problem.message
    assert not refusal.transient


def test_a_device_is_refused(root: Path) -> None:
    refusal = SeedFolder(Path("/"), (), file_limit=9, line_limit=9).read("dev/null")
    assert isinstance(refusal, model.ReadError)
    assert "a device" in refusal.problem.message


def test_a_file_behind_a_linked_folder_is_refused(root: Path) -> None:
    put(root, "elsewhere/a.txt")
    (root / "seeds/x").symlink_to(root / "elsewhere")
    assert "symbolic link" in refusal_of(root, "seeds/x/a.txt").problem.message


def test_the_instance_folder_itself_may_be_a_link(root: Path, tmp_path: Path) -> None:
    put(root, "seeds/a.txt")
    (tmp_path / "instance").symlink_to(root)
    assert box(tmp_path / "instance").scan().paths == {"seeds/a.txt"}
    assert text_of(tmp_path / "instance").text == "One\n"


@pytest.mark.parametrize("path", ["../secret", "seeds/../../secret", "/etc/passwd", "", ".", "a\0"])
def test_a_path_out_of_the_instance_is_never_opened(
    root: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(os, "open", lambda *args, **_: opened.append(args))
    answer = box(root).read(path)
    assert isinstance(answer, model.ReadError)
    assert opened == []


def test_a_file_that_is_gone_is_a_passing_matter(root: Path) -> None:
    refusal = refusal_of(root)
    assert "gone" in refusal.problem.message
    assert refusal.transient


@pytest.mark.skipif(AS_ROOT, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_named(root: Path) -> None:
    put(root, "seeds/a.txt").chmod(0)
    refusal = refusal_of(root)
    assert "permission denied" in refusal.problem.message
    assert not refusal.transient


def grow(file: Path) -> None:
    with file.open("ab") as more:
        more.write(b"more")


def rewrite(file: Path) -> None:
    file.write_bytes(b"Two\n")
    os.utime(file, ns=(1, 1))


def truncate(file: Path) -> None:
    os.truncate(file, 1)


@pytest.mark.parametrize("disturb", [grow, rewrite, truncate])
def test_a_file_that_changes_while_it_is_read_waits_for_next_time(
    root: Path, monkeypatch: pytest.MonkeyPatch, disturb: Callable[[Path], None]
) -> None:
    file = put(root, "seeds/a.txt")
    real_read = os.read

    def read_and_disturb(descriptor: int, length: int) -> bytes:
        data = real_read(descriptor, length)
        disturb(file)
        monkeypatch.setattr(os, "read", real_read)
        return data

    monkeypatch.setattr(os, "read", read_and_disturb)
    refusal = refusal_of(root)
    assert "changed while it was read" in refusal.problem.message
    assert refusal.transient
    text_of(root)


def test_a_file_that_grows_without_end_is_read_no_further_than_the_limit(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "seeds/a.txt")
    taken: list[int] = []

    def endless(_: int, length: int) -> bytes:
        taken.append(length)
        return b"x" * min(length, 100)

    monkeypatch.setattr(os, "read", endless)
    assert "larger" in refusal_of(root).problem.message
    assert sum(min(length, 100) for length in taken) == FILE_LIMIT + 1


def test_a_read_that_fails_is_named_and_tried_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "seeds/a.txt")

    def broken(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", broken)
    refusal = refusal_of(root)
    assert "Input/output error" in refusal.problem.message
    assert refusal.transient


def test_no_descriptor_is_left_open(root: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("descriptors cannot be counted here")
    put(root, "seeds/a.txt")
    put(root, "seeds/b.txt", b"\xff")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("seeds/a.txt", "seeds/b.txt", "seeds/none.txt", "none/a.txt", "seeds"):
        box(root).read(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("name", [b"caf\xe9.txt", b"a\nb.txt", b"\x1b[31m.txt"])
def test_a_name_that_cannot_be_shown_is_escaped_and_refused(root: Path, name: bytes) -> None:
    try:
        (root / "seeds" / os.fsdecode(name)).write_bytes(b"One")
    except OSError:
        pytest.skip("this file system does not take such names")
    (path,) = found(root)
    assert path.isprintable()
    refusal = refusal_of(root, path)
    assert "rename" in refusal.problem.hint
    assert not refusal.transient


def test_one_bad_file_does_not_keep_others_from_being_read(root: Path) -> None:
    put(root, "seeds/a.txt", b"\xff")
    put(root, "seeds/b.txt")
    answers = [box(root).read(path) for path in found(root)]
    assert [type(answer) for answer in answers] == [model.ReadError, model.SeedText]


def test_a_declared_legacy_encoding_is_read_and_noted_in_the_log_alone(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    (root / "seeds" / "old.txt").write_bytes("San José – año".encode("cp1252"))
    encodings = {"seeds/*.txt": "cp1252"}
    seeds = SeedFolder(
        root, ["seeds/*.txt"], file_limit=FILE_LIMIT, line_limit=LINE_LIMIT, encodings=encodings
    )
    read = seeds.read("seeds/old.txt")
    assert isinstance(read, model.SeedText)
    assert read.text == "San José – año"
    (note,) = caplog.records
    assert note.getMessage().endswith("path=seeds/old.txt encoding=cp1252")


def test_without_a_declaration_other_encodings_are_refused(root: Path) -> None:
    (root / "seeds" / "old.txt").write_bytes("San José".encode("cp1252"))
    assert isinstance(box(root).read("seeds/old.txt"), model.ReadError)


def test_utf8_is_never_read_as_the_legacy_encoding(root: Path) -> None:
    (root / "seeds" / "new.txt").write_text("San José", encoding="utf-8")
    seeds = SeedFolder(
        root, ["seeds/*.txt"], file_limit=FILE_LIMIT, line_limit=LINE_LIMIT,
        encodings={"seeds/*.txt": "latin-1"},
    )  # fmt: skip
    read = seeds.read("seeds/new.txt")
    assert isinstance(read, model.SeedText)
    assert read.text == "San José"


@pytest.mark.parametrize("name", ["NEWS.TXT", "news.Txt", "news.tXt"])
def test_an_ending_is_meant_whatever_its_case(root: Path, name: str) -> None:
    put(root, f"seeds/{name}")
    assert found(root, "seeds/*.txt") == found(root, "seeds/*.TXT") == [f"seeds/{name}"]
    assert found(root, "seeds/*.md") == []


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson", "a.csv", "A.JSON"])
def test_a_format_of_machines_may_be_one_line_up_to_the_limit_of_files(
    root: Path, name: str
) -> None:
    put(root, f"seeds/{name}", b"[" + b" " * (LINE_LIMIT + 1) + b"]")
    assert isinstance(box(root).read(f"seeds/{name}"), model.SeedText)
    put(root, f"seeds/{name}", b"[" + b" " * FILE_LIMIT + b"]")
    assert isinstance(box(root).read(f"seeds/{name}"), model.ReadError)


def test_the_folder_that_a_browser_saves_beside_a_page_is_no_folder_of_listings(root: Path) -> None:
    put(root, "seeds/News.html")
    put(root, "seeds/News_files/frame.html")
    put(root, "seeds/Other_files/a.html")
    assert found(root, "seeds/**/*.html") == ["seeds/News.html", "seeds/Other_files/a.html"]
    assert found(root, "seeds/*/*.html") == ["seeds/Other_files/a.html"]
