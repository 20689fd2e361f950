"""What the benchmarks share: instances to measure, and what a process costs.

Nothing here depends on the day. Whoever cannot do its work says why and ends with 1. The only
module of Tidings that is used is the one that `rounds` names; all else goes by the command line.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

ENTRIES = 10
FIRST_DAY = date(2016, 1, 1)
DAYS = 3_600
WORDS = (
    "workers employers recruitment ministry border permits training regional agreement fair "
    "migrants labour market office officials signed launched report guidance protection rights "
    "women young people communities returned families consulate season harvest wages"
)
# By SIGTERM, whether it is caught or not.
ENDED = (0, -15, 128 + 15)
TIDINGS = [sys.executable, "-m", "tidings"]
PACKAGES = {"smtp-sink": "postfix", "smtp-source": "postfix", "hugo": "hugo"}


# --- Instances -----------------------------------------------------------------------------------


def words(number: int, count: int = 40) -> str:
    """So many words, the same for the same number."""
    return " ".join(random.Random(number).choices(WORDS.split(), k=count))


def day(number: int) -> date:
    """A day within ten years, the same for the same number."""
    return FIRST_DAY + timedelta(days=random.Random(number).randrange(DAYS))


def signs(number: int, topics: int) -> tuple[int, ...]:
    """The topics that an item falls under: two, now and then one."""
    chance = random.Random(number)
    return tuple(sorted({chance.randrange(topics), chance.randrange(topics)}))


def title(number: int, of: Sequence[int]) -> str:
    """The title of an item in these topics."""
    return f"Report {number:06} from the border about {' and '.join(f'sign{n}' for n in of)}"


def entry(number: int, of: Sequence[int], count: int = 40) -> str:
    """An item in these topics, as it stands in a listing."""
    on = day(number)
    return f"{on.day} {on:%B} {on.year}\n\n{title(number, of)}\n\n{words(number, count)}.\n"


def listing(file: int, topics: int, entries: int = ENTRIES) -> str:
    """A listing of so many entries, the same for the same number of a file."""
    numbers = range(file * entries, (file + 1) * entries)
    return "\n".join(entry(number, signs(number, topics)) for number in numbers)


def make_instance(root: Path, topics: int, listings: Mapping[str, str], **settings: str) -> None:
    """An instance with so many topics. `settings` are the texts of its other files, by their names
    without `.yaml`; `mail` is the mail section of `tidings.yaml`."""
    (root / "config").mkdir(parents=True)
    (root / "seeds").mkdir()
    named = "".join(
        f"  topic{n}:\n    title: Topic {n}\n    about: Whatever bears sign {n}\n"
        f"    any: [sign{n}]\n"
        for n in range(topics)
    )
    texts = {
        "tidings": "site:\n  id: bench.example.org,2026\n  title: Bench\n"
        "  url: http://localhost:8000/\n  time_zone: UTC\n"
        "  author: {name: Desk, email: desk@example.org}\n"
        f"mail:\n  {settings.pop('mail', 'transport: file:outbox')}\n",
        "topics": f"topics:\n{named}",
        "digests": "digests: {}\n",
        "recipients": "lists: {}\n",
        **settings,
    }
    for name, text in texts.items():
        place = name if "." in name else f"{name}.yaml"
        (root / "config" / place).write_text(text, encoding="utf-8")
    for name, text in listings.items():
        (root / "seeds" / name).write_text(text, encoding="utf-8")


WEEKLY = (
    "digests:\n  weekly:\n    title: Weekly\n    topics: all\n    lists: [all]\n"
    '    history: mail\n    cadence: {every: week, on: monday, at: "08:00"}\n'
)
FROM_TABLE = "lists:\n  all: {from: all.csv}\n"


def people(count: int, topics: int) -> str:
    """A table of so many recipients, each with one topic."""
    rows = "".join(f"r{n}@example.org,,topic{n % topics}\n" for n in range(count))
    return f"address,name,topics\n{rows}"


# --- Processes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds by the clock and of CPU, its peak in MB; and what it said."""

    wall: float
    cpu: float
    peak: float
    told: str


def measured(
    command: Sequence[str], root: Path, codes: Sequence[int] = (0,), **environ: str
) -> Cost:
    """Run a command in a folder, and all that it starts. Ends the benchmark if it fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=root, stdout=out, stderr=errors, env={**os.environ, **environ}
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        told, wrong = (_read(file.fileno()) for file in (out, errors))
    if process.returncode not in codes:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}\n{told}{wrong}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, told)


def _read(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0).decode("utf-8", "replace")


def tidings(root: Path, *arguments: str, codes: Sequence[int] = (0,), **environ: str) -> Cost:
    """Run the command line on an instance and measure it."""
    return measured([*TIDINGS, "-C", str(root), *arguments], root, codes, **environ)


def cheapest(run: Callable[[], Cost], times: int = 5) -> Cost:
    """The cheapest of several runs: the others had more of the machine's other work in them."""
    return min((run() for _ in range(times)), key=lambda cost: cost.cpu)


@contextmanager
def rounds(root: Path) -> Iterator[Callable[[], int]]:
    """Rounds of a running worker, in this process: each call is one, and says how many items are
    new."""
    from tidings.application.cycle import run_cycle
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import collect_seldom

    collect_seldom()
    instance = wiring.load_instance(root, {})
    store = wiring.open_state(instance)
    services = wiring.services(instance, store, wiring.clock())
    try:
        yield lambda: run_cycle(services, "none").recorded.new
    finally:
        store.close()


def needed(*programs: str) -> None:
    """End the benchmark if one of these programs is not on the PATH."""
    for program in programs:
        if not shutil.which(program):
            package = PACKAGES[program]
            sys.exit(f"{program} is not installed: on Debian, apt-get install {package}")


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str], port: int | None = None, **environ: str) -> Iterator[int]:
    """A process, awaited on its port, ended afterwards; yields its id. Ends the benchmark if it
    does not come up, or ends with an error."""
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            command, stdout=told, stderr=subprocess.STDOUT, env={**os.environ, **environ}
        )
        try:
            _await(process, port)
            yield process.pid
        finally:
            process.terminate()
            code = process.wait(60)
            if code not in ENDED:
                sys.stderr.write(_read(told.fileno())[-2000:])
    if code not in ENDED:
        sys.exit(f"{' '.join(command)}: exit code {code}")


def _await(process: subprocess.Popen[bytes], port: int | None) -> None:
    ends = time.monotonic() + 60
    while port:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > ends:
            sys.exit(f"nobody listens on port {port}")
        time.sleep(0.02)


def sink(port: int, *options: str) -> Sequence[str]:
    """The command of an `smtp-sink` on that port."""
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    return ["smtp-sink", *user, *options, f"127.0.0.1:{port}", "1000"]
