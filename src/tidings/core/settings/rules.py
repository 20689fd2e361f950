"""The shape of topics.yaml: aliases, and topics with their rules and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from tidings.core.settings.shape import Shape
from tidings.core.settings.values import Line, OptionalLine, Slug, Wrong
from tidings.core.topics.aliases import parse_alias
from tidings.core.topics.terms import parse_term
from tidings.model import Rule, RuleTest, Term, Topic


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


Spelling = Annotated[Line, AfterValidator(_spelling)]
Spellings = Annotated[tuple[Spelling, ...], AfterValidator(_words_alike)]
TermText = Annotated[Term, PlainValidator(_term, json_schema_input_type=str)]


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
    any: tuple[TermText, ...] = ()
    all: tuple[TermText, ...] = ()
    none: tuple[TermText, ...] = ()
    tests: Examples = Field(default_factory=Examples)


class TopicsFile(Shape):
    """topics.yaml"""

    aliases: tuple[Spellings, ...] = ()
    topics: dict[Slug, TopicShape] = Field(default_factory=dict)

    def nouns(self) -> tuple[Topic, ...]:
        """The topics in the file's order."""
        return tuple(
            Topic(
                slug=slug,
                title=shape.title,
                about=shape.about,
                rule=Rule(any=shape.any, all=shape.all, none=shape.none),
                tests=(
                    *(RuleTest(text.title, text.summary, True) for text in shape.tests.match),
                    *(RuleTest(text.title, text.summary, False) for text in shape.tests.no_match),
                ),
            )
            for slug, shape in self.topics.items()
        )
