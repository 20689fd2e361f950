"""Measure the speed of reading: against another checkout in the same run, and as files grow.

    python -m benchmarks.reading_speed FOLDER... [--against CHECKOUT] [--rounds 7] [--files 10000]
        [--largest BYTES]

Reads all `*.txt` of the folders in turn with the reader of each checkout, each in a process of its
own that stays warm, and prints the median of the rounds and their ratio; once more as files of a
source whose layout is known. Then how time grows with size up to the default of `limits.file`, and
the memory that reading many files takes.

Ends with 1 where the work was not done (no entry read of a folder, another number of entries than
were written), where time grows faster than size, or where memory grows with the number of files.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import tidings
import tidings.model
from tidings.core.listings import Hints, parse

SUMMARY = "The campaign warns people interested in working abroad about false offers of work. "
COUNTS = (10, 100, 1000, 10_000)
LARGEST = 8 * 2**20  # bytes, the default of `limits.file`
MOST_GROWTH = 2.0  # of the time an entry takes, from 1,000 entries to the largest file
MOST_MEMORY = 8.0  # MiB, beyond what the first tenth of the files took
TOO_MUCH = "this grows faster than the files"


def main() -> int:
    """Read the arguments, measure, print. Returns the exit code."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    arguments.add_argument("--against", type=Path, metavar="CHECKOUT")
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--files", type=int, default=10_000)
    arguments.add_argument("--largest", type=int, default=LARGEST, metavar="BYTES")
    arguments.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.answer:
        return answering()
    texts = [
        file.read_bytes().decode("utf-8-sig")
        for folder in given.folders
        for file in sorted(folder.glob("*.txt"))
    ]
    if not texts:
        print("no NAME.txt here", file=sys.stderr)
        return 1
    compared(texts, given.against, given.rounds)
    return max(grown(given.largest), remembered(given.files))


# --- Two readers in one run -----------------------------------------------------------------------


def compared(texts: Sequence[str], against: Path | None, rounds: int) -> None:
    """Print how long all texts take, by this reader and by another, turn by turn."""
    here = Path(__file__).parents[1]
    with started(here, texts) as ours:
        if against is None:
            seconds = [ask(ours, "read") for _ in range(rounds)]
            print(f"{len(texts)} files: {told(seconds)}")
            return
        with started(against, texts) as theirs:
            pairs = [(ask(ours, "read"), ask(theirs, "read")) for _ in range(rounds)]
            known = [ask(ours, "known") for _ in range(rounds)]
    mine, other = ([pair[side] for pair in pairs] for side in (0, 1))
    print(f"{len(texts)} files: {told(mine)}, {against} {told(other)},"
          f" ratio {median(mine) / median(other):.2f}")  # fmt: skip
    print(f"with a known layout: {told(known)}, ratio {median(known) / median(other):.2f}")


def told(seconds: Sequence[float]) -> str:
    """The median, and the fastest, in milliseconds."""
    return f"{median(seconds) * 1e3:.0f} ms (at best {min(seconds) * 1e3:.0f})"


@contextmanager
def started(checkout: Path, texts: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that reads these texts with the reader of a checkout whenever it is asked."""
    source = (checkout / "src").resolve()
    with subprocess.Popen(
        [sys.executable, __file__, "--answer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(source)},
    ) as process:
        assert process.stdin
        process.stdin.write(json.dumps(texts) + "\n")
        process.stdin.flush()
        assert process.stdout
        where = process.stdout.readline().strip()
        if not where or not Path(where).is_relative_to(source):
            sys.exit(f"{checkout} was not read with: it is {where or 'no checkout'}")
        ask(process, "read")
        try:
            yield process
        finally:
            process.stdin.close()


def ask(process: subprocess.Popen[str], what: str) -> float:
    """The seconds that a pass over all texts takes."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{what}\n")
    process.stdin.flush()
    seconds, entries = process.stdout.readline().split()
    if int(entries) == 0:
        sys.exit("nothing was read: this is no measure of reading")
    return float(seconds)


def answering() -> int:
    """The other end: all texts in one line, then a line for each pass that is wanted."""
    texts: list[str] = json.loads(sys.stdin.readline())
    print(tidings.__file__, flush=True)
    plain = [Hints(threshold=0.0) for _ in texts]
    known = [_known(text) for text in texts]
    for line in sys.stdin:
        hints = known if line.strip() == "known" else plain
        started_at = perf_counter()
        entries = sum(
            len(parse(text, "a.txt", hints=hint).listings)
            for text, hint in zip(texts, hints, strict=True)
        )
        print(perf_counter() - started_at, entries, flush=True)
    return 0


def _known(text: str) -> Hints:
    """What is known of a source when one of its files was taught."""
    if not hasattr(tidings.model, "Taught"):
        return Hints(threshold=0.0)
    layout = parse(text, "a.txt", hints=Hints(threshold=0.0)).layout
    return Hints(threshold=0.0, learnt=tidings.model.Taught(layout, 0.0))


# --- Growth ---------------------------------------------------------------------------------------


def grown(size: int) -> int:
    """Print the CPU time by size, up to the largest file that is read. 1 if it is not linear."""
    each = {}
    largest = int(size / (len(listing(10_000).encode()) / 10_000))
    smaller = [count for count in COUNTS if count < largest]
    for count in (*smaller, largest):
        text = listing(count)
        seconds = []
        for _ in range(3 if count <= 1000 else 1):
            started_at = process_time()
            found = len(parse(text, "a.txt", hints=Hints(threshold=0.0)).listings)
            seconds.append(process_time() - started_at)
            if found != count:
                print(f"{found} entries were read of {count}", file=sys.stderr)
                return 1
        each[count] = min(seconds) / count
        print(f"{count:>6} entries, {len(text) / 1024:>6.0f} KiB: {min(seconds) * 1e3:>9.2f} ms,"
              f" {each[count] * 1e6:.0f} µs an entry")  # fmt: skip
    growth = each[largest] / each[max(count for count in smaller if count <= 1000)]
    if growth > MOST_GROWTH:
        print(f"an entry takes {growth:.1f} times as long: {TOO_MUCH}", file=sys.stderr)
        return 1
    return 0


def remembered(files: int) -> int:
    """Print the memory that many files take, each another one. 1 if it is not constant."""
    first = max(1, files // 10)
    before = 0.0
    for number in range(files):
        if len(parse(listing(3, number), "a.txt", hints=Hints(threshold=0.0)).listings) != 3:
            print(f"file {number} was not read", file=sys.stderr)
            return 1
        if number == first:
            before = peak()
    growth = peak() - before
    print(f"{files} files: peak memory grew by {growth:.1f} MiB after the first {first}")
    if growth > MOST_MEMORY:
        print(TOO_MUCH, file=sys.stderr)
        return 1
    return 0


def listing(count: int, number: int = 0) -> str:
    """A listing of so many entries, each with a date, a title and a summary; the number makes its
    titles others."""
    days: Sequence[date] = [date(2024, 5, 16) - timedelta(days=n % 20_000) for n in range(count)]
    return "".join(
        f"{day:%d %B, %Y}\n\nHub number {n} opens in the city {number}\n\n{SUMMARY * 3}\n\n\n"
        for n, day in enumerate(days)
    )


def peak() -> float:
    """The most memory that the process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
