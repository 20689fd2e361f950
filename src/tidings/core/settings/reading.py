"""Turns the plain data of the configuration files into `Settings`, or into all that is wrong.

Knows nothing of files: whoever read them maps a fault's path back to a line. A file that could not
be read at all is left out of the mapping; the others are judged as far as they can be without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias, TypeVar, Union

from pydantic import TypeAdapter, ValidationError

from tidings.core.settings.addresses import mailbox
from tidings.core.settings.faults import Fault, Path, faults_in, leaves
from tidings.core.settings.mailings import DigestsFile, RecipientsFile
from tidings.core.settings.rules import TopicsFile, TopicShape
from tidings.core.settings.settings import Settings
from tidings.core.settings.shape import Names, Shape
from tidings.core.settings.site import TidingsFile
from tidings.core.topics.terms import Groups, parse_aliases, parse_term, sides, ways

Plain: TypeAlias = Union[str, int, bool, list["Plain"], dict[str, "Plain"], None]  # noqa: UP007

FILES = ("tidings.yaml", "topics.yaml", "digests.yaml", "recipients.yaml")

_ASKING = ("any", "all", "source", "pin")

_Shape = TypeVar("_Shape", bound=Shape)


@dataclass(slots=True)
class _Bench:
    """The files under examination and what was found so far."""

    files: Mapping[str, Plain]
    names: Names
    faults: list[Fault]

    def shape(self, name: str, shape: type[_Shape]) -> _Shape | None:
        if name not in self.files:
            return None
        plain = self.files[name]
        try:
            return shape.model_validate(plain, context=self.names)
        except ValidationError as error:
            self.faults.extend(faults_in(error, file=name, shape=shape, plain=plain))
            return None


def read(files: Mapping[str, Plain]) -> tuple[Settings | None, tuple[Fault, ...]]:
    """Judge the configuration files, given by name ("topics.yaml") as plain data.

    Returns the settings and no faults, or None and every fault. None without a fault means that
    a file is missing from the mapping.
    """
    names = Names(
        topics=_keys(files, "topics.yaml", "topics"), lists=_keys(files, "recipients.yaml", "lists")
    )
    bench = _Bench(files, names, [])
    main = bench.shape("tidings.yaml", TidingsFile)
    rules = bench.shape("topics.yaml", TopicsFile)
    digests = bench.shape("digests.yaml", DigestsFile)
    recipients = bench.shape("recipients.yaml", RecipientsFile)
    bench.faults.extend(_repeated_addresses(files.get("recipients.yaml")))
    bench.faults.extend(_topics_without_terms(files.get("topics.yaml")))
    bench.faults.extend(_endless_terms(files.get("topics.yaml")))
    bench.faults.extend(_taken_slugs(rules) if rules else ())
    if bench.faults or not (main and rules and digests and recipients):
        return None, tuple(bench.faults)
    author = main.site.author
    mail = main.mail
    if not mail.sender:
        mail = mail.model_copy(update={"sender": mailbox(author.name, author.email)})
    settings = Settings(
        site=main.site,
        sources=main.sources,
        feeds=main.feeds,
        state=main.state,
        mail=mail,
        worker=main.worker,
        privacy=main.privacy,
        limits=main.limits,
        aliases=rules.aliases,
        topics=rules.nouns(),
        digests=digests.nouns(main.site.language),
        lists=MappingProxyType(recipients.nouns()),
    )
    return settings, ()


def read_topics(files: Mapping[str, Plain]) -> TopicsFile | None:
    """The topics alone, whatever is wrong in the other files; None if something is in theirs."""
    bench = _Bench(files, Names(), [])
    rules = bench.shape("topics.yaml", TopicsFile)
    endless = any(True for _ in _endless_terms(files.get("topics.yaml")))
    return None if endless else rules


def variables() -> tuple[Path, ...]:
    """The path of every setting of tidings.yaml that the environment may set.

    In a path, 0 stands for any index of a list of mappings.
    """
    return leaves(TidingsFile)


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


def _repeated_addresses(plain: Plain) -> Iterator[Fault]:
    lists = plain.get("lists") if isinstance(plain, dict) else None
    for slug, entries in lists.items() if isinstance(lists, dict) else ():
        seen: set[str] = set()
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            address = entry.get("address") if isinstance(entry, dict) else entry
            if not isinstance(address, str):
                continue
            key = address.strip().casefold()
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
        if not any(map(given.get, _ASKING)) and TopicShape.model_fields.keys() >= given.keys():
            message = f"{slug}: needs at least one term in any or all, or a source, or pins"
            yield Fault("topics.yaml", ("topics", slug), message, at_key=True)


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


def _endless_terms(plain: Plain) -> Iterator[Fault]:
    """Terms that the aliases give too many spellings; those that are no terms are passed over."""
    groups = _groups(plain)
    topics = plain.get("topics") if isinstance(plain, dict) else None
    for slug, topic in topics.items() if groups and isinstance(topics, dict) else ():
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
        return {}


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
