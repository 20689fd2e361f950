"""Every line of a rule, true or false, with what decided it; and of a miss what came nearest."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.builders import item, sighting, text
from tidings.core.topics import Clause, Matcher, RuleResult, parse_term
from tidings.model import Evidence, Item, Rule, Topic


def judged(news: Item, rule: Rule, aliases: list[list[str]] | None = None) -> RuleResult:
    return Matcher([Topic("it", "It", "", rule)], aliases or []).judge("it", news)


def terms(*sources: str) -> tuple:  # type: ignore[type-arg]
    return tuple(map(parse_term, sources))


def shown(news: Item, evidence: tuple[Evidence, ...]) -> list[str]:
    return [getattr(news.text, each.field)[each.start : each.end] for each in evidence]


NEWS = replace(
    item(text("Fair work for migrants", "A hub opened.", "2026-03-02"), "00000000000000aa"),
    sources=(sighting("00000000000000aa", text("Fair work"), path="seeds/a.txt"),),
)


def test_every_line_of_the_rule_is_a_clause_in_the_order_of_the_rule() -> None:
    result = judged(
        NEWS,
        Rule(
            any=terms("hub", "office"),
            all=terms("fair ~3 migrants"),
            none=terms("sport"),
            sources=("seeds/*", "x/*"),
            after=date(2026, 1, 1),
            before=date(2027, 1, 1),
            pin=("00000000000000bb",),
            ban=("00000000000000cc",),
        ),
    )
    assert result.holds
    assert not result.pinned
    assert result.failing == ()
    assert result.nearest is None
    assert [(each.part, each.written, each.holds, each.seen) for each in result.clauses] == [
        ("any", "hub", True, ""),
        ("any", "office", False, ""),
        ("all", "fair ~3 migrants", True, ""),
        ("none", "sport", False, ""),
        ("source", "seeds/*", True, "seeds/a.txt"),
        ("source", "x/*", False, "seeds/a.txt"),
        ("after", "2026-01-01", True, "2026-03-02"),
        ("before", "2027-01-01", True, "2026-03-02"),
        ("pin", "00000000000000bb", False, NEWS.id),
        ("ban", "00000000000000cc", False, NEWS.id),
    ]
    assert [shown(NEWS, each.evidence) for each in result.clauses[:4]] == [
        ["hub"],
        [],
        ["Fair", "migrants"],
        [],
    ]


@pytest.mark.parametrize(
    ("rule", "part", "written"),
    [
        (Rule(any=terms("hub"), ban=(NEWS.id,)), "ban", NEWS.id),
        (Rule(any=terms("office", "fair pay"), none=terms("work")), "any", "fair pay"),
        (Rule(any=terms("hub"), all=terms("office")), "all", "office"),
        (Rule(any=terms("hub"), sources=("x/*",), none=terms("work")), "source", "x/*"),
        (Rule(any=terms("hub"), after=date(2027, 1, 1)), "after", "2027-01-01"),
        (Rule(any=terms("hub"), before=date(2025, 1, 1)), "before", "2025-01-01"),
        (Rule(any=terms("hub"), none=terms("sport", "work")), "none", "work"),
        (Rule(pin=("00000000000000bb",)), "pin", "00000000000000bb"),
    ],
)
def test_a_miss_names_the_line_to_look_at_first(rule: Rule, part: str, written: str) -> None:
    result = judged(NEWS, rule)
    assert not result.holds
    assert result.nearest
    assert (result.nearest.part, result.nearest.written) == (part, written)


def test_a_pin_that_decides_is_named_with_all_that_it_overrules() -> None:
    result = judged(NEWS, Rule(any=terms("office"), pin=(NEWS.slug,)))
    assert result.holds
    assert result.pinned
    assert [(each.part, each.holds) for each in result.clauses] == [("any", False), ("pin", True)]


def test_an_undated_item_says_so() -> None:
    undated = item(text("A hub"))
    result = judged(undated, Rule(any=terms("hub"), after=date(2026, 1, 1)))
    assert result.nearest == Clause("after", "2026-01-01", False, remark="it has no date")


@pytest.mark.parametrize(
    ("term", "remark", "words"),
    [
        ("title:hub", "it is in the summary, the term asks for the title", ["hub"]),
        ("=Migrants", "it is written in another way, = asks for exactly this one", ["migrants"]),
        ("fair ~0 migrants", "both sides are in the title, with 2 words between them",
         ["Fair", "migrants"]),
        ("fair ~9 hub", "one side is in the title, the other in the summary", ["Fair", "hub"]),
        ("fair ~9 office", "only one side is there", ["Fair"]),
        ("work fair", "all its words are in the title, but not in a row", ["work", "Fair"]),
        ("fair pay", "only “Fair” is in the title", ["Fair"]),
        ("fair work abroad", "only “Fair” and “work” are in the title", ["Fair", "work"]),
        ("labor migrant", "only “migrants” is in the title", ["migrants"]),
        ("migration", "“migrants” in the title only begins like it", ["migrants"]),
        ("office", "", []),
        ("fairness quality", "", []),
    ],
)  # fmt: skip
def test_a_term_that_is_not_found_says_how_near_the_text_comes(
    term: str, remark: str, words: list[str]
) -> None:
    result = judged(NEWS, Rule(any=terms(term)), [["labour", "labor"]])
    (clause,) = result.clauses
    assert (clause.holds, clause.remark) == (False, remark)
    assert shown(NEWS, clause.evidence) == words
    assert (clause.score > 0) == bool(remark)


def test_of_many_terms_the_one_that_comes_nearest_is_named() -> None:
    many = terms("office", "migration", "fair pay", "fair and work", "title:hub", "fair deal now")
    result = judged(NEWS, Rule(any=many))
    assert result.nearest
    assert result.nearest.written == "title:hub"
    assert len(result.failing) == 1
    assert len(result.missing) == 6


@pytest.mark.parametrize(
    ("term", "title", "remark", "words"),
    [
        (
            "Lagos",
            "De camino al lago de la ciudad",
            "it is in small letters and another form, the term has a capital",
            ["lago"],
        ),
        ("rights", "The right time", "“right” in the title counts as another word than “rights”",
         ["right"]),
        ("plan", "The planes of the army",
         "it is found in Spanish, the news is taken to be in English", ["planes"]),
        ("work permit", "See (https://example.org/work-permit)",
         "it is only in https://example.org/work-permit, which is no text", []),
        ("title:fair", "See <b class='fair'>",
         "it is only in <b class='fair'>, which is no text", []),
    ],
)  # fmt: skip
def test_a_miss_says_what_was_compared_otherwise(
    term: str, title: str, remark: str, words: list[str]
) -> None:
    news = item(text(title))
    (clause,) = judged(news, Rule(any=terms(term))).clauses
    assert not clause.holds
    assert clause.remark == remark
    assert shown(news, clause.evidence) == words


@pytest.mark.parametrize(
    ("term", "title", "words"),
    [
        ("US", "Across the U.S. border", ["U.S."]),
        ("U.S.", "The US border", ["US"]),
        ("=US", "The U.S.’s border", ["U.S."]),
        ("EEUU", "Frontera con EE. UU. y México", ["EE. UU."]),
        (
            "trabajador agrícola",
            "Los Trabajadores agri\u0301colas",
            ["Trabajadores agri\u0301colas"],
        ),
        ("work permit", "A <b>work</b> permit: https://example.org", ["work</b> permit"]),
        ("مهاجر", "مـهـاجر", ["مـهـاجر"]),
        ("booking.com", "At Booking.com’s office", ["Booking.com"]),
    ],
)
def test_a_hit_shows_the_words_as_they_are_written(term: str, title: str, words: list[str]) -> None:
    news = item(text(title))
    (clause,) = judged(news, Rule(any=terms(term))).clauses
    assert clause.holds
    assert shown(news, clause.evidence) == words
