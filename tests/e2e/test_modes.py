"""State and messages are open to their owner alone, what is published to everybody, whatever the
umask says and an earlier version has left."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import call

UMASKS = [0o000, pytest.param(0o022, marks=pytest.mark.slow), 0o077]
PRIVATE = {(True, 0o700), (False, 0o600)}
PUBLIC = {(True, 0o755), (False, 0o644)}


def modes(*places: Path) -> set[tuple[bool, int]]:
    """The modes of all files and folders there: (whether a folder, mode)."""
    found = {each for place in places for each in (place, *place.rglob("*"))}
    return {(each.is_dir(), stat.S_IMODE(each.stat().st_mode)) for each in found}


def under(umask: int, instance: Path, *arguments: object) -> None:
    before = os.umask(umask)
    try:
        ran = call(instance, *map(str, arguments))
    finally:
        os.umask(before)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def private(news: Path) -> list[Path]:
    return [news / "state", news / "outbox", news / ".tidings-witness"]


@pytest.mark.parametrize("umask", UMASKS, ids=oct)
def test_what_is_secret_is_its_owner_s_alone_and_what_is_published_everybody_s(
    tmp_path: Path, umask: int
) -> None:
    news, letter = tmp_path / "news", tmp_path / "letter.html"
    under(umask, tmp_path, "init", news, "--sample")
    under(umask, news, "preview", "weekly", "--recipient", "ana@example.org", "--out", letter)
    under(umask, news, "run", "--send", "now")
    under(umask, news, "backup", tmp_path / "news.tar")
    assert modes(*private(news)) == PRIVATE
    assert modes(news / "feeds") == PUBLIC
    assert modes(tmp_path / "news.tar", letter) <= PRIVATE


def opened_up(news: Path) -> None:
    """What a version before left under the usual umask."""
    for each in (each for place in private(news) for each in (place, *place.rglob("*"))):
        each.chmod(0o755 if each.is_dir() else 0o644)


def test_what_an_earlier_version_left_open_is_closed_by_the_next_run(instance: Path) -> None:
    opened_up(instance)
    found = call(instance, "doctor")
    assert found.returncode == 1
    for remedy in ("chmod 700 state/", "chmod 700 outbox/", "chmod 600 .tidings-witness"):
        assert remedy in found.stdout
    assert call(instance, "run", "--now", "2026-11-24T13:00:00Z").returncode == 0
    assert modes(*private(instance)) == PRIVATE
    told = call(instance, "doctor", SOURCE_DATE_EPOCH="1795532400")
    assert told.returncode == 0, told.stdout


def test_looking_closes_nothing(instance: Path) -> None:
    opened_up(instance)
    for verb in ("status", "plan", "doctor", "check"):
        call(instance, verb)
    assert modes(*private(instance)) == {(True, 0o755), (False, 0o644)}


def configured(news: Path, *settings: tuple[str, str]) -> None:
    config = news / "config" / "tidings.yaml"
    text = config.read_text("utf-8")
    for before, after in settings:
        assert before in text
        text = text.replace(before, after)
    config.write_text(text, "utf-8")


def test_a_folder_that_holds_other_things_keeps_its_mode(fresh: Path) -> None:
    configured(
        fresh,
        ("sqlite:///state/tidings.db", "sqlite:///tidings.db"),
        ("file:outbox", "file:."),
    )
    for _ in range(2):
        under(0o022, fresh, "run", "--send", "now")
        assert stat.S_IMODE(fresh.stat().st_mode) == 0o755
        assert modes(fresh / "feeds") == PUBLIC
        ours = [fresh / name for name in ("tidings.db", "secret.key", "state.lock", "weekly")]
        assert modes(*ours) == PRIVATE
        for each in (fresh / "tidings.db", *(fresh / "weekly").rglob("*.eml")):
            each.chmod(0o644)
        (fresh / "weekly").chmod(0o755)
    found = call(fresh, "doctor")
    assert "chmod 600 tidings.db" in found.stdout
    assert "chmod 700 weekly/" in found.stdout


def test_a_folder_somewhere_else_is_closed_where_nothing_else_is_in_it(
    fresh: Path, tmp_path: Path
) -> None:
    apart, shared = tmp_path / "var" / "tidings", tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "other.txt").write_text("not of Tidings", "utf-8")
    apart.mkdir(parents=True, mode=0o755)
    configured(
        fresh,
        ("sqlite:///state/tidings.db", f"sqlite:///{apart}/news.db"),
        ("file:outbox", f"file:{shared}"),
    )
    under(0o022, fresh, "run", "--send", "now")
    assert modes(apart, shared / "weekly") == PRIVATE
    assert [stat.S_IMODE(each.stat().st_mode) for each in (apart.parent, shared)] == [0o755] * 2


VERBS = [
    ["run"],
    ["status"],
    ["plan"],
    ["worker"],
    ["preview", "weekly"],
    ["recipients", "list"],
    ["deliveries", "list"],
    ["retract", "x", "--reason", "r"],
    ["history", "x"],
    ["backup", "/nowhere.tar"],
    ["state", "accept"],
    ["doctor"],
]
# Whatever may be imported is, before this Python is out of reach: it may be root's alone.
AS_NOBODY = """
import importlib, io, json, os, pkgutil, pwd, sys
from contextlib import redirect_stderr, redirect_stdout
import tidings
from tidings.entrypoints.cli import main

for module in pkgutil.walk_packages(tidings.__path__, "tidings."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

def told(arguments):
    sys.argv = ["tidings", "-C", sys.argv[2], *arguments]
    out, err, code = io.StringIO(), io.StringIO(), None
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
    return code, out.getvalue(), err.getvalue()

verbs = json.loads(sys.argv.pop(1))
sys.argv.insert(1, "-C")
told(["check"])
user = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(user.pw_gid)
os.setuid(user.pw_uid)
print(json.dumps([told(arguments) for arguments in verbs]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_is_told_whose_the_state_is(instance: Path) -> None:
    for folder in (instance, *instance.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    ran = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, json.dumps(VERBS), str(instance)],
        capture_output=True,
        text=True,
        check=True,
    )
    *told, doctor = json.loads(ran.stdout)
    words = f"tidings: {instance}/state cannot be read: run as root, whose it is\n"
    words += "more: tidings help what-to-do-when#state-unusable\n"
    assert told == [[1, "", words]] * len(told)
    assert (doctor[0], doctor[2]) == (1, "")
    assert "state cannot be read" in doctor[1]
