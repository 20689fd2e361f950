"""Whatever is in a file, it ends in a reading or a problem, soon and in little memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fault.hostile_files import HOSTILE

SECONDS = 5.0
MEGABYTES = 200
# In a process of its own, which tells how much of both it took.
_READ = """
import resource, sys
from tidings.__main__ import main
try:
    main()
except SystemExit as end:
    code = end.code
used = resource.getrusage(resource.RUSAGE_SELF)
high = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print("code", code, "seconds", used.ru_utime + used.ru_stime, "kilobytes", high.split()[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told by /proc")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_a_problem_within_bounds(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(HOSTILE[name]())
    done = subprocess.run(
        [sys.executable, "-c", _READ, "parse", str(tmp_path / name)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    assert "problem" in done.stdout
    assert "root:" not in done.stdout, "a file of the machine was read"
    _, code, _, seconds, _, kilobytes = done.stdout.split("\n")[-2].split()
    assert code == "1"
    assert float(seconds) < SECONDS
    assert int(kilobytes) < MEGABYTES * 1024
