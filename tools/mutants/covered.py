"""Which tests run which lines, and how long each takes: all that chooses the tests for a break.

A part of the tests is run in a process of its own, `python -m tools.mutants.covered INTO TESTS...`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from coverage import Coverage

# A line that is run while a module is loaded is run by no test.
LOADING = ""


@dataclass
class Covered:
    """The tests, by their names without parameters, that run each line of each file; the seconds
    that each of them takes."""

    tests: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def of(self, path: Path, lines: range) -> set[str]:
        """The tests that run any of these lines; of what is run while a module is loaded, those in
        files that name it, or else those that run anything in it."""
        by_line = self.tests.get(str(path), {})
        if found := set[str]().union(*(by_line.get(line, ()) for line in lines)):
            return found
        named = {test for test in self.seconds if _names(test.partition("::")[0], path.stem)}
        return named or set[str]().union(*by_line.values())


@cache
def _names(file: str, module: str) -> bool:
    """Whether a file of tests has the name of a module in it."""
    return bool(re.search(rf"\b{module}\b", Path(file).read_text(encoding="utf-8")))


class Recorder:
    """Notes which test is running, and how long it took (a plugin of pytest)."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Everything from here on is run by this test."""
        self._coverage.switch_context(plain(item.nodeid))
        try:
            return (yield)
        finally:
            self._coverage.switch_context(LOADING)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Setting up and tearing down count as well."""
        name = plain(report.nodeid)
        self.seconds[name] = self.seconds.get(name, 0.0) + report.duration


def plain(nodeid: str) -> str:
    """The name of a test without its parameters."""
    return nodeid.partition("[")[0]


def record(into: Path, package: Path, tests: Sequence[str]) -> int:
    """Run these tests in this process and save what they run; returns what pytest returned."""
    coverage = Coverage(data_file=None, source=[str(package)])
    coverage.start()
    recorder = Recorder(coverage)
    ended = pytest.main(["-q", "-p", "no:xdist", *tests], plugins=[recorder])
    coverage.stop()
    data = coverage.get_data()
    lines = {
        path: {
            line: sorted(set(names) - {LOADING})
            for line, names in data.contexts_by_lineno(path).items()
        }
        for path in data.measured_files()
    }
    into.write_text(json.dumps({"lines": lines, "seconds": recorder.seconds}), encoding="utf-8")
    return int(ended)


def run_all(package: Path, parts: Sequence[Sequence[str]], folder: Path) -> Covered:
    """Run the parts beside each other, each in a process; raises RuntimeError if a test fails."""
    places = [folder / f"covered-{number}.json" for number in range(len(parts))]
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", __spec__.name, str(place), str(package), *part],
            stdout=subprocess.PIPE,
            text=True,
        )
        for place, part in zip(places, parts, strict=True)
    ]
    for each in begun:
        said, _ = each.communicate()
        if each.returncode:
            raise RuntimeError(f"the tests fail as they are:\n{said[-2000:]}")
    covered = Covered()
    for place in places:
        _add(covered, json.loads(place.read_text(encoding="utf-8")))
    return covered


def _add(covered: Covered, found: Mapping[str, Mapping[str, object]]) -> None:
    for path, by_line in found["lines"].items():
        here = covered.tests.setdefault(path, {})
        for line, names in dict(by_line).items():  # type: ignore[call-overload]
            here.setdefault(int(line), set()).update(names)
    covered.seconds.update(found["seconds"])  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(record(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
