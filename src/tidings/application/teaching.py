"""What the examples of sources have taught, for files in which their titles do not stand.

Only a file that has the example tells which layout it chooses, and pages scroll: so the layout is
kept in the state, with the example that it is from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidings.application.ports import SeedFolder
from tidings.model import Example, ReadError, Taught
from tidings.state import Store

if TYPE_CHECKING:
    from tidings.core.listings import Reading

NOTE = "taught: "


@dataclass(frozen=True, slots=True)
class Teacher:
    """A source with an example; `has` tells its files."""

    source: str
    example: Example
    has: Callable[[str], bool]


def learn(
    store: Store,
    seeds: SeedFolder,
    paths: Sequence[str],
    teachers: Sequence[Teacher],
    parse: Callable[[str, str], Reading],
) -> dict[str, Taught]:
    """By source the layout that its example has chosen, in one of the files `paths` or before.

    Of several files that have the example the first counts, in the order of their names. Nobody
    else may record meanwhile.
    """
    with store.reading() as state:
        notes = {each.source: state.note(NOTE + each.source) for each in teachers}
    learnt: dict[str, Taught] = {}
    for teacher in teachers:
        now = next(
            (
                found
                for path in sorted(filter(teacher.has, paths))
                if (found := _taught(seeds, path, teacher, parse))
            ),
            None,
        )
        before = _read(notes[teacher.source], teacher.example)
        if now and now != before:
            with store.writing() as state:
                state.remember(NOTE + teacher.source, _written(now, teacher.example))
        if taught := now or before:
            learnt[teacher.source] = taught
    return learnt


def _taught(
    seeds: SeedFolder, path: str, teacher: Teacher, parse: Callable[[str, str], Reading]
) -> Taught | None:
    """What one file teaches: nothing if it has not the example, or is held."""
    # Here, since most runs find nothing new and read nothing.
    from tidings.core.listings.teaching import stands_in

    answer = seeds.read(path)
    if isinstance(answer, ReadError) or not stands_in(
        teacher.example.title, answer.text.split("\n")
    ):
        return None
    reading = parse(answer.text, path)
    if reading.behind is None or not reading.listings:
        return None
    return Taught(reading.layout, reading.behind)


def _written(taught: Taught, example: Example) -> str:
    return json.dumps([repr(example), taught.layout, taught.behind])


def _read(note: str | None, example: Example) -> Taught | None:
    """What a note says, if it is of this example."""
    of, layout, behind = json.loads(note) if note else ("", "", 0.0)
    return Taught(layout, behind) if of == repr(example) else None
