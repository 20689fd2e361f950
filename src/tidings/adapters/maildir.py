"""The `Mailbox` port on a Maildir (https://cr.yp.to/proto/maildir.html), and its subfolders as
Maildir++ has them.

Files are opened like listings: no links, no pipes. A message that another program moves meanwhile
is passed over.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tidings.errors import MailboxError

FOLDER = 0o700
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SEEN = ":2,S"


class Maildir:
    """The messages in `root`; those that are put away go into its folder `.NAME`.

    Raises `MailboxError` if it is no Maildir, or cannot be read.
    """

    def __init__(self, root: Path, name: str, longest: int) -> None:
        if not name or "/" in name or name.startswith("."):
            raise MailboxError(f"--moved-to {name!r} is no folder: write a name such as Processed")
        if not (root / "new").is_dir() or not (root / "cur").is_dir():
            raise MailboxError(f"{root} is no Maildir: it has no folders new and cur")
        self._root = root
        self._away = root / f".{name}"
        self._longest = longest

    def close(self) -> None:
        """Nothing is held open."""

    def position(self) -> str:
        """All messages are read each time."""
        return ""

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Each message that is not too long, with what names it."""
        for folder in ("new", "cur"):
            try:
                names = sorted(each.name for each in (self._root / folder).iterdir())
            except OSError as error:
                raise self._unreadable(error) from error
            for name in names:
                data = None if name.startswith(".") else self._data(f"{folder}/{name}")
                if data is not None:
                    yield f"{folder}/{name}", data

    def put_away(self, name: str) -> None:
        """Move a message to the folder for those that are dealt with."""
        try:
            for folder in (self._away, *(self._away / part for part in ("tmp", "new", "cur"))):
                folder.mkdir(FOLDER, exist_ok=True)
            kept = Path(name).name
            target = kept if ":2," in kept else kept + _SEEN
            with suppress(FileNotFoundError):
                (self._root / name).rename(self._away / "cur" / target)
        except OSError as error:
            raise self._unreadable(error) from error

    def _data(self, name: str) -> bytes | None:
        try:
            descriptor = os.open(self._root / name, _READ)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(error) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return None
        with os.fdopen(descriptor, "rb") as stream:
            data = stream.read(self._longest + 1)
        return data if len(data) <= self._longest else None

    def _unreadable(self, error: OSError) -> MailboxError:
        place = error.filename or self._root
        return MailboxError(
            f"{place}: {error.strerror or error}: let the user that runs this read and write there"
        )
