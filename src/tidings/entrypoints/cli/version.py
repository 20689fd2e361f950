"""`tidings version`."""

from __future__ import annotations


def version() -> None:
    """Print the version of Tidings."""
    from importlib.metadata import version as installed

    print(installed("tidings"))
