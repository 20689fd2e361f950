"""Rules that ask for more than words: distances, sources, dates, pins and bans."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.builders import item, sighting, text
from tidings.core.topics import Matcher, parse_term
from tidings.model import Item, Rule, Topic

NEWS = replace(
    item(text("A hub opens", "It is open.", "2026-03-02"), "00000000000000aa"),
    sources=(
        sighting("00000000000000aa", text("A hub opens"), path="seeds/mx/a.txt"),
        sighting("00000000000000aa", text("A hub opens"), path="seeds/b.txt", position=None),
    ),
)
UNDATED = item(text("A hub opens"), "00000000000000bb")


def rule(*any_: str, none: tuple[str, ...] = (), **more: Any) -> Matcher:
    terms = tuple(map(parse_term, any_))
    made = Rule(any=terms, none=tuple(map(parse_term, none)), **more)
    return Matcher([Topic("it", "It", "", made)])


def takes(matcher: Matcher, news: Item = NEWS) -> bool:
    """Whether the topic takes the item; every way to ask must give the same answer."""
    held = "it" in matcher.classify(news)
    assert matcher.judge("it", news).holds == held == ("it" in matcher.topics_of(news))
    return held


# --- Distances -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "title", "holds"),
    [
        ("fair ~2 work", "Fair pay and work", True),
        ("fair ~2 work", "Fair and good pay, work", False),
        ("fair ~2 work", "Work that is fair", True),
        ("fair ~0 work", "Work, fair", True),
        ("fair ~0 work", "Fair and work", False),
        ("fair ~3 work", "Fair. Fair, but far from what they ask as work", False),
        ("fair ~3 fair", "A fair", False),
        ("fair ~3 fair", "A fair at the fair", True),
        ("fair pay ~2 labour market", "The labour market wants fair pay", True),
        ("fair pay ~2 labour market", "The labour market wants pay that is fair", False),
        ("recruit* ~3 =IOM", "IOM trains recruiters", True),
        ("recruit* ~3 =IOM", "Iom trains recruiters", False),
        ("labour pol* ~1 fee*", "Feeding labour policies", True),
        ("hub ~5 hub office", "The hub office", False),
        ("title:fair ~5 work", "Fair work", True),
        ("summary:fair ~5 work", "Fair work", False),
    ],
)
def test_a_distance_counts_the_words_between_both_sides(term: str, title: str, holds: bool) -> None:
    assert takes(rule(term), item(text(title))) == holds


def test_a_distance_never_reaches_from_the_title_into_the_summary() -> None:
    assert not takes(rule("fair ~8 work"), item(text("Is it fair", "Work abroad")))
    assert takes(rule("fair ~8 work"), item(text("Is it fair", "Work that is fair")))


def test_aliases_stand_for_one_another_on_both_sides_of_a_distance() -> None:
    topic = Topic("it", "It", "", Rule(any=(parse_term("labour ~2 visa"),)))
    matcher = Matcher([topic], [["labour", "labor"], ["visa", "entry permit"]])
    assert takes(matcher, item(text("Entry permits for labor")))


def test_the_evidence_of_a_distance_is_both_sides() -> None:
    found = rule("work ~4 fair").classify(item(text("Fair pay for good work")))["it"]
    assert [(piece.start, piece.end) for piece in found] == [(0, 4), (18, 22)]
    assert {piece.term for piece in found} == {"work ~4 fair"}


# --- Sources, dates ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("globs", "holds"),
    [
        (("seeds/mx/*.txt",), True),
        (("seeds/b.txt",), True),
        (("seeds/*",), True),
        (("seeds/hn/*.txt", "seeds/mx/a.txt"), True),
        (("seeds/hn/*.txt",), False),
        (("mx/*.txt",), False),
    ],
)
def test_a_source_is_any_file_that_carries_or_carried_the_item(
    globs: tuple[str, ...], holds: bool
) -> None:
    assert takes(rule("hub", sources=globs)) == holds


def test_a_source_alone_takes_all_that_it_brings() -> None:
    assert takes(rule(sources=("seeds/*",)))
    assert rule(sources=("seeds/*",)).classify(NEWS) == {"it": ()}
    assert not takes(rule(sources=("other/*",)))
    assert not takes(rule("office", sources=("seeds/*",)))


@pytest.mark.parametrize(
    ("after", "before", "holds"),
    [
        (date(2026, 3, 2), None, True),
        (date(2026, 3, 3), None, False),
        (None, date(2026, 3, 3), True),
        (None, date(2026, 3, 2), False),
        (date(2026, 1, 1), date(2027, 1, 1), True),
    ],
)
def test_after_takes_its_day_and_before_does_not(
    after: date | None, before: date | None, holds: bool
) -> None:
    assert takes(rule("hub", after=after, before=before)) == holds


def test_an_undated_item_is_neither_after_nor_before_a_day() -> None:
    assert not takes(rule("hub", after=date(1900, 1, 1)), UNDATED)
    assert not takes(rule("hub", before=date(2100, 1, 1)), UNDATED)
    assert takes(rule("hub", after=date(1900, 1, 1), pin=(UNDATED.id,)), UNDATED)


# --- Pins and bans -------------------------------------------------------------------------------


def test_a_pin_wins_over_words_sources_dates_and_none() -> None:
    kept_out: dict[str, Any] = {"none": ("open",), "sources": ("x/*",), "after": date(2030, 1, 1)}
    assert not takes(rule("office", **kept_out))
    assert takes(rule("office", **kept_out, pin=(NEWS.id,)))
    assert takes(rule("office", **kept_out, pin=(NEWS.slug,)))


def test_a_ban_wins_over_everything() -> None:
    assert not takes(rule("hub", ban=(NEWS.id,)))
    assert not takes(rule("hub", ban=(NEWS.slug,)))
    assert not takes(rule("hub", pin=(NEWS.id,), ban=(NEWS.slug,)))
    assert takes(rule("hub", ban=(UNDATED.id,)))


def test_a_rule_of_pins_takes_nothing_else() -> None:
    matcher = rule(pin=(UNDATED.id,))
    assert takes(matcher, UNDATED)
    assert not takes(matcher)
    assert not takes(rule(pin=(UNDATED.id,), after=date(2000, 1, 1), none=("sport",)))


def test_a_bare_text_is_asked_for_its_words_alone() -> None:
    matcher = rule("hub", sources=("x/*",), after=date(2030, 1, 1), pin=(UNDATED.id,))
    assert matcher.judge_text("it", NEWS.text).holds
    assert not takes(matcher)
