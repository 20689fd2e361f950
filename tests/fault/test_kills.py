"""Pull the plug at random, stop a sender and wake it: nobody misses the edition.

Promised in docs/explanation/delivery.md: at most one copy more per connection and crash, and all
copies of a message are the same, byte for byte.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import call
from tests.returned import bounce_of
from tests.smtp_server import SmtpServer

ROOT = Path(__file__).parents[2]
RECIPIENTS = 160
MANY = 400
CONNECTIONS = 4
PATIENCE = 60.0


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def crowd(small: Path, tmp_path: Path) -> Path:
    """An instance whose one edition is open for all of them, nothing of it sent."""
    return gathered(Path(shutil.copytree(small, tmp_path / "crowd")), RECIPIENTS)


def gathered(folder: Path, people: int) -> Path:
    """Open an edition for so many people."""
    rows = "".join(f"r{n}@example.org,Reader {n}\n" for n in range(people))
    (folder / "config" / "crowd.csv").write_text(f"address,name\n{rows}", encoding="utf-8")
    (folder / "config" / "recipients.yaml").write_text(
        "lists:\n  staff: {from: crowd.csv}\n", encoding="utf-8"
    )
    # Opened long ago, with nobody listening: what was put off then is due by now.
    nobody = {"TIDINGS_MAIL__TRANSPORT": "smtp://127.0.0.1:1?tls=none"}
    shut = call(folder, "run", "--send", "now", "--now", "2026-01-05T00:00:00Z", **nobody)
    assert shut.returncode == 75, shut.stdout + shut.stderr
    return folder


def environ(server: SmtpServer) -> dict[str, str]:
    return {
        **os.environ,
        "TIDINGS_MAIL__TRANSPORT": f"smtp://127.0.0.1:{server.port}?tls=none",
        "TIDINGS_MAIL__CONNECTIONS": str(CONNECTIONS),
        "TIDINGS_MAIL__EXPIRES": "5000d",
    }


def start(folder: Path, server: SmtpServer, lease: float = 1200.0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.fault.sender", str(folder), str(lease)],
        cwd=ROOT,
        env=environ(server),
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for_letters(server: SmtpServer, number: int, process: subprocess.Popen[str]) -> bool:
    """Wait until the server has this many letters; False if the sender ended before."""
    deadline = time.monotonic() + PATIENCE
    while len(server.letters) < number:
        if process.poll() is not None:
            return False
        assert time.monotonic() < deadline, "nothing is sent"
        time.sleep(0.001)
    return True


def finish(folder: Path, server: SmtpServer) -> None:
    with start(folder, server) as process:
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, out


def copies(server: SmtpServer) -> Counter[str]:
    """How many letters came for each recipient; all copies of one must be the same."""
    by_recipient = defaultdict(set)
    for letter in server.letters:
        by_recipient[letter.recipient].add(letter.data)
    assert [who for who, kinds in by_recipient.items() if len(kinds) > 1] == []
    ids = {re.findall(rb"Message-ID: (<.*?>)", data)[0] for (data,) in by_recipient.values()}
    assert len(ids) == len(by_recipient)
    return Counter(letter.recipient for letter in server.letters)


def addresses(people: int) -> list[str]:
    return [f"r{n}@example.org" for n in range(people)]


def take_up_again(folder: Path, server: SmtpServer) -> set[str]:
    """What five processes died over waits for somebody to look at it: send it as they would.

    Most of it has arrived, since each death takes a message of every connection along.
    """
    failed = ("deliveries", "list", "--state", "failed", "--json")
    listed = json.loads(call(folder, *failed).stdout)["deliveries"]
    assert all(each["detail"].startswith("given up: ") for each in listed), listed
    if listed:
        again = call(folder, "deliveries", "retry", "--failed", TIDINGS_MAIL__EXPIRES="5000d")
        assert again.returncode == 0, again.stdout + again.stderr
        finish(folder, server)
    return {each["address"] for each in listed}


def kill_at_random(
    folder: Path, server: SmtpServer, times: int, seed: int, people: int = RECIPIENTS
) -> None:
    """Kill a sender after a few letters, again and again, then let one finish."""
    rng = random.Random(seed)
    kills = 0
    for _ in range(times):
        with start(folder, server) as process:
            most = max(2, people // times)
            if wait_for_letters(server, len(server.letters) + rng.randint(1, most), process):
                time.sleep(rng.uniform(0, 0.004))
                kills += process.poll() is None
                process.send_signal(signal.SIGKILL)
    finish(folder, server)
    missing = set(addresses(people)) - set(copies(server))
    parked = take_up_again(folder, server)
    assert missing <= parked, "nobody misses the edition in silence"
    got = copies(server)
    assert len(got) == people, "nobody misses the edition"
    most = kills * CONNECTIONS + len(parked - missing)
    assert sum(got.values()) - people <= most, f"seed {seed}, {kills} kills"
    assert kills > times / 2, "the sender was hardly ever caught at work"


def test_after_random_kills_nobody_misses_the_edition_and_copies_are_few_and_equal(
    crowd: Path, server: SmtpServer
) -> None:
    kill_at_random(crowd, server, times=3, seed=20261122)


def test_so_it_is_where_the_next_message_is_begun_behind_the_last(crowd: Path) -> None:
    with SmtpServer(pipelining=True) as server:
        kill_at_random(crowd, server, times=2, seed=20261201)


@pytest.mark.slow
def test_so_it_is_there_after_fifty_kills(small: Path, tmp_path: Path) -> None:
    crowd = gathered(Path(shutil.copytree(small, tmp_path / "crowd")), MANY)
    with SmtpServer(pipelining=True) as server:
        kill_at_random(crowd, server, times=50, seed=9, people=MANY)


def test_after_kills_all_copies_of_a_message_have_one_return_path_of_its_own(
    crowd: Path, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDINGS_MAIL__BOUNCE_ADDRESS", "bounces+{token}@example.org")
    kill_at_random(crowd, server, times=2, seed=20261130)
    assert_returned_to_themselves(crowd, server)


def assert_returned_to_themselves(folder: Path, server: SmtpServer) -> None:
    """Each recipient's letters have one return path, and a bounce that is sent there counts for
    them; for a few of them, since each starts a process."""
    paths = defaultdict(set)
    for letter in server.letters:
        paths[letter.recipient].add(letter.sender)
    assert [who for who, senders in paths.items() if len(senders) > 1] == []
    assert len({sender for senders in paths.values() for sender in senders}) == len(paths)
    for who, (sender,) in sorted(paths.items())[:2]:
        (folder / "report.eml").write_text(bounce_of(sender, who), encoding="utf-8")
        told = call(folder, "deliveries", "bounce", str(folder / "report.eml"))
        assert f"{who}: counted, 1 in a row" in told.stdout, told.stdout + told.stderr


@pytest.mark.slow
def test_so_it_is_after_fifty_kills(
    small: Path, tmp_path: Path, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDINGS_MAIL__BOUNCE_ADDRESS", "bounces+{token}@example.org")
    crowd = gathered(Path(shutil.copytree(small, tmp_path / "crowd")), MANY)
    kill_at_random(crowd, server, times=50, seed=8, people=MANY)
    assert_returned_to_themselves(crowd, server)


@pytest.mark.slow
def test_so_it_is_after_a_hundred_kills(small: Path, tmp_path: Path, server: SmtpServer) -> None:
    crowd = gathered(Path(shutil.copytree(small, tmp_path / "crowd")), MANY)
    kill_at_random(crowd, server, times=100, seed=7, people=MANY)


def stop_between_transactions(process: subprocess.Popen[str], lock: Path) -> None:
    """Stop a sender while it does not hold the state lock: it would keep all others out."""
    for _ in range(1000):
        process.send_signal(signal.SIGSTOP)
        with lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                process.send_signal(signal.SIGCONT)
                time.sleep(0.001)
            else:
                return
    raise AssertionError("the sender never lets go of the state lock")


def test_a_sender_that_slept_longer_than_its_lease_stops_before_its_next_message(
    crowd: Path, server: SmtpServer
) -> None:
    with start(crowd, server, lease=5.0) as sleeper:
        try:
            assert wait_for_letters(server, 20, sleeper)
            stop_between_transactions(sleeper, crowd / "state" / "state.lock")
            time.sleep(6.0)
            finish(crowd, server)
            before = len(server.letters)
            assert len({letter.recipient for letter in server.letters}) == RECIPIENTS
            sleeper.send_signal(signal.SIGCONT)
            out, _ = sleeper.communicate(timeout=PATIENCE)
        finally:
            sleeper.kill()
    assert "took over" in out or "longer than its lease" in out, out
    assert len(server.letters) - before <= CONNECTIONS, "only what was in its hands already"
    assert max(copies(server).values()) <= 2
