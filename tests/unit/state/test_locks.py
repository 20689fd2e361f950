"""Locks between processes and threads: waited for, given up in time, freed by a death."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tidings.errors import StoreBusy, StoreError
from tidings.state import access
from tidings.state.access import held, state_lock

HOLDER = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
"""


@contextmanager
def another_process_holds(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that keeps the lock until the block ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield holder
    finally:
        holder.communicate(b"\n")


def test_a_lock_that_another_process_holds_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "some.lock"
    with (
        another_process_holds(path),
        pytest.raises(StoreBusy, match="come back later"),
        held(path, wait=0.0, busy="come back later"),
    ):
        pytest.fail("two processes held one lock")


def test_a_lock_is_free_again_after_the_block(tmp_path: Path) -> None:
    path = tmp_path / "some.lock"
    with another_process_holds(path):
        pass
    for _ in range(2):
        with held(path, wait=0.0, busy="busy"):
            pass


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "some.lock"
    with pytest.raises(KeyError), held(path, wait=0.0, busy="busy"):
        raise KeyError
    with held(path, wait=0.0, busy="busy"):
        pass


def test_a_lock_is_free_again_when_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "some.lock"
    with another_process_holds(path) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with held(path, wait=0.0, busy="busy"):
            pass


def test_a_waiting_process_gets_the_lock_as_soon_as_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "some.lock"
    entered, leave, got = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        with held(path, wait=0.0, busy="busy"):
            entered.set()
            leave.wait(5)

    def wait() -> None:
        with held(path, wait=5.0, busy="busy"):
            got.set()

    holder, waiter = threading.Thread(target=hold), threading.Thread(target=wait)
    holder.start()
    assert entered.wait(5)
    waiter.start()
    assert not got.wait(0.1)
    leave.set()
    assert got.wait(5)
    holder.join()
    waiter.join()


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "some.lock").symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(StoreError, match=r"some\.lock"),
        held(tmp_path / "some.lock", wait=0.0, busy="busy"),
    ):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_lock_in_a_folder_that_is_gone_is_a_fault_of_the_state(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"some\.lock"),
        held(tmp_path / "gone" / "some.lock", wait=0.0, busy="busy"),
    ):
        pass


def test_the_state_lock_gives_up_after_a_while_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "WAIT_SECONDS", 0.05)
    path = tmp_path / "state.lock"
    with (
        another_process_holds(path),
        pytest.raises(StoreBusy, match=r"state\.lock.*try again"),
        state_lock(path).hold(),
    ):
        pytest.fail("two processes held the state")
    with state_lock(path).hold():
        pass


def test_the_state_lock_can_be_taken_again_by_the_thread_that_has_it(tmp_path: Path) -> None:
    lock = state_lock(tmp_path / "state.lock")
    with lock.hold(), lock.hold(), lock.hold():
        pass
    with lock.hold():
        pass


def test_the_state_lock_is_kept_until_the_outermost_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "WAIT_SECONDS", 0.0)
    lock, rival = state_lock(tmp_path / "state.lock"), state_lock(tmp_path / "state.lock")
    with lock.hold():
        with lock.hold():
            pass
        with pytest.raises(StoreBusy), rival.hold():
            pass
    with rival.hold():
        pass


def test_threads_take_turns_at_the_state_lock(tmp_path: Path) -> None:
    lock = state_lock(tmp_path / "state.lock")
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            with lock.hold():
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 80
    assert max(most) == 1


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EIO])
def test_a_file_system_that_cannot_lock_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    path = tmp_path / "state.lock"
    with pytest.raises(StoreError, match=r"state\.lock.*local disk"), state_lock(path).hold():
        pass
    assert not access.is_held(path)
