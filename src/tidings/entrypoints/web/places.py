"""From the path of a request to an open file below a folder: never outside, never a hidden one.

The folder is walked descriptor by descriptor and no link is followed, so what is checked is what is
opened, whatever happens to the folder meanwhile.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

# Backslashes and control characters stand in no published name, and mean mischief in a request.
_UNFIT = re.compile(r"[\x00-\x1f\x7f\\]")
# What says nothing of a file, and is over some time.
_PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE, errno.EINTR}
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A pipe must not keep us waiting for somebody to write into it.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def segments(path: str) -> tuple[str, ...] | None:
    """The steps of a decoded request path, the first page of a folder named; None if it is unfit.

    Names that begin with a dot are hidden: temporary files, and whatever else is not published.
    """
    if not path.startswith("/") or _UNFIT.search(path):
        return None
    steps = path[1:].split("/")
    if not steps[-1]:
        steps[-1] = "index.html"
    return None if any(not step or step.startswith(".") for step in steps) else tuple(steps)


def open_below(root: Path, steps: tuple[str, ...]) -> int | None:
    """A descriptor of the file or folder that the steps lead to; None if there is none.

    Raises `OSError` where it cannot be told, as when all descriptors are in use.
    """
    try:
        folder = os.open(root, _FOLDER)
        try:
            for step in steps[:-1]:
                inner = os.open(step, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = inner
            return os.open(steps[-1], _FILE, dir_fd=folder)
        finally:
            os.close(folder)
    except ValueError:  # a name that no file system takes
        return None
    except OSError as error:
        if error.errno in _PASSING:
            raise
        return None


def is_folder(status: os.stat_result) -> bool:
    """Whether a descriptor leads to a folder."""
    return stat.S_ISDIR(status.st_mode)


def is_file(status: os.stat_result) -> bool:
    """Whether a descriptor leads to a file in the narrow sense: no pipe, no device."""
    return stat.S_ISREG(status.st_mode)
