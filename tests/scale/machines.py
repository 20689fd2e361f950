"""Several machines that work on one state: copies of one instance, each with processes of its own.

What they send goes to a real mail server, whose record is compared with the ledger.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

import psycopg

from tests.minimal_site import write_minimal_site
from tests.smtp_server import SmtpServer
from tidings.adapters.outlet.dry_run import NullTransport
from tidings.application.cycle import run_cycle
from tidings.entrypoints import several, wiring
from tidings.state import Server

KEY = {"TIDINGS_SECRET_KEY": "the same on every machine"}
CONNECTIONS = 4
PATIENCE = 300
# The command line, with the machine's clock moved.
_MOVED = """
import os, runpy
from datetime import timedelta
from tidings.adapters.clock import SystemClock
real, hours = SystemClock.now, timedelta(hours=int(os.environ["HOURS"]))
SystemClock.now = lambda self: real(self) + hours
runpy.run_module("tidings", run_name="__main__", alter_sys=True)
"""
_AHEAD = ("-c", _MOVED)
NEWS = """2 March 2026

A boat is found

It floats.
"""


@dataclass
class Machine:
    """One of them: its copy of the instance, and the processes that were started on it."""

    folder: Path
    begun: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *words: str, hours: int = 0) -> subprocess.Popen[bytes]:
        """Start a worker, or whatever the words say, in the background, on a machine whose clock is
        so many hours ahead."""
        command = [sys.executable, *(_AHEAD if hours else ("-m", "tidings"))]
        command += ["-C", str(self.folder), *(words or ("worker",))]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, **KEY, "HOURS": str(hours)}
            )
        self.begun.append(process)
        return process

    def run(self, *words: str) -> str:
        """What a command says."""
        command = [sys.executable, "-m", "tidings", "-C", str(self.folder), *words]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **KEY}, check=False
        )
        return done.stdout + done.stderr

    def log(self) -> str:
        """What its processes said."""
        return (self.folder / "log").read_text()

    def edit(self, old: str, new: str) -> None:
        """Change its copy of the configuration."""
        file = self.folder / "config" / "tidings.yaml"
        file.write_text(re.sub(old, new, file.read_text()))

    def stop(self) -> None:
        """End what was started, however it stands."""
        for process in self.begun:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


@dataclass
class Site:
    """The machines, the mail server that they send to, and the state that they share."""

    folder: Path
    server: Server
    mail: SmtpServer
    people: int
    machines: list[Machine] = field(default_factory=list)

    def machine(self) -> Machine:
        """One more."""
        made = Machine(self.folder / f"machine{len(self.machines)}")
        shutil.copytree(self.folder / "instance", made.folder)
        self.machines.append(made)
        return made

    def open_edition(self) -> None:
        """Record, publish and open an edition, and send nothing of it."""
        instance = wiring.load_instance(self.machine().folder, KEY)
        store = wiring.open_state(instance)
        try:
            services = wiring.services(instance, store, several.clock_of(instance, store))
            object.__setattr__(services, "transport", NullTransport())
            report = run_cycle(services, "now", with_delivery=False)
            assert report.opened[0].recipients == self.people
        finally:
            store.close()

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """What the database answers."""
        with psycopg.connect(self.server.address, autocommit=True) as connection:
            found = connection.execute(query.encode())
            return found.fetchall() if found.description else []

    def unsettled(self) -> int:
        """How many messages are still to be sent."""
        query = "SELECT count(*) FROM deliveries WHERE state IN ('queued', 'deferred', 'sending')"
        return int(str(self.ask(query)[0][0]))

    def wait(self, until: Callable[[], bool]) -> None:
        """Look again and again until something is so."""
        never = threading.Event()
        for _ in range(PATIENCE * 20):
            if until():
                return
            never.wait(0.05)
        told = "\n".join(
            f"{each.folder.name}: {each.log()}" for each in self.machines if each.begun
        )
        raise AssertionError(f"it never came about; the machines said:\n{told}")

    def copies(self) -> int:
        """How many messages came twice, once it is certain that everybody got the edition, each
        time under one Message-ID, and that the ledger says so, too."""
        came: dict[str, list[str]] = {}
        for letter in self.mail.letters:
            name = message_from_bytes(letter.data)["Message-ID"]
            came.setdefault(letter.recipient, []).append(name)
        missed = {f"p{n}@x.example" for n in range(self.people)} - came.keys()
        assert not missed, f"{len(missed)} got nothing"
        twice = {key: set(names) for key, names in came.items() if len(set(names)) > 1}
        assert not twice, "a copy has a Message-ID of its own"
        assert Counter(state for (state,) in self.ask("SELECT state FROM deliveries")) == {
            "sent": self.people
        }
        return len(self.mail.letters) - self.people


@contextmanager
def site(folder: Path, server: Server, people: int, *, delay: float = 0.0) -> Iterator[Site]:
    """A site with so many readers, whose mail server takes so many seconds for each message."""
    with SmtpServer() as mail:
        if delay:
            mail.script(".", delay=delay)
        instance = folder / "instance"
        instance.mkdir()
        write_minimal_site(instance)
        file = instance / "config" / "tidings.yaml"
        file.write_text(
            f"{file.read_text()}state: {server.address}\n"
            f"mail:\n  transport: smtp://127.0.0.1:{mail.port}?tls=none\n"
            f"  connections: {CONNECTIONS}\n"
            "worker: {every: 1s}\n"
        )
        addresses = "".join(f"    - p{n}@x.example\n" for n in range(people))
        (instance / "config/recipients.yaml").write_text(f"lists:\n  all:\n{addresses}")
        digests = instance / "config/digests.yaml"
        digests.write_text(f"{digests.read_text().rstrip()}\n    lists: [all]\n")
        (instance / "seeds/a.txt").write_text(NEWS)
        made = Site(folder, server, mail, people)
        try:
            yield made
        finally:
            for each in made.machines:
                each.stop()
