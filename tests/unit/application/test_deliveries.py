"""An operator's decisions change what they should and nothing else, and bounces are counted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.builders import HOUR, MONDAY, WEEK, digest
from tests.desk import Desk, staff
from tidings.application import deliveries
from tidings.application.bounces import record_bounces
from tidings.application.status import look
from tidings.core.mail.bounces import Bounce
from tidings.model import DeliveryState, RecipientState
from tidings.state.deliveries import DeliveryFilter, DeliveryRow, MailSummary, Settlement

EXPIRES = timedelta(days=5)
ANA, EVA, LUIS = "ana@example.org", "Eva@example.org", "luis@example.org"
ME = "desk:1:1"


@pytest.fixture
def opened(desk: Desk) -> Desk:
    """A desk that has opened its first edition, to Ana, Eva and Luis (deliveries 1 to 3)."""
    desk.digests = (digest(),)
    desk.lists = staff(ANA, EVA, LUIS)
    desk.file("a.txt", "2026-03-01 | A boat | It floats.")
    desk.announce()
    return desk


def next_edition(desk: Desk, now: datetime) -> None:
    """Open another edition with one more item."""
    desk.file(f"{now:%j%H}.txt", f"2026-03-02 | A port on {now:%j %H} | Busy.", now=now)
    desk.announce(now)


def find(desk: Desk, wanted: DeliveryFilter = DeliveryFilter()) -> tuple[DeliveryRow, ...]:  # noqa: B008 (frozen)
    with desk.store.reading() as state:
        return state.deliveries.find(wanted)


def only(desk: Desk, number: int) -> DeliveryRow:
    (entry,) = find(desk, DeliveryFilter(ids=(number,)))
    return entry


def state_of(desk: Desk, number: int) -> str:
    return str(only(desk, number).delivery.state)


def begin(desk: Desk, number: int, at: datetime = MONDAY) -> None:
    """Begin to send a delivery."""
    with desk.store.writing() as state:
        claims = [
            claim
            for claim in state.deliveries.reserve(ME, at, at + HOUR, 100)
            if claim.delivery.id == number
        ]
        assert claims
        state.deliveries.take(claims, ME, at, at + HOUR)


def end(
    desk: Desk,
    number: int,
    ending: DeliveryState,
    detail: str = "",
    *,
    at: datetime = MONDAY,
    retry_at: datetime | None = None,
) -> None:
    """Attempt a delivery and let it end like this."""
    begin(desk, number, at)
    attempt = only(desk, number).delivery.attempts
    with desk.store.writing() as state:
        settlement = Settlement(number, attempt, ending, detail, retry_at)
        assert state.deliveries.settle([settlement], ME, at)


def retry(desk: Desk, wanted: DeliveryFilter, now: datetime = MONDAY) -> deliveries.CommandResult:
    return deliveries.retry(desk.store, wanted, now, EXPIRES)


def outlook(desk: Desk, now: datetime) -> MailSummary:
    with desk.store.reading() as state:
        return state.deliveries.mail_summary(now, HOUR, EXPIRES)


def numbers(entries: tuple[DeliveryRow, ...]) -> list[int]:
    return [entry.delivery.id for entry in entries]


def bounce(address: str, message_id: str = "", status: str = "5.1.1", **more: str) -> Bounce:
    values = {"original": "", "action": "failed", "words": "no such user", **more}
    return Bounce(address=address, status=status, message_id=message_id, **values)


def standing(desk: Desk, address: str) -> RecipientState | None:
    with desk.store.reading() as state:
        return state.people.standing([address.casefold()]).get(address.casefold())


# --- Retry ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ending", [DeliveryState.FAILED, DeliveryState.IN_DOUBT, DeliveryState.DEFERRED]
)
def test_what_did_not_arrive_for_certain_waits_again_and_its_attempts_go_on_counting(
    opened: Desk, ending: DeliveryState
) -> None:
    end(opened, 1, ending, "451 later", retry_at=MONDAY + HOUR)
    decision = retry(opened, DeliveryFilter(ids=(1,)))
    assert (numbers(decision.changed), decision.done) == ([1], True)
    entry = only(opened, 1)
    assert entry.delivery.state is DeliveryState.QUEUED
    assert (entry.delivery.attempts, entry.next_attempt_at) == (1, None)


def test_a_parked_delivery_starts_without_crashes(opened: Desk) -> None:
    begin(opened, 1)
    for hours in (2, 4):
        begin(opened, 1, MONDAY + hours * HOUR)
    assert only(opened, 1).delivery.crashes == 2
    end(opened, 1, DeliveryState.FAILED, "parked", at=MONDAY + 6 * HOUR)
    retry(opened, DeliveryFilter(ids=(1,)))
    assert only(opened, 1).delivery.crashes == 0


def test_what_was_sent_or_is_being_sent_is_not_sent_again(opened: Desk) -> None:
    end(opened, 1, DeliveryState.SENT, "250 fine")
    begin(opened, 2)
    decision = retry(opened, DeliveryFilter(ids=(1, 2, 3, 4)))
    assert [(each.entry.delivery.id, each.why) for each in decision.left_alone] == [
        (1, "it was sent, and nobody gets an edition twice"),
        (2, "it is just being sent"),
    ]
    assert (numbers(decision.already), decision.unknown, decision.done) == ([3], (4,), False)
    assert [state_of(opened, number) for number in (1, 2, 3)] == ["sent", "sending", "queued"]


def test_all_that_failed_is_meant_without_numbers(opened: Desk) -> None:
    end(opened, 1, DeliveryState.FAILED)
    end(opened, 2, DeliveryState.SENT)
    assert numbers(retry(opened, DeliveryFilter(states=(DeliveryState.FAILED,))).changed) == [1]


def test_what_failed_is_not_sent_once_its_items_are_in_a_later_edition(opened: Desk) -> None:
    end(opened, 1, DeliveryState.FAILED)
    next_edition(opened, MONDAY + HOUR)
    decision = retry(opened, DeliveryFilter(states=(DeliveryState.FAILED,)))
    assert [each.why for each in decision.left_alone] == ["its items moved into No. 2"]
    assert (decision.changed, decision.done) == ((), True)
    assert state_of(opened, 1) == "failed"


def test_what_is_in_doubt_is_sent_even_if_there_is_a_later_edition(opened: Desk) -> None:
    end(opened, 1, DeliveryState.IN_DOUBT)
    next_edition(opened, MONDAY + HOUR)
    assert numbers(retry(opened, DeliveryFilter(states=(DeliveryState.IN_DOUBT,))).changed) == [1]


def test_an_expired_edition_is_not_sent_and_what_was_in_doubt_is_owed_again(opened: Desk) -> None:
    end(opened, 1, DeliveryState.IN_DOUBT)
    end(opened, 2, DeliveryState.FAILED, "550 no")
    decision = retry(opened, DeliveryFilter(ids=(1, 2)), MONDAY + EXPIRES + HOUR)
    assert [each.why for each in decision.left_alone] == [
        "its edition has expired, and its items come with the next one"
    ] * 2
    assert [state_of(opened, number) for number in (1, 2)] == ["failed", "failed"]
    assert only(opened, 2).delivery.detail == "550 no"
    next_edition(opened, MONDAY + WEEK)
    with opened.store.reading() as state:
        owed_set = find(opened, DeliveryFilter(key=ANA))[1].delivery.owed_set
        assert owed_set
        assert len(state.editions.owed_sets([owed_set])[owed_set].owed) == 2


def test_a_retry_forgets_the_refusals_of_its_address_alone(opened: Desk) -> None:
    for number in (1, 3):
        end(opened, number, DeliveryState.FAILED)
    with opened.store.writing() as state:
        for address in (ANA, LUIS):
            assert state.people.refused(address, MONDAY, "550") == 1
    retry(opened, DeliveryFilter(ids=(1,)))
    with opened.store.writing() as state:
        assert state.people.refused(ANA, MONDAY, "550") == 1
        assert state.people.refused(LUIS, MONDAY, "550") == 2


def test_a_bounced_address_is_taken_back_by_its_name_and_not_by_a_number(opened: Desk) -> None:
    end(opened, 2, DeliveryState.FAILED, "550 5.1.1 unknown")
    with opened.store.writing() as state:
        state.people.mark(EVA.casefold(), RecipientState.BOUNCED, MONDAY, "550 5.1.1 unknown")
    refused = retry(opened, DeliveryFilter(ids=(2,)))
    assert f"retry --address {EVA}" in refused.left_alone[0].why
    assert state_of(opened, 2) == "failed"
    decision = retry(opened, DeliveryFilter(key=EVA.casefold()))
    assert decision.brought_back
    assert numbers(decision.changed) == [2]
    assert standing(opened, EVA) is None


@pytest.mark.parametrize("left", [RecipientState.LEFT, RecipientState.PAUSED])
def test_who_has_left_or_is_paused_stays_so(opened: Desk, left: RecipientState) -> None:
    end(opened, 1, DeliveryState.FAILED)
    with opened.store.writing() as state:
        state.people.mark(ANA, left, MONDAY, "")
    decision = retry(opened, DeliveryFilter(key=ANA))
    assert (decision.changed, decision.brought_back) == ((), False)
    assert standing(opened, ANA) is left


def test_an_address_that_was_never_to_get_anything_is_said(opened: Desk) -> None:
    decision = retry(opened, DeliveryFilter(key="nobody@example.org"))
    assert (decision.known, decision.done) == (False, False)


# --- Hold and release ----------------------------------------------------------------------------


def test_what_is_on_hold_is_not_to_be_claimed_until_it_is_released(opened: Desk) -> None:
    end(opened, 1, DeliveryState.SENT)
    decision = deliveries.hold(opened.store, DeliveryFilter(digest="weekly"))
    assert (numbers(decision.changed), decision.left_alone) == ([2, 3], ())
    with opened.store.writing() as state:
        assert state.deliveries.reserve(ME, MONDAY, MONDAY, 10) == ()
    assert numbers(find(opened, DeliveryFilter(held=True))) == [2, 3]
    released = deliveries.release(opened.store, DeliveryFilter(ids=(2,)))
    assert numbers(released.changed) == [2]
    with opened.store.writing() as state:
        found = state.deliveries.reserve(ME, MONDAY, MONDAY, 10)
    assert [claim.delivery.id for claim in found] == [2]


def test_holding_and_releasing_what_is_so_already_is_no_failure(opened: Desk) -> None:
    assert numbers(deliveries.release(opened.store, DeliveryFilter(ids=(1,))).already) == [1]
    deliveries.hold(opened.store, DeliveryFilter(ids=(1,)))
    decision = deliveries.hold(opened.store, DeliveryFilter(ids=(1,)))
    assert (numbers(decision.already), decision.done) == ([1], True)


def test_what_was_put_on_hold_while_it_was_being_sent_is_not_held_once_it_is_sent(
    opened: Desk,
) -> None:
    begin(opened, 1)
    assert numbers(deliveries.hold(opened.store, DeliveryFilter(ids=(1,))).changed) == [1]
    with opened.store.writing() as state:
        assert state.deliveries.settle([Settlement(1, 1, DeliveryState.SENT)], ME, MONDAY)
    assert find(opened, DeliveryFilter(held=True)) == ()
    assert not only(opened, 1).on_hold
    assert outlook(opened, MONDAY).held == 0


def test_what_is_settled_cannot_be_held_and_in_doubt_is_for_retry(opened: Desk) -> None:
    end(opened, 1, DeliveryState.SENT)
    end(opened, 2, DeliveryState.IN_DOUBT)
    decision = deliveries.release(opened.store, DeliveryFilter(ids=(1, 2, 9)))
    assert "sent" in decision.left_alone[0].why
    assert "deliveries retry" in decision.left_alone[1].why
    assert (decision.unknown, decision.done) == ((9,), False)


# --- Finding, and what needs an eye --------------------------------------------------------------


def test_deliveries_are_found_by_state_digest_and_address_in_any_case(opened: Desk) -> None:
    end(opened, 1, DeliveryState.SENT)
    assert numbers(find(opened, DeliveryFilter(states=(DeliveryState.SENT,)))) == [1]
    assert numbers(find(opened, DeliveryFilter(key="eva@example.org"))) == [2]
    assert numbers(find(opened, DeliveryFilter(digest="weekly", held=False))) == [1, 2, 3]
    assert find(opened, DeliveryFilter(digest="daily")) == ()


def test_the_outlook_tells_what_waits_what_is_late_and_what_failed(opened: Desk) -> None:
    end(opened, 1, DeliveryState.DEFERRED, retry_at=MONDAY + 2 * HOUR)
    end(opened, 2, DeliveryState.FAILED)
    assert outlook(opened, MONDAY) == MailSummary(
        waiting=2, failed=1, next_attempt_at=MONDAY + 2 * HOUR, due_since=MONDAY
    )
    # Put off until then, the first is not late; nobody having sent the third is.
    assert outlook(opened, MONDAY + HOUR * 1.5).late == 1
    assert outlook(opened, MONDAY + HOUR * 3).late == 2
    deliveries.hold(opened.store, DeliveryFilter(ids=(1, 3)))
    held = outlook(opened, MONDAY + HOUR * 3)
    assert (held.waiting, held.held, held.late, held.next_attempt_at) == (2, 2, 0, None)
    assert held.due_since is None


def test_the_outlook_tells_since_when_the_first_message_could_have_been_sent(opened: Desk) -> None:
    assert outlook(opened, MONDAY + HOUR).due_since == MONDAY
    for number in (1, 2):
        end(opened, number, DeliveryState.SENT)
    end(opened, 3, DeliveryState.DEFERRED, retry_at=MONDAY + 2 * HOUR)
    assert outlook(opened, MONDAY + HOUR).due_since is None
    assert outlook(opened, MONDAY + 3 * HOUR).due_since == MONDAY + 2 * HOUR
    end(opened, 3, DeliveryState.SENT, at=MONDAY + 3 * HOUR)
    assert outlook(opened, MONDAY + 3 * HOUR).due_since is None


def test_what_is_being_sent_is_late_only_once_its_sender_is_gone(opened: Desk) -> None:
    later = MONDAY + 2 * HOUR
    for number in (1, 2, 3):
        begin(opened, number, later)
    assert outlook(opened, later).late == 0
    assert outlook(opened, later + 2 * HOUR).late == 3
    with opened.store.writing() as state:
        state.deliveries.abandon([ME])
    assert outlook(opened, later).late == 3


def test_what_failed_or_is_in_doubt_does_not_stand_for_ever(opened: Desk) -> None:
    end(opened, 1, DeliveryState.FAILED)
    end(opened, 2, DeliveryState.IN_DOUBT)
    next_edition(opened, MONDAY + HOUR)
    found = outlook(opened, MONDAY + HOUR)
    assert (found.failed, found.in_doubt) == (0, 1)
    assert outlook(opened, MONDAY + EXPIRES + HOUR).in_doubt == 0


def test_a_digest_whose_slot_passed_an_hour_ago_without_an_edition_is_late(opened: Desk) -> None:
    def late(now: datetime) -> list[datetime | None]:
        found = look(opened.store, opened.settings, now)
        return [each.late_since for each in found.late]

    # Met on Monday at nine: the slot of that day, at eight, is not owed.
    assert late(MONDAY + timedelta(days=3)) == []
    slot = MONDAY + WEEK - HOUR
    assert late(slot + HOUR / 2) == []
    assert late(slot + 2 * HOUR) == [slot]
    opened.announce(slot + 2 * HOUR, "due")
    assert late(slot + 2 * HOUR) == []


# --- Bounces -------------------------------------------------------------------------------------


def record(desk: Desk, *bounces: Bounce, now: datetime = MONDAY) -> list[tuple[str, str, int]]:
    recorded = record_bounces(desk.store, bounces, now)
    return [(each.result, each.address, each.refusals) for each in recorded]


def test_a_bounce_is_counted_and_written_down_with_its_delivery(opened: Desk) -> None:
    end(opened, 1, DeliveryState.SENT, "250 queued")
    message = only(opened, 1).delivery.message_id
    assert record(opened, bounce(ANA, message)) == [("counted", ANA, 1)]
    delivery = only(opened, 1).delivery
    assert (delivery.state, delivery.detail) == (DeliveryState.SENT, "bounced: 5.1.1 no such user")


def test_the_same_report_counts_once(opened: Desk) -> None:
    end(opened, 1, DeliveryState.SENT)
    said = bounce(ANA, only(opened, 1).delivery.message_id)
    assert record(opened, said)[0][0] == "counted"
    assert record(opened, said) == [("known", ANA, 0)]


def sent_to_ana(desk: Desk, week: int) -> str:
    """Send everybody the edition of that week, which a server on the way accepts; its message."""
    at = MONDAY + week * WEEK
    if week:
        next_edition(desk, at)
    for entry in find(desk, DeliveryFilter(states=(DeliveryState.QUEUED,))):
        end(desk, entry.delivery.id, DeliveryState.SENT, "250 queued", at=at)
    with desk.store.writing() as state:
        state.people.accepted([ANA, EVA.casefold(), LUIS])
    return find(desk, DeliveryFilter(key=ANA))[-1].delivery.message_id


def test_an_address_that_bounces_again_and_again_gets_no_more_mail(opened: Desk) -> None:
    told = []
    for week in range(3):
        told += record(opened, bounce(ANA, sent_to_ana(opened, week)), now=MONDAY + week * WEEK)
    assert told == [("counted", ANA, 1), ("counted", ANA, 2), ("bounced", ANA, 3)]
    assert standing(opened, ANA) is RecipientState.BOUNCED
    with opened.store.reading() as state:
        (bounced,) = state.people.bounced()
    assert (bounced.key, bounced.detail) == (ANA, "5.1.1 no such user")


def test_an_edition_that_did_not_bounce_starts_a_new_count(opened: Desk) -> None:
    told = []
    for week in range(5):
        message = sent_to_ana(opened, week)
        if week != 2:
            told += record(opened, bounce(ANA, message), now=MONDAY + week * WEEK)
    assert [refusals for _, _, refusals in told] == [1, 2, 1, 2]


def test_once_taken_back_an_address_has_three_chances_again(opened: Desk) -> None:
    for week in range(3):
        record(opened, bounce(ANA, sent_to_ana(opened, week)), now=MONDAY + week * WEEK)
    assert standing(opened, ANA) is RecipientState.BOUNCED
    assert retry(opened, DeliveryFilter(key=ANA)).brought_back
    assert record(opened, bounce(ANA, sent_to_ana(opened, 3))) == [("counted", ANA, 1)]


def test_a_bounce_from_where_mail_is_forwarded_to_counts_against_the_subscriber(
    opened: Desk,
) -> None:
    end(opened, 1, DeliveryState.SENT)
    message = only(opened, 1).delivery.message_id
    assert record(opened, bounce("ana@elsewhere.net", message)) == [("counted", ANA, 1)]


def test_one_of_several_places_that_mail_is_forwarded_to_does_not_count(opened: Desk) -> None:
    end(opened, 1, DeliveryState.SENT)
    message = only(opened, 1).delivery.message_id
    told = record(opened, bounce("one@elsewhere.net", message), bounce("two@elsewhere.net"))
    assert [result for result, _, _ in told] == ["unknown", "unknown"]
    assert only(opened, 1).delivery.detail == ""


@pytest.mark.parametrize("message", ["", "<rewritten@relay.example>"])
def test_a_report_without_a_message_of_ours_changes_nothing(opened: Desk, message: str) -> None:
    end(opened, 2, DeliveryState.SENT, "250 fine")
    for _ in range(9):
        assert (
            record(opened, *[bounce("eva@example.org", message)] * 3)
            == [("unknown", "eva@example.org", 0)] * 3
        )
    assert only(opened, 2).delivery.detail == "250 fine"
    assert standing(opened, EVA) is None
    with opened.store.reading() as state:
        assert state.people.counted() == {}


def test_whoever_has_a_message_of_ours_can_only_speak_of_themselves(opened: Desk) -> None:
    for number in (1, 2):
        end(opened, number, DeliveryState.SENT, "250 fine")
    message = only(opened, 1).delivery.message_id
    named = [bounce(EVA, message), bounce(LUIS, message)]
    assert [result for result, _, _ in record(opened, *named)] == ["unknown"] * 2
    # Alone, it can be about where Ana has her mail forwarded to: then it is about Ana.
    assert record(opened, bounce(EVA, message)) == [("counted", ANA, 1)]
    assert only(opened, 2).delivery.detail == "250 fine"


def test_three_blocks_of_one_report_count_once(opened: Desk) -> None:
    end(opened, 1, DeliveryState.SENT)
    said = bounce(ANA, only(opened, 1).delivery.message_id)
    assert [result for result, _, _ in record(opened, said, said, said)] == [
        "counted", "known", "known"
    ]  # fmt: skip


def test_a_block_that_cannot_be_read_is_a_recipient_too(opened: Desk) -> None:
    end(opened, 1, DeliveryState.SENT)
    said = bounce("one@elsewhere.net", only(opened, 1).delivery.message_id)
    (told,) = record_bounces(opened.store, [said], MONDAY, unread=1)
    assert told.result == "unknown"


def test_a_report_about_what_was_refused_at_once_is_known(opened: Desk) -> None:
    end(opened, 1, DeliveryState.FAILED, "550 5.1.1 no such user")
    assert record(opened, bounce(ANA, only(opened, 1).delivery.message_id)) == [("known", ANA, 0)]


def test_a_report_from_before_somebody_was_taken_back_does_not_count_again(opened: Desk) -> None:
    said = bounce(ANA, sent_to_ana(opened, 0))
    assert record(opened, said)[0][0] == "counted"
    retry(opened, DeliveryFilter(key=ANA))
    assert record(opened, said) == [("known", ANA, 0)]


def test_a_bounce_of_somebody_unknown_changes_nothing(opened: Desk) -> None:
    assert record(opened, bounce("stranger@example.net")) == [
        ("unknown", "stranger@example.net", 0)
    ]
    assert standing(opened, "stranger@example.net") is None


@pytest.mark.parametrize(
    ("said", "result", "detail"),
    [
        (bounce(ANA, status="5.2.2"), "noted", "came back: 5.2.2 no such user"),
        (bounce(ANA, status="5.7.1"), "noted", "came back: 5.7.1 no such user"),
        (bounce(ANA, status="4.4.7"), "noted", "came back: 4.4.7 no such user"),
        (bounce(ANA, status="4.4.1", action="delayed"), "nothing", ""),
        (bounce(ANA, status="2.1.5", action="delivered"), "nothing", ""),
    ],
)
def test_what_says_nothing_of_the_address_is_not_counted(
    opened: Desk, said: Bounce, result: str, detail: str
) -> None:
    end(opened, 1, DeliveryState.SENT)
    told = Bounce(**{**fields_of(said), "message_id": only(opened, 1).delivery.message_id})
    assert record(opened, told) == [(result, ANA, 0)]
    assert only(opened, 1).delivery.detail == detail
    with opened.store.writing() as state:
        assert state.people.refused(ANA, MONDAY, "") == 1


def fields_of(said: Bounce) -> dict[str, str]:
    names = ("address", "original", "action", "status", "words", "message_id")
    return {name: getattr(said, name) for name in names}


def test_who_has_left_is_not_marked_as_bounced(opened: Desk) -> None:
    with opened.store.writing() as state:
        state.people.mark(ANA, RecipientState.LEFT, MONDAY, "asked to")
    for _ in range(4):
        record(opened, bounce(ANA))
    assert standing(opened, ANA) is RecipientState.LEFT
