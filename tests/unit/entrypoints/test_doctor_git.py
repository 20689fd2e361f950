"""Doctor says whether Git has what it must not have; it asks Git, and lets nothing else run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.minimal_site import write_minimal_site
from tests.unit.entrypoints.test_worker_clock import SUNDAY
from tidings.adapters import git
from tidings.adapters.eml import EmlFolder
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.init import IGNORED
from tidings.entrypoints.doctor import examine
from tidings.model import Envelope, Finding, Level

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is set for whoever runs the tests counts."""
    for name in [each for each in os.environ if each.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """An instance with a state, its key, and a message."""
    folder = tmp_path / "checkout" / "news"
    folder.mkdir(parents=True)
    write_minimal_site(folder)
    furnish(folder)
    return folder


def furnish(folder: Path, **environ: str) -> None:
    instance = wiring.load_instance(folder, environ)
    store = wiring.open_state(instance)
    with store.writing() as state:
        state.remember("x", "y")
    store.close()
    wiring.secret(instance)
    EmlFolder(instance.outbox).send(Envelope("a@x.example", "b@x.example", "weekly", 1, 7), b"x")


def repository(folder: Path, *, add: bool = False) -> None:
    does(folder, "init", "-q")
    if add:
        does(folder, "add", "-A")


def does(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "protocol.file.allow=always")
    command = ["git", *who, *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def found(root: Path, **environ: str) -> list[Finding]:
    return [each for each in examine(root, environ, SUNDAY) if each.check == "git"]


def levels(findings: list[Finding]) -> list[Level]:
    return [each.level for each in findings]


def test_where_there_is_no_repository_nothing_is_wrong_and_git_is_not_asked(
    news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert levels(found(news)) == [Level.FINE]


@pytest.mark.parametrize(
    "file",
    [
        "state/secret.key",
        "state/tidings.db",
        "state/tidings.db-wal",
        "state/tidings.db-shm",
        "state/tidings.db.initialised",
        "state/state.lock",
        "outbox/weekly/1/7-b@x.example.eml",
        ".tidings-witness",
        ".tidings-4f3a/tidings.db",
    ],
)
@pytest.mark.parametrize("above", [False, True], ids=["its own", "above"])
def test_each_secret_or_personal_file_that_is_tracked_is_wrong(
    news: Path, file: str, *, above: bool
) -> None:
    (news / file).parent.mkdir(exist_ok=True)
    (news / file).touch()
    repository(news.parent if above else news)
    does(news, "add", "-f", file)
    (news / ".gitignore").write_text("*\n", "utf-8")
    [finding] = found(news)
    assert (finding.level, finding.message) == (
        Level.WRONG,
        f"Git tracks what is secret or personal: {file}",
    )
    does(news, "rm", "-q", "--cached", file)
    assert levels(found(news)) == [Level.FINE]


def test_what_git_tracks_and_is_gone_from_the_disk_is_in_it_all_the_same(news: Path) -> None:
    repository(news, add=True)
    shutil.rmtree(news / "outbox")
    (news / "state" / "secret.key").unlink()
    [finding] = found(news)
    assert "outbox/weekly/1/7-b@x.example.eml, " in finding.message
    assert "state/secret.key" in finding.message


def test_what_the_next_add_would_take_is_worth_knowing(news: Path) -> None:
    repository(news)
    [finding] = found(news)
    assert finding.level is Level.NOTE
    assert "and 3 more" in finding.message
    (news / ".gitignore").write_text("\n".join(IGNORED), "utf-8")
    assert levels(found(news)) == [Level.FINE]
    does(news, "add", "-A")
    assert levels(found(news)) == [Level.FINE]


def test_the_places_that_are_configured_count_and_not_their_usual_names(
    news: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    key = tmp_path / "keys" / "key"
    key.parent.mkdir()
    key.write_text("secret", "utf-8")
    environ = {
        "TIDINGS_STATE": f"sqlite:///{other}/news.db",
        "TIDINGS_MAIL__TRANSPORT": "file:letters",
        "TIDINGS_SECRET_KEY_FILE": str(key),
    }
    (news / ".tidings-witness").unlink()
    furnish(news, **environ)
    (news / ".gitignore").write_text("letters/\nstate/\noutbox/\n.tidings-*\n", "utf-8")
    assert levels(found(news, **environ)) == [Level.FINE]
    for folder in (other, key.parent):
        repository(folder, add=True)
    repository(news)
    does(news, "add", "-f", "letters")
    [finding] = found(news, **environ)
    assert f"{key}, {other}/news.db, " in finding.message
    for folder in (other, key.parent):
        shutil.rmtree(folder / ".git")
    [finding] = found(news, **environ)
    assert finding.message.endswith(": letters/weekly/1/7-b@x.example.eml")
    does(news, "rm", "-q", "-r", "--cached", "letters")
    does(news, "add", "-f", "outbox")
    assert levels(found(news, **environ)) == [Level.FINE]


@pytest.mark.parametrize("kind", ["submodule", "worktree"])
def test_a_repository_of_which_there_is_but_a_file_is_looked_into(
    news: Path, tmp_path: Path, kind: str
) -> None:
    repository(news, add=True)
    does(news, "commit", "-q", "-m", "all of it")
    if kind == "worktree":
        does(news, "worktree", "add", "-q", "--detach", str(tmp_path / "again"))
        again = tmp_path / "again"
    else:
        whole = tmp_path / "whole"
        whole.mkdir()
        repository(whole)
        does(whole, "submodule", "--quiet", "add", str(news), "again")
        again = whole / "again"
    assert (again / ".git").is_file()
    assert levels(found(again)) == [Level.WRONG]


def test_a_link_to_a_state_in_another_repository_is_followed(news: Path, tmp_path: Path) -> None:
    (news / "state").rename(tmp_path / "elsewhere")
    (news / "state").symlink_to(tmp_path / "elsewhere")
    assert levels(found(news)) == [Level.FINE]
    repository(tmp_path / "elsewhere", add=True)
    assert levels(found(news)) == [Level.WRONG]


def test_no_program_that_a_repository_names_is_run(news: Path, tmp_path: Path) -> None:
    repository(news, add=True)
    trap, sprung = tmp_path / "trap", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\n", "utf-8")
    trap.chmod(0o755)
    names = ("core.fsmonitor", "core.pager", "pager.ls-files", "core.sshCommand", "alias.ls-files")
    for name in names:
        does(news, "config", name, f"!{trap}" if name.startswith("alias") else str(trap))
    for hook in ("post-index-change", "pre-commit"):
        shutil.copy(trap, news / ".git" / "hooks" / hook)
    assert levels(found(news)) == [Level.WRONG]
    assert not sprung.exists()
    assert (news / ".git" / "index").exists()


def test_git_changes_nothing_while_it_is_asked(news: Path) -> None:
    repository(news, add=True)
    (news / "state" / "secret.key").touch()
    before = {each: each.stat().st_mtime_ns for each in (news / ".git").rglob("*")}
    found(news)
    assert {each: each.stat().st_mtime_ns for each in (news / ".git").rglob("*")} == before


def test_called_by_a_hook_of_another_repository_it_looks_into_its_own(
    news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    repository(other)
    repository(news, add=True)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert levels(found(news)) == [Level.WRONG]


def test_without_git_it_says_that_it_could_not_look(
    news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(news, add=True)
    monkeypatch.setenv("PATH", "")
    findings = found(news)
    assert set(levels(findings)) == {Level.NOTE}
    assert all("there is no git on this machine" in each.message for each in findings)


def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")


def test_git_that_never_answers_is_not_waited_for(
    news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(news, add=True)
    program(tmp_path, monkeypatch, "exec sleep 600")
    monkeypatch.setattr(git, "PATIENCE", 0.02)
    findings = found(news)
    assert set(levels(findings)) == {Level.NOTE}
    assert "does not answer" in findings[0].message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_somebody_else_is_not_taken_for_a_clean_one(news: Path) -> None:
    repository(news, add=True)
    for each in (news, news / ".git"):
        os.chown(each, 65534, 65534)
    findings = found(news)
    assert set(levels(findings)) == {Level.NOTE}
    assert "dubious ownership" in findings[0].message


def test_a_repository_that_is_broken_is_not_taken_for_a_clean_one(news: Path) -> None:
    repository(news, add=True)
    (news / ".git" / "index").write_bytes(b"broken")
    assert set(levels(found(news))) == {Level.NOTE}
