"""A process that puts files in place while the next are rendered.

Rendering keeps the interpreter busy, so that a thread that writes waits for its turn after each
call to the system, of which every file needs ten. A process of its own has an interpreter of its
own. It is worth its start where there are many files, as in a first publication.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from tidings.adapters.outlet import putting
from tidings.errors import PublishError

MAIN = "from tidings.adapters.outlet.scribe import main; main()"


class ScribeLostError(Exception):
    """The process could not be started, or ended before it was done; what it was given is not
    lost."""


class Scribe:
    """The process, as whoever asks it for files sees it. Raises `ScribeLostError`."""

    def __init__(self, root: Path) -> None:
        # It finds what we found, and nothing in the folder that we happen to be called in (-P).
        places = os.pathsep.join(each for each in sys.path if each)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", "-c", MAIN, str(os.getpid()), str(root)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": places},
            )
        except OSError as error:
            raise ScribeLostError(f"{sys.executable}: {error.strerror}") from error

    def put(self, files: Sequence[tuple[str, bytes]]) -> list[putting.Answer]:
        """`putting.put`, done there. Raises what that raises, and `ScribeLostError`."""
        try:
            _say(cast("BinaryIO", self._process.stdin), files)
            answer = pickle.load(cast("BinaryIO", self._process.stdout))  # noqa: S301 - our own
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self._process.kill()  # whoever goes on without it must be alone
            raise ScribeLostError(f"it ended with status {self._process.wait()}") from error
        if isinstance(answer, PublishError):
            raise answer
        done: list[putting.Answer] = answer
        return done

    def end(self) -> None:
        """Let it go."""
        self._process.communicate()


def main() -> None:
    """What the process does: batches come in, answers go out, until nothing more comes in.

    Once the one it works for is gone, somebody else may publish, whom it must not overtake.
    """
    employer, root = int(sys.argv[1]), Path(sys.argv[2])
    # It ends with the one it works for, who decides when that is.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with suppress(EOFError, pickle.UnpicklingError, BrokenPipeError):  # the employer is gone
        while True:
            files = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent's words
            try:
                answer: object = putting.put(root, files, wanted=lambda: os.getppid() == employer)
            except PublishError as error:
                answer = error
            _say(sys.stdout.buffer, answer)


def _say(pipe: BinaryIO, what: object) -> None:
    pipe.write(pickle.dumps(what, pickle.HIGHEST_PROTOCOL))
    pipe.flush()
