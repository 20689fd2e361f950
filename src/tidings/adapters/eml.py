"""The `file:` transport: each message becomes an `.eml` file that any mail program opens.

The name is made of the delivery, so an attempt repeated after a crash replaces its own file. Names
and messages say who reads what: they are their owner's alone, whatever the umask.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tidings.errors import TransportClosed
from tidings.model import Envelope

LONGEST_NAME = 80
FILE = 0o600
FOLDER = 0o700
OTHERS = 0o077
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
# Where messages lie in the folder.
OURS = "*/[0-9]*/[0-9]*-*.eml"


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
            for each in (self._root, folder.parent, folder):
                each.mkdir(FOLDER, parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            with os.fdopen(os.open(temporary, NEW, FILE), "wb") as stream:
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


def exposed(root: Path) -> Iterator[Path]:
    """What other users of the machine could open of the messages in a folder: files come before
    the folders that they are in.

    Nothing where the folder itself is closed. It is named only where it holds nothing but messages:
    any other is somebody's on purpose, an instance's own folder above all.
    """
    if not _is_open(root):
        return
    folders: dict[Path, None] = {}
    for message in root.glob(OURS):
        folders |= {message.parent: None, message.parent.parent: None}
        if _is_open(message):
            yield message
    yield from (folder for folder in folders if _is_open(folder))
    with suppress(OSError):
        if all(each in folders for each in root.iterdir()):
            yield root


def narrow(root: Path) -> None:
    """Let nobody else open what an earlier version left open. What belongs to another user stays
    as it is, and `doctor` tells of it."""
    for place in exposed(root):
        with suppress(OSError):
            place.chmod(FOLDER if place.is_dir() else FILE)


def messages(root: Path) -> Iterator[Path]:
    """The messages in a folder."""
    yield from root.glob(OURS)


def remove(root: Path) -> None:
    """Remove the messages in a folder, and folders that this leaves empty; nothing else.

    Raises `TransportClosed` when one cannot be removed.
    """
    folders: dict[Path, None] = {}
    for message in sorted(messages(root)):
        try:
            message.unlink(missing_ok=True)
        except OSError as error:
            raise TransportClosed(f"{message}: {error.strerror or error}", ours=True) from error
        folders |= {message.parent: None, message.parent.parent: None}
    for folder in sorted(folders, key=lambda each: -len(each.parts)):
        with suppress(OSError):
            folder.rmdir()


def _is_open(place: Path) -> bool:
    """Whether others than its owner may do anything with it."""
    try:
        return bool(stat.S_IMODE(place.stat().st_mode) & OTHERS)
    except OSError:
        return False


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
