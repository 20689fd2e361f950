from __future__ import annotations

import re

import pytest

from tidings.core.topics.terms import (
    MOST_SPELLINGS,
    parse_alias,
    parse_aliases,
    parse_term,
    spellings,
)
from tidings.model import Near, Term


@pytest.mark.parametrize(
    ("source", "term"),
    [
        ("Hubs", Term("Hubs", ("^hubs",))),
        ("fair recruitment", Term("fair recruitment", ("fair", "recruitment"))),
        ("COVID-19", Term("COVID-19", ("^covid", "19"))),
        ("2020", Term("2020", ("2020",))),
        ("migra*", Term("migra*", ("migra",), prefix=True)),
        ("labour polic*", Term("labour polic*", ("labour", "polic"), prefix=True)),
        ("hubs*", Term("hubs*", ("hubs",), prefix=True)),
        ("title:hub", Term("title:hub", ("hub",), field="title")),
        ("Title: hub", Term("Title: hub", ("hub",), field="title")),
        ("summary:fair work", Term("summary:fair work", ("fair", "work"), field="summary")),
        ("=RCM", Term("=RCM", ("RCM",), exact=True)),
        ("=San José", Term("=San José", ("San", "José"), exact=True)),
        ("title:=IDs", Term("title:=IDs", ("IDs",), field="title", exact=True)),
        ("COVID: update", Term("COVID: update", ("^covid", "update"))),
        ("10:30", Term("10:30", ("10", "30"))),
        ("U.S.", Term("U.S.", ("^us",))),
        ("=U.S.", Term("=U.S.", ("US",), exact=True)),
        ("EE. UU.", Term("EE. UU.", ("^eeuu",))),
        ("Booking.com", Term("Booking.com", ("^booking.com",))),
        ("“fair work”", Term("“fair work”", ("fair", "work"))),
        ("~approximately", Term("~approximately", ("approximately",))),
        ("fair ~8 work", Term("fair ~8 work", ("fair",), near=Near(8, ("work",)))),
        (
            "title:=IOM ~ 0 labour polic*",
            Term(
                "title:=IOM ~ 0 labour polic*",
                ("IOM",),
                field="title",
                exact=True,
                near=Near(0, ("labour", "polic"), prefix=True),
            ),
        ),
        ("  hub  ", Term("hub", ("hub",))),
        ("миграция", Term("миграция", ("миграция",))),
    ],
)
def test_a_term_is_understood(source: str, term: Term) -> None:
    assert parse_term(source) == term


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "a term is empty"),
        ("   ", "a term is empty"),
        ("-", "`-` is only punctuation"),
        ("…!", "only punctuation"),
        ("=", "there is no word beside `=`"),
        ("*", "there is no word beside `*`"),
        ("title:", "there is no word beside `title:`"),
        ("title:=", "there is no word beside `=`"),
        ("title:–", "only punctuation"),
        ("mig*ant", "`*` can be only at the end of the last word"),
        ("*migrant", "`*` can be only at the end of the last word"),
        ("labour* migration", "`*` can be only at the end of the last word"),
        ("migra**", "`*` can be only at the end of the last word"),
        ("migrant *", "`*` must touch the last word, as in `migra*`"),
        ("=RCM*", "`=` means exactly this form"),
        ("titel:hub", "unknown field `titel:`, did you mean `title:`?"),
        ("Sumary:hub", "unknown field `Sumary:`, did you mean `summary:`?"),
        ("=title:RCM", "the field comes first, as in `title:=RCM`"),
        ("source:seeds/*.txt", "`source:` cannot narrow a term"),
        ("after:2020", "`after:` cannot narrow a term"),
        ("note:hub", "`note:` is a line of the topic, beside `any:`"),
        ("fair ~8", "a distance needs words on both sides"),
        ("~8 work", "a distance needs words on both sides"),
        ("title: ~8 work", "a distance needs words on both sides"),
        ("fair ~8 - ", "only punctuation"),
        ("fair ~8 =", "there is no word beside `=`"),
        ("fair ~8 work ~3 pay", "a term can have one distance only"),
        ("fair ~100 work", "100 words are too far"),
        ("fair ~8 title:work", "the field comes first"),
        ("fair* trade ~8 work", "`*` can be only at the end of the last word"),
        ("fair ~8 *", "there is no word beside `*`"),
        ("a " * 101, "a term has at most 200"),
    ],
)
def test_a_term_that_cannot_mean_anything_is_refused_with_a_remedy(
    source: str, message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_term(source)


def test_a_phrase_is_spelled_in_every_way_its_own_first() -> None:
    groups = parse_aliases([["labour", "labor", "employment"]])
    assert spellings(("labour", "migration"), groups) == (
        ("labour", "migration"),
        ("employment", "migration"),
        ("labor", "migration"),
    )


def test_a_phrase_may_stand_for_a_word_and_a_word_for_a_phrase() -> None:
    groups = parse_aliases([["ILO", "International Labour Organization"]])
    assert ("^ilo", "office") in spellings(
        ("international", "labour", "organization", "office"), groups
    )
    full = ("the", "^international", "^labour", "^organization")
    assert full in spellings(("the", "ilo"), groups)


def test_an_alias_inside_its_own_phrase_does_not_grow_without_end() -> None:
    groups = parse_aliases([["migration", "labour migration"]])
    assert set(spellings(("labour", "migration"), groups)) == {
        ("labour", "migration"),
        ("labour", "labour", "migration"),
        ("migration",),
    }


def test_lists_that_share_a_word_are_one_group() -> None:
    groups = parse_aliases([["a", "b"], ["x", "y"], ["b", "c"]])
    assert set(spellings(("a",), groups)) == {("a",), ("b",), ("c",)}
    assert set(spellings(("x",), groups)) == {("x",), ("y",)}


def test_a_chain_of_lists_is_one_group_whatever_their_order() -> None:
    chain = [["a", "b"], ["c", "d"], ["e", "f"], ["d", "e"], ["g", "a"], ["b", "c"]]
    for lists in (chain, chain[::-1]):
        groups = parse_aliases(lists)
        assert {groups.spellings[word,] for word in "abcdefg"} == {
            tuple((word,) for word in "abcdefg")
        }


def test_singular_and_plural_of_an_alias_are_the_same() -> None:
    groups = parse_aliases([["centres", "centers"]])
    assert set(spellings(("centre",), groups)) == {("centre",), ("centers",)}


def test_lists_that_share_a_word_in_singular_and_plural_are_one_group() -> None:
    groups = parse_aliases([["visa", "permit"], ["visas", "leave"], ["New York", "NYC"]])
    assert set(spellings(("permits",), groups)) == {("permits",), ("visa",), ("visas",), ("leave",)}
    assert spellings(("news", "york"), groups) == (("news", "york"),)


def test_a_last_word_that_goes_on_is_not_replaced() -> None:
    groups = parse_aliases([["labour", "labor"]])
    assert spellings(("labour",), groups, prefix=True) == (("labour",),)
    assert len(spellings(("labour", "polic"), groups, prefix=True)) == 2


@pytest.mark.parametrize("source", ["=ILO", "labo*", "title:labour"])
def test_an_alias_is_a_plain_word_or_phrase(source: str) -> None:
    with pytest.raises(ValueError, match="only plain words"):
        parse_alias(source)


def test_an_alias_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[labour\]: an alias needs at least two"):
        parse_aliases([["labour"]])


def test_spellings_that_multiply_are_refused() -> None:
    groups = parse_aliases([[f"w{number}" for number in range(20)]])
    with pytest.raises(ValueError, match=f"more than {MOST_SPELLINGS} spellings"):
        spellings(("w1", "w2"), groups)
