"""The house rules hold, and would be noticed if they did not."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "tidings"
MODULES = sorted(SOURCE.rglob("*.py"))
LONGEST_MODULE = 600
LONGEST_FUNCTION = 60


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(command), "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source tree to plant violations in."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(SOURCE, folder / "src" / "tidings", symlinks=True)
    return folder


def test_the_import_contracts_hold(copy: Path) -> None:
    checked = lint_imports(copy)
    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout


@pytest.mark.parametrize(
    ("module", "planted", "contract"),
    [
        ("core/feeds/model.py", "import tidings.application.cycle", "Imports point one way"),
        ("application/status.py", "import tidings.adapters.clock", "Imports point one way"),
        ("model.py", "import tidings.core.identity", "Imports point one way"),
        ("utils.py", "x = 1", "Imports point one way"),
        ("core/helpers.py", "x = 1", "Core: what is shown"),
        ("core/identity.py", "import tidings.core.match", "Core: what is shown"),
        (
            "application/record.py",
            "import tidings.application.cycle",
            "Application: use cases",
        ),
        ("entrypoints/wiring.py", "import tidings.entrypoints.cli", "Entrypoints: the doors"),
        ("adapters/eml.py", "import tidings.adapters.outlet", "Adapters are strangers"),
        ("core/schedule.py", "import os", "Core touches nothing"),
        ("model.py", "import time", "Core touches nothing"),
        ("application/publish/plan.py", "import sqlalchemy", "Application touches nothing"),
        ("state/items.py", "import tidings.application.ports", "Imports point one way"),
        ("state/items.py", "import tidings.adapters.clock", "Imports point one way"),
        ("core/feeds/model.py", "import tidings.state.items", "Imports point one way"),
        ("core/pages/site.py", "import feedgen.feed", "one door: feedgen"),
        ("adapters/outlet/folder.py", "import jinja2", "one door: jinja2"),
        ("entrypoints/wiring.py", "import apscheduler", "one door: apscheduler"),
        ("entrypoints/wiring.py", "import sqlalchemy", "one door: sqlalchemy"),
        ("entrypoints/wiring.py", "import ruamel.yaml", "one door: ruamel"),
        ("core/schedule.py", "import dateutil.parser", "one door: dateutil"),
        ("adapters/eml.py", "import smtplib", "one door: smtplib"),
        ("entrypoints/wiring.py", "import starlette.requests", "one door: starlette"),
        ("core/pages/site.py", "import css_inline", "one door: css_inline"),
        ("entrypoints/wiring.py", "import itsdangerous", "one door: itsdangerous"),
        ("entrypoints/web/app.py", "import prometheus_client", "one door: prometheus"),
    ],
)
def test_a_planted_violation_is_caught(
    copy: Path, module: str, planted: str, contract: str
) -> None:
    place = copy / "src" / "tidings" / module
    before = place.read_text(encoding="utf-8") if place.exists() else None
    place.write_text(f"{before or ''}\n{planted}\n", encoding="utf-8")
    try:
        checked = lint_imports(copy)
    finally:
        if before is None:
            place.unlink()
        else:
            place.write_text(before, encoding="utf-8")
    assert checked.returncode != 0
    assert re.search(rf"{re.escape(contract)}.* BROKEN", checked.stdout), checked.stdout


@pytest.mark.parametrize(
    "planted",
    [
        "from datetime import datetime\n\nSTAMP = datetime.now()\n",
        "from datetime import date\n\nDAY = date.today()\n",
        "import time\n\nSTAMP = time.time()\n",
        'print("hello")\n',
    ],
)
def test_a_clock_or_a_print_outside_its_place_is_caught(tmp_path: Path, planted: str) -> None:
    place = tmp_path / "src" / "tidings" / "core" / "planted.py"
    place.parent.mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    place.write_text(f'"""Planted."""\n\n{planted}', encoding="utf-8")
    ruff = [str(Path(sys.executable).with_name("ruff")), "check", "--no-cache", "--select"]
    command = [*ruff, "TID251,T20", str(place)]
    checked = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert checked.returncode == 1, checked.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_module_is_an_attic(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def functions() -> Iterator[tuple[str, int]]:
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{module.relative_to(SOURCE)}:{node.lineno} {node.name}", length


def test_no_function_makes_a_reader_scroll() -> None:
    assert [(name, length) for name, length in functions() if length > LONGEST_FUNCTION] == []


def test_help_and_version_load_nothing_heavy() -> None:
    heavy = (
        *("sqlalchemy", "pydantic", "feedgen", "jinja2", "apscheduler", "ruamel", "babel"),
        *("starlette", "uvicorn", "itsdangerous", "prometheus_client", "rich", "secrets"),
    )
    script = (
        "import sys\n"
        "from tidings.entrypoints import cli\n"
        f"print([name for name in {heavy!r} if name in sys.modules])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.strip() == "[]"
