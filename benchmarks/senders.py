"""How fast several senders are that share a state on a server, against one, and one with a file.

    python -m benchmarks.senders [--recipients 5000] [--rounds 3]

Each sender is a process with an instance of its own and the real `deliver`, ledger and SMTP client,
four connections each; what it takes to start is not counted. The server is a PostgreSQL of the
benchmark's own, with full durability, as the file has it. Told are medians of several rounds, in
one run:

* one sender on the server against one with a file, into `smtp-sink` (postfix) at full speed;
* two senders on the server against one, into a sink that answers each message 20 ms late;
* the CPU for a message of two at full speed against that of one.

Ends with 1, and says why, unless every recipient was sent their message exactly once. Needs
`smtp-sink` on the PATH and PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.instance import (
    FROM_TABLE,
    WEEKLY,
    entry,
    free_port,
    make_instance,
    needed,
    people,
    running,
    sink,
    tidings,
)

ITEMS = 10
VARIANTS = 20
CONNECTIONS = 4
LATE_SECONDS = 0.02
KEY: dict[str, Any] = {"TIDINGS_SECRET_KEY": "the same on every machine"}
# A mail server that takes its time for each message, and has others wait for nothing.
LATE_SINK = """
import asyncio, sys

async def serve(reader, writer):
    writer.write(b"220 late\\r\\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go on\\r\\n")
            await reader.readuntil(b"\\r\\n.\\r\\n")
            await asyncio.sleep(float(sys.argv[2]))
        writer.write(b"221 bye\\r\\n" if verb == b"QUIT" else b"250 ok\\r\\n")
        if verb == b"QUIT":
            break
    writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), limit=2**24)
    await server.serve_forever()

asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """What senders did together: messages, seconds by the clock, and seconds of their CPU."""

    messages: int
    wall: float
    cpu: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.wall

    @property
    def each(self) -> float:
        """CPU for a message, in milliseconds."""
        return 1000 * self.cpu / self.messages


# --- One sender, in a process of its own ---------------------------------------------------------


def send(root: Path) -> None:
    """Wait for a line, send all that waits, and tell what that took, as JSON."""
    from tidings.application.deliver import deliver
    from tidings.entrypoints import several, wiring
    from tidings.entrypoints.cli import collect_seldom

    collect_seldom()
    instance = wiring.load_instance(root, os.environ)
    store = wiring.open_state(instance)
    services = wiring.services(instance, store, several.clock_of(instance, store))
    _ = services.owners.me
    print("ready", flush=True)
    sys.stdin.readline()
    began, used = time.monotonic(), time.process_time()
    sent = deliver(services).sent
    ended = time.monotonic()
    cpu = time.process_time() - used
    store.close()
    print(json.dumps({"sent": sent, "began": began, "ended": ended, "cpu": cpu}))


def together(roots: Sequence[Path]) -> Sent:
    """What senders on these instances do that begin at once."""
    command = [sys.executable, "-m", "benchmarks.senders", "--send"]
    begun = [
        subprocess.Popen(
            [*command, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **KEY},
        )
        for root in roots
    ]
    for each in begun:
        if each.stdout is None or each.stdout.readline() != "ready\n":
            sys.exit("a sender did not start")
    for each in begun:
        if each.stdin:
            each.stdin.write("go\n")
            each.stdin.flush()
    told = [json.loads(each.communicate(timeout=600)[0]) for each in begun]
    if any(each.returncode for each in begun) or not all(each["sent"] for each in told):
        sys.exit(f"a sender had no part in it: {told}")
    wall = max(each["ended"] for each in told) - min(each["began"] for each in told)
    return Sent(sum(each["sent"] for each in told), wall, sum(each["cpu"] for each in told))


# --- What they send from, and where to -----------------------------------------------------------


def made(root: Path, recipients: int, port: int) -> None:
    """An instance with an edition that is opened while nobody listens."""
    listings = {
        f"{topic:03}.txt": "\n".join(entry(topic * ITEMS + n, [topic]) for n in range(ITEMS))
        for topic in range(VARIANTS)
    }
    make_instance(
        root,
        VARIANTS,
        listings,
        digests=WEEKLY,
        recipients=FROM_TABLE,
        mail=f"transport: smtp://127.0.0.1:{port}?tls=none\n  connections: {CONNECTIONS}",
        **{"all.csv": people(recipients, VARIANTS)},
    )
    tidings(root, "run", "--send", "none", **KEY)
    tidings(root, "run", "--send", "now", codes=(75,), TIDINGS_MAIL__CONNECTIONS="1", **KEY)
    listed = tidings(root, "deliveries", "list", "--state", "deferred", "--json", **KEY).told
    put_off = [str(each["id"]) for each in json.loads(listed)["deliveries"]]
    tidings(root, "deliveries", "retry", *put_off, **KEY)


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL of our own, which keeps what it says it keeps."""
    from tests.postgres import Cluster, programs

    found = programs()
    if found is None:
        sys.exit("PostgreSQL is not installed: on Debian, apt-get install postgresql")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder), found)
        cluster.make()
        cluster.start(options="-c max_connections=50")
        try:
            yield cluster.address
        finally:
            cluster.stop("immediate")


def fresh(template: Path, scratch: Path, name: str, address: str = "") -> Path:
    """A copy of the instance, whose state a server keeps if an address is given."""
    root = scratch / name
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(template, root)
    if address:
        tidings(root, "state", "move", address, **KEY)
        config = root / "config" / "tidings.yaml"
        config.write_text(f"{config.read_text()}state: {address}\n")
    return root


class Trial:
    """Rounds of the same edition, each of a copy that nothing was sent of."""

    def __init__(self, template: Path, scratch: Path, address: str, recipients: int) -> None:
        self._template, self._scratch = template, scratch
        self._address, self._recipients = address, recipients
        self._rounds = 0

    def sent(self, senders: int, *, on_server: bool = True) -> Sent:
        """What so many senders do."""
        self._rounds += 1
        name = f"r{self._rounds}"
        address = self._schema(name) if on_server else ""
        first = fresh(self._template, self._scratch, name, address)
        roots = [first]
        for number in range(1, senders):
            roots.append(self._scratch / f"{name}-{number}")
            shutil.copytree(first, roots[-1])
        done = together(roots)
        if done.messages != self._recipients:
            sys.exit(f"{done.messages} of {self._recipients} messages were sent")
        for root in roots:
            shutil.rmtree(root)
        return done

    def _schema(self, name: str) -> str:
        import psycopg

        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA "{name}"'.encode())
        return f"{self._address}?options=-csearch_path%3D{name}"


def told(name: str, of: Sequence[Sent]) -> None:
    """Print what senders did."""
    rate, each = (statistics.median(getattr(s, n) for s in of) for n in ("rate", "each"))
    print(f"{name:<34}{rate:8,.0f} messages/s   {each:6.2f} ms of CPU a message")


def main() -> None:
    """Send by one and by two, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--send", type=Path)
    given = parser.parse_args()
    if given.send:
        send(given.send)
        return
    needed("smtp-sink")
    port, rounds = free_port(), range(given.rounds)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = stack.enter_context(server())
        template = scratch / "template"
        made(template, given.recipients, port)
        trial = Trial(template, scratch, address, given.recipients)
        with running(sink(port), port):
            pairs = [(trial.sent(1, on_server=False), trial.sent(1), trial.sent(2)) for _ in rounds]
        late = [sys.executable, "-c", LATE_SINK, str(port), str(LATE_SECONDS)]
        with running(late, port):
            slow = [(trial.sent(1), trial.sent(2)) for _ in rounds]
    file, one, two = ([each[n] for each in pairs] for n in range(3))
    told("one with a file", file)
    told("one on the server", one)
    told("two on the server", two)
    told("one, 20 ms late", [each[0] for each in slow])
    told("two, 20 ms late", [each[1] for each in slow])
    median = statistics.median
    print(
        f"server to file {median(b.rate / a.rate for a, b, _ in pairs):.2f} (0.6 asked)"
        f"   two to one, 20 ms late {median(b.rate / a.rate for a, b in slow):.2f} (1.8 asked)"
        f"   CPU of two to one {median(c.each / b.each for _, b, c in pairs):.2f} (1.15 at most)"
    )


if __name__ == "__main__":
    main()
