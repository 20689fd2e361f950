"""`python -m tidings` and the `tidings` command.

It stands alone since `python -m` looks for a module of this name.
"""

from __future__ import annotations

import sys

from tidings.entrypoints.cli import main as command_line

NO_WINDOWS = (
    "tidings: Windows lacks what keeps the state and the seed files safe (file locks, files opened"
    " without following links); use it in WSL2 or in a container: docs/how-to/install.md"
)


def main() -> None:
    """Run the command line, where the system is one that Tidings works on."""
    if sys.platform == "win32":
        sys.exit(NO_WINDOWS)
    command_line()


if __name__ == "__main__":
    main()
