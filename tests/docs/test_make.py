"""`make` in a clone that is an instance: no everyday command touches what cannot be made again."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")

# What make itself makes, in a clone: all of it can be made again.
MADE_BY_MAKE = {
    ".venv",
    "site",
    "dist",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    ".import_linter_cache",
}
# What people and runs have made.
KEPT = {
    "state/tidings.db": "what is known",
    "state/tidings.db-wal": "and was not yet folded in",
    "state/tidings.db.initialised": "1 2 3 4",
    "state/secret.key": "secret",
    "state/worker.lock": "",
    ".tidings-witness": "{}",
    "outbox/weekly/1/1-ana@example.org.eml": "a message",
    "feeds/index.html": "the first page",
    "feeds/topics/harbour/atom.xml": "a feed",
    "news.tar": "a backup",
    "config/tidings.yaml": "edited",
    "config/partners.csv": "address\n",
    "seeds/ours.txt": "our own news",
    "templates/digest/body.html.j2": "our own words",
    "state.before/tidings.db": "kept by somebody",
}


def make(folder: Path, *words: str) -> str:
    command = ["make", "--no-print-directory", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file()
    }


def removed(recipe: str) -> set[str]:
    """What the commands of a recipe remove; there is nothing else in it."""
    found: set[str] = set()
    for line in recipe.splitlines():
        program, *words = shlex.split(line)
        assert (program, words[0]) == ("rm", "-rf"), line
        found.update(words[1:])
    return found


def test_clean_names_only_what_make_has_made() -> None:
    assert removed(make(ROOT, "-n", "clean")) == MADE_BY_MAKE


def test_clean_leaves_an_instance_that_works_as_it_is(tmp_path: Path) -> None:
    tree = tmp_path / "clone"
    tree.mkdir()
    for name in ("Makefile", ".gitignore", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tree)
    for name in ("config", "seeds", "templates", "docs"):
        shutil.copytree(ROOT / name, tree / name)
    for name, text in KEPT.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, "utf-8")
    before = files(tree)
    for name in MADE_BY_MAKE:
        (tree / name).mkdir()
        (tree / name / "made").write_text("by make", "utf-8")
    make(tree, "clean")
    assert files(tree) == before
    assert not MADE_BY_MAKE & {each.name for each in tree.iterdir()}


@pytest.mark.parametrize(
    "target",
    [
        *("help", "install", "run", "test", "test-slow", "check", "format", "docs", "bless"),
        *("messages", "manual", "pictures", "wheel", "training", "train", "measure"),
    ],
)
def test_no_other_target_removes_anything(target: str) -> None:
    words = shlex.split(make(ROOT, "-n", target).replace("`", ""))
    assert not {"rm", "-delete", "unlink", "shred", "clean"} & set(words)
