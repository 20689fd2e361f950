"""Which digests of the state those of a configuration are, and what two choices come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import MONDAY
from tests.builders import digest as a_digest
from tidings.application.renames import plan_of
from tidings.core.audience import both_chose
from tidings.model import ALL, Choice, Digest, RecipientState
from tidings.state.renames import DigestNames

ACTIVE, PAUSED, LEFT = RecipientState.ACTIVE, RecipientState.PAUSED, RecipientState.LEFT


def called(name: str, *was: str) -> Digest:
    return replace(a_digest(name), was=was)


def settled(
    *configured: Digest, known: set[str], first: Mapping[str, str] | None = None
) -> tuple[dict[str, str], tuple[tuple[str, str], ...], Mapping[str, str]]:
    """The slugs of the digests by name, what is merged, and the names that are kept."""
    plan = plan_of(configured, DigestNames(first or {}, {}), known)
    return {each.called: each.slug for each in plan.digests}, plan.merging, plan.names.first


def test_a_digest_that_the_state_does_not_know_goes_by_its_own_name() -> None:
    assert settled(called("b", "a"), known=set()) == ({"b": "b"}, (), {})


def test_a_renamed_one_goes_by_its_first_name_however_often_it_is_renamed() -> None:
    assert settled(called("b", "a"), known={"a"}) == ({"b": "a"}, (), {"b": "a"})
    slugs, merging, first = settled(called("c", "b"), known={"a"}, first={"b": "a"})
    assert (slugs, merging) == ({"c": "a"}, ())
    assert list(first.items()) == [("c", "a"), ("b", "a")]


def test_who_skips_a_name_or_goes_back_to_one_finds_the_same_digest() -> None:
    assert settled(called("c", "b", "a"), known={"a"})[0] == {"c": "a"}
    assert settled(called("b"), known={"a"}, first={"c": "a", "b": "a"})[0] == {"b": "a"}
    assert settled(called("a"), known={"a"}, first={"b": "a"})[0] == {"a": "a"}


def test_a_new_digest_of_an_old_name_gets_a_slug_of_its_own() -> None:
    slugs, merging, first = settled(called("a"), called("b"), known={"a"}, first={"b": "a"})
    assert (slugs, merging) == ({"a": "a-2", "b": "a"}, ())
    assert first == {"a": "a-2", "b": "a"}
    # Also where the present holder of the slug is the first of several names.
    known = {"a"}
    slugs, _, _ = settled(called("b"), called("c"), known=known, first={"c": "a", "b": "a"})
    assert slugs == {"b": "b", "c": "a"}


def test_what_else_a_digest_has_been_becomes_part_of_it_once() -> None:
    known = {"a", "b", "d"}
    plan = plan_of([called("c", "a", "b"), called("d")], DigestNames({}, {}), known)
    assert plan.merging == (("b", "a"),)
    assert plan.digests[0].slugs == ("a", "b")
    again = plan_of([called("c", "a", "b"), called("d")], plan.names, known)
    assert again.merging == ()
    assert again.digests == plan.digests
    assert again.names.same_as(plan.names)


def test_a_digest_that_was_renamed_before_its_old_name_was_given_takes_it_in() -> None:
    assert settled(called("b", "a"), known={"a", "b"}) == ({"b": "b"}, (("a", "b"),), {})


def test_what_was_merged_into_a_merged_one_follows() -> None:
    plan = plan_of([called("c", "b")], DigestNames({}, {"a": "b"}), {"a", "b", "c"})
    assert plan.names.merged == {"a": "c", "b": "c"}
    assert plan.digests[0].slugs == ("c", "a", "b")


def choice(state: RecipientState | None, topics: tuple[str, ...] | None = None) -> Choice:
    return Choice("weekly", "ana@x.example", MONDAY, state, topics=topics)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (ACTIVE, LEFT, LEFT),
        (LEFT, PAUSED, LEFT),
        (None, PAUSED, PAUSED),
        (ACTIVE, PAUSED, PAUSED),
        (None, ACTIVE, ACTIVE),
        (None, None, None),
    ],
)
def test_of_two_choices_a_departure_holds_then_a_pause(
    one: RecipientState | None, other: RecipientState | None, both: RecipientState | None
) -> None:
    assert both_chose(choice(one), choice(other)).state is both
    assert both_chose(choice(other), choice(one)).state is both


def test_of_two_choices_the_instant_is_that_of_what_holds() -> None:
    later = replace(choice(LEFT), changed_at=MONDAY + timedelta(days=1))
    assert both_chose(choice(ACTIVE), later).changed_at == later.changed_at
    assert both_chose(choice(LEFT), replace(later, state=ACTIVE)).changed_at == MONDAY


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (None, None, None),
        (("a",), None, ("a",)),
        (None, ("a",), ("a",)),
        (("a",), ("b", "a"), ("a", "b")),
        (("a",), ALL, ALL),
        (ALL, ALL, ALL),
    ],
)
def test_of_two_choices_of_topics_nothing_is_lost(
    one: tuple[str, ...] | None, other: tuple[str, ...] | None, both: tuple[str, ...] | None
) -> None:
    assert both_chose(choice(None, one), choice(None, other)).topics == both
