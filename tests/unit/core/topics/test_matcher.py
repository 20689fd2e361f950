from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import pytest

from tests.builders import item
from tidings.core.topics import Matcher, parse_term
from tidings.model import Evidence, Rule, Text, Topic


def topic(
    *any_: str,
    slug: str = "it",
    all_: Sequence[str] = (),
    none: Sequence[str] = (),
) -> Topic:
    rule = Rule(
        any=tuple(parse_term(term) for term in any_),
        all=tuple(parse_term(term) for term in all_),
        none=tuple(parse_term(term) for term in none),
    )
    return Topic(slug, slug.title(), "", rule)


def classify(matcher: Matcher, text: Text) -> Mapping[str, tuple[Evidence, ...]]:
    return matcher.classify(item(text))


def matches(
    term: str, title: str, summary: str = "", aliases: Sequence[Sequence[str]] = ()
) -> bool:
    return "it" in classify(Matcher([topic(term)], aliases), Text(title, summary))


@pytest.mark.parametrize(
    ("term", "title"),
    [
        ("hub", "Information Hubs open"),
        ("hubs", "An information hub opens"),
        ("policy", "New policies"),
        ("IT", "It is the pronoun"),
        ("=IT", "Women in IT"),
        ("=RCM", "The RCM’s members meet"),
        ("=San José", "Gardens in San José, Costa Rica"),
        ("san jose", "Gardens in San José"),
        ("fair recruitment", "Fair, recruitment-based"),
        ("covid 19", "After COVID‑19"),
        ("COVID-19", "After covid 19"),
        ("migra*", "Migratory birds"),
        ("migra*", "Migra"),
        ("labour polic*", "Labour policies"),
        ("title:hub", "Hub"),
        ("the migrants", "The migrant’s plan"),
        ("мигрант", "Права Мигрант"),
        ("移民", "日本の移民労働者"),
        ("rica", "Costa Rica’s plan"),
        ("exchange exchange", "exchange exchange exchange"),
        ("child", "Children cross the border"),
    ],
)
def test_a_term_finds_its_words(term: str, title: str) -> None:
    assert matches(term, title)


@pytest.mark.parametrize(
    ("term", "title"),
    [
        ("intern", "International Organization for Migration"),
        ("migrant", "Immigrants"),
        ("IT", "Its members"),
        ("=IT", "It is the pronoun"),
        ("=hub", "Hubs"),
        ("=Hub", "hub"),
        ("=San José", "San Jose"),
        ("men", "Women"),
        ("US", "Use of data"),
        ("fair recruitment", "Recruitment is fair"),
        ("fair recruitment", "Fair and open recruitment"),
        ("labour polic*", "Labour"),
        ("labour polic*", "Labour market policies"),
        ("hubs*", "A hub"),
        ("summary:hub", "Hub"),
        ("民移", "移民"),
    ],
)
def test_a_term_does_not_find_other_words(term: str, title: str) -> None:
    assert not matches(term, title)


def test_a_phrase_never_reaches_from_the_title_into_the_summary() -> None:
    assert not matches("fair recruitment", "Is it fair", "Recruitment abroad")


def test_a_field_narrows_a_term_to_it() -> None:
    assert matches("summary:hub", "Office", "A hub opens")
    assert not matches("title:hub", "Office", "A hub opens")
    assert matches("title:=RCM", "RCM meets", "rcm")
    assert not matches("title:=RCM", "Rcm meets", "RCM")


def test_a_rule_needs_one_of_any_and_all_of_all_and_none_of_none() -> None:
    rule = topic("hub", "office", all_=["migrant", "border"], none=["closed", "strike"])
    matcher = Matcher([rule])

    def holds(title: str) -> bool:
        held = bool(classify(matcher, Text(title)))
        assert matcher.judge_text("it", Text(title)).holds == held
        return held

    assert holds("A hub for migrants at the border")
    assert holds("An office for migrants at the border")
    assert not holds("A shop for migrants at the border")
    assert not holds("A hub for migrants")
    assert not holds("A hub at the border")
    assert not holds("A hub for migrants at the border closed")
    assert not holds("A hub for migrants at the border: strike")


def test_a_rule_of_all_alone_needs_no_any() -> None:
    matcher = Matcher([topic(all_=["hub", "border"])])
    assert classify(matcher, Text("Border hub"))
    assert not classify(matcher, Text("Border"))
    assert not classify(matcher, Text("Hub"))


def test_a_rule_of_none_alone_takes_everything_else() -> None:
    matcher = Matcher([topic(none=["sport"])])
    assert classify(matcher, Text("Hub")) == {"it": ()}
    assert classify(matcher, Text("Sport")) == {}


def test_aliases_stand_for_one_another_in_words_and_in_phrases() -> None:
    aliases = [["labour", "labor"], ["ILO", "International Labour Organization"]]
    assert matches("labour", "Labor market", aliases=aliases)
    assert matches("labor", "Labour market", aliases=aliases)
    assert matches("labour migration", "Labor migration", aliases=aliases)
    assert matches("ILO", "The International Labour Organization", aliases=aliases)
    assert matches("international labour organization", "ILO meets", aliases=aliases)
    assert not matches("=labour", "labor", aliases=aliases)
    assert not matches("labour", "Labor")


def test_evidence_is_the_first_place_of_each_term_that_was_found() -> None:
    text = Text("Belize’s hubs, and a Hub", "Fair\u00a0recruitment for migrants and Belize")
    rule = topic("fair recruitment", "hub", "summary:belize", "absent", all_=["migrant*"])
    evidence = classify(Matcher([rule]), text)["it"]
    shown = [
        (found.term, getattr(text, found.field)[found.start : found.end]) for found in evidence
    ]
    assert shown == [
        ("fair recruitment", "Fair\u00a0recruitment"),
        ("hub", "hubs"),
        ("summary:belize", "Belize"),
        ("migrant*", "migrants"),
    ]


def test_evidence_is_taken_from_the_title_before_the_summary() -> None:
    evidence = classify(Matcher([topic("hub")]), Text("Now a hub", "Hub"))["it"]
    assert evidence == (Evidence("hub", "title", 6, 9),)


@pytest.mark.parametrize(
    "before", ["", "left—right ", "— ", "— left—right ", "left—right — ", "’ "]
)
def test_evidence_stands_where_it_is_read_whatever_signs_stand_before_it(before: str) -> None:
    """Signs can hold several words together, or be a piece of text without any."""
    text = Text(before + "a hub—and port")
    evidence = classify(Matcher([topic("hub", "port")]), text)["it"]
    assert [text.title[each.start : each.end] for each in evidence] == ["hub", "port"]


def test_a_term_in_two_spellings_is_shown_once_as_it_is_written_first() -> None:
    evidence = classify(Matcher([topic("Hubs", "hub")]), Text("Hub"))["it"]
    assert [found.term for found in evidence] == ["Hubs"]


def test_each_topic_shows_the_term_as_it_writes_it() -> None:
    matcher = Matcher([topic("Hubs", slug="a"), topic("hub", slug="b")])
    found = classify(matcher, Text("Hub"))
    assert [found["a"][0].term, found["b"][0].term] == ["Hubs", "hub"]


def test_topics_come_in_their_own_order() -> None:
    names = ["zulu", "alpha", "mike", "bravo"]
    matcher = Matcher([topic("hub", slug=name) for name in names])
    assert list(classify(matcher, Text("Hub"))) == names


def test_a_result_says_what_is_missing_and_what_stands_against() -> None:
    matcher = Matcher([topic("hub", "office", all_=["border"], none=["closed", "strike"])])
    result = matcher.judge_text("it", Text("Migrants", "All closed"))
    assert not result.holds
    assert result.missing == ("hub", "office", "border")
    against = [each for each in result.failing if each.part == "none"]
    assert [each.evidence for each in against] == [(Evidence("closed", "summary", 4, 10),)]
    assert matcher.judge_text("it", Text("Border hub")).missing == ()


def naive_places(words: tuple[str, ...], title: str) -> bool:
    text = title.split()
    return any(tuple(text[at : at + len(words)]) == words for at in range(len(text)))


def test_the_index_finds_what_reading_every_phrase_finds() -> None:
    vocabulary = ["xa", "xb", "xc"]
    phrases = [
        words for length in (1, 2, 3) for words in itertools.product(vocabulary, repeat=length)
    ]
    matcher = Matcher([topic(" ".join(phrase), slug="-".join(phrase)) for phrase in phrases])
    for words in itertools.product(vocabulary, repeat=5):
        title = " ".join(words)
        expected = ["-".join(phrase) for phrase in phrases if naive_places(phrase, title)]
        assert list(classify(matcher, Text(title))) == expected
