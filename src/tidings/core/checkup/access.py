"""Whether we can do what we must, and others cannot read what is not for them."""

from __future__ import annotations

from tidings.model import Finding, Level

ALL_BUT_OWNER = 0o077


def usable(place: str, wanted: str, *, there: bool, may: bool) -> Finding:
    """A place that we must be able to use; `wanted` says for what, as in "read" or "written"."""
    if not there:
        return Finding("access", f"{place} does not exist", f"make it, so that it can be {wanted}")
    if not may:
        remedy = "change its owner or mode, or run as the user that it belongs to"
        return Finding("access", f"{place} cannot be {wanted}", remedy)
    return Finding("access", f"{place} can be {wanted}", level=Level.FINE)


def kept_secret(place: str, mode: int) -> Finding:
    """A file, or a folder if it ends in "/", with a secret or the addresses of people in it."""
    if mode & ALL_BUT_OWNER:
        told = f"{place} can be read by others on this machine (mode {mode:o})"
        return Finding("secrets", told, f"chmod {700 if place.endswith('/') else 600} {place}")
    return Finding("secrets", f"{place} is its owner's alone", level=Level.FINE)


def foreign_owner(place: str, strangers: list[str], owner: str) -> Finding:
    """Files in a folder that belong to somebody else than the folder does: a run as root, mostly,
    after which the worker's own user cannot write."""
    if strangers:
        told = f"{', '.join(strangers)} in {place} do not belong to {owner}, as the folder does"
        return Finding("access", told, f"chown -R {owner} {place}, and run as {owner}")
    return Finding("access", f"{place} and what is in it belong to {owner}", level=Level.FINE)
