"""What becomes of a delivery, decided without any server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tidings.core.schedule import CRASHES, InDoubt, after_attempt, closing, retry_pause
from tidings.errors import DeliveryError, ReplyLost, TransportClosed
from tidings.model import Delivery, DeliveryState

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
DAYS = timedelta(days=5)


def delivery(
    state: DeliveryState = DeliveryState.QUEUED, crashes: int = 0, detail: str = ""
) -> Delivery:
    return Delivery(
        id=7,
        edition_id=1,
        address="ana@example.org",
        name="",
        language="en",
        owed_set=1,
        state=state,
        attempts=1,
        message_id="<a@b>",
        detail=detail,
        crashes=crashes,
    )


def test_pauses_double_from_five_minutes_to_four_hours_give_or_take_a_fifth() -> None:
    usual = [5, 10, 20, 40, 80, 160, 240, 240]
    for attempt, minutes in enumerate(usual, start=1):
        waited = retry_pause(7, attempt) / timedelta(minutes=1)
        assert minutes * 0.8 <= waited <= minutes * 1.2
    assert retry_pause(7, 10_000) <= timedelta(hours=4.8)


def test_those_put_off_together_do_not_come_back_together() -> None:
    assert len({retry_pause(delivery_id, 3) for delivery_id in range(100)}) > 80


def test_a_pause_is_the_same_when_it_is_worked_out_again() -> None:
    assert retry_pause(7, 3) == retry_pause(7, 3)


@pytest.mark.parametrize(
    ("error", "in_doubt", "state"),
    [
        (None, "resend", DeliveryState.SENT),
        (DeliveryError("550", permanent=True), "resend", DeliveryState.FAILED),
        (DeliveryError("451", permanent=False), "resend", DeliveryState.DEFERRED),
        (ReplyLost("no answer"), "resend", DeliveryState.DEFERRED),
        (ReplyLost("no answer"), "hold", DeliveryState.IN_DOUBT),
        (TransportClosed("no server", ours=False), "resend", DeliveryState.DEFERRED),
        (TransportClosed("disk full", ours=True), "hold", DeliveryState.QUEUED),
    ],
)
def test_how_an_attempt_ends(
    error: DeliveryError | None, in_doubt: InDoubt, state: DeliveryState
) -> None:
    end, retry_at = after_attempt(delivery(), 1, error, NOW, in_doubt)
    assert end is state
    assert (retry_at is not None) == (state is DeliveryState.DEFERRED)


def test_what_waits_is_attempted() -> None:
    assert closing(delivery(), NOW - DAYS, NOW, DAYS, "resend") is None


def test_an_edition_expires_and_the_last_words_are_kept() -> None:
    late = closing(
        delivery(DeliveryState.DEFERRED, detail="451 busy"),
        NOW - DAYS - timedelta(seconds=1),
        NOW,
        DAYS,
        "resend",
    )
    assert late == (DeliveryState.FAILED, "expired; last: 451 busy")


def test_what_a_crash_cut_short_is_sent_again_or_held_as_chosen() -> None:
    cut_short = delivery(DeliveryState.SENDING)
    assert closing(cut_short, NOW, NOW, DAYS, "resend") is None
    held = closing(cut_short, NOW, NOW, DAYS, "hold")
    assert held
    assert held[0] is DeliveryState.IN_DOUBT


def test_a_delivery_over_which_five_processes_died_is_parked() -> None:
    fourth = delivery(DeliveryState.SENDING, crashes=CRASHES - 2)
    fifth = delivery(DeliveryState.SENDING, crashes=CRASHES - 1)
    assert closing(fourth, NOW, NOW, DAYS, "resend") is None
    parked = closing(fifth, NOW, NOW, DAYS, "resend")
    assert parked
    assert parked[0] is DeliveryState.FAILED
    assert "parked" in parked[1]
