"""Benchmarks do their work at a small size, on any day; or they say why not, and end with 1."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LATER = Path(__file__).parent / "later"
SEEDS = str(ROOT / "seeds")
SMALL = {
    "bucket": ["--items", "40", "--topics", "3", "--rounds", "1"],
    "commands": ["--rounds", "1"],
    "delivery": ["--recipients", "30", "--variants", "3"],
    "feeds": ["--topics", "3", "--entries", "5", "--items", "60"],
    "load": ["--pollers", "6", "--publications", "2", "--recipients", "12", "--only", "worker"],
    "pages": ["--items", "40"],
    "people": ["--people", "30"],
    "race": ["--items", "60", "--topics", "3", "--rounds", "1"],
    "reading_speed": [SEEDS, "--rounds", "1", "--files", "10", "--largest", "100000"],
    "requests": ["--pending", "200", "--at-once", "3", "--rounds", "2"],
    "scale": ["--files", "3", "--rounds", "2"],
    "search": ["--items", "300", "--rounds", "1"],
    "senders": ["--recipients", "600", "--rounds", "1"],
    "serving": ["--seconds", "1", "--connections", "2"],
    "topics": ["--items", "300", "--topics", "20"],
    "years": ["--weeks", "2", "--files", "2", "--people", "20", "--rounds", "1"],
}
# What comes out, where it did its work.
FIGURE = {
    "bucket": r"40 items: folder [\d.]+ s, bucket [\d.]+ s, ratio [\d.]+",
    "commands": r"status +[\d.]+ s +[1-9][\d.]* x typer",
    "delivery": r"tidings +[1-9][\d,]* messages/s",
    "feeds": r"4 feeds, 20 entries: ours [1-9]\d* ms",
    "load": r"mail +12 messages to 12 people\n",
    "pages": r"[1-9]\d* pages  [1-9][\d,]* a second",
    "people": r"opening +[\d.]+ s +\d+ MB +[\d.]+ s of it, [\d.]+ times",
    "race": r"pelican +one new file +[\d.]+ s of CPU",
    "reading_speed": r"10 files: peak memory grew",
    "requests": r"ratio +[\d.]+\n",
    "scale": r"one new file [1-9]\d* ms \(clock\)",
    "search": r"one item +fts5 +[\d.]+ ms +page +[\d.]+ ms +ratio +[1-9]",
    "senders": r"two, 20 ms late +[1-9][\d,]* messages/s",
    "serving": r"conditional GET +[1-9][\d,]* answers/s",
    "topics": r"common words: 300 items, 20 topics, [1-9]\d* matches",
    "years": r"opening +[\d.]+ +[\d.]+ +ratio [\d.]+\n",
}
NEEDS = {
    "delivery": ["smtp-sink", "smtp-source"],
    "load": ["smtp-sink"],
    "race": ["hugo"],
    "senders": ["smtp-sink"],
}


def bench(name: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_every_benchmark_is_tried() -> None:
    found = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert found - {"instance", "readings"} == set(SMALL)


@pytest.mark.slow
@pytest.mark.parametrize("later", [False, True], ids=["today", "in 400 days"])
@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_does_its_work_on_any_day(name: str, later: bool) -> None:
    for program in NEEDS.get(name, ()):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    ran = bench(name, *SMALL[name], **({"PYTHONPATH": str(LATER)} if later else {}))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(FIGURE[name], ran.stdout), ran.stdout


@pytest.mark.parametrize("name", NEEDS)
def test_a_benchmark_says_which_program_it_needs(name: str, tmp_path: Path) -> None:
    ran = bench(name, *SMALL[name], PATH=str(tmp_path))
    assert ran.returncode == 1
    assert "is not installed: on Debian, apt-get install" in ran.stderr


@pytest.mark.slow
def test_a_delivery_that_did_not_reach_everybody_is_no_figure(tmp_path: Path) -> None:
    """A server that refuses everybody takes the place of the one that takes everything."""
    refusing = tmp_path / "smtp-sink"
    if not shutil.which("smtp-sink"):
        pytest.skip("smtp-sink is not installed")
    refusing.write_text(f'#!/bin/sh\nexec {shutil.which("smtp-sink")} -r RCPT "$@"\n')
    refusing.chmod(0o755)
    ran = bench("delivery", *SMALL["delivery"], PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert ran.returncode == 1
    assert "0 of 30 messages were sent: " in ran.stderr
    assert "messages/s" not in ran.stdout


def test_readings_that_are_none_are_no_figure(tmp_path: Path) -> None:
    for name in ("readings", "reading_speed"):
        ran = bench(name, str(tmp_path))
        assert ran.returncode == 1
        assert "NAME.txt" in ran.stderr
