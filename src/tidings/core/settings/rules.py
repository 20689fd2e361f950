"""The shape of topics.yaml: aliases, and topics with their rules and tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
)

from tidings.core.settings.addresses import Glob
from tidings.core.settings.shape import Shape
from tidings.core.settings.values import Day, Line, OptionalLine, OptionalLines, Slug, Wrong
from tidings.core.topics.terms import parse_alias, parse_term
from tidings.model import Rule, RuleTest, Term, Topic

MOST_TERMS = 5_000
MOST_ALIASES = 1_000


def _mapping_by_mistake(value: Mapping[object, object]) -> Wrong:
    """Explain the text that YAML takes for a mapping because it holds ": "."""
    key, rest = next(iter(value.items()), ("", ""))
    text = f"{key}: {rest}" if isinstance(rest, str) else f"{key}: …"
    if key in ("title", "summary") and isinstance(rest, str):
        return Wrong(
            f'"{text}" is a mapping, not a term',
            f"write {key}:{rest} without the space to look in the {key} only, or '{text}'",
        )
    return Wrong(f'"{text}" is a mapping, not a text', f'quote it: "{text}"')


def _term(value: object) -> Term:
    if isinstance(value, Mapping):
        raise _mapping_by_mistake(value)
    if value is None or isinstance(value, list):
        raise Wrong("expected a term", "quote a term that begins with # or [")
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
        raise Wrong("needs at least two words that mean the same", "write: [labour, labor]")
    return group


def _one_or_more(value: object) -> object:
    return _not_endless([value] if isinstance(value, str) else value)


def _not_endless(value: object, most: int = MOST_TERMS) -> object:
    if isinstance(value, list) and len(value) > most:
        hint = "write prefixes, or divide the topic" if most == MOST_TERMS else ""
        raise Wrong(f"has {len(value):,} entries, at most {most:,} are read", hint)
    return value


def _few_enough(value: object) -> object:
    return _not_endless(value, MOST_ALIASES)


def _item(text: str) -> str:
    """An item's id, or its slug, which is the last part of its page's address."""
    name = text.strip().removesuffix(".html").rpartition("/")[2]
    if not re.fullmatch(r"[0-9a-f]{16}|(?:[a-z0-9-]+-)?[0-9a-f]{8}", name):
        raise Wrong(
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


class Example(Shape):
    """A text that a topic's rule is tried on."""

    title: Line
    summary: OptionalLine = ""


ExampleText = Annotated[Example, BeforeValidator(_example)]


class Examples(Shape):
    """Texts that must match, and texts that must not."""

    match: tuple[ExampleText, ...] = ()
    no_match: tuple[ExampleText, ...] = ()


class TopicShape(Shape):
    """A subject and its rule."""

    title: Line
    about: OptionalLine = ""
    note: OptionalLines = ""
    any: Terms = ()
    all: Terms = ()
    none: Terms = ()
    source: Globs = ()
    after: Day | None = None
    before: Day | None = None
    pin: ItemNames = ()
    ban: ItemNames = ()
    tests: Examples = Field(default_factory=Examples)
    was: tuple[Slug, ...] = ()

    @field_validator("before", mode="after")
    @classmethod
    def _possible(cls, before: date | None, info: ValidationInfo) -> date | None:
        after = info.data.get("after")
        if after and before and after >= before:
            raise Wrong(
                f"no day is after {after} and before {before}",
                "after takes that day itself, before does not",
            )
        return before

    @field_validator("ban", mode="after")
    @classmethod
    def _one_of_two(cls, ban: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if both := [name for name in ban if name in info.data.get("pin", ())]:
            raise Wrong(f"{both[0]} is pinned and banned", "remove it from one of the two")
        return ban

    def rule(self) -> Rule:
        """The rule as the matcher wants it."""
        return Rule(
            any=self.any,
            all=self.all,
            none=self.none,
            sources=self.source,
            after=self.after,
            before=self.before,
            pin=self.pin,
            ban=self.ban,
        )


class TopicsFile(Shape):
    """topics.yaml"""

    aliases: Annotated[tuple[Spellings, ...], BeforeValidator(_few_enough)] = ()
    topics: dict[Slug, TopicShape] = Field(default_factory=dict)

    def nouns(self) -> tuple[Topic, ...]:
        """The topics in the file's order."""
        return tuple(
            Topic(
                slug=slug,
                title=shape.title,
                about=shape.about,
                rule=shape.rule(),
                note=shape.note,
                tests=(
                    *(RuleTest(text.title, text.summary, True) for text in shape.tests.match),
                    *(RuleTest(text.title, text.summary, False) for text in shape.tests.no_match),
                ),
                was=shape.was,
            )
            for slug, shape in self.topics.items()
        )
