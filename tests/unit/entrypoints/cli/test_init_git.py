"""`init --git` writes what an instance has as a repository, and what it writes works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from tests import fork_server
from tests.unit.entrypoints.cli.conftest import ENVIRON
from tidings.entrypoints.cli import app

WRITTEN = {
    ".github/workflows/review.yml",
    ".gitlab-ci.yml",
    "CODEOWNERS",
    "README.md",
    "ci/install.sh",
    "seeds/.gitkeep",
}


def init(folder: Path, *words: str) -> str:
    made = CliRunner().invoke(app, ["init", str(folder), *words], env=ENVIRON)
    assert made.exit_code == 0, made.output
    return made.stdout


def own(folder: Path) -> str:
    return init(folder, "--title", "Ana's | news", "--git")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def load(place: Path) -> Any:
    return YAML(typ="safe", pure=True).load(place.read_text("utf-8"))


def commands(folder: Path, host: str) -> list[str]:
    """What a host runs, in its order."""
    if host == "gitlab":
        script: list[str] = load(folder / ".gitlab-ci.yml")["review"]["script"]
        return script
    steps = load(folder / ".github/workflows/review.yml")["jobs"]["review"]["steps"]
    return [step["run"] for step in steps if "run" in step]


def test_all_of_a_repository_is_written_beside_an_instance(tmp_path: Path) -> None:
    told = own(tmp_path / "news")
    assert files(tmp_path / "news") >= WRITTEN | {".gitignore", "config/tidings.yaml"}
    assert all(name in told for name in WRITTEN)
    plain = tmp_path / "plain"
    init(plain)
    assert not files(plain) & WRITTEN


def test_an_instance_that_is_there_gets_what_it_lacks_and_keeps_what_it_has(
    tmp_path: Path,
) -> None:
    news = tmp_path / "news"
    init(news, "--sample")
    (news / "README.md").write_text("Ours.\n")
    before = {name: (news / name).read_bytes() for name in files(news)}
    told = init(news, "--git")
    assert "README.md, which was there" in told
    assert files(news) == before.keys() | WRITTEN
    changed = {name for name, data in before.items() if (news / name).read_bytes() != data}
    assert changed == {".gitignore"}
    again = {name: (news / name).read_bytes() for name in files(news)}
    init(news, "--git")
    assert {name: (news / name).read_bytes() for name in files(news)} == again


def test_a_repository_that_a_host_just_began_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# news\n")
    (tmp_path / "LICENSE").write_text("All rights reserved.\n")
    own(tmp_path)
    assert (tmp_path / "README.md").read_text() == "# news\n"
    assert (tmp_path / "config/topics.yaml").exists()


@pytest.mark.parametrize("host", ["github", pytest.param("gitlab", marks=pytest.mark.slow)])
def test_what_a_host_runs_passes_in_a_fresh_folder_and_says_what_would_come_of_it(
    tmp_path: Path, host: str
) -> None:
    news = tmp_path / "news"
    own(news)
    (news / "seeds/a.txt").write_text("1 May, 2026\n\nBoats are back\n\nThey sail again.\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    installed = tmp_path / "installed"
    fake = programs / "python"
    fake.write_text(f'#!/bin/sh\necho "$@" > "{installed}"\n')
    fake.chmod(0o755)
    tidings = programs / "tidings"
    tidings.write_text(f'#!/bin/sh\nexec "{fork_server.command()}" "$@"\n')
    tidings.chmod(0o755)
    environ = {
        "PATH": f"{programs}{os.pathsep}{os.defpath}",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "PACKAGE_OF_TIDINGS": "git+https://example.org/tidings",
        "CI": "true",
    }
    for command in commands(news, host):
        done = subprocess.run(
            ["sh", "-euc", command],
            cwd=news,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert installed.read_text().endswith(" git+https://example.org/tidings\n")
    summary = (news / "plan.md").read_text("utf-8")
    assert "predicts from the listings alone" in summary
    assert "| items new | 1 |" in summary
    assert "@" not in summary
    assert json.loads((news / "plan.json").read_text())["without_state"] is True
    if host == "github":
        assert (tmp_path / "summary.md").read_text("utf-8") == summary
    assert not (news / "state").exists()


def test_both_hosts_run_check_test_and_plan(tmp_path: Path) -> None:
    own(tmp_path / "news")
    for host in ("github", "gitlab"):
        run = commands(tmp_path / "news", host)
        assert run[:4] == [
            "sh ci/install.sh",
            "tidings check",
            "tidings test",
            "tidings plan --json --summary plan.md > plan.json",
        ]


def install(folder: Path, **environ: str) -> tuple[int, str]:
    """What `pip` would be asked to install, or why it is not."""
    (folder / "bin").mkdir(exist_ok=True)
    fake = folder / "bin/python"
    fake.write_text('#!/bin/sh\nfor last; do :; done\necho "$last"\n')
    fake.chmod(0o755)
    done = subprocess.run(
        ["sh", "ci/install.sh"],
        cwd=folder,
        env={"PATH": f"{folder}/bin{os.pathsep}{os.defpath}", **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip() or done.stderr


def test_tidings_comes_from_the_wheel_that_is_there_else_from_what_is_named(tmp_path: Path) -> None:
    own(tmp_path / "news")
    news = tmp_path / "news"
    code, told = install(news)
    assert code == 1
    assert "PACKAGE_OF_TIDINGS" in told
    assert install(news, PACKAGE_OF_TIDINGS="git+https://x.example/t") == (
        0,
        "git+https://x.example/t",
    )
    (news / "ci/tidings-1.0-py3-none-any.whl").touch()
    named = install(news, PACKAGE_OF_TIDINGS="git+https://x.example/t")
    assert named == (0, "ci/tidings-1.0-py3-none-any.whl")
    (news / "ci/tidings-1.1-py3-none-any.whl").touch()
    assert install(news)[0] == 1


def test_no_file_names_an_address_that_nobody_gave(tmp_path: Path) -> None:
    own(tmp_path / "news")
    for name in WRITTEN:
        text = (tmp_path / "news" / name).read_text("utf-8")
        assert not re.search(r"https?://|pip install tidings\b|@[\w.-]+\.\w+", text), name


def test_owners_are_asked_for_paths_that_there_are(tmp_path: Path) -> None:
    own(tmp_path / "news")
    lines = (tmp_path / "news/CODEOWNERS").read_text().splitlines()
    paths = [line for line in lines if line and not line.startswith("#")]
    assert "/config/topics.yaml" in paths
    assert all((tmp_path / "news" / path.strip("/")).exists() for path in paths if "*" not in path)


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")
def test_a_clone_has_all_that_a_check_needs_and_says_that_it_has_no_state(tmp_path: Path) -> None:
    news, clone = tmp_path / "news", tmp_path / "clone"
    own(news)

    def git(*words: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        subprocess.run(["git", "-C", str(news), *who, *words], check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "Begin")
    subprocess.run(["git", "clone", "-q", str(news), str(clone)], check=True)
    for verb in ("check", "test", "plan"):
        done = CliRunner().invoke(app, ["-C", str(clone), verb], env=ENVIRON)
        assert done.exit_code == 0, done.output
    assert "there is none here, so this predicts from the listings alone" in done.stdout


def test_a_summary_shows_what_people_wrote_as_they_wrote_it_and_no_address(tmp_path: Path) -> None:
    news = tmp_path / "news"
    own(news)
    (news / "seeds/a.txt").write_text(
        "1 May, 2026\n\nBoats* <are> [back] `again`\n\nThey sail again.\n"
    )
    (news / "seeds/b.txt").write_text("ana@example.org\n" * 3)
    out = tmp_path / "plan.md"
    CliRunner().invoke(app, ["-C", str(news), "plan", "--summary", str(out)], env=ENVIRON)
    summary = out.read_text("utf-8")
    assert r"Boats\* \<are\> \[back\] \`again\`" in summary
    assert r"| Ana's \| news | 1 |" in summary
    assert "ana@example.org" not in summary


def test_a_summary_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    own(tmp_path / "news")
    words = ["-C", str(tmp_path / "news"), "plan", "--summary", str(tmp_path / "no/plan.md")]
    done = CliRunner().invoke(app, words, env=ENVIRON)
    assert "No such file" in str(done.exception)
