"""The files beside listings that no source names: each once, with what would read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidings.adapters.seeds import SeedFolder
from tidings.adapters.unread import unread


def put(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("One\n")


def named(root: Path, *patterns: str) -> dict[str, str]:
    read = SeedFolder(root, patterns, file_limit=99, line_limit=99).scan().paths
    found = unread(root, patterns, read)
    assert {note.severity for note in found} <= {"note"}
    return {f"{note.path} {note.message}": note.hint for note in found}


def told(root: Path, *patterns: str) -> str:
    return " ".join(f"{path} {hint}" for path, hint in named(root, *patterns).items())


@pytest.mark.parametrize(
    ("path", "setting"),
    [
        ("seeds/news.md", "- path: seeds/*.md"),
        ("seeds/news.csv", "- path: seeds/*.csv"),
        ("seeds/sub/x.txt", "- path: seeds/sub/*.txt"),
        ("seeds/sub/deep/x.json", "- path: seeds/sub/deep/*.json"),
        ("seeds/news", "- path: seeds/news`"),
        ("seeds/news.docx", "- path: seeds/*.docx"),
        ("seeds/news.html", "- path: seeds/*.html"),
        ("seeds/old/feed.xml", "- path: seeds/old/*.xml"),
        ("seeds/news.odt", "no setting reads such files"),
    ],
)
def test_a_file_that_no_source_names_is_named_with_its_setting(
    tmp_path: Path, path: str, setting: str
) -> None:
    put(tmp_path, "seeds/a.txt", path)
    ((message, hint),) = named(tmp_path, "seeds/*.txt").items()
    assert message.startswith(path)
    assert setting in hint


def test_the_setting_that_is_named_reads_the_file(tmp_path: Path) -> None:
    put(tmp_path, "seeds/a.txt", "seeds/news.md", "seeds/sub/x.txt")
    assert named(tmp_path, "seeds/*.txt", "seeds/*.md", "seeds/sub/*.txt") == {}
    assert named(tmp_path, "seeds/**/*.txt", "seeds/*.md") == {}


def test_files_of_a_kind_are_named_together_and_each_once(tmp_path: Path) -> None:
    put(tmp_path, "seeds/a.txt", *(f"seeds/{name}.md" for name in "abcde"))
    (message,) = named(tmp_path, "seeds/*.txt", "seeds/*.json")
    assert message.startswith("seeds/a.md ")
    assert "seeds/b.md, seeds/c.md and 2 more" in message


@pytest.mark.parametrize(
    "junk",
    [
        ".DS_Store", ".hidden.txt", "a.txt~", "a.txt.bak", "a.txt.swp", "b.part", "b.crdownload",
        "Thumbs.db", "desktop.ini", "~$news.docx", "#a.txt#", "README.md", "README",
        "__MACOSX/x.md", ".git/config", "a.tmp", "LICENSE", "a.txt.before", "a.txt.1",
    ],
)  # fmt: skip
def test_what_programs_leave_behind_needs_no_word(tmp_path: Path, junk: str) -> None:
    put(tmp_path, "seeds/a.txt", f"seeds/{junk}")
    assert named(tmp_path, "seeds/*.txt") == {}


@pytest.mark.parametrize("patterns", [("*.txt",), ("missing/*.txt",), ()])
def test_the_folder_of_the_instance_is_none_of_listings(
    tmp_path: Path, patterns: tuple[str, ...]
) -> None:
    put(tmp_path, "config/x.yaml", "notes.md")
    assert unread(tmp_path, patterns, set()) == []


def test_a_name_that_is_no_text_is_told_all_the_same(tmp_path: Path) -> None:
    put(tmp_path, "seeds/a.txt")
    (tmp_path / "seeds" / "n\udce9.md").write_text("x")
    assert r"n\udce9.md" in told(tmp_path, "seeds/*.txt")


def test_the_folder_that_a_browser_makes_beside_a_page_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "seeds/a.txt", "seeds/News_files/frame.html")
    assert named(tmp_path, "seeds/*.txt") == {}
