"""How fast mail goes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.adapters.clock import TokenBucket


class Watch:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_without_a_rate_everything_may_go_out_at_once() -> None:
    pace = TokenBucket(None)
    assert pace.grant(1_000_000) == 1_000_000
    assert pace.delay() == 0.0


def test_one_message_goes_out_at_once_and_the_next_in_its_time() -> None:
    watch = Watch()
    pace = TokenBucket(4.0, watch)
    assert pace.grant(10) == 1
    assert pace.grant(10) == 0
    assert pace.delay() == pytest.approx(0.25)
    watch.seconds += 0.125
    assert pace.grant(10) == 0
    assert pace.delay() == pytest.approx(0.125)
    watch.seconds += 0.125
    assert pace.grant(10) == 1


def test_no_more_is_granted_than_was_asked_for_and_the_rest_is_kept() -> None:
    pace = TokenBucket(50.0, Watch())
    assert [pace.grant(2), pace.grant(2), pace.grant(2)] == [2, 2, 1]


def test_a_rest_is_not_saved_up() -> None:
    watch = Watch()
    pace = TokenBucket(100.0, watch)
    pace.grant(100)
    watch.seconds += 3600
    assert pace.grant(100) == 10


def test_a_rate_below_one_a_second_still_sends() -> None:
    watch = Watch()
    pace = TokenBucket(1 / 60, watch)
    assert pace.grant(1) == 1
    watch.seconds += pace.delay()
    assert pace.grant(1) == 1


@given(
    rate=st.floats(min_value=0.01, max_value=1000),
    asked=st.lists(
        st.tuples(st.integers(min_value=0, max_value=50), st.floats(min_value=0, max_value=2)),
        max_size=60,
    ),
)
def test_no_second_sees_more_than_the_rate_and_what_is_caught_up(
    rate: float, asked: list[tuple[int, float]]
) -> None:
    watch = Watch()
    pace = TokenBucket(rate, watch)
    granted: list[tuple[float, int]] = []
    for most, pause in asked:
        granted.append((watch.seconds, pace.grant(most)))
        watch.seconds += pause
    for start, _ in granted:
        within = sum(count for at, count in granted if start <= at < start + 1)
        assert within <= rate + max(1.0, rate / 10) + 1e-6


def test_waiting_as_told_reaches_the_rate() -> None:
    watch = Watch()
    pace = TokenBucket(600.0, watch)
    sent, start = 0, watch.seconds
    while watch.seconds < start + 10:
        sent += pace.grant(4)
        # Somebody who always looks a little late.
        watch.seconds += pace.delay() + 0.004
    assert sent == pytest.approx(6000, rel=0.02)
