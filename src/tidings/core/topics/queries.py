"""What a reader searches for, in the words of rules: folded, in singular and plural, with aliases.

    fair recruitment     items that have both words, anywhere
    "fair recruitment"   the phrase, which never reaches from title to summary
    migra*               words that begin so; in a phrase the last word may end in *
    title:hub            only in the title; summary: likewise
    -border              without that word, or -"that phrase"

Two things differ from rules: words that stand side by side need not do so in the text, as in every
search box, and a capital narrows no plural, since a telephone puts one in front of what is typed.
What cannot be meant (`=RCM`, `~8`, `OR`, other fields) is taken as far as it goes, with a remark:
nothing is dropped in silence, and nothing that was typed becomes syntax of a database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from tidings.core.topics.terms import Lexicon, Side, occurrences
from tidings.core.topics.text import words_of
from tidings.model import Field

# Of a question: characters, and words or phrases. Longer ones are no question of a person.
LONGEST_QUERY: Final = 200
MOST_PARTS: Final = 10
# Letters in front of a `*`: with one, nearly all items are found, and it takes longest.
SHORTEST_BEGINNING: Final = 2

Kind = Literal[
    "long", "many", "beginning", "star", "no word", "exact", "distance", "operator", "field", "only"
]


class Remark(NamedTuple):
    """A part of a question that was not taken as it was written, and of which kind that is."""

    kind: Kind
    part: str


class Part(NamedTuple):
    """A word or phrase that items are to have, or (`without`) not to have."""

    side: Side
    field: Field | None
    without: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it was understood. Nothing is to be found by one without `parts`."""

    parts: tuple[Part, ...] = ()
    remarks: tuple[Remark, ...] = ()


_QUOTES: Final = '"“”„«»'
_PIECE = re.compile(
    r"(?P<minus>[-−](?=\S))?"
    r"(?:(?P<field>(?i:title|summary)):\s*|(?P<other>[A-Za-z]+):(?=\S))?(?P<exact>=)?"
    rf"(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)(?:[{_QUOTES}](?P<star>\*)?|\Z)|(?P<bare>[^\s{_QUOTES}]+))"
)
_FIELDS: Final[dict[str, Field]] = {"title": "title", "summary": "summary"}
_OPERATORS: Final = frozenset({"AND", "OR", "NOT", "NEAR"})
_DISTANCE = re.compile(r"~\d*")
# What an address begins with, as in https://; everything else before a colon is meant as a field.
_SCHEMES: Final = frozenset({"http", "https", "mailto", "ftp"})


def parse_query(source: str) -> Query:
    """Read a question as somebody typed it, whatever that is; never raises."""
    if len(source) > LONGEST_QUERY:
        return Query(remarks=(Remark("long", source[:40]),))
    parts: dict[Part, None] = {}
    remarks: dict[Remark, None] = {}
    for piece in _PIECE.finditer(source):
        part = None
        for found in _read(piece):
            if isinstance(found, Remark):
                remarks[found] = None
            else:
                part = found
        if part and len(parts) == MOST_PARTS and part not in parts:
            remarks[Remark("many", piece[0])] = None
            break
        if part:
            parts[part] = None
    if parts and all(part.without for part in parts):
        return Query(remarks=(*remarks, Remark("only", source.strip())))
    if not parts and not remarks and source.strip():
        remarks[Remark("no word", source.strip())] = None
    return Query(tuple(parts), tuple(remarks))


def _read(piece: re.Match[str]) -> Iterator[Remark | Part]:
    """What a piece of a question asks for, if that can be told, and what to remark on it."""
    body = piece["bare"] if piece["phrase"] is None else piece["phrase"] + (piece["star"] or "")
    if piece["bare"] in _OPERATORS:
        yield Remark("operator", body)
        return
    if _DISTANCE.fullmatch(body):
        yield Remark("distance", body)
        return
    if other := piece["other"]:
        body = f"{other}:{body}"
        if other.lower() not in _SCHEMES:
            yield Remark("field", other)
    if piece["exact"]:
        yield Remark("exact", piece[0])
    side = _side(body)
    if not isinstance(side, Side):
        yield Remark(side, piece[0])
        return
    yield Part(side, _FIELDS.get((piece["field"] or "").lower()), piece["minus"] is not None)
    if "*" in body[:-1]:
        yield Remark("star", piece[0])


def _side(body: str) -> Side | Kind:
    """The words of a piece; or why there are none."""
    words = words_of(body.replace("*", " "))
    if not words:
        return "no word"
    prefix = body.endswith("*") and words[-1].end == len(body) - 1
    plain = tuple(word.plain for word in words)
    if prefix and len(plain[-1]) < SHORTEST_BEGINNING and plain[-1].isascii():
        return "beginning"
    return Side(plain, exact=False, prefix=prefix)


def places(query: Query, text: str, where: Field, lexicon: Lexicon) -> tuple[tuple[int, int], ...]:
    """Where a text has what was asked for, each place from its first character to beyond its last;
    in order, and no two of them overlap."""
    words = words_of(text)
    spans = sorted(
        span
        for part in query.parts
        if not part.without and part.field in (None, where)
        for span in occurrences(part.side, words, lexicon)
    )
    found: list[tuple[int, int]] = []
    for first, beyond in spans:
        start, end = words[first].start, words[beyond - 1].end
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return tuple(found)
