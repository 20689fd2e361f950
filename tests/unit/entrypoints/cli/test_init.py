"""`init` keeps secrets out of Git from the beginning."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.e2e.conftest import call
from tidings.entrypoints.cli.init import IGNORED

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")
MADE = (
    "state/secret.key",
    "state/tidings.db",
    "state/tidings.db-wal",
    "state/tidings.db-shm",
    "state/tidings.db.initialised",
    "state/worker.lock",
    "state/before-5/tidings.db",
    "outbox/weekly/1/1-ana@example.org.eml",
    "outbox/alerts/1/1-me@example.org.eml",
    ".tidings-witness",
    ".tidings-witness.4711.tmp",
    ".tidings-a1b2c3/tidings.db",
    "feeds/index.html",
    "feeds/.unfinished",
    "feeds/items/a.html",
    "news.tar",
    "backups/news.tar.gz",
)
KEPT = (
    ".gitignore",
    "config/tidings.yaml",
    "config/.schema/tidings.json",
    "config/recipients.yaml",
    "feeds/README.md",
    "seeds/news.txt",
    "templates/README.md",
)


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "core.excludesFile=/dev/null", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def init(folder: Path) -> None:
    made = call(Path(), "init", str(folder), "--sample")
    assert made.returncode == 0, made.stderr


@needs_git
def test_adding_all_of_an_instance_adds_nothing_secret_or_personal(tmp_path: Path) -> None:
    news = tmp_path / "news"
    init(news)
    assert call(news, "run", "--send", "now").returncode == 0
    assert call(news, "backup", str(news / "news.tar")).returncode == 0
    git(news, "init", "-q")
    git(news, "add", "-A")
    listed = git(news, "ls-files").split()
    assert {each.partition("/")[0] for each in listed} == {
        ".gitignore",
        "config",
        "seeds",
        "templates",
    }
    assert "config/.schema/tidings.json" in listed
    assert call(news, "doctor").returncode == 0


@needs_git
@pytest.mark.parametrize("where", ["an instance", "a clone"])
def test_what_an_instance_makes_is_left_out_and_what_people_write_is_not(
    tmp_path: Path, where: str
) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    if where == "a clone":
        shutil.copy(ROOT / ".gitignore", folder)
    else:
        init(folder)
    git(folder, "init", "-q")
    for name in (*MADE, *KEPT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    git(folder, "add", "-A")
    listed = set(git(folder, "ls-files").split())
    assert listed.isdisjoint(MADE)
    assert listed >= set(KEPT)


def test_a_clone_leaves_out_all_that_a_new_instance_does() -> None:
    assert set(IGNORED) <= set((ROOT / ".gitignore").read_text("utf-8").splitlines())


@pytest.mark.parametrize(
    "said",
    [b"*.log\nstate/", b"*.log\r\n/state/\r\n", b"# caf\xe9\n!/outbox/\n", b""],
    ids=["no end of line", "CRLF", "no UTF-8", "empty"],
)
def test_what_a_repository_leaves_out_already_stays(tmp_path: Path, said: bytes) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_bytes(said)
    init(tmp_path)
    told = (tmp_path / ".gitignore").read_bytes()
    assert told.startswith(said)
    lines = [line.strip() for line in told.splitlines()]
    assert all(lines.count(line.encode()) == 1 for line in IGNORED)
    assert (tmp_path / "config" / "tidings.yaml").is_file()


def test_a_folder_with_more_than_a_repository_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_text("mine", "utf-8")
    assert call(Path(), "init", str(tmp_path)).returncode == 2
    assert {each.name for each in tmp_path.iterdir()} == {".git", "README.md"}
