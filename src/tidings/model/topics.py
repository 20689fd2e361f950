"""Subjects that people follow, and the rules that say what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Field = Literal["title", "summary"]


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a rule, as written (`source`) and as understood.

    `words` are folded words (an exact term keeps its form), several of them a phrase; `prefix`
    lets the last word go on; `field` narrows to the title or the summary; `exact` compares case
    and form as written.
    """

    source: str
    words: tuple[str, ...]
    field: Field | None = None
    exact: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """An item is in when at least one term of `any` holds (if there are any), every term of `all`,
    and no term of `none`."""

    any: tuple[Term, ...] = ()
    all: tuple[Term, ...] = ()
    none: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleTest:
    """An example that a topic carries: a text that must, or must not, match its rule."""

    title: str
    summary: str
    must_match: bool


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject that people follow. It has exactly one set of feeds."""

    slug: str
    title: str
    about: str
    rule: Rule
    tests: tuple[RuleTest, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that satisfied a term: `text[start:end]` of that field of the item."""

    term: str
    field: Field
    start: int
    end: int


class Cause(StrEnum):
    """Why an item joined a topic."""

    ARRIVAL = "arrival"
    REVISION = "revision"
    RULE = "rule"
