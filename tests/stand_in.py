"""Stands in for the `tidings` command: hands all it was given to `tests.forks`, ends as told.

Copied to where the socket is, as a program that starts without the site packages, in ten
milliseconds: hence the bare modules.
"""

# ruff: noqa: PTH109, PTH118, PTH120

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _socket
import marshal
import os
import resource
import sys


def hand_over(wire: _socket.socket) -> None:
    """Pass on what a process has from its start."""
    mask = os.umask(0)
    os.umask(mask)
    largest = resource.getrlimit(resource.RLIMIT_FSIZE)
    given = marshal.dumps((sys.argv, dict(os.environ), os.getcwd(), mask, largest))
    streams = b"".join(stream.to_bytes(4, sys.byteorder) for stream in (0, 1, 2))
    wire.connect(os.path.join(os.path.dirname(__file__), "socket"))
    wire.sendmsg([given], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])


def told(wire: _socket.socket) -> int:
    """A number from the other end; an error if that is gone."""
    return int.from_bytes(wire.recv(4) or b"\1\0\0\0", "little", signed=True)


def pass_on_signals(process: int) -> None:
    """What this is sent is meant for the process that it stands in for."""
    for number in (_signal.SIGHUP, _signal.SIGINT, _signal.SIGTERM):
        _signal.signal(number, lambda number, _: os.kill(process, number))


if __name__ == "__main__":
    wire = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    hand_over(wire)
    pass_on_signals(told(wire))
    status = told(wire)
    if status < 0:
        os.kill(os.getpid(), -status)
    os._exit(status)
