"""Which senders are no more: certain on this machine, never guessed of another."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tidings.adapters.machine import ProcessOwners


def another_process() -> subprocess.Popen[bytes]:
    """A process that ends when its standard input is closed."""
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=-3)


def name_of(pid: int) -> str:
    """How that process would call itself, by what the kernel says of it."""
    started = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    return f"{socket.gethostname()}:{pid}:{started}"


def test_a_process_keeps_its_name_and_never_calls_itself_dead() -> None:
    owners = ProcessOwners()
    assert owners.me == ProcessOwners().me == name_of(os.getpid())
    assert owners.dead([owners.me]) == []


def test_nobody_is_dead_among_nobody() -> None:
    assert list(ProcessOwners().dead([])) == []


def test_a_process_is_dead_when_it_ended_and_not_before() -> None:
    other = another_process()
    try:
        name = name_of(other.pid)
        assert list(ProcessOwners().dead([name])) == []
    finally:
        other.communicate(b"\n")
    assert list(ProcessOwners().dead([name])) == [name]


def test_a_number_that_belongs_to_a_later_process_is_no_sign_of_life() -> None:
    host, pid, started = ProcessOwners().me.split(":")
    earlier = f"{host}:{pid}:{int(started) - 1}"
    assert list(ProcessOwners().dead([earlier])) == [earlier]


def test_of_another_machine_nothing_is_known() -> None:
    assert list(ProcessOwners().dead(["elsewhere:1:1", "elsewhere:999999:1"])) == []


def test_a_name_that_is_none_of_ours_is_left_alone() -> None:
    strangers = ["", ":", "nonsense", f"{socket.gethostname()}:not a number:1"]
    assert list(ProcessOwners().dead(strangers)) == []


def test_only_the_dead_are_named() -> None:
    me = ProcessOwners().me
    host, pid, _ = me.split(":")
    gone = f"{host}:{pid}:0"
    assert list(ProcessOwners().dead([me, gone, "elsewhere:1:1"])) == [gone]


def test_a_process_that_is_hidden_from_us_is_not_taken_for_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hidden(*_: object, **__: object) -> str:
        raise PermissionError

    owners = ProcessOwners()
    monkeypatch.setattr(Path, "read_text", hidden)
    assert owners.dead([f"{socket.gethostname()}:{os.getppid()}:4711"]) == []
