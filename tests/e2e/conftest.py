"""An instance as `tidings init` writes it, and the command line as people call it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests import fork_server

BUILD = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
ROOT = Path(__file__).parents[2]

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def call(instance: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on an instance, as a process of its own that is forked."""
    return fork_server.call(["-C", instance, *arguments], _surroundings(environ))


def call_anew(instance: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The same with the real command, which shares nothing with any other process."""
    return subprocess.run(
        [sys.executable, "-m", "tidings", "-C", instance, *arguments],
        capture_output=True,
        text=True,
        timeout=fork_server.PATIENCE,
        env=_surroundings(environ),
        check=False,
    )


def _surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1", **environ}


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder with its bytes and modification time."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that is made once in a run of the tests, by whichever process wants it first."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, unfinished = base / name, base / f"{name}.unfinished"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(unfinished, ignore_errors=True)
            make(unfinished)
            unfinished.rename(folder)
    return folder


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample instance, untouched."""

    def make(folder: Path) -> None:
        made = call(Path(), "init", str(folder), "--sample")
        assert made.returncode == 0, made.stderr

    return once(tmp_path_factory, "sample", make)


@pytest.fixture(scope="session")
def sample_after_run(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample instance after one run that sent its first edition."""

    def make(folder: Path) -> None:
        shutil.copytree(sample, folder)
        ran = call(folder, "run", "--send", "now", "--now", "2026-11-24T12:00:00Z")
        assert ran.returncode == 0, ran.stdout + ran.stderr

    return once(tmp_path_factory, "sample-after-run", make)


@pytest.fixture
def fresh(sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample that a test may do anything to."""
    return Path(shutil.copytree(sample, tmp_path / "fresh"))


@pytest.fixture
def instance(sample_after_run: Path, tmp_path: Path) -> Path:
    """A copy of the sample after its first run; modification times are kept."""
    return Path(shutil.copytree(sample_after_run, tmp_path / "news", copy_function=shutil.copy2))


def wheel(source: Path, folder: Path) -> Path:
    """The wheel that the project in `source` makes, put into a new folder."""
    folder.mkdir(parents=True)
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)],
        cwd=source,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return folder / built.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="session")
def wheel_of_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that this checkout makes."""

    def make(folder: Path) -> None:
        wheel(ROOT, folder)

    return next(once(tmp_path_factory, "wheel", make).iterdir())
