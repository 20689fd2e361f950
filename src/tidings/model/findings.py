"""What a look at an instance comes to: what is as it should be, and what somebody should do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters: not at all, worth knowing, or to be mended."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `check` names it in a word or two, `message` says how it is,
    `remedy` what to do about it, "" where there is nothing to do."""

    check: str
    message: str
    remedy: str = ""
    level: Level = Level.WRONG
