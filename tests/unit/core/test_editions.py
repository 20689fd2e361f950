"""Who gets what: read from what was announced and what arrived, never from a cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from tests.builders import MONDAY, WEEK, digest
from tidings.core.editions import (
    Announcement,
    Subscription,
    concerns,
    gets_mail,
    owed,
    recipients,
    since,
)
from tidings.model import Owed, Recipient, RecipientState

ANA = Recipient("ana@x.example")
NOTHING: Mapping[str, int] = {}
IN_BOATS: Mapping[str, Sequence[str]] = {
    "boat": ("boats",),
    "port": ("ports",),
    "both": ("boats", "ports"),
}


def new(item_id: str, revision: int = 0, week: int = 0) -> Announcement:
    return Announcement(item_id, revision, corrected=False, opened_at=MONDAY + week * WEEK)


def corrected(item_id: str, revision: int, week: int) -> Announcement:
    return Announcement(item_id, revision, corrected=True, opened_at=MONDAY + week * WEEK)


def always(person: Recipient = ANA) -> Subscription:
    return Subscription(person, None)


# --- Who -----------------------------------------------------------------------------------------


def test_somebody_on_two_lists_is_one_recipient_as_the_first_list_describes_them() -> None:
    first, second = Recipient("Ana@X.example", name="Ana"), Recipient("ana@x.EXAMPLE", name="A.")
    bob = Recipient("bob@x.example")
    lists = {"staff": (first,), "partners": (bob, second), "others": (Recipient("eve@x.example"),)}
    found = recipients(digest(lists=("staff", "partners")), lists)
    assert found == (first, bob)
    assert recipients(digest(lists=("partners", "staff")), lists) == (bob, second)


def test_addresses_are_compared_case_folded_and_not_merely_lowered() -> None:
    lists = {"staff": (Recipient("straße@x.example"), Recipient("STRASSE@x.example"))}
    assert len(recipients(digest(lists=("staff",)), lists)) == 1


@pytest.mark.parametrize("state", list(RecipientState))
def test_only_the_active_get_mail(state: RecipientState) -> None:
    assert gets_mail(Recipient("a@x.example", state=state)) is (state is RecipientState.ACTIVE)


def test_editions_count_from_when_somebody_was_first_seen_unless_they_ask_for_more() -> None:
    span = timedelta(days=30)
    assert since(ANA, MONDAY) == MONDAY
    assert since(Recipient("a@x.example", start=span), MONDAY) == MONDAY - span
    assert since(Recipient("a@x.example", start="everything"), MONDAY) is None


def test_whoever_chose_no_topics_wants_even_what_is_in_none() -> None:
    assert concerns(None, ())
    assert concerns(("boats",), ("ports", "boats"))
    assert not concerns(("boats",), ("ports",))
    assert not concerns(("boats",), ())
    assert not concerns((), ("boats",))


# --- What ----------------------------------------------------------------------------------------


def test_nothing_announced_is_nothing_owed() -> None:
    assert owed(always(), [], NOTHING, {}) == ()


def test_everything_announced_and_not_delivered_is_owed_in_the_order_announced() -> None:
    announced = [new("port"), new("boat"), new("both", week=1)]
    assert owed(always(), announced, {"boat": 0}, IN_BOATS) == (Owed("port", 0), Owed("both", 0))


def test_an_item_in_two_topics_is_owed_once() -> None:
    person = Recipient("a@x.example", topics=("boats", "ports"))
    assert owed(always(person), [new("both")], NOTHING, IN_BOATS) == (Owed("both", 0),)


def test_only_the_chosen_topics_are_owed() -> None:
    person = Recipient("a@x.example", topics=("boats",))
    announced = [new("port"), new("boat"), new("both"), new("loose")]
    found = owed(always(person), announced, NOTHING, IN_BOATS)
    assert found == (Owed("boat", 0), Owed("both", 0))


def test_what_was_announced_before_somebody_came_is_not_theirs() -> None:
    newcomer = Subscription(ANA, MONDAY + WEEK)
    announced = [new("boat"), new("port", week=1), new("both", week=2)]
    assert owed(newcomer, announced, NOTHING, IN_BOATS) == (Owed("port", 0), Owed("both", 0))


# --- Corrections ---------------------------------------------------------------------------------


def test_whoever_had_the_old_text_is_owed_the_correction() -> None:
    announced = [new("boat"), corrected("boat", 1, week=1)]
    (found,) = owed(always(), announced, {"boat": 0}, IN_BOATS)
    assert found == Owed("boat", 1, had_revision=0)
    assert found.corrected


def test_whoever_missed_the_old_text_gets_the_new_one_as_news() -> None:
    announced = [new("boat"), corrected("boat", 1, week=1)]
    (found,) = owed(always(), announced, NOTHING, IN_BOATS)
    assert found == Owed("boat", 1)
    assert not found.corrected


def test_whoever_came_after_the_item_is_not_told_that_it_was_wrong() -> None:
    newcomer = Subscription(ANA, MONDAY + WEEK)
    announced = [new("boat"), corrected("boat", 1, week=1)]
    assert owed(newcomer, announced, NOTHING, IN_BOATS) == ()


def test_whom_the_item_never_concerned_is_not_told_that_it_was_wrong() -> None:
    person = Recipient("a@x.example", topics=("ports",))
    announced = [new("boat"), corrected("boat", 1, week=1)]
    assert owed(always(person), announced, NOTHING, IN_BOATS) == ()


def test_whoever_had_an_item_is_told_that_it_was_wrong_also_when_it_left_their_topic() -> None:
    person = Recipient("a@x.example", topics=("boats",))
    announced = [new("boat"), corrected("boat", 1, week=1)]
    found = owed(always(person), announced, {"boat": 0}, {"boat": ("ports",)})
    assert found == (Owed("boat", 1, had_revision=0),)


def test_whoever_has_the_newest_text_is_owed_nothing() -> None:
    announced = [new("boat"), corrected("boat", 1, week=1), corrected("boat", 2, week=2)]
    assert owed(always(), announced, {"boat": 2}, IN_BOATS) == ()


def test_of_two_corrections_missed_only_the_last_is_owed() -> None:
    announced = [new("boat"), corrected("boat", 1, week=1), corrected("boat", 2, week=2)]
    assert owed(always(), announced, {"boat": 0}, IN_BOATS) == (Owed("boat", 2, 0),)
    assert owed(always(), announced, {"boat": 1}, IN_BOATS) == (Owed("boat", 2, 1),)


def test_an_item_had_through_an_earlier_start_is_still_corrected() -> None:
    announced = [new("boat"), corrected("boat", 1, week=3)]
    later = Subscription(ANA, MONDAY + 2 * WEEK)
    assert owed(later, announced, {"boat": 0}, IN_BOATS) == (Owed("boat", 1, 0),)


def test_the_same_inputs_owe_the_same_in_the_same_order() -> None:
    announced = [new(f"item {n}") for n in range(50)]
    found = {owed(always(), list(announced), {}, {}) for _ in range(3)}
    assert len(found) == 1
    assert [each.item_id for each in found.pop()] == [f"item {n}" for n in range(50)]
