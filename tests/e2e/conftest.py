"""An instance as `tidings init` writes it, and the command line as people call it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def call(instance: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on an instance, as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "tidings", "-C", str(instance), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "NO_COLOR": "1", **environ},
        check=False,
    )


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder with its bytes and modification time."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample instance, untouched."""
    folder = tmp_path_factory.mktemp("sample") / "news"
    made = call(Path(), "init", str(folder))
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="session")
def sample_after_run(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample instance after one run that sent its first edition."""
    folder = tmp_path_factory.mktemp("run") / "news"
    shutil.copytree(sample, folder)
    ran = call(folder, "run", "--send", "now", "--now", "2026-11-24T12:00:00Z")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


@pytest.fixture
def fresh(sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample that a test may do anything to."""
    return Path(shutil.copytree(sample, tmp_path / "fresh"))


@pytest.fixture
def instance(sample_after_run: Path, tmp_path: Path) -> Path:
    """A copy of the sample after its first run; modification times are kept."""
    return Path(shutil.copytree(sample_after_run, tmp_path / "news", copy_function=shutil.copy2))
