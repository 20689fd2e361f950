"""`python -m tidings` and the `tidings` command."""

from __future__ import annotations

from tidings.entrypoints.cli import main

if __name__ == "__main__":
    main()
