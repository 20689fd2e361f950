"""The container file does what it says, as far as that can be seen without a container.

Its steps are taken here one by one: what is copied, the wheel made of it and nothing else, what it
starts, how that is found healthy and how it ends. Installing from the lock wants the network, and
is left out.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.e2e.conftest import call, wheel

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "container" / "Containerfile"


def steps(*instructions: str) -> list[str]:
    """What follows certain instructions, in order."""
    text = FILE.read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.findall(r"^([A-Z]+) (.+)$", text, re.MULTILINE)
    return [told for name, told in found if name in instructions]


def copied() -> list[str]:
    """The files and folders of the repository that the image is made of."""
    taken = [told.split()[:-1] for told in steps("COPY") if not told.startswith("--from=")]
    return [source for sources in taken for source in sources]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel made of what is copied and of nothing else, unpacked."""
    folder = tmp_path_factory.mktemp("image")
    for source in copied():
        place = folder / "build" / source
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place, symlinks=True)
        else:
            shutil.copy2(ROOT / source, place)
    with zipfile.ZipFile(wheel(folder / "build", folder / "wheel")) as made:
        made.extractall(folder / "site")
    return folder / "site"


def test_what_is_copied_exists_and_is_let_through_and_nothing_else_is() -> None:
    let_through = (FILE.parent / f"{FILE.name}.dockerignore").read_text(encoding="utf-8").split()
    assert let_through[0] == "*"
    assert sorted(line[1:] for line in let_through if line.startswith("!")) == sorted(copied())
    for source in copied():
        assert (ROOT / source).exists(), source
    private = ("state", "outbox", "feeds", ".git", ".venv")
    assert not [name for name in private for line in copied() if fnmatchcase(name, line)]


def test_the_image_runs_as_nobody_in_particular_on_one_python_that_will_do() -> None:
    assert steps("USER") == ["10001"]
    bases = {told.split()[0] for told in steps("FROM")}
    pinned = r"python:(\d+)\.(\d+)-slim@sha256:[0-9a-f]{64}"
    [version] = [re.fullmatch(pinned, base) for base in bases]
    assert version, "both stages are of one Python: the second takes over what the first installed"
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    least = re.fullmatch(r">=(\d+)\.(\d+)", wanted)
    assert least
    assert tuple(map(int, version.groups())) >= tuple(map(int, least.groups()))


def test_everything_that_is_installed_is_pinned_by_its_hash() -> None:
    installs = [told for told in steps("RUN") if "pip install" in told]
    assert len(installs) == 2
    for told in installs:
        for call_ in told.split("&&"):
            assert "--no-cache-dir" in call_
            hashed = re.search(r"--require-hashes -r (\$LOCK|requirements-build\.lock)", call_)
            assert hashed or call_.endswith("--no-build-isolation --no-deps .")


def test_it_is_made_with_what_one_machine_needs_unless_another_lock_is_named() -> None:
    assert steps("ARG") == ["LOCK=requirements.lock"]
    locks = {name for name in copied() if re.fullmatch(r"requirements.*\.lock", name)}
    assert locks == {"requirements.lock", "requirements-scale.lock", "requirements-build.lock"}
    found = [
        dict(
            re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
        )
        for lock in ("requirements.lock", "requirements-scale.lock")
    ]
    assert found[0].items() <= found[1].items()
    assert "psycopg" in found[1].keys() - found[0].keys()


def test_the_lock_of_the_build_has_the_backend_that_is_asked_for_with_its_hash() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [re.split(r"[<>=]", each)[0] for each in project["build-system"]["requires"]]
    lock = (ROOT / "requirements-build.lock").read_text(encoding="utf-8")
    for name in wanted:
        assert re.search(rf"^{name}==\S+ \\\n    --hash=sha256:", lock, re.MULTILINE)


def test_what_is_copied_makes_the_same_wheel_as_the_whole_repository(
    installed: Path, wheel_of_checkout: Path
) -> None:
    with zipfile.ZipFile(wheel_of_checkout) as whole:
        expected = {name: whole.getinfo(name).file_size for name in whole.namelist()}
    made = {
        path.relative_to(installed).as_posix(): path.stat().st_size
        for path in installed.rglob("*")
        if path.is_file()
    }
    assert made == expected


def test_what_it_starts_is_found_healthy_and_ends_when_told_to(
    installed: Path, tmp_path: Path
) -> None:
    news = tmp_path / "news"
    assert call(Path(), "init", str(news), "--sample").returncode == 0
    [entry], [told] = steps("ENTRYPOINT"), steps("CMD")
    [health] = steps("HEALTHCHECK")
    [port], [stop] = steps("EXPOSE"), steps("STOPSIGNAL")
    command = [*json.loads(entry), *json.loads(told)]
    check = json.loads(health[health.index("CMD ") + 4 :])
    assert command[-1] == port
    assert f":{port}/" in check[-1]
    assert (command[0], check[0]) == ("tidings", "python")
    here = {"/srv/news": str(news), "0.0.0.0": "127.0.0.1", port: "0"}
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tidings", *(here.get(word, word) for word in command[1:])],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    # One that starts, and never serves, would be waited for in vain.
    overdue = threading.Timer(90, process.kill)
    overdue.start()
    try:
        served = next(
            found[1] for line in process.stderr if (found := re.search(r"address=\S+:(\d+)", line))
        )
        looked = [sys.executable, check[1], check[2].replace(f":{port}/", f":{served}/")]
        assert subprocess.run(looked, timeout=60, check=False).returncode == 0
        process.send_signal(signal.Signals[stop])
        assert process.wait(60) == 0
        gone = subprocess.run(looked, timeout=60, check=False, stderr=subprocess.DEVNULL)
        assert gone.returncode == 1
    finally:
        overdue.cancel()
        process.kill()
        process.communicate()


def test_the_lines_that_say_how_to_build_and_start_it_name_what_is_there() -> None:
    said = re.findall(r"^#   docker (.+)$", FILE.read_text(encoding="utf-8"), re.MULTILINE)
    build, run = map(shlex.split, said)
    assert (ROOT / build[build.index("-f") + 1]) == FILE
    assert build[build.index("-t") + 1] == run[-1]
    [volume], [port] = steps("VOLUME"), steps("EXPOSE")
    assert run[run.index("-v") + 1].endswith(f":{volume}")
    assert run[run.index("-p") + 1].endswith(f":{port}")
    assert {"--read-only", "--cap-drop"} <= set(run)
