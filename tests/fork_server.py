"""The command line without its start: one process loads all of it, and forks for each command.

Loading takes longer than most commands do. What is forked is a process of its own as ever: it has
its arguments, environment, folder and streams, hears signals, and gives back its locks when it is
gone. What it shares with its siblings is the seed of its hashes, that all modules are there
already, and what they have worked out when the verbs of a first day were done once on the sample.
Where one of these matters, and on a newcomer's first page, the real command is started.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import marshal
import os
import pkgutil
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO, cast

REAL = Path(sys.executable).with_name("tidings")
HERE = Path(__file__).resolve()
PATIENCE = 120


@cache
def command() -> Path:
    """A program that does what `tidings` does, once per process of the tests; real elsewhere."""
    if not hasattr(os, "pidfd_open"):
        return REAL
    folder = Path(tempfile.mkdtemp(prefix="tidings-forks-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = folder / "tidings"
    source = HERE.with_name("fork_client.py").read_text(encoding="utf-8")
    program.write_text(f"#!{sys.executable} -SI\n{source}", encoding="utf-8")
    program.chmod(0o755)
    # It ends with its standard input, that is, with this process, however that ends.
    server = subprocess.Popen(
        [sys.executable, str(HERE), str(folder / "socket")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert server.stdin
    assert server.stdout
    atexit.register(server.wait)
    atexit.register(server.stdin.close)
    with server.stdout as told:
        assert told.readline() == b"ready\n"
    return program


def call(
    arguments: Sequence[str | Path], environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as `subprocess.run` does; here nothing stands in for it."""
    from tests import fork_client

    words = [str(word) for word in (command(), *arguments)]
    if command() == REAL:
        return subprocess.run(
            words, capture_output=True, text=True, timeout=PATIENCE, env=environ, check=False
        )
    with (
        Path(os.devnull).open("rb") as nothing,
        _page("out") as out,
        _page("err") as err,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as wire,
    ):
        streams = nothing.fileno(), out.fileno(), err.fileno()
        fork_client.hand_over(wire, command().with_name("socket"), words, environ, streams)
        fork_client.told(wire)
        wire.settimeout(PATIENCE)  # who is no longer waited for is killed
        code = fork_client.told(wire)
        return subprocess.CompletedProcess(words, code, _written(out), _written(err))


def _page(name: str) -> BinaryIO:
    """A file without a place, in memory."""
    return os.fdopen(os.memfd_create(name), "rb")


def _written(page: BinaryIO) -> str:
    page.seek(0)
    return page.read().decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


# --- The process that forks ----------------------------------------------------------------------


class Job(NamedTuple):
    """What a command was given."""

    streams: list[int]
    arguments: list[str]
    environ: dict[str, str]
    folder: str
    umask: int
    largest: tuple[int, int]


def _load() -> None:
    """Whatever a verb may import, and what comes out the same for each."""
    import tidings

    for module in pkgutil.walk_packages(tidings.__path__, "tidings."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    from tests.shared_statements import share_statements
    from tests.shared_states import share_new_states

    share_statements()
    share_new_states()
    _practise()
    gc.collect()
    gc.freeze()


def _practise() -> None:
    """Do what most tests begin with: months' names, statements, patterns are worked out once."""
    from tidings.entrypoints.cli import app

    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere:
        day = f"{folder}/news"
        send = ["run", "--send", "now", "--now", "2026-11-24T12:00:00Z"]
        with redirect_stdout(nowhere):
            app(["init", day, "--sample"], standalone_mode=False)
            for words in (["check"], send, ["status"]):
                app(["-C", day, *words], standalone_mode=False)


def _serve(place: str) -> Job:
    """Fork for each command that is asked for; returns in the forks only."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(place)
    listener.listen()
    os.write(1, b"ready\n")
    # By the descriptor that tells its end: each command, and who waits for it.
    running: dict[int, tuple[int, socket.socket]] = {}
    while True:
        waiting = {wire.fileno(): pid for pid, wire in running.values()}
        # One at a time: what is done for one may be the end of another.
        found = select.select([0, *running, *waiting, listener.fileno()], [], [])[0][0]
        if found == 0:
            sys.exit()
        elif found in running:
            _tell(found, *running.pop(found))
        elif found in waiting:
            os.kill(waiting[found], signal.SIGKILL)  # nobody waits for it any more
        else:
            wire, _ = listener.accept()
            job, pid = _fork(wire)
            if job:
                for each in (listener, wire, *(other for _, other in running.values())):
                    each.detach()
                return job
            running[os.pidfd_open(pid)] = pid, wire


def _fork(wire: socket.socket) -> tuple[Job | None, int]:
    data, streams, _, _ = socket.recv_fds(wire, 1 << 20, 3)
    pid = os.fork()
    if pid == 0:
        return Job(streams, *marshal.loads(data)), 0
    for stream in streams:
        os.close(stream)
    _say(wire, pid)
    return None, pid


def _tell(process: int, pid: int, wire: socket.socket) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(process)
    with wire:
        _say(wire, os.waitstatus_to_exitcode(status))


def _say(wire: socket.socket, number: int) -> None:
    with suppress(OSError):  # nobody listens any more
        wire.send(number.to_bytes(4, "little", signed=True))


def _become(job: Job) -> None:
    """Take on what the command was given, as far as a process has it from its start."""
    for number, stream in enumerate(job.streams):
        os.dup2(stream, number)
    os.closerange(3, 1024)
    sys.stdin = _stream(0, "r")
    sys.stdout = _stream(1, "w")
    sys.stderr = _stream(2, "w", buffering=1, errors="backslashreplace")
    os.environ.clear()
    os.environ.update(job.environ)
    time.tzset()
    os.chdir(job.folder)
    os.umask(job.umask)
    resource.setrlimit(resource.RLIMIT_FSIZE, job.largest)
    sys.argv = job.arguments


def _stream(number: int, mode: str, **how: Any) -> TextIO:
    return cast("TextIO", open(number, mode, encoding="utf-8", closefd=False, **how))


def _run() -> None:
    """Run the command as ever, but end without taking down all that was loaded."""
    code: list[int] = []
    atexit.register(_leave, code)  # called after what the command has registered
    _become(_serve(sys.argv[1]))
    from tidings.entrypoints.cli import main

    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, int):
            code.append(end.code)
        raise


def _leave(code: list[int]) -> None:
    if code:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code[0])


if __name__ == "__main__":
    sys.path[0] = str(HERE.parents[1])
    _load()
    del sys.path[0]  # which a command does not have
    _run()
