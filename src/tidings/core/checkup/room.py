"""Whether there is room for what will be written."""

from __future__ import annotations

from dataclasses import dataclass

from tidings.model import Finding, Level

MIB = 2**20
LEAST = 64 * MIB
AMPLE = 512 * MIB
LEAST_FILES = 1_000


@dataclass(frozen=True, slots=True)
class Room:
    """What a file system has left, in bytes and in files; `all_files` is 0 where these are not
    counted."""

    free: int
    free_files: int
    all_files: int


def room(place: str, left: Room, state_bytes: int) -> Finding:
    """The room at a place, for an instance with a state of that size."""
    told = f"{place}: {left.free // MIB:,} MiB free"
    remedy = "free some space; nothing is lost meanwhile, and the next round goes on"
    # A backup, or a look, needs the state once more.
    needed = LEAST + 2 * state_bytes
    if left.free < needed:
        return Finding("disk", f"{told}, {needed // MIB:,} MiB may be needed", remedy)
    if left.all_files and left.free_files < LEAST_FILES:
        return Finding("disk", f"{place}: room for {left.free_files:,} more files", remedy)
    if left.free < AMPLE:
        return Finding("disk", told, "keep an eye on it", Level.NOTE)
    return Finding("disk", told, level=Level.FINE)
