"""Exit codes, and how a failure is told on standard error.

Alone in a file, because `main` needs it before any verb is imported, and it imports little.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

from tidings.errors import OUT_OF_MEMORY, ConfigError, NoSuchItem, StoreBusy, TidingsError

if TYPE_CHECKING:
    from tidings.model import Help, Problem


class Exit(IntEnum):
    """0 done, 1 something failed, 2 usage or configuration, 3 changes are pending (only where that
    was asked for), 75 try again later (sysexits.h)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PENDING = 3
    LATER = 75


@contextmanager
def failing() -> Iterator[None]:
    """Turn what Tidings raises on purpose into a message and an exit code."""
    try:
        yield
    except ConfigError as error:
        print(told(error.problems), file=sys.stderr)
        sys.exit(Exit.USAGE)
    except TidingsError as error:
        print(f"tidings: {error}\n{more(error.help)}", file=sys.stderr)
        sys.exit(_code(error))
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        sys.stderr.close()
        sys.exit(Exit.FAILED)
    except (MemoryError, OSError, ImportError, RuntimeError) as error:
        if not _is_short_of_memory(error):
            raise
        print(f"tidings: {OUT_OF_MEMORY}", file=sys.stderr)
        sys.exit(Exit.FAILED)


def _is_short_of_memory(error: BaseException) -> bool:
    """Whether it is what Python raises where memory is short: also when it loads a library or
    starts a thread."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    words = ("failed to map segment", "cannot allocate memory", "can't start new thread")
    return any(each in str(error).lower() for each in words)


def _code(error: TidingsError) -> Exit:
    if isinstance(error, NoSuchItem):
        return Exit.USAGE
    return Exit.LATER if isinstance(error, StoreBusy) else Exit.FAILED


def usage(message: str) -> ConfigError:
    """Make the error to raise for a wrong argument."""
    # Here, since `version` and `--help` need none of the nouns.
    from tidings.model import Help, Problem

    return ConfigError([Problem("tidings", 0, 0, message, help=Help.WRONG_ARGUMENT)])


def told(problems: Sequence[Problem]) -> str:
    """Format problems, one a line, their number, and where the documentation says more."""
    files = len({problem.path for problem in problems})
    lines = [str(problem) for problem in problems]
    if len(problems) > 1:
        lines += ["", f"{len(problems)} problems in {files} file{'s' if files != 1 else ''}."]
    return "\n".join([*lines, *dict.fromkeys(more(problem.help) for problem in problems)])


def more(help: Help) -> str:  # noqa: A002
    """Say how to read the section of the documentation on a kind of message."""
    return f"more: tidings help {help.address}"
