"""The machine by itself: versions and time zones."""

from __future__ import annotations

from collections.abc import Iterator

from tidings.adapters import machine
from tidings.core import checkup
from tidings.model import Finding, Level


def versions() -> Iterator[Finding]:
    """Python, SQLite, and the libraries."""
    yield checkup.python(machine.python())
    yield checkup.sqlite(machine.sqlite())
    yield checkup.libraries(machine.libraries())


def zones() -> Finding:
    """Where clocks stand in the world."""
    count, source = machine.zones()
    if not count:
        remedy = "install the system's tzdata, or the Python package of that name"
        return Finding("time zones", "none are known", remedy)
    return Finding("time zones", f"{count:,} are known, from {source}", level=Level.FINE)
