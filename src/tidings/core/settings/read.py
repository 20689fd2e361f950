"""Turns the plain data of the configuration files into `Settings`, or into all that is wrong.

Knows nothing of files: whoever read them maps a fault's path back to a line. A file that could not
be read at all is left out of the mapping; the others are judged as far as they can be without it.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Annotated, Any, TypeAlias, TypeVar, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, SkipValidation, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from tidings.core.audience import Lists, words_for
from tidings.core.settings.mailings import DigestsFile, NoteModel, RecipientsFile
from tidings.core.settings.rules import TopicModel, TopicsFile
from tidings.core.settings.site import Source, TidingsFile
from tidings.core.settings.values import (
    InvalidValue,
    Model,
    Names,
    mailbox,
    nearest_first,
    suggestion,
)
from tidings.core.topics import Languages
from tidings.core.topics.terms import Groups, parse_aliases, parse_term, sides, ways
from tidings.model import (
    Digest,
    EditorNote,
    Help,
    Problem,
    Severity,
    Topic,
    address_key,
    any_case,
)

Plain: TypeAlias = Union[str, int, bool, list["Plain"], dict[str, "Plain"], None]  # noqa: UP007

FILES = ("tidings.yaml", "topics.yaml", "digests.yaml", "recipients.yaml")

_ASKING = ("any", "all", "source", "pin")

_BEGIN = "write it again, or take one from an instance that `tidings init DIR` makes"
# What is missing elsewhere where these files are empty: one mistake, however many lines name it.
_REFERRED_TO = {"topics.yaml": "there is no topic", "recipients.yaml": "there is no list"}

_WORDS = {
    "string_type": "expected a text",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "tuple_type": "expected a list",
    "dict_type": "expected a mapping (key: value)",
    "model_type": "expected a mapping (key: value)",
    "model_attributes_type": "expected a mapping (key: value)",
}

Path: TypeAlias = tuple[str | int, ...]

_Model = TypeVar("_Model", bound=Model)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in the plain data of one file.

    `path` leads to it, as in ("topics", "mexico", "any", 3); `at_key` means the last step's key
    rather than its value. What lint finds is a fault as well, of another `severity`; `help` is the
    section of the documentation that says more.
    """

    file: str
    path: Path
    message: str
    hint: str = ""
    at_key: bool = False
    severity: Severity = "problem"
    help: Help = Help.WRONG_VALUE


class Settings(TidingsFile):
    """Everything that administrators decide: tidings.yaml, and what the other three files say.

    Topics and digests stand in their file's order. Only `read` makes one of files.
    """

    aliases: tuple[tuple[str, ...], ...] = ()
    topics: SkipValidation[tuple[Topic, ...]] = ()
    digests: SkipValidation[tuple[Digest, ...]] = ()
    lists: SkipValidation[Lists] = Field(default_factory=lambda: MappingProxyType({}))
    left_out: SkipValidation[tuple[Problem, ...]] = ()
    """What is wrong with rows of lists that are kept as CSV: these are left out."""
    partly: SkipValidation[tuple[str, ...]] = ()
    """Lists of which rows are left out: who is not on them may be in one of these."""
    unreadable: SkipValidation[tuple[str, ...]] = ()
    """Lists that could not be read, and are empty."""
    notes: SkipValidation[Mapping[str, EditorNote | Problem]] = Field(
        default_factory=lambda: MappingProxyType({})
    )
    """What editors wrote for the next edition, by the name of the digest, or what is wrong."""
    skipped: SkipValidation[tuple[Problem, ...]] = ()
    """Notes of rows of such lists that are of people who unsubscribed or bounced elsewhere."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which days begin and digests fall due."""
        return ZoneInfo(self.site.time_zone)

    @property
    def state_path(self) -> str:
        """The file in `state`: relative to the instance, or absolute; "" where it is no file."""
        return self.state.removeprefix("sqlite:///") if self.state.startswith("sqlite:") else ""

    @property
    def languages(self) -> Languages:
        """The languages by which words are folded: the site's, and those of its sources."""
        given = tuple((source.pattern, source.language or "") for source in self.sources)
        return Languages(self.site.language, given if any(tag for _, tag in given) else ())

    def source_of(self, path: str) -> Source | None:
        """The source that a seed file belongs to: the first whose pattern names it."""
        named = (each for each in self.sources if fnmatchcase(path, any_case(each.pattern)))
        return next(named, None)


@dataclass(slots=True)
class Validation:
    """The files under examination and what was found so far."""

    files: Mapping[str, Plain]
    names: Names
    faults: list[Fault] = field(default_factory=list)

    def file(self, name: str, model: type[_Model]) -> _Model | None:
        """One file as its model; None if it is not there or does not hold, which is noted."""
        if name not in self.files:
            return None
        plain = self.files[name]
        if plain is None and name == "tidings.yaml":
            self.faults.append(Fault(name, (), "is empty", _BEGIN, help=Help.SETTING_MISSING))
            return None
        try:
            return model.model_validate(plain, context=self.names)
        except ValidationError as error:
            self.faults.extend(faults_in(error, file=name, model=model, plain=plain))
            return None


def read(files: Mapping[str, Plain]) -> tuple[Settings | None, tuple[Fault, ...]]:
    """Judge the configuration files, given by name ("topics.yaml") as plain data.

    Returns the settings and no faults, or None and every fault. None without a fault means that
    a file is missing from the mapping.
    """
    names = names_in(files)
    validation = Validation(files, names)
    main = validation.file("tidings.yaml", TidingsFile)
    rules = validation.file("topics.yaml", TopicsFile)
    digests = validation.file("digests.yaml", DigestsFile)
    recipients = validation.file("recipients.yaml", RecipientsFile)
    faults = [
        *_without_echoes(files, validation.faults),
        *_repeated_addresses(files.get("recipients.yaml")),
        *_topics_without_terms(files.get("topics.yaml")),
        *_endless_terms(files.get("topics.yaml")),
        *(_queue_without_server(main) if main else ()),
        *(_taken_slugs(rules) if rules else ()),
        *(_taken_names(digests) if digests else ()),
    ]
    if faults or not (main and rules and digests and recipients):
        return None, tuple(faults)
    given = dict(main)
    if not main.mail.sender:
        sender = mailbox(main.site.author.name, main.site.author.email)
        given["mail"] = main.mail.model_copy(update={"sender": sender})
    language = main.site.language
    lists = {
        slug: tuple(each.to_recipient() for each in people)
        for slug, people in recipients.lists.items()
    }
    settings = Settings.model_construct(
        **given,
        aliases=rules.aliases,
        topics=rules.to_topics(),
        digests=tuple(each.to_digest(slug, language) for slug, each in digests.digests.items()),
        lists=MappingProxyType(lists),
    )
    return settings, ()


def names_in(files: Mapping[str, Plain]) -> Names:
    """What references in these files may name: all that the files' own values decide of whether a
    row of a list is right."""
    return Names(
        topics=_keys(files, "topics.yaml", "topics"),
        lists=_keys(files, "recipients.yaml", "lists"),
        moved=_moved(files.get("topics.yaml")),
    )


def _without_echoes(files: Mapping[str, Plain], faults: Sequence[Fault]) -> Iterator[Fault]:
    """The faults, but of an empty file only that it is: the lines that name what it should hold
    are right."""
    for file, missing in _REFERRED_TO.items():
        if files.get(file, {}) is None and any(missing in fault.message for fault in faults):
            message = "is empty, and other files name what it should hold"
            yield Fault(file, (), message, _BEGIN, help=Help.SETTING_MISSING)
            faults = [fault for fault in faults if missing not in fault.message]
    yield from faults


def read_topics(files: Mapping[str, Plain]) -> TopicsFile | None:
    """The topics alone, whatever is wrong in the other files; None if something is in theirs."""
    rules = Validation(files, Names()).file("topics.yaml", TopicsFile)
    endless = any(True for _ in _endless_terms(files.get("topics.yaml")))
    return None if endless else rules


def _keys(files: Mapping[str, Plain], file: str, section: str) -> tuple[str, ...] | None:
    """The names that a section defines, also when what they stand for is wrong; None if unknown."""
    if file not in files:
        return None
    plain = {} if files[file] is None else files[file]
    if not isinstance(plain, dict):
        return None
    named = plain.get(section)
    if isinstance(named, dict):
        return tuple(named)
    return () if named is None else None


def _moved(plain: Plain) -> dict[str, str]:
    """The topics by their old names, of a file that may have mistakes in it."""
    topics = plain.get("topics") if isinstance(plain, dict) else None
    found: dict[str, str] = {}
    if not isinstance(topics, dict):
        return found
    for slug, topic in topics.items():
        was = topic.get("was") if isinstance(topic, dict) else None
        for old in was if isinstance(was, list) else ():
            if isinstance(old, str) and old not in topics:
                found.setdefault(old, slug)
    return found


def _repeated_addresses(plain: Plain) -> Iterator[Fault]:
    lists = plain.get("lists") if isinstance(plain, dict) else None
    for slug, entries in lists.items() if isinstance(lists, dict) else ():
        seen: set[str] = set()
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            address = entry.get("address") if isinstance(entry, dict) else entry
            if not isinstance(address, str):
                continue
            key = address_key(address.strip())
            if key in seen:
                path: Path = ("lists", slug, index, "address")
                message = f"{address} is on this list already"
                yield Fault("recipients.yaml", path, message, "remove one of the two")
            seen.add(key)


def _topics_without_terms(plain: Plain) -> Iterator[Fault]:
    topics = plain.get("topics") if isinstance(plain, dict) else None
    for slug, topic in topics.items() if isinstance(topics, dict) else ():
        if topic is not None and not isinstance(topic, dict):
            continue
        given = topic or {}
        # A key that there is not is named by itself: its terms may be the very ones.
        if not any(map(given.get, _ASKING)) and TopicModel.model_fields.keys() >= given.keys():
            message = f"{slug}: needs at least one term in any or all, or a source, or pins"
            yield Fault("topics.yaml", ("topics", slug), message, at_key=True)


def _queue_without_server(main: TidingsFile) -> Iterator[Fault]:
    """A queue of jobs that is in no database: it is in that of the state."""
    if main.queue != "none" and main.state.startswith("sqlite:"):
        yield Fault(
            "tidings.yaml",
            ("queue",),
            f"a queue of jobs is kept by the server that keeps the state, and this one is a file:"
            f" {main.state}",
            "remove it, or move the state to a server: tidings state move",
        )


def _taken_slugs(rules: TopicsFile) -> Iterator[Fault]:
    """Old slugs of topics that another topic has, or had."""
    seen: dict[str, str] = {}
    for slug, topic in rules.topics.items():
        for index, old in enumerate(topic.was):
            path: Path = ("topics", slug, "was", index)
            if old in rules.topics:
                message = f'"{old}" is the slug of a topic that there is'
                yield Fault("topics.yaml", path, message, "remove it, or rename that topic")
            elif old in seen:
                message = f'"{old}" is an old slug of {seen[old]} already'
                yield Fault("topics.yaml", path, message, "an old address leads to one topic only")
            seen.setdefault(old, slug)


def _taken_names(file: DigestsFile) -> Iterator[Fault]:
    """Old names of digests that another digest has, or had."""
    seen: dict[str, str] = {}
    for slug, digest in file.digests.items():
        for index, old in enumerate(digest.was):
            path: Path = ("digests", slug, "was", index)
            if old in file.digests:
                message = f'"{old}" is the name of a digest that there is'
                yield Fault("digests.yaml", path, message, "remove it, or rename that digest")
            elif old in seen:
                message = f'"{old}" is an old name of {seen[old]} already'
                yield Fault("digests.yaml", path, message, "people move to one digest only")
            seen.setdefault(old, slug)


def _endless_terms(plain: Plain) -> Iterator[Fault]:
    """Terms that the aliases give too many spellings; those that are no terms are passed over."""
    groups = _groups(plain)
    topics = plain.get("topics") if isinstance(plain, dict) else None
    for slug, topic in topics.items() if groups.spellings and isinstance(topics, dict) else ():
        for clause in ("any", "all", "none"):
            terms = topic.get(clause) if isinstance(topic, dict) else None
            for index, source in enumerate(terms if isinstance(terms, list) else ()):
                if endless := _endless(source, groups):
                    yield Fault("topics.yaml", ("topics", slug, clause, index), endless)


def _groups(plain: Plain) -> Groups:
    """The alias lists, of a file that may have mistakes in it; none if they have."""
    lists = plain.get("aliases") if isinstance(plain, dict) else None
    try:
        return parse_aliases(TypeAdapter(tuple[tuple[str, ...], ...]).validate_python(lists or ()))
    except ValueError:
        return Groups()


def _endless(source: Plain, groups: Groups) -> str:
    try:
        parts = sides(parse_term(source)) if isinstance(source, str) else ()
    except ValueError:
        return ""  # said already
    try:
        for side in parts:
            ways(side, groups)
    except ValueError as error:
        return str(error)
    return ""


def unknown_languages(files: Mapping[str, Plain], known: Sequence[str]) -> Iterator[Fault]:
    """Each language of the site, a digest or a recipient that is not among the `known` ones."""
    for file, path, value in _languages(files):
        if isinstance(value, str) and not words_for(value, known):
            hint = f"{suggestion(value, known)}; templates/locale/{value}.po would add it"
            message = f'there is no translation for the language "{value}"'
            yield Fault(file, path, message, hint, help=Help.UNKNOWN_LANGUAGE)


def _languages(files: Mapping[str, Plain]) -> Iterator[tuple[str, Path, Plain]]:
    main, digests, recipients = (
        files.get(name) for name in ("tidings.yaml", "digests.yaml", "recipients.yaml")
    )
    if isinstance(main, dict) and isinstance(site := main.get("site"), dict):
        yield "tidings.yaml", ("site", "language"), site.get("language")
    models = digests.get("digests") if isinstance(digests, dict) else None
    for slug, model in models.items() if isinstance(models, dict) else ():
        if isinstance(model, dict):
            yield "digests.yaml", ("digests", slug, "language"), model.get("language")
    lists = recipients.get("lists") if isinstance(recipients, dict) else None
    for slug, entries in lists.items() if isinstance(lists, dict) else ():
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                path: Path = ("lists", slug, number, "language")
                yield "recipients.yaml", path, entry.get("language")


def faults_in_note(plain: Plain, file: str) -> tuple[NoteModel | None, tuple[Fault, ...]]:
    """The settings above the note of an editor, or all that is wrong with them."""
    try:
        return NoteModel.model_validate(plain), ()
    except ValidationError as error:
        found = faults_in(error, file=file, model=NoteModel, plain=plain)
        return None, tuple(found)


def faults_in(
    error: ValidationError, *, file: str, model: type[BaseModel], plain: object
) -> Iterator[Fault]:
    """Translate all that pydantic found in `plain`, the data of `file`, read as `model`."""
    for detail in error.errors(include_url=False):
        yield _fault(detail, file, model, plain)


def _fault(detail: ErrorDetails, file: str, model: type[BaseModel], plain: object) -> Fault:
    path, kind = detail["loc"], detail["type"]
    if kind == "missing":
        return _missing(file, path, plain)
    if kind == "extra_forbidden":
        hint = nearest_first(str(path[-1]), _fields(_annotation_at(model, path[:-1])))
        message = f'unknown setting "{path[-1]}"'
        return Fault(file, path, message, hint, at_key=True, help=Help.UNKNOWN_SETTING)
    at_key = path[-1:] == ("[key]",)
    path = path[:-1] if at_key else path
    message, hint = _wording(detail)
    if at_key:
        return Fault(file, path, message, hint, at_key)
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    return Fault(file, path, f"{name}: {message}" if name else message, hint)


def _missing(file: str, path: Path, plain: object) -> Fault:
    holder = plain
    for step in path[:-1]:
        holder = holder[step] if isinstance(holder, dict | list) else None  # type: ignore[index]
    if isinstance(holder, dict) and path[-1] in holder:
        message = f"{path[-1]}: has no value"
        return Fault(file, path, message, at_key=True, help=Help.SETTING_MISSING)
    where = next((f" in {step}" for step in reversed(path[:-1]) if isinstance(step, str)), "")
    message = f'"{path[-1]}" is missing{where}'
    return Fault(file, path[:-1], message, at_key=True, help=Help.SETTING_MISSING)


def _wording(detail: ErrorDetails) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        cause = context["error"]
        return (cause.message, cause.hint) if isinstance(cause, InvalidValue) else (str(cause), "")
    if kind == "literal_error":
        choices = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return f'"{detail["input"]}" is not among the choices', nearest_first(
            str(detail["input"]), choices
        )
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        return f"must be {'at least' if 'ge' in context else 'at most'} {bound}", ""
    if kind == "tuple_type" and isinstance(detail["input"], str):
        return "expected a list", f"write: [{detail['input']}]"
    return _WORDS.get(kind, detail["msg"]), ""


def _bare(annotation: Any) -> Any:
    """The type within `Annotated[...]` and `... | None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _bare(next(arg for arg in get_args(annotation) if arg is not type(None)))
    return annotation


def _fields(annotation: Any) -> dict[str, Any]:
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return {}
    fields = annotation.model_fields.items()
    return {field.alias or name: _bare(field.annotation) for name, field in fields}


def _inner(annotation: Any) -> Any:
    """What a list, or the values of a mapping, consist of; None for anything else."""
    arguments = get_args(annotation)
    if get_origin(annotation) is tuple and arguments[-1] is ...:
        return _bare(arguments[0])
    return _bare(arguments[1]) if get_origin(annotation) is dict else None


def _annotation_at(model: Any, path: Path) -> Any:
    for step in path:
        model = _fields(model).get(str(step)) or _inner(model)
    return model


def variables() -> tuple[Path, ...]:
    """The path of every setting of tidings.yaml that the environment may set.

    In a path, 0 stands for any index of a list of mappings.
    """
    return tuple(_leaves(TidingsFile, ()))


def _leaves(annotation: Any, path: Path) -> Iterator[Path]:
    fields = _fields(annotation)
    for name, inner in fields.items():
        yield from _leaves(inner, (*path, name))
    if _fields(_inner(annotation)):
        yield from _leaves(_inner(annotation), (*path, 0))
    elif not fields:
        yield path
