"""A program that traces one run: which functions of Tidings it calls first, in their order.

    python tests/trace_calls.py INSTANCE LISTING

It runs once to have everything loaded, adds the listing to the seeds, runs again and prints the
names of what that run called, such as `core/match.py match`, as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from pathlib import Path
from types import FrameType

import tidings
from tidings.entrypoints.cli import main

SOURCE = f"{Path(tidings.__file__).parent}{os.sep}"


def run(instance: str, now: str) -> None:
    """Run `tidings run --send now` in this process."""
    sys.argv = ["tidings", "-C", instance, "run", "--send", "now", "--now", now]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise


def trace(instance: str, listing: str) -> list[str]:
    """Return the functions that a run with a new listing calls, each once, in their order."""
    called: dict[str, None] = {}

    def note(frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(SOURCE):
            called.setdefault(f"{code.co_filename.removeprefix(SOURCE)} {code.co_qualname}")

    run(instance, "2026-11-24T15:00:00+00:00")
    shutil.copy(listing, Path(instance) / "seeds")
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        run(instance, "2026-11-24T16:00:00+00:00")
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return list(called)


if __name__ == "__main__":
    found = trace(*sys.argv[1:])
    print(f"\n{json.dumps(found)}")
