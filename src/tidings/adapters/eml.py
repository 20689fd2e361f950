"""The `file:` transport: each message becomes an `.eml` file that any mail program opens.

The name is made of the delivery, so an attempt repeated after a crash replaces its own file.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from tidings.application.ports.world import Envelope
from tidings.errors import TransportClosed

LONGEST_NAME = 80


class EmlFolder:
    """The `Transport` port, and its channels, on a folder.

    A message goes to `<digest>/<number>/<delivery>-<address>.eml`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def connect(self) -> EmlFolder:
        """The folder itself: any number of threads may write to it."""
        return self

    def close(self) -> None:
        """Nothing is held open."""

    def send(self, envelope: Envelope, message: bytes) -> str:
        """Write the message durably; returns the path of its file."""
        folder = self._root / envelope.digest / str(envelope.number)
        name = f"{envelope.delivery_id}-{_sanitised(envelope.recipient)}.eml"
        place = folder / name
        temporary = folder / f".{name}.tmp"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as stream:
                stream.write(message)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(place)
            _sync(folder)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise TransportClosed(f"{place}: {error.strerror or error}", ours=True) from error
        return str(place)


def _sanitised(address: str) -> str:
    """An address as a part of a file name: never a path, never hidden, never too long."""
    kept = re.sub(r"[^A-Za-z0-9@._+-]", "_", address)
    return kept.strip(".")[:LONGEST_NAME] or "recipient"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
