"""Reads the notes of editors, `config/editions/<digest>.md`, and puts away those that were taken.

A note is markdown; settings may stand above it between two lines of `---`, as in many tools that
read markdown. `<digest>.es.md` is its text in another language.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count as count_from
from pathlib import Path

from tidings.adapters.config.yaml import Document, compose, read_text
from tidings.core.settings import faults_in_note, suggestion
from tidings.model import PLAIN, EditorNote, Help, NoteText, Problem

FOLDER = "config/editions"
_LARGEST = 2**17
_FENCE = "---"
# The files of notes that were taken are called after their editions: weekly-12.md, weekly-12.es.md.
_TAKEN = re.compile(r"[a-z0-9-]+-[0-9]+")


@dataclass(slots=True)
class Notes:
    """The notes that wait for an edition, by the name of the digest, or what is wrong with one; the
    documents of their settings, by the same; and all that is wrong in the folder."""

    found: dict[str, EditorNote | Problem] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def note_files(instance: Path) -> list[Path]:
    """The files in the folder of notes."""
    folder = instance / FOLDER
    return sorted(folder.glob("*.md")) if folder.is_dir() else []


def read_notes(instance: Path, names: Sequence[str], languages: Sequence[str] = ()) -> Notes:
    """Read the notes for digests of these names; never raises."""
    notes = Notes()
    for file in note_files(instance):
        name, _, language = file.stem.partition(".")
        shown = f"{FOLDER}/{file.name}"
        if name not in names:
            if not _TAKEN.fullmatch(name) and file.name != "README.md":
                hint = suggestion(name, names) or f"there are {', '.join(names) or 'none'}"
                notes.problems.append(_problem(shown, f"there is no digest {name}", hint))
            continue
        if language and languages and language not in languages:
            hint = f"there are words for {', '.join(languages)}"
            _fail(notes, name, _problem(shown, f"nobody reads mail in {language}", hint))
            continue
        _read(notes, file, shown, name, language)
    return notes


def _read(notes: Notes, file: Path, shown: str, name: str, language: str) -> None:
    text = read_text(file, shown, most=_LARGEST)
    if isinstance(text, Problem):
        _fail(notes, name, text)
        return
    above, body = _parted(text)
    document = compose(above, shown)
    model, faults = faults_in_note(document.plain, shown) if not document.problems else (None, ())
    problems = [*document.problems]
    for fault in faults:
        place = document.place(fault.path, at_key=fault.at_key)
        problems.append(place.problem(fault.message, fault.hint, help=Help.NOTE))
    if model and language and (model.lead or model.leave_out or model.for_good):
        hint = f"write them in {name}.md"
        keys = [key for key in ("lead", "leave_out", "for") if (key,) in document.keys]
        place = document.place(tuple(keys[:1]), at_key=True)
        told = "lead, leave_out and for are of the edition, not of a language"
        problems.append(place.problem(told, hint, help=Help.NOTE))
    if not problems and not body and not document.plain:
        problems.append(_problem(shown, "says nothing", "write a text, or remove the file"))
    for problem in problems:
        _fail(notes, name, problem)
    before = notes.found.get(name, EditorNote())
    if model is None or problems or isinstance(before, Problem):
        return
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    texts = {**before.texts, language or PLAIN: NoteText(body, model.subject, mark)}
    if language:
        notes.found[name] = EditorNote(texts, before.lead, before.leave_out, before.for_good)
        return
    notes.documents[name] = document
    notes.found[name] = EditorNote(texts, model.lead, model.leave_out, bool(model.for_good))


def _parted(text: str) -> tuple[str, str]:
    """The settings above a note, on the lines on which they stand, and the note."""
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].rstrip() != _FENCE:
        return "", text.strip()
    ends = (at for at, line in enumerate(lines) if at and line.rstrip() == _FENCE)
    end = next(ends, len(lines))
    return "\n".join(["", *lines[1:end]]), "\n".join(lines[end + 1 :]).strip()


def _problem(shown: str, message: str, hint: str = "") -> Problem:
    return Problem(shown, 0, 0, message, hint, help=Help.NOTE)


def _fail(notes: Notes, name: str, problem: Problem) -> None:
    notes.problems.append(problem)
    if not isinstance(notes.found.get(name), Problem):
        notes.found[name] = problem


def put_away(instance: Path, name: str, marks: Mapping[str, str], number: int) -> str:
    """Rename the files of a note that an edition has taken, after the edition: weekly-12.md.

    What was changed since is another note, and stays. Returns why it is not possible, or "".
    """
    for language, mark in marks.items():
        ending = f".{language}.md" if language else ".md"
        file = instance / FOLDER / f"{name}{ending}"
        shown = f"{FOLDER}/{file.name}"
        text = read_text(file, shown, most=_LARGEST)
        if isinstance(text, Problem):
            continue
        if hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32] != mark:
            continue
        try:
            _rename(file, _free(file.with_name(f"{name}-{number}"), ending))
        except OSError as error:
            return (
                f"{shown} was taken by No. {number}, and cannot be renamed: {error.strerror}:"
                " remove it; no other edition takes it"
            )
    return ""


def _free(stem: Path, ending: str) -> Iterator[Path]:
    yield stem.with_name(f"{stem.name}{ending}")
    for count in count_from(2):
        yield stem.with_name(f"{stem.name}-{count}{ending}")


def _rename(file: Path, places: Iterator[Path]) -> None:
    """Give a file the first name that is free: nothing is written over."""
    file.rename(next(place for place in places if not place.exists()))
