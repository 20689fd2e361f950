from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tidings.core.topics import Languages, fingerprint, folding_of, parse_term
from tidings.core.topics import terms as module
from tidings.model import Rule, RuleTest, Topic

ALIASES = [["labour", "labor"]]


def topic(*any_: str, all_: tuple[str, ...] = (), none: tuple[str, ...] = ()) -> Topic:
    return Topic(
        "work",
        "Work",
        "About work",
        Rule(
            any=tuple(map(parse_term, any_)),
            all=tuple(map(parse_term, all_)),
            none=tuple(map(parse_term, none)),
        ),
    )


def of(rule: Topic, aliases: list[list[str]] = ALIASES) -> str:
    return fingerprint([rule], aliases)["work"]


BEFORE = topic("labour migration", "=RCM", all_=("border",), none=("sport*",))


def of_limits(**limits: Any) -> Topic:
    """BEFORE, with a line that asks for no words."""
    return replace(BEFORE, rule=replace(BEFORE.rule, **limits))


def test_the_same_rule_has_the_same_fingerprint_in_every_process_and_version() -> None:
    many = topic("labour migration", *"abcdefghij", "title:=RCM", "summary:migra*")
    assert of(BEFORE) == "2:d65cf14f0d8440494b189918005c161e"
    assert of(many) == "2:39b00013ffe8180b0cf815e4b2722e88"


@pytest.mark.parametrize(
    "after",
    [
        replace(BEFORE, title="Other", about="Other", tests=(RuleTest("a", "b", must_match=True),)),
        topic("=RCM", "labour migration", all_=("border",), none=("sport*",)),
        topic("labour-migration", "=RCM", "=RCM", all_=("border",), none=("SPORT*",)),
        topic("labor migration", "=RCM", all_=("border",), none=("sport*",)),
    ],
)
def test_what_changes_no_match_keeps_the_fingerprint(after: Topic) -> None:
    assert of(after) == of(BEFORE)


@pytest.mark.parametrize(
    "after",
    [
        topic("labour migration", all_=("border",), none=("sport*",)),
        topic("Labour migration", "=RCM", all_=("border",), none=("sport*",)),
        topic("labour migration", "RCM", all_=("border",), none=("sport*",)),
        topic("labour migration", "title:=RCM", all_=("border",), none=("sport*",)),
        topic("labour migration", "=RCM", all_=("border*",), none=("sport*",)),
        topic("labour migration", "=RCM", all_=("border",), none=("sport",)),
        topic("labour migration", "=RCM", none=("border", "sport*")),
        topic("labour ~1 migration", "=RCM", all_=("border",), none=("sport*",)),
        of_limits(sources=("seeds/*",)),
        of_limits(after=date(2026, 1, 1)),
        of_limits(before=date(2026, 1, 1)),
        of_limits(pin=("0" * 16,)),
        of_limits(ban=("0" * 16,)),
    ],
)
def test_what_changes_a_match_changes_the_fingerprint(after: Topic) -> None:
    assert of(after) != of(BEFORE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (topic("labour ~2 pay"), topic("pay ~2 labor")),
        (of_limits(sources=("a/*", "b/*")), of_limits(sources=("b/*", "a/*", "b/*"))),
        (of_limits(pin=("0" * 16, "1" * 16)), of_limits(pin=("1" * 16, "0" * 16))),
        (BEFORE, replace(BEFORE, note="Ask Ana first.")),
    ],
)
def test_another_way_to_write_the_same_keeps_the_fingerprint(one: Topic, other: Topic) -> None:
    assert of(one) == of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (topic("labour ~2 pay"), topic("labour ~3 pay")),
        (topic("labour ~2 pay"), topic("labour ~2 pay*")),
        (topic("labour ~2 pay"), topic("labour ~2 =pay")),
        (topic("labour ~2 pay"), topic("title:labour ~2 pay")),
        (of_limits(after=date(2026, 1, 1)), of_limits(before=date(2026, 1, 1))),
        (of_limits(pin=("0" * 16,)), of_limits(ban=("0" * 16,))),
    ],
)
def test_rules_that_differ_in_more_than_words_have_other_fingerprints(
    one: Topic, other: Topic
) -> None:
    assert of(one) != of(other)


def test_an_alias_counts_for_the_topics_whose_terms_it_touches_and_for_no_other() -> None:
    assert of(BEFORE, []) != of(BEFORE)
    assert of(BEFORE, [*ALIASES, ["centre", "center"]]) == of(BEFORE)


def test_a_new_version_of_the_matcher_changes_every_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = of(BEFORE)
    monkeypatch.setattr(module, "MATCHER_VERSION", 99)
    assert of(BEFORE) != before
    assert (folding_of(of(BEFORE)), folding_of(before)) == ("99", "2")
    assert of(BEFORE).partition(":")[2] == before.partition(":")[2]


def test_marks_of_the_first_version_had_no_version() -> None:
    assert folding_of("92d0e70697a2b6c0fda29e0a70abd63a") == "1"


@pytest.mark.parametrize(
    "languages",
    [Languages("es"), Languages("en", (("seeds/*", "es"),)), Languages("en", (("a/*", "es"),))],
)
def test_other_languages_fold_otherwise_and_leave_the_rule_as_it_is(languages: Languages) -> None:
    mark, usual = fingerprint([BEFORE], ALIASES, languages)["work"], of(BEFORE)
    assert folding_of(mark) != folding_of(usual)
    assert mark.partition(":")[2] == usual.partition(":")[2]
    assert mark == fingerprint([BEFORE], ALIASES, languages)["work"]
