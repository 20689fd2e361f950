"""Stands in for the `tidings` command: hands all it was given to `tests.fork_server`, ends as told.

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

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing takes longer to load than all the rest
    from collections.abc import Mapping, Sequence


def hand_over(
    wire: _socket.socket,
    place: str | os.PathLike[str],
    arguments: Sequence[str],
    environ: Mapping[str, str],
    streams: tuple[int, int, int] = (0, 1, 2),
) -> None:
    """Pass on what a process has from its start, to the socket at that place."""
    mask = os.umask(0)
    os.umask(mask)
    largest = resource.getrlimit(resource.RLIMIT_FSIZE)
    given = marshal.dumps((list(arguments), dict(environ), os.getcwd(), mask, largest))
    rights = b"".join(stream.to_bytes(4, sys.byteorder) for stream in streams)
    wire.connect(os.fspath(place))
    wire.sendmsg([given], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)])


def told(wire: _socket.socket) -> int:
    """A number from the other end; an error if that is gone."""
    return int.from_bytes(wire.recv(4) or b"\1\0\0\0", "little", signed=True)


def pass_on_signals(process: int) -> None:
    """What this is sent is meant for the process that it stands in for."""
    for number in (_signal.SIGHUP, _signal.SIGINT, _signal.SIGTERM):
        _signal.signal(number, lambda number, _: os.kill(process, number))


if __name__ == "__main__":
    wire = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    place = os.path.join(os.path.dirname(__file__), "socket")
    hand_over(wire, place, sys.argv, os.environ)
    pass_on_signals(told(wire))
    status = told(wire)
    if status < 0:
        os.kill(os.getpid(), -status)
    os._exit(status)
