"""Wheels, built as an installer builds them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BUILD = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"


def wheel(source: Path, folder: Path) -> Path:
    """The wheel that the project in `source` makes, put into a new folder."""
    folder.mkdir()
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)],
        cwd=source,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return folder / built.stdout.strip().splitlines()[-1]
