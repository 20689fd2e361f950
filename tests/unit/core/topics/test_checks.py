from __future__ import annotations

from collections.abc import Sequence

from tidings.core.topics import parse_term, run_tests
from tidings.model import Rule, RuleTest, Topic


def topic(terms: Sequence[str], *, tests: Sequence[RuleTest], none: Sequence[str] = ()) -> Topic:
    rule = Rule(
        any=tuple(parse_term(term) for term in terms),
        none=tuple(parse_term(term) for term in none),
    )
    return Topic("it", "It", "", rule, tuple(tests))


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
    assert [str(failure) for failure in run_tests([wrong])] == [
        "it: should match “Office / A desk”; not found: hub",
        "it: should match “A hub closed”; kept out by: closed",
        "it: should not match “Innovation hub”; found: hub",
    ]


def test_rule_tests_know_the_aliases() -> None:
    tested = topic(["labour"], tests=[RuleTest("Labor", "", must_match=True)])
    assert run_tests([tested], [["labour", "labor"]]) == ()
    assert len(run_tests([tested])) == 1
