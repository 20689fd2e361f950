"""Notices that the files which decide how an instance works were edited, or that somebody asks."""

from __future__ import annotations

import threading

from tidings.entrypoints import wiring
from tidings.entrypoints.wiring import Instance


class Edits:
    """What the files of an instance looked like when it was last read. One thread may look, and
    any may ask."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._stamps = wiring.watched(instance)
        self._asked = threading.Event()

    def ask(self) -> None:
        """Have the next look find something, whether a file has changed or not."""
        self._asked.set()

    def found(self) -> bool:
        """Whether the instance is to be read again: it was edited since the last look, or somebody
        asked."""
        try:
            stamps = wiring.watched(self._instance)
        except OSError:
            return False  # a file that goes while it is looked at: the next look tells
        if stamps == self._stamps and not self._asked.is_set():
            return False
        self._stamps = stamps
        self._asked.clear()
        return True
