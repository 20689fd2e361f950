"""A PostgreSQL server of the tests' own, on loopback, for as long as a run of them takes.

Debian's packages put it where nobody's path leads. It refuses to run as root, so root starts it as
the user that the package made. `TEST_POSTGRES_URL` names a server that is there already.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from tidings.state import Server

VARIABLE = "TEST_POSTGRES_URL"
# Set where every state of a test is to be on a server: `--on-server`.
ON_SERVER = "TEST_ON_SERVER"
_USER = "tidings"
# Nothing of it is kept, so nothing waits for the disk.
_FAST = "-c fsync=off -c full_page_writes=off -c max_connections=200"
_numbers = count(1)


@cache
def programs() -> Path | None:
    """The folder of the newest server's programs; None if there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = Path("/usr/lib/postgresql")
    there = [each / "bin" for each in debian.glob("*") if (each / "bin" / "initdb").exists()]
    return max(there, key=lambda each: int(each.parent.name), default=None)


@contextmanager
def running() -> Iterator[str]:
    """The address of a database on a server that ends with the block; skips where there is none."""
    if given := os.environ.get(VARIABLE):
        yield given
        return
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="tidings-postgres-") as folder:
        cluster = Cluster(Path(folder), found)
        cluster.make()
        cluster.start()
        try:
            yield cluster.address
        finally:
            cluster.stop("immediate")


class Cluster:
    """A server with its files, which can be stopped and started as often as a test wants."""

    def __init__(self, folder: Path, found: Path) -> None:
        self.folder = folder
        self._programs = found
        self._port = _free_port()

    @property
    def address(self) -> str:
        """The address of its database."""
        return f"postgresql://{_USER}@127.0.0.1:{self._port}/postgres"

    def make(self) -> None:
        """Make its files, of the user that it runs as."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", f"{self.folder}/data", "-A", "trust", "-U", _USER, "-N")

    def start(self, options: str = _FAST) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self._port} -k {self.folder} -c listen_addresses=127.0.0.1 {options}"
        self._control("-o", options, "-l", f"{self.folder}/log", "start")

    def stop(self, how: str) -> None:
        """Stop it; `immediate` is what a crash is."""
        self._control("-m", how, "stop")

    def _control(self, *words: str) -> None:
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-w", *words)

    def _run(self, program: str, *words: str) -> None:
        user = "postgres" if os.geteuid() == 0 else None
        subprocess.run(
            [self._programs / program, *words],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C.UTF-8", "USER": user or getpass.getuser()},
            user=user,
        )


def fresh(address: str) -> Server:
    """A schema of that database that nothing is in yet, as a state's whole world."""
    import psycopg

    name = f"t{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
    return Server(f"{address}?options={quote(f'-csearch_path={name}')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
