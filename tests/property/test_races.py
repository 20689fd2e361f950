"""Several who look at the same moment, each with a connection of their own, open one edition."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

from tests.desk import services
from tests.property.newsroom import BERLIN, NOW, WEEKLY, Newsroom, digest, settings, utc
from tidings.application.announce import Opened, announce
from tidings.state import open_store

ROOT = Path(__file__).parents[2]


def open_due(path: Path) -> tuple[Opened, ...]:
    """What a process opens that looks at 08:00 on a Monday."""
    store = open_store(path)
    try:
        both = digest("weekly", WEEKLY), digest("at-once", NOW)
        joined = services(settings(BERLIN, *both), store)
        found = [announce(joined, each, "due", utc("2026-11-23T07:00")) for each in both]
        return tuple(opened for opened in found if opened)
    finally:
        store.close()


def waiting(root: Path) -> Newsroom:
    """A site with an item, at a Monday's slot."""
    both = digest("weekly", WEEKLY), digest("at-once", NOW)
    room = Newsroom(root, BERLIN, utc("2026-11-22T12:00"), *both)
    room.arrive()
    room.look("none")
    return room


def opened_in(path: Path) -> list[tuple[str, int]]:
    with sqlite3.connect(path) as state:
        found = state.execute("SELECT digest, number FROM editions ORDER BY digest").fetchall()
    state.close()
    return found


def test_four_threads_that_look_at_once_open_one_edition(tmp_path: Path) -> None:
    room = waiting(tmp_path)
    opened: list[Opened] = []
    together = threading.Barrier(4)

    def look() -> None:
        together.wait()
        opened.extend(open_due(room.path))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.edition.digest for each in opened) == ["at-once", "weekly"]
    assert opened_in(room.path) == [("at-once", 1), ("weekly", 1)]


def test_two_processes_that_look_at_once_open_one_edition(tmp_path: Path) -> None:
    room = waiting(tmp_path)
    script = (
        "import pathlib, sys\n"
        "from tests.property.test_races import open_due\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read(1)\n"
        "print(len(open_due(pathlib.Path(sys.argv[1]))))\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(room.path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("x")
        process.stdin.flush()
    counts = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(counts) == 2
    assert opened_in(room.path) == [("at-once", 1), ("weekly", 1)]
