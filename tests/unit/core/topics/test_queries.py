"""What somebody types into a search box is understood, or it is said what was not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.core.topics.queries import MOST_PARTS, Query, parse_query, places
from tidings.core.topics.terms import Groups, Lexicon, parse_aliases

ENGLISH = Lexicon(Groups(), "en")


def words(query: Query) -> list[str]:
    return [
        f"{'-' if part.without else ''}{f'{part.field}:' if part.field else ''}"
        f"{' '.join(part.side.words)}{'*' if part.side.prefix else ''}"
        for part in query.parts
    ]


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("fair recruitment", ["fair", "recruitment"]),
        ('"fair recruitment"', ["fair recruitment"]),
        ("“señor Núñez” «fair work»", ["senor nunez", "fair work"]),
        ('"never closed phr*', ["never closed phr*"]),
        ("migra* title:Hubs Summary: visa", ["migra*", "title:hubs", "summary:visa"]),
        ('-border −visa -"fair work" x', ["-border", "-visa", "-fair work", "x"]),
        ("COVID-19 U.S. O'Brien's", ["covid 19", "us", "o brien"]),
        ("移民 مهاجر", ["移 民", "مهاجر"]),
        ("word word WORD", ["word"]),
        ("COVID: update – at last", ["covid", "update", "at", "last"]),
    ],
)
def test_words_phrases_fields_and_beginnings_are_understood(
    typed: str, understood: list[str]
) -> None:
    query = parse_query(typed)
    assert words(query) == understood
    assert query.remarks == () or typed.startswith("COVID:")


@pytest.mark.parametrize(
    ("typed", "kinds", "searched"),
    [
        ("x" * 201, ["long"], []),
        (" ".join(f"w{n}" for n in range(12)), ["many"], [f"w{n}" for n in range(MOST_PARTS)]),
        ("a* b* c*", ["beginning"] * 3, []),
        ("mi*ra", ["star"], ["mi ra"]),
        ("!!! ((", ["no word"] * 2, []),
        ("https://example.org/a?b=c", ["no word"], []),
        ("=RCM", ["exact"], ["rcm"]),
        ("fair ~8 work", ["distance"], ["fair", "work"]),
        ("fair OR just AND NOT here", ["operator"] * 3, ["fair", "just", "here"]),
        ("after:2020", ["field"], ["after 2020"]),
        ("-border", ["only"], []),
        ('""', ["no word"], []),
    ],
)
def test_what_is_not_understood_is_remarked_on(
    typed: str, kinds: list[str], searched: list[str]
) -> None:
    query = parse_query(typed)
    assert [remark.kind for remark in query.remarks] == kinds
    assert words(query) == searched


def test_nothing_is_asked_by_nothing() -> None:
    assert parse_query("  \t ") == Query()


@given(st.text(max_size=220))
def test_whatever_is_typed_is_taken_in_part_or_remarked_on(typed: str) -> None:
    query = parse_query(typed)
    assert query.parts or query.remarks or not typed.strip()
    assert len(query.parts) <= MOST_PARTS


def test_the_places_of_what_was_asked_for_are_told_in_plural_and_by_alias() -> None:
    lexicon = Lexicon(parse_aliases([["labour", "labor"]]), "en")
    text = "Hubs for labor: a hub, and the border of another"
    found = places(parse_query("hub labour title:border -border"), text, "summary", lexicon)
    assert [text[start:end] for start, end in found] == ["Hubs", "labor", "hub"]


def test_places_do_not_overlap() -> None:
    found = places(parse_query('"fair work" work'), "Fair work", "title", ENGLISH)
    assert found == ((0, 9),)
