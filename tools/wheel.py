"""Builds the wheel and writes its checksum beside it: `make wheel`.

The same sources make the same bytes (hatchling gives every file in it one date), so that anybody
can build a released wheel again and compare.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from hatchling.build import build_wheel


def main(folder: Path) -> None:
    """Build the wheel into a folder, with SHA256SUMS as `sha256sum --check` reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / build_wheel(str(folder))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    sums = folder / "SHA256SUMS"
    sums.write_text(f"{digest}  {wheel.name}\n", encoding="utf-8")
    for made in (wheel, sums):
        sys.stdout.write(f"{made}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
