"""Reads an instance's configuration: four YAML files, lists kept as CSV, and the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tidings.adapters.config.csv_lists import compose_rows
from tidings.adapters.config.environment import overlay
from tidings.adapters.config.yaml import Document, Place, compose, read_text
from tidings.core.settings import (
    FILES,
    Fault,
    Settings,
    TopicsFile,
    read,
    read_topics,
    unknown_languages,
)
from tidings.errors import ConfigError
from tidings.model import Problem

FOLDER = "config"

_LARGEST = 2**20
_MANY_ADDRESSES = 200_000
_LARGEST_ROWS = 16 * 2**20

__all__ = ["FOLDER", "Inspection", "config_files", "inspect", "load"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a configuration says, and all that is wrong with it.

    `settings` is None if anything is.
    """

    settings: Settings | None
    problems: tuple[Problem, ...]
    documents: Mapping[str, Document]

    def locate(self, fault: Fault) -> Problem:
        """The place of something found later, as a line and column of its file."""
        return _problem(self.documents[fault.file], fault)

    def topics(self) -> TopicsFile | None:
        """The topics alone, whatever is wrong elsewhere; None if something is in their file."""
        document = self.documents.get("topics.yaml")
        if document is None or document.problems:
            return None
        return read_topics({"topics.yaml": document.plain})


def load(instance: Path, environ: Mapping[str, str], languages: Sequence[str] = ()) -> Settings:
    """Read the configuration of the instance in that folder; touches nothing.

    `languages` are those that there are words for, by default any. Raises ConfigError with every
    problem of every file at once.
    """
    found = inspect(instance, environ, languages)
    if found.settings is None:
        raise ConfigError(found.problems)
    return found.settings


def inspect(
    instance: Path, environ: Mapping[str, str], languages: Sequence[str] = ()
) -> Inspection:
    """Judge the configuration of the instance in that folder; touches nothing, never raises."""
    if not (instance / FOLDER).is_dir():
        hint = "write one with `tidings init DIR`, or name its folder: `tidings -C DIR …`"
        problem = Problem(FOLDER, 0, 0, "there is no instance here", hint)
        return Inspection(None, (problem,), {})
    documents = {name: _document(instance, name) for name in FILES}
    overlay(documents["tidings.yaml"], environ)
    problems = [problem for document in documents.values() for problem in document.problems]
    for slug, document in _rows(instance, documents["recipients.yaml"]):
        problems += document.problems
        _graft(documents["recipients.yaml"], slug, document)
    plain = {name: each.plain for name, each in documents.items() if not each.unreadable}
    settings, faults = read(plain)
    mangled = {(problem.path, problem.line, problem.column) for problem in problems}
    untranslated = unknown_languages(plain, languages) if languages else ()
    for fault in (*faults, *untranslated):
        problem = _problem(documents[fault.file], fault)
        # What YAML mangled is not judged a second time.
        if not fault.path or (problem.path, problem.line, problem.column) not in mangled:
            problems.append(problem)
    return Inspection(
        settings=None if problems else settings,
        problems=tuple(sorted(problems, key=_order)),
        documents=documents,
    )


def config_files(instance: Path) -> tuple[Path, ...]:
    """The files that `load` reads, whether they exist or not: what a worker should watch."""
    recipients = _document(instance, "recipients.yaml")
    folder = instance / FOLDER
    kept = sorted({file for _, _, file in _references(recipients)})
    return (*(folder / name for name in FILES), *(folder / file for file in kept))


def _document(instance: Path, name: str) -> Document:
    shown = f"{FOLDER}/{name}"
    text = read_text(instance / FOLDER / name, shown, most=_LARGEST)
    if isinstance(text, str):
        if name == "recipients.yaml":
            return compose(text, shown, _MANY_ADDRESSES)  # what its size allows
        return compose(text, shown)
    document = Document(shown)
    document.fail(text)
    return document


def _references(recipients: Document) -> Iterator[tuple[str, Place, str]]:
    """Each list that says {from: file}: its name, the place of the file's name, and that name."""
    lists = recipients.plain.get("lists") if isinstance(recipients.plain, dict) else None
    for slug, entries in lists.items() if isinstance(lists, dict) else ():
        if isinstance(entries, dict) and list(entries) == ["from"]:
            file = entries["from"]
            if isinstance(file, str) and file:
                yield slug, recipients.place(("lists", slug, "from")), file


def _rows(instance: Path, recipients: Document) -> Iterator[tuple[str, Document]]:
    """The lists that are kept in CSV files, by name. One that can't be read is empty."""
    for slug, place, file in _references(recipients):
        shown = f"{FOLDER}/{file}"
        document = Document(shown, plain=[])
        if not _inside(file):
            message = f'"{file}" is not a file in {FOLDER}/'
            document.problems.append(place.problem(message, "write a name such as partners.csv"))
            yield slug, document
            continue
        text = read_text(instance / FOLDER / file, shown, most=_LARGEST_ROWS)
        if isinstance(text, str):
            yield slug, compose_rows(text, shown)
        elif text.line:
            document.problems.append(text)
            yield slug, document
        else:
            document.problems.append(place.problem(f"{shown}: {text.message}"))
            yield slug, document


def _inside(file: str) -> bool:
    return not file.startswith("/") and ".." not in file.split("/") and "\\" not in file


def _graft(recipients: Document, slug: str, rows: Document) -> None:
    """Put the rows of a CSV file where the list refers to it, each with its own place."""
    lists = recipients.plain.get("lists") if isinstance(recipients.plain, dict) else None
    if not isinstance(lists, dict):
        return
    lists[slug] = rows.plain
    for path, place in rows.values.items():
        recipients.values["lists", slug, *path] = place
    for path, place in rows.keys.items():
        recipients.keys["lists", slug, *path] = place


def _problem(document: Document, fault: Fault) -> Problem:
    place = document.place(fault.path, at_key=fault.at_key)
    return replace(place.problem(fault.message, fault.hint), severity=fault.severity)


def _order(problem: Problem) -> tuple[int, str, int, int]:
    shown = [f"{FOLDER}/{name}" for name in FILES]
    rank = shown.index(problem.path) if problem.path in shown else len(shown)
    return rank, problem.path, problem.line, problem.column
