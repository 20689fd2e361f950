"""The models of topics.yaml: aliases, and topics with their rules and tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
)

from tidings.core.settings.values import (
    Day,
    Glob,
    InvalidValue,
    Line,
    Model,
    OptionalLine,
    OptionalLines,
    Slug,
)
from tidings.core.topics.terms import parse_alias, parse_term
from tidings.model import Rule, RuleTest, Term, Topic

MOST_TERMS = 5_000
MOST_ALIASES = 1_000


def _mapping_by_mistake(value: Mapping[object, object]) -> InvalidValue:
    """Explain the text that YAML takes for a mapping because it holds ": "."""
    key, rest = next(iter(value.items()), ("", ""))
    text = f"{key}: {rest}" if isinstance(rest, str) else f"{key}: …"
    if key in ("title", "summary") and isinstance(rest, str):
        return InvalidValue(
            f'"{text}" is a mapping, not a term',
            f"write {key}:{rest} without the space to look in the {key} only, or '{text}'",
        )
    return InvalidValue(f'"{text}" is a mapping, not a text', f'quote it: "{text}"')


def _term(value: object) -> Term:
    if isinstance(value, Mapping):
        raise _mapping_by_mistake(value)
    if value is None or isinstance(value, list):
        raise InvalidValue("expected a term", "quote a term that begins with # or [")
    return parse_term(str(value))


def _example(value: object) -> object:
    if isinstance(value, Mapping) and "title" not in value and "summary" not in value:
        raise _mapping_by_mistake(value)
    return {"title": value} if isinstance(value, str) else value


def _spelling(value: str) -> str:
    parse_alias(value)
    return value


def _words_alike(group: tuple[str, ...]) -> tuple[str, ...]:
    if len(group) < 2:
        raise InvalidValue("needs at least two words that mean the same", "write: [labour, labor]")
    return group


def _one_or_more(value: object) -> object:
    return _not_endless([value] if isinstance(value, str) else value)


def _not_endless(value: object, most: int = MOST_TERMS) -> object:
    if isinstance(value, list) and len(value) > most:
        hint = "write prefixes, or divide the topic" if most == MOST_TERMS else ""
        raise InvalidValue(f"has {len(value):,} entries, at most {most:,} are read", hint)
    return value


def _item(text: str) -> str:
    """An item's id, or its slug, which is the last part of its page's address."""
    name = text.strip().removesuffix(".html").rpartition("/")[2]
    if not re.fullmatch(r"[0-9a-f]{16}|(?:[a-z0-9-]+-)?[0-9a-f]{8}", name):
        raise InvalidValue(
            f'"{text}" is not an item',
            "write its id, 16 digits and letters a to f, or the name of its page",
        )
    return name


Spelling = Annotated[Line, AfterValidator(_spelling)]
Spellings = Annotated[tuple[Spelling, ...], AfterValidator(_words_alike)]
Terms = Annotated[
    tuple[Annotated[Term, PlainValidator(_term, json_schema_input_type=str)], ...],
    BeforeValidator(_not_endless),
]


Globs = Annotated[tuple[Glob, ...], BeforeValidator(_one_or_more)]
ItemNames = Annotated[
    tuple[Annotated[str, AfterValidator(_item)], ...], BeforeValidator(_one_or_more)
]


class HeadlineModel(Model):
    """A text that a topic's rule is tried on."""

    title: Line
    """The headline."""

    summary: OptionalLine = ""
    """The text below it."""


Headline = Annotated[HeadlineModel, BeforeValidator(_example)]


class TestsModel(Model):
    """Headlines that the rule is tried on: near misses teach most."""

    match: tuple[Headline, ...] = ()
    """Headlines that must fall under the topic."""

    no_match: tuple[Headline, ...] = ()
    """Headlines that must not fall under the topic."""


class TopicModel(Model):
    """A topic. Its name is part of addresses: do not change it later."""

    title: Line
    """What the topic is called."""

    about: OptionalLine = ""
    """One sentence on the topic, for its readers."""

    note: OptionalLines = ""
    """What administrators tell one another. Readers never see it."""

    any: Terms = Field(
        default=(),
        examples=[["fair recruitment", "recruit*", "=IRIS", "title:hub", "fair ~8 work"]],
    )
    """At least one of these terms must be found, in the title or the summary. A term is a word, a
    phrase, prefix*, =Exact, title:term, summary:term, or fair ~8 work."""

    all: Terms = ()
    """All of these terms must be found."""

    none: Terms = ()
    """None of these terms may be found."""

    source: Globs = Field(default=(), examples=["seeds/partners-*.txt"])
    """Only items from files that one of these patterns names."""

    after: Day | None = Field(default=None, examples=["2026-03-31", "2026"])
    """Only items dated on this day or later."""

    before: Day | None = Field(default=None, examples=["2026-03-31", "2026"])
    """Only items dated before this day."""

    pin: ItemNames = ()
    """Items that are in, whatever the rule says: ids, or names of their pages."""

    ban: ItemNames = ()
    """Items that are out, whatever the rule says: ids, or names of their pages."""

    tests: TestsModel = Field(default_factory=TestsModel)
    was: tuple[Slug, ...] = ()
    """Names that the topic had: their addresses lead here."""

    @field_validator("before", mode="after")
    @classmethod
    def _possible(cls, before: date | None, info: ValidationInfo) -> date | None:
        after = info.data.get("after")
        if after and before and after >= before:
            raise InvalidValue(
                f"no day is after {after} and before {before}",
                "after takes that day itself, before does not",
            )
        return before

    @field_validator("ban", mode="after")
    @classmethod
    def _one_of_two(cls, ban: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if both := [name for name in ban if name in info.data.get("pin", ())]:
            raise InvalidValue(f"{both[0]} is pinned and banned", "remove it from one of the two")
        return ban

    def to_topic(self, slug: str) -> Topic:
        """The topic, with its rule as the matcher wants it."""
        rule = Rule(
            any=self.any,
            all=self.all,
            none=self.none,
            sources=self.source,
            after=self.after,
            before=self.before,
            pin=self.pin,
            ban=self.ban,
        )
        tests = (
            *(RuleTest(text.title, text.summary, True) for text in self.tests.match),
            *(RuleTest(text.title, text.summary, False) for text in self.tests.no_match),
        )
        return Topic(slug, self.title, self.about, rule, tests, self.note, self.was)


class TopicsFile(Model):
    """topics.yaml"""

    aliases: Annotated[
        tuple[Spellings, ...], BeforeValidator(partial(_not_endless, most=MOST_ALIASES))
    ] = Field(default=(), examples=[[["labour", "labor"]]])
    """Groups of spellings that mean the same, for all topics."""

    topics: dict[Slug, TopicModel] = Field(default_factory=dict)
    """What people can follow, in this order: one feed and one page each."""

    def to_topics(self) -> tuple[Topic, ...]:
        """The topics in the file's order."""
        return tuple(model.to_topic(slug) for slug, model in self.topics.items())
