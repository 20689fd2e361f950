"""The way of one listing, as docs/explanation/architecture.md tells it, is the way that it goes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import pages

TRACE = Path(__file__).with_name("trace_calls.py")
PAGE = "docs/explanation/architecture.md"
# Measured. Each file that one listing passes is one that whoever follows it has to open.
MOST_FILES = 123
LISTING = """\
18 November 2026

Training begins for foreign workers in Mexico

The ministry opened a course on labour migration, for workers who have yet to arrive.
"""


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The functions of a run that finds one new listing, such as `core/match.py match`."""
    folder = tmp_path_factory.mktemp("one-listing")
    for name in ("config", "seeds", "templates"):
        shutil.copytree(pages.ROOT / name, folder / "instance" / name)
    (folder / "new.txt").write_text(LISTING, encoding="utf-8")
    traced = subprocess.run(
        [sys.executable, str(TRACE), str(folder / "instance"), str(folder / "new.txt")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert traced.returncode == 0, traced.stderr
    told = traced.stdout.splitlines()
    assert sum("1 sent" in line for line in told) == 1, traced.stdout
    names: list[str] = json.loads(told[-1])
    return names


def dotted(name: str) -> str:
    """`core/match.py match` as Python writes it: `core.match.match`."""
    file, function = name.split(" ", 1)
    return f"{file.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}.{function}"


def test_a_listing_passes_the_functions_of_the_list_in_their_order(called: list[str]) -> None:
    section = pages.section(PAGE, "The way of one listing")
    told = re.findall(r"^\d+\. `([\w.]+)`", section, re.MULTILINE)
    assert 25 <= len(told) <= 40
    passed = [dotted(name) for name in called]
    assert [name for name in told if name not in passed] == [], "the run calls no such function"
    assert told == sorted(told, key=passed.index), "the run calls them in the order to the right"


def test_a_listing_passes_no_more_files_than_it_did(called: list[str]) -> None:
    files = sorted({name.split(" ", 1)[0] for name in called})
    assert len(files) <= MOST_FILES, "\n".join((f"{len(files)} files:", *files))
