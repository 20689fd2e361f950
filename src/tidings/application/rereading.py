"""In which steps a reading is recorded, when more may have changed than the file.

A file may have been saved, or its source's settings changed, or the reader; or several of these.
What the file says is news, what the reader makes of it is not. So where both may be at work, what
was read last is read again first, by the reader and the settings of today, in silence; only then
is what was saved compared with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidings.core.changes import Since
from tidings.core.reader import reader_of
from tidings.state.sources import LastRead, Looked

if TYPE_CHECKING:
    from tidings.core.listings import Reading


@dataclass(frozen=True, slots=True)
class Step:
    """A reading to record, and what came between it and the one before. `untold`: what is new in it
    is there by another version of the reader, and no news."""

    reading: Reading
    since: Since = "saved"
    untold: bool = False


@dataclass(frozen=True, slots=True)
class Reread:
    """What reading a file again in another way made of its items, by their ids: those that have
    another text now, those that no file has any more, and those that nobody is told of."""

    path: str
    replaced: tuple[str, ...]
    dropped: tuple[str, ...]
    added: tuple[str, ...]


def steps(
    read: LastRead,
    reading: Reading,
    looked: Looked | None,
    parse: Callable[[str], Reading],
    *,
    held: bool,
) -> tuple[Step, ...]:
    """The steps for the `reading` of a file that is `read` now and was `looked` at before; `held`
    if nothing was ever made of it."""
    if not reading.listings:
        return ()  # held: it publishes nothing and takes nothing back
    if looked is None:
        return (Step(reading),)
    untold = reader_of(looked.settings) != reader_of(read.settings)
    before = looked.read
    if before is None:
        return (Step(reading, untold=untold and looked.digest == read.digest),)
    if before.settings == read.settings:
        return (Step(reading),)
    if before.digest == read.digest:
        return (Step(reading, "reread", untold),)
    again = None if before.text is None else parse(before.text)
    if again is not None and again.listings:
        return (Step(again, "reread", untold), Step(reading))
    if again is not None and held:
        return (Step(reading),)  # as it was before it was saved, nobody could read it
    return (Step(reading, "either", untold),)
