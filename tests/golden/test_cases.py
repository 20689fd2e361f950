"""Golden cases: a folder with config, seeds and an instant, and what has to come of them.

`make bless` rewrites what is expected; the review then reads the diff. Only text that people see
is kept: feeds, pages and mail, each as it is.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tidings.application.cycle import run_cycle
from tidings.entrypoints import wiring

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())
KEY = {"TIDINGS_SECRET_KEY": "a key that everybody knows"}


def made_by(case: Path, scratch: Path) -> dict[str, bytes]:
    """What one run makes of a case: published files and mail, by path."""
    root = scratch / "instance"
    for name in ("config", "seeds"):
        shutil.copytree(case / name, root / name)
    instance = wiring.load_instance(root, KEY)
    store = wiring.open_state(instance)
    try:
        now = datetime.fromisoformat((case / "now").read_text(encoding="utf-8").strip())
        run_cycle(wiring.machinery(instance, store, wiring.clock(now)), "now")
    finally:
        store.close()
    made = {}
    for folder in ("feeds", "outbox"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "assets" not in path.parts:
                made[str(path.relative_to(root))] = path.read_bytes()
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_a_case_makes_what_is_expected(
    case: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made, expected = made_by(case, tmp_path), case / "expected"
    if request.config.getoption("--bless"):
        shutil.rmtree(expected, ignore_errors=True)
        for path, data in made.items():
            (expected / path).parent.mkdir(parents=True, exist_ok=True)
            (expected / path).write_bytes(data)
        return
    kept = {
        str(path.relative_to(expected)): path.read_bytes()
        for path in expected.rglob("*")
        if path.is_file()
    }
    assert sorted(made) == sorted(kept)
    for path, data in made.items():
        assert data.decode() == kept[path].decode(), path
