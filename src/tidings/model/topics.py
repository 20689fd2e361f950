"""Subjects that people follow, and the rules that say what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

Field = Literal["title", "summary"]


@dataclass(frozen=True, slots=True)
class Near:
    """The other side of a term with a distance, as in `fair ~8 work`.

    Its words stand before or after those of the term, with at most `within` words between them.
    """

    within: int
    words: tuple[str, ...]
    exact: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a rule, as written (`source`) and as understood.

    `words` are folded words (an exact term keeps its form), several of them a phrase; `prefix`
    lets the last word go on; `field` narrows to the title or the summary; `exact` compares case
    and form as written; `near` asks for other words not far away.
    """

    source: str
    words: tuple[str, ...]
    field: Field | None = None
    exact: bool = False
    prefix: bool = False
    near: Near | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Which items a topic takes.

    An item is in when at least one term of `any` holds (if there are any), every term of `all`, and
    no term of `none`; when one of its files is among `sources` (globs, if there are any); and when
    its date is `after` that day or on it, and `before` the other: an undated item is neither.

    `pin` and `ban` name items by id or slug. What is banned is out, whatever else holds; what is
    pinned and not banned is in. A rule of pins with neither terms nor sources takes nothing else.
    """

    any: tuple[Term, ...] = ()
    all: tuple[Term, ...] = ()
    none: tuple[Term, ...] = ()
    sources: tuple[str, ...] = ()
    after: date | None = None
    before: date | None = None
    pin: tuple[str, ...] = ()
    ban: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleTest:
    """An example that a topic carries: a text that must, or must not, match its rule."""

    title: str
    summary: str
    must_match: bool


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject that people follow. It has exactly one set of feeds.

    `note` is what administrators tell one another; readers never see it.
    `was` are its old slugs.
    """

    slug: str
    title: str
    about: str
    rule: Rule
    tests: tuple[RuleTest, ...] = ()
    note: str = ""
    was: tuple[str, ...] = ()


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
    READING = "reading"
