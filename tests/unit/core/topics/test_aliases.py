from __future__ import annotations

import pytest

from tidings.core.topics.aliases import MOST_SPELLINGS, parse_alias, parse_aliases, spellings


def test_a_phrase_is_spelled_in_every_way_its_own_first() -> None:
    groups = parse_aliases([["labour", "labor", "employment"]])
    assert spellings(("labour", "migration"), groups) == (
        ("labour", "migration"),
        ("employment", "migration"),
        ("labor", "migration"),
    )


def test_a_phrase_may_stand_for_a_word_and_a_word_for_a_phrase() -> None:
    groups = parse_aliases([["ILO", "International Labour Organization"]])
    assert ("ilo", "office") in spellings(
        ("international", "labour", "organization", "office"), groups
    )
    assert ("the", "international", "labour", "organization") in spellings(("the", "ilo"), groups)


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
        assert {groups[word,] for word in "abcdefg"} == {tuple((word,) for word in "abcdefg")}


def test_singular_and_plural_of_an_alias_are_the_same() -> None:
    groups = parse_aliases([["centres", "centers"]])
    assert set(spellings(("centre",), groups)) == {("centre",), ("center",)}


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
