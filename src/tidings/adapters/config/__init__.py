"""Reads an instance's configuration: four YAML files, lists kept as CSV, and the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tidings.adapters.config.csv_lists import compose_rows
from tidings.adapters.config.environment import overlay
from tidings.adapters.config.holidays import calendar_files, insert_holidays
from tidings.adapters.config.notes import Notes, note_files, put_away, read_notes
from tidings.adapters.config.yaml import Document, Place, compose, read_text
from tidings.core.audience import Listed, ListFindings, in_memory, shared_on
from tidings.core.settings import (
    FILES,
    Fault,
    Plain,
    Settings,
    TopicsFile,
    names_in,
    read,
    read_topics,
    unknown_languages,
)
from tidings.errors import ConfigError
from tidings.model import Help, Problem, address_key

FOLDER = "config"

# What a list that is kept in a table says, and what that may be written in besides Unicode.
_OF_TABLE = {"from", "encoding"}
ENCODINGS = ("cp1252", "latin-1")

_LARGEST = 2**20
_MANY_ADDRESSES = 200_000
_LARGEST_ROWS = 16 * 2**20

__all__ = ["FOLDER", "Begun", "Inspection", "begin", "config_files", "inspect", "load", "put_away"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a configuration says, and all that is wrong with it.

    `settings` is None if anything is. `tables` are the lists that are kept as CSV; `faults` what is
    wrong with a value, each with its place, among the `problems`. `notes` are those of
    editors, and `holidays` what is wrong with calendar files: neither stops anything.
    """

    settings: Settings | None
    problems: tuple[Problem, ...]
    documents: Mapping[str, Document]
    tables: Mapping[str, Table] = field(default_factory=dict)
    faults: tuple[tuple[Fault, Problem], ...] = ()
    notes: Notes = field(default_factory=Notes)
    holidays: tuple[Problem, ...] = ()

    def locate(self, fault: Fault) -> Problem:
        """The place of something found later, as a line and column of its file."""
        return _problem(self.documents[fault.file], fault)

    def with_notes(self, settings: Settings) -> Settings:
        """The settings with the notes of editors, and what is wrong with calendar files."""
        left_out = dict.fromkeys((*settings.left_out, *self.holidays))
        return settings.model_copy(update={"notes": self.notes.found, "left_out": tuple(left_out)})

    def without_bad_rows(self, *, unreadable: bool = False) -> Settings | None:
        """The settings without the rows of CSV files that are wrong, which they name; None if
        anything else is wrong, or most rows of a list are. With `unreadable`, lists that cannot be
        read as a whole are empty."""
        bad: dict[str, set[int]] = {slug: set() for slug in self.tables}
        told = [problem for table in self.tables.values() for problem in table.document.problems]
        for fault, problem in self.faults:
            match fault.path:
                case ("lists", str(slug), int(row), *_) if slug in bad:
                    bad[slug].add(row)
                    told.append(problem)
        if len(told) < len(self.problems):
            return None
        for slug, table in self.tables.items():
            if table.mostly_bad(bad[slug]) or (table.unreadable and not unreadable):
                return None
        plain = {name: each.plain for name, each in self.documents.items()}
        lists = dict(_lists(self.documents["recipients.yaml"]))
        for slug, table in self.tables.items():
            lists[slug] = [row for at, row in enumerate(table.rows) if at not in bad[slug]]
        settings, _ = read(plain | {"recipients.yaml": {"lists": lists}})
        if settings is None:
            return None
        empty = tuple(slug for slug, table in self.tables.items() if table.unreadable)
        partly = tuple(slug for slug, t in self.tables.items() if bad[slug] or t.document.problems)
        left_out = {"left_out": self.problems, "unreadable": empty, "partly": partly}
        return self.with_tables(settings.model_copy(update=left_out), bad)

    def with_tables(self, settings: Settings, bad: Mapping[str, Set[int]]) -> Settings:
        """The settings, with what was found out about each table beside its people; `bad` are the
        rows that are wrong."""
        lists = dict(settings.lists)
        for slug, table in self.tables.items():
            wrong = [p for f, p in self.faults if f.path[:2] == ("lists", slug)]
            people = lists[slug]
            findings = ListFindings(
                people=len(people),
                partly=bool(bad.get(slug) or table.document.problems),
                left_out=(*table.document.problems, *wrong),
                skipped=_notes_of([table.document]),
                shared=tuple(shared_on(people)),
            )
            if table.fingerprint:
                lists[slug] = in_memory(table.fingerprint, findings, people)
        return settings.model_copy(update={"lists": MappingProxyType(lists)})

    @property
    def skipped(self) -> tuple[Problem, ...]:
        """Notes of the tables that name people who unsubscribed or bounced elsewhere."""
        return _notes_of([each.document for each in self.tables.values()])

    def topics(self) -> TopicsFile | None:
        """The topics alone, whatever is wrong elsewhere; None if something is in their file."""
        document = self.documents.get("topics.yaml")
        if document is None or document.problems:
            return None
        return read_topics({"topics.yaml": document.plain})


@dataclass(frozen=True, slots=True)
class Table:
    """A list that is kept as CSV: its rows, and what is wrong with them as rows. The fingerprint
    changes with anything that decides what it says; it is "" for one that cannot be read."""

    document: Document
    fingerprint: str = ""

    @property
    def rows(self) -> list[Plain]:
        """The rows that could be read as such."""
        return self.document.plain if isinstance(self.document.plain, list) else []

    @property
    def unreadable(self) -> bool:
        """Whether it cannot be read as a whole: there is no file, or its header is wrong."""
        return self.document.unreadable

    def mostly_bad(self, bad: Set[int]) -> bool:
        """Whether more than half of the rows are wrong, but for addresses that are there twice."""
        seen: set[str] = set()
        twice: set[int] = set()
        for at, row in enumerate(self.rows):
            key = address_key(str(row.get("address", at) if isinstance(row, dict) else at))
            if key in seen:
                twice.add(at)
            seen.add(key)
        unread = 0 if self.unreadable else len(self.document.problems)
        wrong = len(bad - twice) + unread
        return 2 * wrong > len(self.rows) - len(twice) + unread


def load(
    instance: Path,
    environ: Mapping[str, str],
    languages: Sequence[str] = (),
    *,
    unreadable: bool = False,
) -> Settings:
    """Read the configuration of the instance in that folder; touches nothing.

    People are data: bad rows of a list that is kept as CSV are left out, and with `unreadable` one
    that cannot be read is empty; the settings say which. `languages` are those that there are words
    for, by default any. Raises ConfigError with every problem of every file at once.
    """
    found = inspect(instance, environ, languages)
    if found.settings:
        settings = found.with_tables(found.settings, {})
    elif without := found.without_bad_rows(unreadable=unreadable):
        settings = without
    else:
        raise ConfigError(found.problems)
    settings = found.with_notes(settings)
    return settings.model_copy(update={"skipped": found.skipped}) if found.skipped else settings


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
    decided = _decided_by(documents, languages)
    tables, misplaced = _insert_tables(instance, documents["recipients.yaml"], decided)
    problems += misplaced
    problems += [problem for table in tables.values() for problem in table.document.problems]
    holidays = insert_holidays(instance / FOLDER, FOLDER, documents["digests.yaml"])
    located = []
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
            located.append((fault, problem))
    found = Inspection(
        settings=None if problems else settings,
        problems=tuple(sorted(problems, key=_order)),
        documents=documents,
        tables=tables,
        faults=tuple(located),
        notes=read_notes(instance, _digests(documents["digests.yaml"]), languages),
        holidays=tuple(holidays),
    )
    return replace(found, settings=found.with_notes(found.settings)) if found.settings else found


def config_files(instance: Path) -> tuple[Path, ...]:
    """The files that `load` reads, whether they exist or not: what a worker should watch."""
    recipients = _document(instance, "recipients.yaml")
    folder = instance / FOLDER
    kept = {each.file for each in _references(recipients)}
    kept |= set(calendar_files(_document(instance, "digests.yaml")))
    files = (*FILES, *sorted(kept))
    return (*(folder / name for name in files), *note_files(instance))


def _digests(document: Document) -> tuple[str, ...]:
    found = document.plain.get("digests") if isinstance(document.plain, dict) else None
    return tuple(found) if isinstance(found, dict) else ()


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


def _notes_of(tables: Sequence[Document]) -> tuple[Problem, ...]:
    """Notes of the tables that name people who unsubscribed or bounced elsewhere."""
    return tuple(
        Problem(each.file, 0, 0, _skipped(each.skipped), severity="note", help=Help.CSV_LIST)
        for each in {each.file: each for each in tables}.values()
        if each.skipped
    )


def _skipped(skipped: Mapping[str, int]) -> str:
    told = ", ".join(f"{number:,} {why}" for why, number in sorted(skipped.items()))
    return f"rows of people who get no mail elsewhere are skipped: {told}"


class _Reference(NamedTuple):
    """A list that says {from: file}: its name, the place of the file's name, that name, and the
    encoding if one is named."""

    slug: str
    place: Place
    file: str
    encoding: str | None


def _references(recipients: Document) -> Iterator[_Reference]:
    for slug, entries in _lists(recipients).items():
        if isinstance(entries, dict) and "from" in entries and entries.keys() <= _OF_TABLE:
            file, encoding = entries["from"], entries.get("encoding")
            if isinstance(file, str) and file and encoding in (None, *ENCODINGS):
                named = str(encoding) if encoding else None
                yield _Reference(slug, recipients.place(("lists", slug, "from")), file, named)


def _insert_tables(
    instance: Path, recipients: Document, decided: str
) -> tuple[dict[str, Table], list[Problem]]:
    """Put the rows of CSV files where lists refer to them, each with its own place.

    Returns the tables, and references to what is no file of the folder.
    """
    tables: dict[str, Table] = {}
    misplaced: list[Problem] = []
    for slug, named_at, file, encoding in tuple(_references(recipients)):
        if not _inside(file):
            message = f'"{file}" is not a file in {FOLDER}/'
            misplaced.append(named_at.problem(message, "write a name such as partners.csv"))
            _lists(recipients)[slug] = []
            continue
        table = _table(instance, _Reference(slug, named_at, file, encoding), decided)
        tables[slug], rows = table, table.document
        _lists(recipients)[slug] = rows.plain
        recipients.values |= {("lists", slug, *path): at for path, at in rows.values.items()}
        recipients.keys |= {("lists", slug, *path): at for path, at in rows.keys.items()}
    return tables, misplaced


def _table(instance: Path, named: _Reference, decided: str) -> Table:
    """A list that is kept in a CSV file; one that can't be read is empty."""
    shown = f"{FOLDER}/{named.file}"
    document = Document(shown, plain=[])
    text = _text_of(instance, named)
    if isinstance(text, str):
        rows = compose_rows(text, shown)
        return Table(rows, "" if rows.unreadable else _fingerprint(shown, text, decided))
    if not text.line:
        text = named.place.problem(f"{shown}: {text.message}", help=text.help)
    document.fail(text)
    document.plain = []
    return Table(document)


def _text_of(instance: Path, named: _Reference) -> str | Problem:
    shown, place = f"{FOLDER}/{named.file}", instance / FOLDER / named.file
    return read_text(place, shown, most=_LARGEST_ROWS, encoding=named.encoding, table=True)


def _decided_by(documents: Mapping[str, Document], languages: Sequence[str]) -> str:
    """All but its own text that decides what a table says, and what is wrong with it."""
    names = names_in({name: each.plain for name, each in documents.items()})
    return repr((version("tidings"), names.topics, sorted(names.moved.items()), [*languages]))


def _fingerprint(shown: str, text: str, decided: str) -> str:
    told = sha256(f"{shown}\0{decided}\0".encode())
    told.update(text.encode())
    return told.hexdigest()


@dataclass(frozen=True, slots=True)
class Begun:
    """A configuration but for the people on lists that are kept in tables: of each the
    fingerprint. The settings have none of these lists."""

    settings: Settings
    tables: Mapping[str, str]

    def with_lists(self, lists: Mapping[str, Listed]) -> Settings:
        """The settings with these lists for the tables."""
        findings = [lists[slug].findings for slug in self.tables]
        left_out = sorted((each for found in findings for each in found.left_out), key=_order)
        skipped = dict.fromkeys(each for found in findings for each in found.skipped)
        update = {
            "lists": MappingProxyType({**self.settings.lists, **lists}),
            "left_out": tuple(dict.fromkeys((*left_out, *self.settings.left_out))),
            "partly": tuple(slug for slug in self.tables if lists[slug].findings.partly),
            "skipped": tuple(skipped),
        }
        return self.settings.model_copy(update=update)


def begin(
    instance: Path, environ: Mapping[str, str], languages: Sequence[str] = ()
) -> Begun | None:
    """Read the configuration but for the people in tables, of which only the fingerprints are
    taken; None if there are no tables, or if anything is wrong, which `load` tells.

    With 300,000 people in a table, reading them takes nine seconds, which every verb had to wait
    for; their fingerprint takes a tenth of one.
    """
    if not (instance / FOLDER).is_dir():
        return None
    documents = {name: _document(instance, name) for name in FILES}
    overlay(documents["tidings.yaml"], environ)
    recipients, tables = documents["recipients.yaml"], dict[str, str]()
    decided = _decided_by(documents, languages)
    for named in tuple(_references(recipients)):
        text = _text_of(instance, named) if _inside(named.file) else None
        if not isinstance(text, str):
            return None
        tables[named.slug] = _fingerprint(f"{FOLDER}/{named.file}", text, decided)
        _lists(recipients)[named.slug] = []
    if not tables or any(document.problems for document in documents.values()):
        return None
    holidays = insert_holidays(instance / FOLDER, FOLDER, documents["digests.yaml"])
    plain = {name: each.plain for name, each in documents.items()}
    settings, _ = read(plain)
    if settings is None or (languages and any(unknown_languages(plain, languages))):
        return None
    lists = {slug: people for slug, people in settings.lists.items() if slug not in tables}
    notes = read_notes(instance, _digests(documents["digests.yaml"]), languages)
    update = {
        "lists": MappingProxyType(lists),
        "notes": notes.found,
        "left_out": tuple(dict.fromkeys(holidays)),
    }
    return Begun(settings.model_copy(update=update), tables)


def _inside(file: str) -> bool:
    return not file.startswith("/") and ".." not in file.split("/") and "\\" not in file


def _problem(document: Document, fault: Fault) -> Problem:
    place = document.place(fault.path, at_key=fault.at_key)
    return replace(place.problem(fault.message, fault.hint, fault.help), severity=fault.severity)


def _order(problem: Problem) -> tuple[int, str, int, int]:
    shown = [f"{FOLDER}/{name}" for name in FILES]
    rank = shown.index(problem.path) if problem.path in shown else len(shown)
    return rank, problem.path, problem.line, problem.column
