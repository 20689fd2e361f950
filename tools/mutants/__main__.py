"""`make mutants`: says how many breaks of a fixed sample the tests notice; fails under `WANTED`.

Each break is made in a copy of the package, which comes before the real one on the path of the
tests that run its line. The tests are run one after another until one fails, those first that lie
in a file named like the module. Those of most lines are too many, so a break has `PATIENCE` seconds
of tests, the quickest of each file first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

from tools.mutants.breaks import Break, sample
from tools.mutants.covered import Covered, run_all

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "tidings"
# The whole of one file of tests goes to one process, and both take about as long.
PARTS = (
    ("tests/unit/core", "tests/unit/state", "tests/contract", "tests/fault/test_lost_state.py"),
    ("tests/unit/application", "tests/unit/adapters"),
    ("tests/unit/entrypoints",),
)
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
MOST_EQUIVALENT = 8  # of the sample
WANTED = 0.92  # of the rest
PATIENCE = 30.0  # seconds of tests, as they took when nothing was broken
TIMES_SLOWER = 6  # a break that makes its tests slower than this makes them run forever

Outcome = Literal["killed", "survived", "no test"]


def main() -> int:
    """Try the sample and print what became of it; 1 if too much survives."""
    chosen = sample(PACKAGE)
    excused = _excused(chosen)
    with tempfile.TemporaryDirectory() as folder:
        covered = run_all(PACKAGE, PARTS, Path(folder))
        tried = [each for each in chosen if each.name not in excused]
        outcomes = try_all(tried, covered, Path(folder))
    return _report(outcomes, excused)


def _excused(chosen: Iterable[Break]) -> Mapping[str, str]:
    """The breaks of the sample that change nothing, by name, each with the reason."""
    names = {each.name for each in chosen}
    listed = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("equivalent", [])
    if len(listed) > MOST_EQUIVALENT:
        raise SystemExit(f"{EQUIVALENT}: {len(listed)} breaks, of which {MOST_EQUIVALENT} may be")
    for each in listed:
        if each["name"] not in names:
            raise SystemExit(f"{EQUIVALENT}: {each['name']} is not in the sample: take it out")
    return {each["name"]: each["reason"] for each in listed}


def try_all(tried: Sequence[Break], covered: Covered, folder: Path) -> Mapping[str, Outcome]:
    """What becomes of each break, with as many copies of the package as there are processors."""
    copies: SimpleQueue[Path] = SimpleQueue()
    workers = os.cpu_count() or 1
    for number in range(workers):
        copy = folder / f"copy-{number}"
        shutil.copytree(PACKAGE.parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
        copies.put(copy)
    moments = count(1)

    def outcome(each: Break) -> Outcome:
        chosen, seconds = chosen_tests(each, covered)
        if not chosen:
            return "no test"
        copy = copies.get()
        place = copy / each.path.relative_to(PACKAGE.parent)
        source = each.path.read_bytes()
        try:
            _save(place, each.applied(source), next(moments))
            return "survived" if _pass(chosen, copy, 30 + TIMES_SLOWER * seconds) else "killed"
        finally:
            _save(place, source, next(moments))
            copies.put(copy)

    with ThreadPoolExecutor(workers) as pool:
        found = {}
        for each, became in zip(tried, pool.map(outcome, tried), strict=True):
            found[each.name] = became
            if became != "killed":
                sys.stdout.write(f"{became}: {each.name}\n")
                sys.stdout.flush()
        return found


def chosen_tests(each: Break, covered: Covered) -> tuple[list[str], float]:
    """The tests to run, the quickest of each file before the second quickest, and their seconds."""
    by_file: dict[str, list[str]] = {}
    running = covered.of(each.path, each.lines)
    for name in sorted(running, key=lambda name: (covered.seconds.get(name, 0.0), name)):
        by_file.setdefault(name.partition("::")[0], []).append(name)
    ranked = sorted(
        (rank, covered.seconds.get(name, 0.0), name)
        for names in by_file.values()
        for rank, name in enumerate(names)
    )
    chosen: list[str] = []
    total = 0.0
    for _, seconds, name in ranked:
        if chosen and total + seconds > PATIENCE:
            break
        chosen.append(name)
        total += seconds
    return sorted(chosen, key=lambda name: _nearness(name, each.path.stem)), total


def _nearness(test: str, module: str) -> tuple[bool, str]:
    """Tests of a module come first: most breaks are noticed by one of them, and the others need not
    run. Those of one file come one after another: what they share is set up once."""
    file = test.partition("::")[0]
    return module not in Path(file).stem, file


def _save(place: Path, source: bytes, moment: int) -> None:
    """Write a file with a date that it never had: by the date Python knows old bytecode."""
    place.write_bytes(source)
    os.utime(place, (moment, moment))


def _pass(tests: Sequence[str], copy: Path, seconds: float) -> bool:
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _report(outcomes: Mapping[str, Outcome], excused: Mapping[str, str]) -> int:
    for name, reason in excused.items():
        sys.stdout.write(f"equivalent: {name}: {reason}\n")
    killed = sum(became == "killed" for became in outcomes.values())
    share = killed / len(outcomes)
    sys.stdout.write(
        f"{len(outcomes) + len(excused)} breaks: {killed} killed, {len(outcomes) - killed} "
        f"survived, {len(excused)} equivalent; {share:.1%} of {len(outcomes)} killed\n"
    )
    if share < WANTED:
        sys.stdout.write(f"That is less than {WANTED:.0%}: write tests for what survived.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
