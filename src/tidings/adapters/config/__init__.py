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
    Plain,
    Settings,
    TopicsFile,
    read,
    read_topics,
    unknown_languages,
)
from tidings.errors import ConfigError
from tidings.model import Help, Problem

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
        problem = Problem(FOLDER, 0, 0, "there is no instance here", hint, help=Help.NO_INSTANCE)
        return Inspection(None, (problem,), {})
    documents = {name: _document(instance, name) for name in FILES}
    overlay(documents["tidings.yaml"], environ)
    problems = [problem for document in documents.values() for problem in document.problems]
    problems += _insert_tables(instance, documents["recipients.yaml"])
    plain = {name: each.plain for name, each in documents.items() if not each.unreadable}
    settings, faults = read(plain)
    mangled = {(problem.path, problem.line, problem.column) for problem in problems}
    for document in documents.values():
        mangled |= {(document.file, *place) for place in document.mangled}
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


def _lists(recipients: Document) -> dict[str, Plain]:
    lists = recipients.plain.get("lists") if isinstance(recipients.plain, dict) else None
    return lists if isinstance(lists, dict) else {}


def _references(recipients: Document) -> Iterator[tuple[str, Place, str]]:
    """Each list that says {from: file}: its name, the place of the file's name, and that name."""
    for slug, entries in _lists(recipients).items():
        if isinstance(entries, dict) and list(entries) == ["from"]:
            file = entries["from"]
            if isinstance(file, str) and file:
                yield slug, recipients.place(("lists", slug, "from")), file


def _insert_tables(instance: Path, recipients: Document) -> list[Problem]:
    """Put the rows of CSV files where lists refer to them, each with its own place.

    Returns what is wrong with these files.
    """
    problems: list[Problem] = []
    for slug, named_at, file in tuple(_references(recipients)):
        rows = _table(instance, file, named_at)
        problems += rows.problems
        _lists(recipients)[slug] = rows.plain
        recipients.values |= {("lists", slug, *path): at for path, at in rows.values.items()}
        recipients.keys |= {("lists", slug, *path): at for path, at in rows.keys.items()}
    return problems


def _table(instance: Path, file: str, named_at: Place) -> Document:
    """A list that is kept in a CSV file; one that can't be read is empty."""
    shown = f"{FOLDER}/{file}"
    document = Document(shown, plain=[])
    if not _inside(file):
        message = f'"{file}" is not a file in {FOLDER}/'
        document.problems.append(
            named_at.problem(message, "write a name such as partners.csv", Help.CSV_LIST)
        )
        return document
    text = read_text(instance / FOLDER / file, shown, most=_LARGEST_ROWS)
    if isinstance(text, str):
        return compose_rows(text, shown)
    if not text.line:
        text = named_at.problem(f"{shown}: {text.message}", help=text.help)
    document.problems.append(text)
    return document


def _inside(file: str) -> bool:
    return not file.startswith("/") and ".." not in file.split("/") and "\\" not in file


def _problem(document: Document, fault: Fault) -> Problem:
    place = document.place(fault.path, at_key=fault.at_key)
    return replace(place.problem(fault.message, fault.hint, fault.help), severity=fault.severity)


def _order(problem: Problem) -> tuple[int, str, int, int]:
    shown = [f"{FOLDER}/{name}" for name in FILES]
    rank = shown.index(problem.path) if problem.path in shown else len(shown)
    return rank, problem.path, problem.line, problem.column
