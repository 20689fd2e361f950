"""What all four configuration files have in common: mappings with known keys, and references.

Text is enough everywhere: a scalar may arrive as a string, as it stood in the file or in the
environment. References to topics and lists are checked against the names in the validation context.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationInfo,
    model_validator,
)

from tidings.core.settings.values import Wrong, suggestion


@dataclass(frozen=True, slots=True)
class Names:
    """What references may name: the topics and lists there are, None where that is not known."""

    topics: tuple[str, ...] | None = None
    lists: tuple[str, ...] | None = None


class Shape(BaseModel):
    """A mapping with known keys. One without a value, as in `reply_to:`, is not given at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _given(cls, plain: object) -> object:
        if plain is None:
            return {}
        if isinstance(plain, dict):
            known = {field.alias or name for name, field in cls.model_fields.items()}
            return {
                key: value for key, value in plain.items() if value is not None or key not in known
            }
        return plain


def _known(kind: Literal["topics", "lists"], slug: str, info: ValidationInfo) -> str:
    names = getattr(info.context, kind, None)
    if names is not None and slug not in names:
        raise Wrong(f'there is no {kind[:-1]} "{slug}"', suggestion(slug, names))
    return slug


def _known_topic(slug: str, info: ValidationInfo) -> str:
    return _known("topics", slug, info)


def _known_list(slug: str, info: ValidationInfo) -> str:
    return _known("lists", slug, info)


def _all_or_list(value: object) -> object:
    if value == "all":
        return None
    if isinstance(value, str):
        raise Wrong("expected all or a list of topics", f"write: [{value}]")
    if value == []:
        raise Wrong("names no topic", "write all, or at least one topic")
    return value


def _each_once(slugs: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return slugs and tuple(dict.fromkeys(slugs))


TopicSlug = Annotated[str, AfterValidator(_known_topic)]
ListSlug = Annotated[str, AfterValidator(_known_list)]
Topics = Annotated[
    tuple[TopicSlug, ...] | None, BeforeValidator(_all_or_list), AfterValidator(_each_once)
]
Lists = Annotated[tuple[ListSlug, ...], AfterValidator(_each_once)]
