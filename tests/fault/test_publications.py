"""Publications that are cut short, and several at once: what stands in the end is the same, byte
for byte, as if nobody had disturbed it."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import fork_server
from tests.e2e.conftest import call
from tests.fault.crashing import published
from tests.minimal_site import write_minimal_site

LARGE = 700
KILLS = 12
ROUNDS = 5


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    folder = tmp_path / "instance"
    folder.mkdir()
    write_minimal_site(folder)
    return folder


def file(folder: Path, name: str, entries: int) -> None:
    """Save a listing of so many entries, which no other has."""
    listing = "\n\n".join(
        f"{1 + number % 28} May, 2021\n\nNotice {name} {number:04} of the harbour\n\n"
        f"What is said in notice {name} {number:04} is long enough for a summary."
        for number in range(entries)
    )
    (folder / "seeds" / f"{name}.txt").write_text(f"{listing}\n", encoding="utf-8")


def undisturbed(folder: Path) -> dict[str, bytes]:
    """What somebody publishes from that state who publishes alone, and from nothing."""
    copy = Path(shutil.copytree(folder, folder.with_name("copy")))
    shutil.rmtree(copy / "feeds")
    done = call(copy, "run", "--send", "none")
    assert done.returncode == 0, done.stdout + done.stderr
    return published(copy)


@pytest.mark.slow
def test_a_large_publication_that_is_killed_at_random_is_whole_after_the_next(
    instance: Path,
) -> None:
    """So large that a second process puts the files in place."""
    chance = random.Random(4)
    file(instance, "all", LARGE)
    settings = instance / "config" / "tidings.yaml"
    for number in range(KILLS):
        # Another title: every page is made anew.
        titled = re.sub("title: .*", f"title: News {number}", settings.read_text("utf-8"))
        settings.write_text(titled, encoding="utf-8")
        process = subprocess.Popen([fork_server.REAL, "-C", instance, "run", "--send", "none"])
        try:
            process.wait(chance.uniform(0.3, 2.5))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    done = call(instance, "run", "--send", "none")
    assert done.returncode == 0, done.stdout + done.stderr
    found = published(instance)
    assert len(found) > LARGE
    assert not [name for name in found if Path(name).name.startswith(".")]
    assert found == undisturbed(instance)


@pytest.mark.slow
def test_whoever_works_on_an_instance_at_once_each_ends_well_and_nothing_is_lost(
    instance: Path,
) -> None:
    """Beside a worker: two that run, two that look. Found so: temporary files of one were swept
    away by another, and a state was called older than its feeds."""
    worker = subprocess.Popen(
        [fork_server.command(), "-C", instance, "worker"],
        env={**os.environ, "TIDINGS_WORKER__EVERY": "1s"},
        stderr=subprocess.DEVNULL,
    )

    def run(name: str) -> list[str]:
        told = []
        for number in range(ROUNDS):
            file(instance, f"{name}-{number}", 4)
            done = call(instance, "run", "--send", "now")
            if done.returncode:
                told.append(done.stdout + done.stderr)
        return told

    def look(*arguments: str) -> list[str]:
        seen = (call(instance, *arguments) for _ in range(ROUNDS))
        return [done.stdout + done.stderr for done in seen if done.returncode not in (0, 75)]

    file(instance, "first", 4)
    assert call(instance, "run").returncode == 0
    try:
        with ThreadPoolExecutor(4) as people:
            ends = [people.submit(run, name) for name in ("ana", "ben")]
            ends += [people.submit(look, "status"), people.submit(look, "doctor")]
        assert [end.result() for end in ends] == [[]] * 4
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    assert call(instance, "run").returncode == 0
    found = published(instance)
    assert sum(name.startswith("items/") for name in found) == 4 * (1 + 2 * ROUNDS)
    assert found == undisturbed(instance)
