from __future__ import annotations

from collections.abc import Sequence

from tidings.core.topics import Outcome, failing, parse_term, try_rules
from tidings.model import Rule, RuleTest, Topic


def topic(terms: Sequence[str], *, tests: Sequence[RuleTest], none: Sequence[str] = ()) -> Topic:
    rule = Rule(
        any=tuple(parse_term(term) for term in terms),
        none=tuple(parse_term(term) for term in none),
    )
    return Topic("it", "It", "", rule, tuple(tests))


def failures(topics: Sequence[Topic], aliases: Sequence[Sequence[str]] = ()) -> list[Outcome]:
    found = [outcome for outcome in try_rules(topics, aliases) if not outcome.passed]
    assert list(failing(topics, aliases)) == found
    return found


def test_rule_tests_that_fail_say_which_clause_did_it() -> None:
    wrong = topic(
        ["hub"],
        none=["closed"],
        tests=[
            RuleTest("A hub opens", "", must_match=True),
            RuleTest("Office", "", must_match=False),
            RuleTest("Office", "A desk", must_match=True),
            RuleTest("A hub closed", "", must_match=True),
            RuleTest("Innovation hub", "", must_match=False),
        ],
    )
    assert [str(failure) for failure in failures([wrong])] == [
        "it: should match “Office / A desk”; not found: hub",
        "it: should match “A hub closed”; kept out by: closed (“closed” in the title)",
        "it: should not match “Innovation hub”; found: hub (“hub” in the title)",
    ]


def test_a_test_that_fails_names_what_came_nearest() -> None:
    many = [*(f"word{number}" for number in range(9)), "fair ~1 work"]
    tested = topic(many, tests=[RuleTest("Fair pay for good work", "", must_match=True)])
    (failure,) = failures([tested])
    assert failure.reason == (
        "not found: word0, word1, word2, word3, word4 and 5 more; "
        "nearest: fair ~1 work, both sides are in the title, with 3 words between them"
    )


def test_both_sides_of_a_distance_are_named() -> None:
    tested = topic(["fair ~3 work"], tests=[RuleTest("Fair, good work", "", must_match=False)])
    (failure,) = failures([tested])
    assert failure.reason == "found: fair ~3 work (“Fair … work” in the title)"


def test_every_test_has_its_outcome_in_the_order_of_the_file() -> None:
    tests = [RuleTest("Hub", "", must_match=True), RuleTest("Hub", "", must_match=False)]
    outcomes = try_rules([topic(["hub"], tests=tests)])
    assert [outcome.passed for outcome in outcomes] == [True, False]


def test_rule_tests_know_the_aliases() -> None:
    tested = topic(["labour"], tests=[RuleTest("Labor", "", must_match=True)])
    assert failures([tested], [["labour", "labor"]]) == []
    assert len(failures([tested])) == 1
