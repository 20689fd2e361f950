"""`python -m tidings` and the `tidings` command.

It stands alone since `python -m` looks for a module of this name.
"""

from __future__ import annotations

from tidings.entrypoints.cli import main

if __name__ == "__main__":
    main()
