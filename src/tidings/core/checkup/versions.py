"""Whether the versions that are installed are ones to rely on."""

from __future__ import annotations

from collections.abc import Mapping

from tidings.model import Finding, Level

PYTHON = (3, 11)
# https://sqlite.org/wal.html: the WAL-reset bug, in all since 3.7.0, is fixed in this one.
SQLITE = (3, 51, 3)


def python(version: tuple[int, ...]) -> Finding:
    """Python itself; without the oldest that is supported, nothing would have begun."""
    told = f"Python {_dotted(version)}"
    if version >= PYTHON:
        return Finding("python", told, level=Level.FINE)
    return Finding("python", told, f"install Python {_dotted(PYTHON)} or newer")


def sqlite(version: tuple[int, ...]) -> Finding:
    """The SQLite that Python is linked with.

    The bug needs two connections that fold the log into the file at once, which the state's lock
    prevents: worth knowing, for whoever opens the state with other programs.
    """
    told = f"SQLite {_dotted(version)}"
    if version >= SQLITE:
        return Finding("sqlite", told, level=Level.FINE)
    return Finding(
        "sqlite",
        f"{told} has the WAL-reset bug, which Tidings does not run into by itself",
        f"open the state with no other program while a worker runs, or have SQLite "
        f"{_dotted(SQLITE)} or newer",
        Level.NOTE,
    )


def libraries(installed: Mapping[str, str | None]) -> Finding:
    """What Tidings is built on, by name; None is not installed."""
    missing = [name for name, version in installed.items() if version is None]
    if missing:
        return Finding(
            "libraries", f"{', '.join(missing)} cannot be found", "install Tidings again"
        )
    told = ", ".join(f"{name} {version}" for name, version in installed.items())
    return Finding("libraries", told, level=Level.FINE)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
