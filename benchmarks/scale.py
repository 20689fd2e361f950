"""What a large instance costs, in one run: 10,000 files, 100,000 items, 50 topics.

    python -m benchmarks.scale [--files 10000] [--rounds 15] [--folder DIR]

* the first `tidings run`: time, peak memory;
* a `run` that finds nothing new: its CPU beyond importing what it needs, and that import;
* in a running worker, one new file of ten items, against the same on a state a hundred times
  smaller: CPU, which other work on the machine does not change, and time.

With `--folder` the instance is kept there, and taken up again by the next run. Ends with 1, and
says why, where a run failed or did not find what is new.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.instance import ENTRIES, Cost, cheapest, listing, make_instance, measured, rounds
from benchmarks.instance import tidings as call

TOPICS = 50
QUIET = ("run", "--send", "none")
# Runs as `tidings run` does, then says which modules it took.
SPY = """
import atexit, sys
from pathlib import Path
def tell():
    names = [n for n, m in sys.modules.items() if m is not None and not n.startswith("__")]
    Path(sys.argv[-1]).write_text("\\n".join(names))
atexit.register(tell)
from tidings.__main__ import main
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


def make(root: Path, files: int) -> None:
    """An instance of so many files."""
    listings = {f"{number:06}.txt": listing(number, TOPICS) for number in range(files)}
    make_instance(root, TOPICS, listings)


def no_change(root: Path, scratch: Path) -> tuple[Cost, Cost]:
    """A run that finds nothing new, and importing what it imports."""
    names = scratch / "modules"
    measured([sys.executable, "-c", SPY, str(names)], root)
    imports = [sys.executable, "-c", IMPORT, str(names)]
    return cheapest(lambda: call(root, *QUIET)), cheapest(lambda: measured(imports, root))


def one_new_file(large: Path, small: Path, numbers: range) -> Iterator[tuple[str, float, float]]:
    """What is measured; median seconds, on the large and on the small state, of a round that finds
    one new file of ten items. They take turns, so that a slow spell of the machine hits both."""
    costs: dict[Path, list[tuple[float, float]]] = {large: [], small: []}
    with rounds(large) as on_large, rounds(small) as on_small:
        workers = {large: on_large, small: on_small}
        for work in workers.values():
            work()
        for number in numbers:
            for root, work in workers.items():
                place = root / "seeds" / f"{number:06}.txt"
                place.write_text(listing(number, TOPICS), encoding="utf-8")
                began, used = time.perf_counter(), time.process_time()
                new = work()
                used, began = time.process_time() - used, time.perf_counter() - began
                costs[root].append((used, began))
                if new != ENTRIES:
                    sys.exit(f"{new} items are new of the {ENTRIES} in {place}")
    for place_of, what in enumerate(("CPU", "clock")):
        medians = [statistics.median(cost[place_of] for cost in costs[root]) for root in costs]
        yield what, medians[0], medians[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        large = given.folder or Path(scratch) / "large"
        if not large.exists():
            make(large, given.files)
            first = call(large, *QUIET)
            print(
                f"first run    {first.wall:.1f} s, {first.cpu:.1f} s of CPU; "
                f"peak {first.peak:.0f} MB (wanted: below 200)"
            )
        pages = len(list((large / "feeds" / "items").glob("*.html")))
        if pages < given.files * ENTRIES:
            sys.exit(f"{pages} items have a page, of {given.files * ENTRIES}")
        quiet, imports = no_change(large, Path(scratch))
        print(
            f"nothing new  {quiet.cpu:.2f} s of CPU: {imports.cpu:.2f} s of imports (wanted: 0.6 "
            f"at most) and {quiet.cpu - imports.cpu:.2f} s beyond (0.35 at most); "
            f"peak {quiet.peak:.0f} MB"
        )
        small = Path(scratch) / "small"
        make(small, max(1, given.files // 100))
        call(small, *QUIET)
        start = 1_000_000 + len(list((large / "seeds").iterdir()))
        numbers = range(start, start + given.rounds)
        for what, large_one, small_one in one_new_file(large, small, numbers):
            print(
                f"one new file {large_one * 1000:.0f} ms ({what}) on the large state, "
                f"{small_one * 1000:.0f} ms on one a hundredth its size: ratio "
                f"{large_one / small_one:.2f} (wanted: 1.3 at most)"
            )


if __name__ == "__main__":
    main()
