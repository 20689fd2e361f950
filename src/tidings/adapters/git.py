"""What Git has, or would take, of certain files. Git is asked, and changes nothing.

No program that a repository's settings name is run, nothing is fetched, and nobody is waited for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 10.0
# No program of the repository's choice: neither one that watches files, nor a hook.
SETTINGS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
ENVIRON = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True)
class Held:
    """What a repository has of some places: files that it `tracks`, and those that it would take by
    `git add`, since it does not `ignore` them. `refused` says why it could not be looked at."""

    tracked: tuple[Path, ...] = ()
    unignored: tuple[Path, ...] = ()
    refused: str = ""


def held(places: Iterable[Path]) -> Iterator[Held]:
    """What Git has of these files and folders, folder by folder; nothing of those that lie in no
    repository."""
    asked: dict[Path, list[str]] = {}
    for place in places:
        base = next(each for each in (place, *place.parents) if _is_folder(each))
        name = os.path.relpath(place, base)
        base = base.resolve()
        if any(os.path.lexists(each / ".git") for each in (base, *base.parents)):
            asked.setdefault(base, []).append(name)
    for base, names in asked.items():
        try:
            tracked = _listed(base, "--cached", names)
            yield Held(tracked, _listed(base, "--others", names))
        except _RefusedError as error:
            yield Held(refused=f"{base}: {error}")


def _is_folder(place: Path) -> bool:
    try:
        return place.is_dir()
    except OSError:
        return False


class _RefusedError(Exception):
    """Git could not, or would not, answer."""


def _listed(base: Path, which: str, names: Iterable[str]) -> tuple[Path, ...]:
    """The files of a kind that `git ls-files` names below some places."""
    program = shutil.which("git")
    if program is None:
        raise _RefusedError("there is no git on this machine")
    # Where this is called by Git itself, in a hook, these variables name another repository.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    asked = ["--no-pager", "--literal-pathspecs", *SETTINGS]
    command = [program, *asked, "ls-files", "-z", which, "--exclude-standard", "--", *names]
    try:
        done = subprocess.run(  # noqa: S603 - the names stand behind `--`
            command,
            cwd=base,
            env=environ | ENVIRON,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _RefusedError(f"git does not answer within {PATIENCE:.0f} s") from None
    except OSError as error:
        raise _RefusedError(f"git: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise _RefusedError(said[0] if said else f"git ends with {done.returncode}")
    return tuple(base / os.fsdecode(name) for name in done.stdout.split(b"\0") if name)
