"""Whether Git has, or would take, what nobody else is to have: a repository goes to many places."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.model import Finding, Level

CHECK = "git"
SHOWN = 3


def tracked(names: Sequence[str]) -> Finding:
    """Files that are in a repository already."""
    return Finding(
        CHECK,
        f"Git tracks what is secret or personal: {_some(names)}",
        "`git rm -r --cached` them, name them in .gitignore, and commit; the history keeps what it "
        "has: a key that was pushed is no secret any more",
    )


def unignored(names: Sequence[str]) -> Finding:
    """Files that the next `git add` would take."""
    return Finding(
        CHECK,
        f"`git add` would take what is secret or personal: {_some(names)}",
        "name it in .gitignore, as in the one that `tidings init` writes",
        Level.NOTE,
    )


def not_looked_at(reason: str) -> Finding:
    """A repository that could not be looked at, as this `reason` says."""
    return Finding(
        CHECK,
        f"nobody knows whether Git tracks what is secret here: {reason}",
        "run `tidings doctor` as a user who may use git there",
        Level.NOTE,
    )


def clean() -> Finding:
    """Nothing of it is in a repository, nor would it get into one."""
    return Finding(CHECK, "it has nothing that is secret or personal", level=Level.FINE)


def _some(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")
