"""Reads a configuration file: plain data, where each part of it stands, and what is wrong.

YAML 1.2 through ruamel's pure parser. Scalars stay text (`no`, `2020` and `1.10` are words; the
settings say what they mean), except that an empty value, `null` or `~` after a key is None.
Places come from the marks of the parser's events, in one walk. Ruamel's own composer is not used:
it recurses, takes seconds to give up on 3,000 brackets, and stops at an alias that has no anchor.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from tidings.adapters.config import mistakes
from tidings.core.settings import Path, Plain
from tidings.model import Help, Problem

DEEPEST = 50
LONGEST = 20_000

_LONGEST_EXCERPT = 120

_NULLS = ("", "~", "null", "Null", "NULL")

# A comment that follows a text without a space after its #: more likely a cut text.
_CUT = re.compile(r"[ \t]+(#[^\s#][^\r\n]*)")

_BRACKET_HINT = 'close it, and quote a text that holds any of [ ] { } , # or ": "'
_QUOTE_HINT = "a text that only holds a quote must itself be quoted, by the other kind"

# What the parser says, and what an administrator should be told. The mark is where it began to
# read the construct ("context") or where it gave up ("problem").
_REASONS: tuple[tuple[str, str, str, str], ...] = (
    ("flow sequence", "context", "the list that [ opens here is not closed", _BRACKET_HINT),
    ("flow mapping", "context", "the mapping that { opens here is not closed", _BRACKET_HINT),
    ("quoted scalar", "context", "the quoted text that begins here goes wrong", _QUOTE_HINT),
    ("mapping values are not allowed", "problem", 'a second ": " on one line', "quote the text"),
    ("'\\t'", "problem", "a tab", "indent with spaces, and write spaces behind : and -"),
    ("cannot start any token", "problem", "a text cannot begin like this", "quote it"),
    ("scanning an alias", "context", "a text cannot begin with *", "quote it"),
    ("scanning an anchor", "context", "a text cannot begin with &", "quote it"),
    (
        "expected ':'",
        "context",
        'a line without ": " among settings',
        "indent it, or write key: value",
    ),
    ("'<scalar>'", "problem", "something follows a quoted text", "quote the whole text"),
    ("<block end>", "problem", "does not fit the lines above", "check the indentation"),
    ("node content", "problem", "a text cannot begin like this", "quote it"),
)

# What YAML 1.2 section 5.1 calls not printable, and the lone surrogates of undecodable variables.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file: line and column count from 1, 0 is "as a whole"; `text` stands there."""

    file: str
    line: int = 0
    column: int = 0
    text: str = ""

    def problem(self, message: str, hint: str = "", help: Help = Help.YAML) -> Problem:  # noqa: A002
        """Say what is wrong here."""
        return Problem(self.file, self.line, self.column, message, hint, self.text, help=help)

    def unprintable(self, found: re.Match[str]) -> Problem:
        """Say which character has no business here."""
        return self.problem(f"holds the control character U+{ord(found[0]):04X}", "remove it")


@dataclass(slots=True)
class Document:
    """One file's plain data under construction.

    `plain` is None also when nothing could be read; then `unreadable` is true. `values` and `keys`
    map the path of every part to where its value and its key stand.
    """

    file: str
    plain: Plain = None
    unreadable: bool = False
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    # Lines and columns of what was read otherwise than meant: said already, and judged no more.
    mangled: set[tuple[int, int]] = field(default_factory=set)
    # How many rows of a table are of people who get no mail, by what became of them elsewhere.
    skipped: dict[str, int] = field(default_factory=dict)

    def fail(self, problem: Problem) -> None:
        """Note a problem that leaves nothing to judge."""
        if problem not in self.problems:
            self.problems.append(problem)
        self.plain = None
        self.unreadable = True

    def place(self, path: Path, *, at_key: bool = False) -> Place:
        """Where a path stands; the nearest thing around it, if it isn't there."""
        while path:
            found = self.values.get(path)
            if at_key or found is None:
                found = self.keys.get(path, found)
            if found is not None:
                return found
            path, at_key = path[:-1], True
        whole = self.values.get((), Place(self.file))
        return replace(whole, text="") if at_key else whole


def read_text(
    path: FilePath, name: str, *, most: int, encoding: str | None = None, table: bool = False
) -> str | Problem:
    """Read a configuration file as UTF-8, at most `most` bytes.

    A `table` may also be UTF-16 that says so, as spreadsheets write it, and in the `encoding` that
    is named for it.

    Returns a problem instead if it is missing, no regular file, too large, not UTF-8, or holds
    characters that no text has. Links are followed: configuration is often mounted that way.
    """
    try:
        raw = _read_bytes(path, most + 1)
    except FileNotFoundError:
        return _unreadable(name, "there is no such file", "`tidings init` writes one")
    except OSError as error:
        return _unreadable(name, f"cannot be read: {error.strerror or error}")
    if raw is None:
        return _unreadable(name, "is not a regular file")
    if len(raw) > most:
        return _unreadable(name, f"is larger than {most // 2**20} MiB")
    try:
        text = _decoded(raw, encoding, table=table)
    except UnicodeDecodeError as error:
        above = raw[: error.start].decode("utf-8-sig", errors="replace")
        line, column = _line_and_column(above, error.start)
        message = f"byte {error.start} is not {'UTF-8' if encoding is None else encoding}"
        hint = "save it as UTF-8"
        if table and encoding is None:
            hint += ", or name its encoding: {from: …, encoding: cp1252}"
        return Place(name, line, column).problem(message, hint, Help.FILE_UNREADABLE)
    found = unprintable(text)
    if found:
        line, column = _line_and_column(text, found.start())
        return Place(name, line, column).unprintable(found)
    return text


def _decoded(raw: bytes, encoding: str | None, *, table: bool) -> str:
    if table and raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        if encoding is None:
            raise
        return raw.decode(encoding)


def unprintable(text: str) -> re.Match[str] | None:
    """Find the first character that has no business in a text."""
    return _UNPRINTABLE.search(text)


def _read_bytes(path: FilePath, most: int) -> bytes | None:
    # O_NONBLOCK: opening a named pipe must not wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def _unreadable(name: str, message: str, hint: str = "") -> Problem:
    return Place(name).problem(message, hint, Help.FILE_UNREADABLE)


def _line_and_column(text: str, index: int) -> tuple[int, int]:
    """The place of a character, counted from 1; lines end as YAML ends them."""
    before = re.split(r"\r\n|\r|\n", text[:index])
    return len(before), len(before[-1]) + 1


class _Halt(Exception):
    """Ends the walk: nothing after this can be read sensibly."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def compose(text: str, file: str, longest: int = LONGEST) -> Document:
    """Read one YAML document; `file` is the name that its problems carry. Never raises.

    It may hold `longest` keys and values: reading more would take seconds.
    """
    composer = _Composer(text, file, longest)
    try:
        composer.run()
    except _Halt as halt:
        composer.document.fail(halt.problem)
    except MarkedYAMLError as error:
        composer.document.fail(composer.syntax_problem(error))
    except (YAMLError, ValueError, IndexError, OverflowError) as error:
        # The parser does not guard its own arithmetic, as in "\U00110000".
        composer.document.fail(composer.stumble(error))
    return composer.document


class _Composer:
    """The state of one walk: the text, its events, and the document that grows."""

    def __init__(self, text: str, file: str, longest: int) -> None:
        self.text = text
        self.longest = longest
        # As editors count them; the parser also breaks lines at U+0085, U+2028 and U+2029.
        self.starts = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]
        self.lines = re.split(r"\r\n|\r|\n", text)
        self.document = Document(file)
        self.reached: StringMark | None = None
        self.events = self._guarded()

    def run(self) -> None:
        started = False
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                if started:
                    message = "a second document begins here"
                    raise _Halt(self._at(event.start_mark).problem(message, "remove the ---"))
                started = True
            elif isinstance(event, NodeEvent):
                self.document.plain = self._value(event, ())

    def _guarded(self) -> Iterator[Event]:
        """The parser's events, up to the first that nests too deep or is one too many."""
        depth = nodes = 0
        for event in YAML(typ="safe", pure=True).parse(self.text):
            nodes += isinstance(event, NodeEvent)
            if nodes > self.longest:
                message = f"is beyond the {self.longest:,} keys and values that a file may hold"
                raise _Halt(self._at(event.start_mark).problem(message))
            if isinstance(event, CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    message = f"is nested more than {DEEPEST} levels deep"
                    raise _Halt(self._at(event.start_mark).problem(message))
            elif isinstance(event, CollectionEndEvent):
                depth -= 1
            self.reached = event.end_mark
            yield event

    def _value(self, event: Event, path: Path) -> Plain:
        place = self._place(event)
        self.document.values[path] = place
        self._check_node(event, place)
        if isinstance(event, MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(path)
        if isinstance(event, ScalarEvent):
            in_list = bool(path) and isinstance(path[-1], int)
            key = self.document.keys.get(path)
            below = not path or (key is not None and key.line < place.line)
            if not event.style:
                self._check_spaces(event, place, below=below and not in_list)
            return self._scalar(event, place, in_list=in_list)
        return place.text  # an alias: noted already, and a text is what was meant

    def _check_node(self, event: Event, place: Place) -> None:
        hint = f"if it is meant as a text, quote it: '{place.text}'"
        if isinstance(event, AliasEvent):
            self._note(place, "aliases (*name) are not allowed", hint)
        elif getattr(event, "anchor", None) is not None:
            self._note(place, "anchors (&name) are not allowed", hint)
        elif getattr(event, "tag", None) is not None:
            self._note(place, "tags (!name) are not allowed", hint)

    def _sequence(self, path: Path) -> Plain:
        values: list[Plain] = []
        for event in self._until_end():
            values.append(self._value(event, (*path, len(values))))
        return values

    def _mapping(self, path: Path) -> Plain:
        pairs: dict[str, Plain] = {}
        for event in self._until_end():
            place = self._place(event)
            if not isinstance(event, ScalarEvent) or event.value == "":
                self._note(place, "a key must be a word", "quote a text that begins with [ or {")
                self._skip(event)
                self._skip(next(self.events))
                continue
            self._check_node(event, place)
            key = event.value
            if key != key.strip(mistakes.NO_BREAK) and (
                found := mistakes.no_break_space(self.lines[place.line - 1], place.line)
            ):
                self._note_mistake(found, place)
            value = next(self.events)
            if key in pairs:
                first = self.document.keys[(*path, key)].line
                self._note(place, f'"{key}" is here twice', f"the first is on line {first}")
                self._skip(value)
                continue
            self.document.keys[(*path, key)] = place
            pairs[key] = self._value(value, (*path, key))
            if pairs[key] is None:
                # An empty value has no place of its own; the parser puts it on the next line.
                self.document.values[(*path, key)] = place
        return pairs

    def _until_end(self) -> Iterator[NodeEvent]:
        """The nodes right below the collection that has just begun."""
        while isinstance(event := next(self.events), NodeEvent):
            yield event

    def _skip(self, event: Event) -> None:
        depth = 0
        while True:
            depth += isinstance(event, CollectionStartEvent)
            depth -= isinstance(event, CollectionEndEvent)
            if not depth:
                return
            event = next(self.events)

    def _scalar(self, event: ScalarEvent, place: Place, *, in_list: bool) -> Plain:
        value = str(event.value)
        found = unprintable(value)
        if found:
            self.document.problems.append(place.unprintable(found))
        if event.style:
            return value
        cut = _CUT.match(self.text, event.end_mark.index)
        if cut and (value or in_list):
            whole = f"{value} {cut[1]}".strip()
            hint = f'quote it: "{whole}"; a comment has a space after its #'
            self._note(place, f'"{cut[1]}" is taken for a comment', hint)
        return None if value in (_NULLS[:1] if in_list else _NULLS) else value

    def _note(self, place: Place, message: str, hint: str = "") -> None:
        self.document.problems.append(place.problem(message, hint))

    def _place(self, event: Event) -> Place:
        start, end = event.start_mark, event.end_mark
        stop = end.index if isinstance(event, ScalarEvent | AliasEvent) else len(self.text)
        return self._at(start, stop)

    def _at(self, mark: StringMark, stop: int | None = None) -> Place:
        """The place of a mark, with the text from there to `stop` or the end of the line."""
        line = re.compile(r"[^\r\n]*").match(self.text, mark.index, stop or len(self.text))
        text = line[0].rstrip()[:_LONGEST_EXCERPT] if line else ""
        number = bisect_right(self.starts, mark.index)
        column = mark.index - self.starts[number - 1] + 1
        return Place(self.document.file, number, column, text)

    def _mistaken(self, found: mistakes.Mistake) -> Problem:
        line = self.lines[found.line - 1].strip()[:_LONGEST_EXCERPT]
        place = Place(self.document.file, found.line, found.column, line)
        return place.problem(found.message, found.hint)

    def _note_mistake(self, found: mistakes.Mistake, place: Place) -> None:
        """Note it, and that what was read at `place` is not what was meant."""
        problem = self._mistaken(found)
        if problem not in self.document.problems:
            self.document.problems.append(problem)
        self.document.mangled.add((place.line, place.column))

    def _check_spaces(self, event: ScalarEvent, place: Place, *, below: bool) -> None:
        """Note spaces that are missing or none in what was read as a text.

        `below`: it begins on a line of its own below its key, where a mapping or a list would.
        """
        first, last = place.line, self._at(event.end_mark).line
        for number in range(first, min(last, len(self.lines)) + 1):
            text = self.lines[number - 1]
            if number == first and not below:
                continue
            found = mistakes.no_break_space(text, number) or mistakes.no_space(text, number)
            is_dash = found is not None and found.message == mistakes.NO_SPACE_AFTER_DASH
            if found and (below or is_dash):
                self._note_mistake(found, place)
                return

    def stumble(self, error: Exception) -> Problem:
        """Something that the parser does not say the place of: it is on or below this line."""
        line = self._at(self.reached).line if self.reached else 1
        return Place(self.document.file, line).problem(f"cannot be read as YAML: {error}")

    def syntax_problem(self, error: MarkedYAMLError) -> Problem:
        """What the parser could not read, said by what an administrator most likely did."""
        said = f"{error.context or ''}: {error.problem or ''}"
        gave_up = error.problem_mark or error.context_mark
        if gave_up is not None and "'\\t'" not in said and "flow" not in said:
            found = mistakes.find(self.lines, self._at(gave_up).line)
            if found and "quoted" not in said:
                return self._mistaken(found)
        for phrase, which, message, hint in _REASONS:
            mark = error.context_mark if which == "context" else error.problem_mark
            if phrase in said and mark is not None:
                return self._at(mark).problem(message, hint)
        mark = error.problem_mark or error.context_mark
        message = f"cannot be read as YAML: {error.problem or error.context}"
        return (
            self._at(mark).problem(message) if mark else Place(self.document.file).problem(message)
        )
