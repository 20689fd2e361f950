"""The shapes of digests.yaml and recipients.yaml: what is mailed when, and to whom."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from tidings.core.settings.addresses import Address
from tidings.core.settings.shape import Lists, Shape, Topics
from tidings.core.settings.values import (
    DURATION,
    Clock,
    Language,
    Line,
    OptionalLine,
    Slug,
    Start,
    Wrong,
    parse_duration,
    parse_weekday,
    text_like,
)
from tidings.model import Cadence, Digest, Recipient, RecipientState


def _day_of_month(text: object) -> int | Literal["last"]:
    day = str(text).strip().casefold()
    if day == "last":
        return "last"
    if not re.fullmatch("[0-9]{1,2}", day) or not 1 <= int(day) <= 28:
        raise Wrong(f'"{text}" is not a day that every month has', "1 to 28, or last")
    return int(day)


def _catch_up(text: object) -> timedelta:
    span = parse_duration(text)
    if span < timedelta(hours=1):
        raise Wrong(f'"{text}" is too short', "1h or more")
    return span


CatchUp = Annotated[
    timedelta,
    PlainValidator(_catch_up),
    WithJsonSchema(text_like(DURATION), mode="validation"),
]


class CadenceShape(Shape):
    """When a digest comes: which of `on` and `at` belong to it depends on `every`."""

    every: Literal["immediate", "day", "week", "month"]
    on: int | Literal["last"] | None = Field(default=None, validate_default=True)
    at: Clock | None = Field(default=None, validate_default=True)

    @field_validator("on", mode="plain", json_schema_input_type=str | int)
    @classmethod
    def _right_day(cls, on: object, info: ValidationInfo) -> object:
        every = info.data.get("every")
        if every in ("week", "month") and on is None:
            example = "monday" if every == "week" else "1"
            raise Wrong("is missing", f"which day of the {every}, as in on: {example}")
        if on is None:
            return None
        if every == "week":
            return parse_weekday(on)
        if every == "month":
            return _day_of_month(on)
        if every == "day":
            raise Wrong("a daily digest comes on every day", "remove it, or write every: week")
        if every == "immediate":
            raise Wrong("an immediate digest waits for no day", "remove it")
        return None  # what it should be is not known

    @field_validator("at", mode="after")
    @classmethod
    def _right_time(cls, at: object, info: ValidationInfo) -> object:
        every = info.data.get("every")
        if every == "immediate" and at is not None:
            raise Wrong("an immediate digest waits for no time of day", "remove it")
        if every not in ("immediate", None) and at is None:
            raise Wrong("is missing", 'the time of day, as in at: "08:00"')
        return at

    def noun(self) -> Cadence:
        """The cadence."""
        at = self.at or (0, 0)
        if self.every == "month" and self.on:
            return Cadence("month", at=at, day=self.on)
        return Cadence(self.every, self.on if isinstance(self.on, int) else 0, at)


class DigestShape(Shape):
    """A recurring mailing."""

    title: Line
    topics: Topics
    cadence: CadenceShape
    catch_up: CatchUp | None = None
    lists: Lists = ()
    history: Literal["skip", "mail"] = "skip"
    max_items: int = Field(default=40, ge=1)
    language: Language | None = None
    template: Slug = "digest"
    public: bool = True
    subscribe: bool = False

    @field_validator("catch_up", mode="after")
    @classmethod
    def _can_be_late(cls, span: timedelta | None, info: ValidationInfo) -> timedelta | None:
        cadence = info.data.get("cadence")
        if span and cadence and cadence.every == "immediate":
            raise Wrong("an immediate digest misses nothing to catch up with", "remove it")
        return span


class DigestsFile(Shape):
    """digests.yaml"""

    digests: dict[Slug, DigestShape] = Field(default_factory=dict)

    def nouns(self, language: str) -> tuple[Digest, ...]:
        """The digests in the file's order; `language` is the site's."""
        return tuple(
            Digest(
                slug=slug,
                title=shape.title,
                topics=shape.topics,
                cadence=shape.cadence.noun(),
                lists=shape.lists,
                history=shape.history,
                max_items=shape.max_items,
                language=shape.language or language,
                template=shape.template,
                catch_up=shape.catch_up,
                public=shape.public,
                subscribe=shape.subscribe,
            )
            for slug, shape in self.digests.items()
        )


def _recipient(value: object) -> object:
    return {"address": value} if isinstance(value, str) else value


def _recipients(value: object) -> object:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise Wrong(
            "expected a list of recipients", "addresses, one a line after - , or {from: list.csv}"
        )
    return value


class RecipientShape(Shape):
    """Somebody on a list."""

    address: Address
    name: OptionalLine = ""
    topics: Topics = None
    language: Language | None = None
    start: Start = None
    paused: bool = False
    shared: bool | None = None


RecipientText = Annotated[RecipientShape, BeforeValidator(_recipient)]
RecipientList = Annotated[tuple[RecipientText, ...], BeforeValidator(_recipients)]


class RecipientsFile(Shape):
    """recipients.yaml, once lists that are kept in CSV files have been read in."""

    lists: dict[Slug, RecipientList] = Field(default_factory=dict)

    def nouns(self) -> dict[str, tuple[Recipient, ...]]:
        """The recipients of each list."""
        return {
            slug: tuple(
                Recipient(
                    address=shape.address,
                    name=shape.name,
                    topics=shape.topics,
                    language=shape.language,
                    start=shape.start,
                    state=RecipientState.PAUSED if shape.paused else RecipientState.ACTIVE,
                    shared=shape.shared,
                )
                for shape in shapes
            )
            for slug, shapes in self.lists.items()
        }
