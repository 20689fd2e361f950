"""`tidings version`: stands alone in a file, so that it imports nothing else."""

from __future__ import annotations

from importlib import metadata


def version() -> None:
    """Print the version of Tidings."""
    print(metadata.version("tidings"))
