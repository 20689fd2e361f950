"""Runs a program until it has said something, then asks it to stop: how pages show a worker.

    python until.py TEXT COMMAND [ARGUMENT...]

Prints what the program printed, and ends with its exit code. A program that does not stop within a
minute is killed, which counts as a failure.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from threading import Timer


def main(text: str, command: list[str]) -> int:
    """Run `command` until it prints `text`, then send it SIGTERM."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as program:
        assert program.stdout is not None
        guard = Timer(60, program.kill)
        guard.start()
        for line in program.stdout:
            sys.stdout.write(line)
            if text in line:
                program.send_signal(signal.SIGTERM)
        program.wait()
        guard.cancel()
    return program.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
