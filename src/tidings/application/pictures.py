"""Follow the pictures that items show: made when they are new, made again when the file is another.

A file that is gone takes its picture from the pages. One that only cannot be read now keeps what
was made of it, since that is what it last showed. Where no item has a picture, this asks one query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tidings.application.ports import PictureFolder, UnmadePicture
from tidings.model import Help, Picture, Problem
from tidings.state import Store, Transaction

_WITHOUT = "the picture {name} is not shown: {why}"
_AS_BEFORE = "the picture {name} is shown as it was before: {why}"


@dataclass(slots=True)
class PictureReport:
    """What was made, which items have another picture by it, and what is wrong."""

    made: list[Picture] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def follow_pictures(store: Store, folder: PictureFolder, now: datetime) -> tuple[Problem, ...]:
    """Make what is new or changed, and let the pages of its items be made again. Returns what is
    wrong with pictures that were looked at, at the place of their entries."""
    with store.reading() as state:
        shown, known = state.pictures.shown(), state.pictures.made()
        if not shown and not known:
            return ()
        report = _looked_at(state, folder, shown, known)
    if report.made or report.gone:
        with store.writing() as state:
            state.pictures.forget(report.gone)
            state.pictures.save(report.made)
            if report.touched:
                state.pictures.touch(report.touched, state.new_run(now))
    return tuple(report.problems)


def _looked_at(
    state: Transaction,
    folder: PictureFolder,
    shown: Mapping[str, tuple[str, ...]],
    known: Mapping[str, Picture],
) -> PictureReport:
    report = PictureReport(gone=sorted(known.keys() - shown.keys()))
    for path, ids in shown.items():
        before = known.get(path, Picture(path))
        look = folder.look(path)
        if path in known and look == before.look:
            continue
        made = folder.make(path)
        if isinstance(made, UnmadePicture):
            now = before if made.unreadable else Picture(path)
            # What is wrong is told once for each state of the file, and tried again with the next.
            now = Picture(path, look, now.name, now.width, now.height, now.length)
            told = _AS_BEFORE if now.name else _WITHOUT
            place = state.pictures.named_at(path)
            message = told.format(name=path, why=made.message)
            report.problems.append(
                Problem(
                    place.path,
                    place.line,
                    int(place.line > 0),
                    message,
                    made.hint,
                    help=Help.LISTING,
                )
            )
        else:
            now = Picture(path, made.look, made.name, made.width, made.height, len(made.data))
        report.made.append(now)
        if now.name != before.name:
            report.touched.update(ids)
    return report
