"""What a large instance costs, in one run: 10,000 files, 100,000 items, 50 topics.

    python benchmarks/scale.py [--files 10000] [--folder DIR]

* the first `tidings run`: time, peak memory;
* a `run` that finds nothing new: its CPU beyond importing what it needs, and that import;
* in a running worker, one new file of ten items, against the same on a state a hundred times
  smaller: CPU, which other work on the machine does not change, and time.

With `--folder` the instance is kept there, and taken up again by the next run.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tidings.application.cycle import Machinery, run_cycle
from tidings.entrypoints import wiring
from tidings.entrypoints.cli import collect_seldom

TOPICS = 50
ENTRIES = 10
ROUNDS = 15
FIRST_DAY = date(2016, 1, 1)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

ARGUMENTS = ["-m", "tidings", "run", "--send", "none"]
# Runs as `tidings run` does, then says which modules it took.
SPY = """
import atexit, sys
from pathlib import Path
def tell():
    names = [n for n, m in sys.modules.items() if m is not None and not n.startswith("__")]
    Path(sys.argv[-1]).write_text("\\n".join(names))
atexit.register(tell)
from tidings.entrypoints.cli import main
sys.argv[1:-1] = ["run", "--send", "none"]
rest, sys.argv = sys.argv, sys.argv[:-1]
atexit.register(lambda: setattr(sys, "argv", rest))
main()
"""
IMPORT = """
import importlib, sys
from pathlib import Path
for name in Path(sys.argv[1]).read_text().split():
    try:
        importlib.import_module(name)
    except ImportError:
        pass
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a child process took: seconds by the clock and of CPU, and its peak in MB."""

    wall: float
    cpu: float
    peak: float
    code: int


def entry(number: int, chance: random.Random) -> str:
    """One entry, in two or three of the topics, dated within ten years."""
    day = FIRST_DAY + timedelta(days=chance.randrange(3_970))
    topics = " and ".join(f"sign{chance.randrange(TOPICS)}" for _ in range(2))
    words = " ".join(chance.choice(WORDS.split()) for _ in range(40))
    return (
        f"{day.day} {day:%B} {day.year}\n\n"
        f"Report {number:06} from the border about {topics}\n\n{words}.\n"
    )


WORDS = (
    "workers employers recruitment ministry border permits training regional agreement fair "
    "migrants labour market office officials signed launched report guidance protection rights "
    "women young people communities returned families consulate season harvest wages"
)


def write_file(root: Path, number: int) -> None:
    """One listing of ten entries, the same for the same number."""
    chance = random.Random(number)
    entries = (entry(number * ENTRIES + n, chance) for n in range(ENTRIES))
    (root / "seeds" / f"{number:06}.txt").write_text("\n".join(entries), encoding="utf-8")


def make_instance(root: Path, files: int) -> None:
    """An instance of so many files."""
    for name in ("config", "seeds"):
        (root / name).mkdir(parents=True)
    (root / "config" / "tidings.yaml").write_text(
        "site:\n  id: bench.example.org,2026\n  title: Bench\n  url: http://localhost:8000/\n"
        "  time_zone: UTC\n  author: {name: Desk, email: desk@example.org}\n"
        "mail:\n  from: Desk <desk@example.org>\n  transport: file:outbox\n",
        encoding="utf-8",
    )
    topics = "".join(
        f"  topic{n}:\n    title: Topic {n}\n    about: Whatever bears sign {n}\n"
        f"    any: [sign{n}]\n"
        for n in range(TOPICS)
    )
    (root / "config" / "topics.yaml").write_text(f"topics:\n{topics}", encoding="utf-8")
    (root / "config" / "digests.yaml").write_text("digests: {}\n", encoding="utf-8")
    (root / "config" / "recipients.yaml").write_text("lists: {}\n", encoding="utf-8")
    for number in range(files):
        write_file(root, number)


def child(arguments: list[str], root: Path) -> Cost:
    """Run Python on an instance and measure it."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], cwd=root, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode)


def best(arguments: list[str], root: Path, times: int = 5) -> Cost:
    """The cheapest of several runs: the others had more of the machine's other work in them."""
    return min((child(arguments, root) for _ in range(times)), key=lambda cost: cost.cpu)


def no_change(root: Path, scratch: Path) -> tuple[Cost, Cost]:
    """A run that finds nothing new, and importing what it imports."""
    names = scratch / "modules"
    child(["-c", SPY, str(names)], root)
    return best(ARGUMENTS, root), best(["-c", IMPORT, str(names)], root)


@contextmanager
def worker(root: Path) -> Iterator[Machinery]:
    """What a running worker has in hand between two rounds."""
    collect_seldom()
    instance = wiring.load_instance(root, {})
    store = wiring.open_state(instance)
    try:
        yield wiring.machinery(instance, store, wiring.clock())
    finally:
        store.close()


def one_new_file(large: Path, small: Path, start: int) -> Iterator[tuple[str, float, float]]:
    """What is measured; median seconds, on the large and on the small state, of a round that finds
    one new file of ten items. They take turns, so that a slow spell of the machine hits both."""
    costs: dict[Path, list[tuple[float, float]]] = {large: [], small: []}
    with worker(large) as on_large, worker(small) as on_small:
        workers = {large: on_large, small: on_small}
        for machinery in workers.values():
            run_cycle(machinery, "none")
        for number in range(start, start + ROUNDS):
            for root, machinery in workers.items():
                write_file(root, number)
                began, used = time.perf_counter(), time.process_time()
                report = run_cycle(machinery, "none")
                used, began = time.process_time() - used, time.perf_counter() - began
                costs[root].append((used, began))
                assert report.recorded.new == ENTRIES, report
    for place, what in enumerate(("CPU", "clock")):
        medians = [statistics.median(cost[place] for cost in costs[root]) for root in costs]
        yield what, medians[0], medians[1]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        large = given.folder or Path(scratch) / "large"
        if not large.exists():
            make_instance(large, given.files)
            first = child(ARGUMENTS, large)
            print(
                f"first run    {first.wall:.1f} s, {first.cpu:.1f} s of CPU, exit {first.code}; "
                f"peak {first.peak:.0f} MB (wanted: below 200)"
            )
        quiet, imports = no_change(large, Path(scratch))
        print(
            f"nothing new  {quiet.cpu:.2f} s of CPU: {imports.cpu:.2f} s of imports (wanted: 0.6 "
            f"at most) and {quiet.cpu - imports.cpu:.2f} s beyond (0.35 at most); "
            f"peak {quiet.peak:.0f} MB"
        )
        small = Path(scratch) / "small"
        make_instance(small, max(1, given.files // 100))
        child(ARGUMENTS, small)
        start = 1_000_000 + len(list((large / "seeds").iterdir()))
        for what, large_one, small_one in one_new_file(large, small, start):
            print(
                f"one new file {large_one * 1000:.0f} ms ({what}) on the large state, "
                f"{small_one * 1000:.0f} ms on one a hundredth its size: ratio "
                f"{large_one / small_one:.2f} (wanted: 1.3 at most)"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
