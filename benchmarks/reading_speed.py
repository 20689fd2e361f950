"""Measure the speed of reading: against a plain pass in the same run, and as files grow.

    python benchmarks/reading_speed.py FOLDER

The plain pass is what a script of ten lines would do: split into lines, try one format
with `strptime` on each. Prints the ratio, the time for a file of ten entries,
the growth with size and the peak memory over ten thousand files.
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from tidings.core.listings import parse

FORMATS = ("%d %B, %Y",)
SUMMARY = "The campaign warns people interested in working abroad about false offers of work. "


def main() -> None:
    """Read the arguments, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    folder: Path = arguments.parse_args().folder
    texts = [file.read_bytes().decode("utf-8-sig") for file in sorted(folder.glob("*.txt"))]
    for text in texts:
        parse(text, "warm.txt")
    ours = timed(lambda: [parse(text, "a.txt") for text in texts])
    plain = timed(lambda: [plainly(text) for text in texts])
    print(f"{len(texts)} files: {ours * 1e3:.1f} ms, plain pass {plain * 1e3:.1f} ms,"
          f" ratio {ours / plain:.1f}")  # fmt: skip
    for count in (10, 100, 1000, 10_000):
        text = listing(count)
        seconds = timed(lambda text=text: parse(text, "a.txt"), times=3)  # type: ignore[misc]
        print(f"{count:>6} entries, {len(text) / 1024:>8.0f} KiB: {seconds * 1e3:>9.2f} ms,"
              f" {seconds / count * 1e6:.0f} µs an entry")  # fmt: skip
    before = peak()
    for _ in range(10_000):
        parse(listing(2), "a.txt")
    print(f"10000 files: peak memory grew by {peak() - before:.1f} MiB")


def plainly(text: str) -> list[tuple[datetime | None, str]]:
    """The entries that splitting and `strptime` find."""
    found: list[tuple[datetime | None, str]] = []
    for line in text.split("\n"):
        day = None
        for form in FORMATS:
            with suppress(ValueError):
                day = datetime.strptime(line.strip(), form)  # noqa: DTZ007 - only its speed counts
        found.append((day, line))
    return found


def listing(count: int) -> str:
    """A listing of so many entries, each with a date, a title and a summary."""
    days: Sequence[date] = [date(2024, 5, 16) - timedelta(days=n) for n in range(count)]
    return "".join(
        f"{day:%d %B, %Y}\n\nHub number {n} opens in the city\n\n{SUMMARY * 3}\n\n\n"
        for n, day in enumerate(days)
    )


def timed(work: Callable[[], object], times: int = 7) -> float:
    """The median of `times` runs, in seconds."""
    seconds = []
    for _ in range(times):
        started = perf_counter()
        work()
        seconds.append(perf_counter() - started)
    return median(seconds)


def peak() -> float:
    """The most memory that the process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
