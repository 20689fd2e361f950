"""The worker as a process: it works, is alone, ends when told, and catches up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

from tests import fork_server
from tests.e2e.conftest import call

PATIENCE = 60.0


class Running:
    """A worker process and the lines that it has logged."""

    def __init__(self, folder: Path, program: Path | None = None, /, **environ: str) -> None:
        self._process = subprocess.Popen(
            [program or fork_server.command(), "-C", str(folder), "worker"],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TIDINGS_WORKER__EVERY": "1s", **environ},
        )
        self._lines: Queue[str] = Queue()
        self.log: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stderr
        with self._process.stderr as stream:
            for line in stream:
                self._lines.put(line)

    def wait_for(self, words: str) -> str:
        """The first further line with these words."""
        try:
            while True:
                line = self._lines.get(timeout=PATIENCE)
                self.log.append(line)
                if words in line:
                    return line
        except Empty:
            raise AssertionError(f"{words!r} never came:\n{''.join(self.log)}") from None

    def hang_up(self) -> None:
        self._process.send_signal(signal.SIGHUP)

    def ended(self) -> int:
        """The exit code, once it has ended by itself."""
        return self._process.wait(PATIENCE)

    def end(self, number: int = signal.SIGTERM) -> int:
        self._process.send_signal(number)
        code = self._process.wait(PATIENCE)
        self._listener.join(PATIENCE)
        return code


@contextmanager
def worker(folder: Path, program: Path | None = None, /, **environ: str) -> Iterator[Running]:
    running = Running(folder, program, **environ)
    try:
        yield running
    finally:
        running.end(signal.SIGKILL)


def test_a_worker_publishes_what_arrives_and_ends_cleanly_on_sigterm(fresh: Path) -> None:
    with worker(fresh, fork_server.REAL) as running:
        assert "new=46" in running.wait_for("items recorded")
        running.wait_for("feeds published")
        (fresh / "seeds" / "more.txt").write_text(
            "12 May, 2021\n\nOne more title\n\nIts summary, long enough to be one.\n",
            encoding="utf-8",
        )
        assert "new=1" in running.wait_for("items recorded")
        running.wait_for("feeds published")
        assert running.end() == 0
    assert "One more title" in (fresh / "feeds" / "atom.xml").read_text(encoding="utf-8")


def test_a_second_worker_is_told_to_try_later_and_other_verbs_work_beside_the_first(
    fresh: Path,
) -> None:
    with worker(fresh) as running:
        running.wait_for("feeds published")
        second = call(fresh, "worker")
        assert second.returncode == 75
        assert "another worker" in second.stderr
        assert call(fresh, "run", "--send", "now").returncode == 0
        assert call(fresh, "status").returncode == 0
        assert running.end() == 0
    assert len(list((fresh / "outbox").rglob("*.eml"))) == 3


def test_a_killed_worker_leaves_nothing_that_stops_the_next(fresh: Path) -> None:
    with worker(fresh, fork_server.REAL) as running:
        running.wait_for("items recorded")
        running.end(signal.SIGKILL)
    with worker(fresh) as running:
        running.wait_for("worker started")
        assert running.end() == 0


def test_a_bad_edit_of_the_configuration_is_told_and_the_last_good_one_stays(
    fresh: Path,
) -> None:
    topics = fresh / "config" / "topics.yaml"
    good = topics.read_text(encoding="utf-8")
    with worker(fresh) as running:
        running.wait_for("feeds published")
        topics.write_text(good.replace("    any:\n", "    anny:\n", 1), encoding="utf-8")
        running.wait_for("configuration not loaded")
        running.wait_for('did you mean "any"?')
        topics.write_text(good.replace("title: Mexico", "title: Mexico and its people"), "utf-8")
        running.wait_for("configuration loaded")
        running.wait_for("feeds published")
        assert running.end() == 0
    page = (fresh / "feeds" / "topics" / "mexico" / "index.html").read_text(encoding="utf-8")
    assert "Mexico and its people" in page


def test_a_monday_missed_while_it_was_down_is_sent_once_when_it_is_back(fresh: Path) -> None:
    # Seen first long ago, down ever since: the newest slot is owed, whatever day this is.
    first = call(fresh, "run", "--now", "2020-01-01T00:00:00Z")
    assert first.returncode == 0
    with worker(fresh) as running:
        assert "number=1" in running.wait_for("edition opened")
        assert "sent=3" in running.wait_for("mail sent")
        assert running.end() == 0
    with worker(fresh) as running:
        running.wait_for("worker started")
        assert running.end() == 0
    assert len(list((fresh / "outbox").rglob("*.eml"))) == 3
    assert not any("edition opened" in line for line in running.log)


def test_on_sighup_the_configuration_is_taken_and_a_round_begun_at_once(fresh: Path) -> None:
    config = fresh / "config" / "tidings.yaml"
    with worker(fresh, TIDINGS_WORKER__EVERY="12h", TIDINGS_WORKER__LOG="json") as running:
        assert json.loads(running.wait_for("feeds published"))["written"] > 10
        config.write_text(config.read_text("utf-8").replace("limit: 50", "limit: 40"), "utf-8")
        running.hang_up()
        assert json.loads(running.wait_for("configuration loaded"))["level"] == "info"
        assert json.loads(running.wait_for("items recorded"))["new"] == 46
        assert running.end() == 0


def test_a_worker_whose_state_was_replaced_ends_so_that_its_supervisor_starts_it_again(
    fresh: Path,
) -> None:
    with worker(fresh) as running:
        running.wait_for("feeds published")
        state = fresh / "state" / "tidings.db"
        state.with_name("other.db").write_bytes(state.read_bytes())
        state.with_name("other.db").replace(state)
        (fresh / "seeds" / "late.txt").write_text(
            "23 November 2026\n\nPermits are extended\n\nUntil the end of the year.\n"
        )
        assert running.ended() == 75
