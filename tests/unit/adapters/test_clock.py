"""How fast mail goes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.adapters.clock import SharedRate, TokenBucket


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


class Bucket:
    """What gives out places to several processes, by a clock of its own."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._next = watch()
        self.asked: list[int] = []

    def __call__(self, count: int, rate: float) -> tuple[int, float]:
        self.asked.append(count)
        now = self._watch()
        if self._next > now + 1:
            return 0, self._next - now - 1
        begins = max(self._next, now)
        self._next = begins + count / rate
        return count, begins - now


@given(
    rate=st.floats(min_value=0.01, max_value=1000),
    asked=st.lists(
        st.tuples(
            st.integers(min_value=0, max_value=3),
            st.integers(min_value=0, max_value=50),
            st.floats(min_value=0, max_value=2),
        ),
        max_size=60,
    ),
    off=st.floats(min_value=-7200, max_value=7200),
)
def test_several_processes_keep_to_one_rate_whatever_their_own_clocks_say(
    rate: float, asked: list[tuple[int, int, float]], off: float
) -> None:
    watch = Watch()
    bucket = Bucket(watch)
    clocks = (watch, watch, watch, lambda: watch() + off)
    paces = [SharedRate(rate, bucket, clock) for clock in clocks]
    granted: list[tuple[float, int]] = []
    for process, most, pause in asked:
        granted.append((watch.seconds, paces[process].grant(most)))
        watch.seconds += pause
    for start, _ in granted:
        within = sum(count for at, count in granted if start <= at < start + 1)
        assert within <= rate * 1.2 + len(paces) + 1e-6


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_several_processes_that_wait_as_told_reach_the_rate_together(processes: int) -> None:
    watch = Watch()
    bucket = Bucket(watch)
    paces = [SharedRate(600.0, bucket, watch) for _ in range(processes)]
    sent, start = 0, watch.seconds
    while watch.seconds < start + 10:
        sent += sum(pace.grant(4) for pace in paces)
        watch.seconds += min(pace.delay() for pace in paces) + 0.004
    assert sent == pytest.approx(6000, rel=0.05)
    assert sent <= 6000 + 120
    assert len(bucket.asked) < 10 * 20 * processes, "places are taken many at a time"


def test_who_sends_slowly_leaves_the_places_to_the_others() -> None:
    watch = Watch()
    bucket = Bucket(watch)
    slow, quick = SharedRate(600.0, bucket, watch), SharedRate(600.0, bucket, watch)
    sent, start, wanted = [0, 0], watch.seconds, 0
    for step in range(2000):
        wanted += 2 * (step % 100 == 0)
        if wanted and not slow.delay():
            granted = slow.grant(wanted)
            sent[0], wanted = sent[0] + granted, wanted - granted
        sent[1] += quick.grant(4)
        watch.seconds += 0.005
    assert sent[0] == 40
    assert sent[1] > 0.9 * 600 * (watch.seconds - start)


def test_what_was_taken_and_not_used_in_time_is_lost() -> None:
    watch = Watch()
    pace = SharedRate(100.0, Bucket(watch), watch)
    assert [pace.grant(1) for _ in range(3)] == [1, 0, 0]
    assert pace.delay() == pytest.approx(0.01)
    watch.seconds += pace.delay()
    assert pace.grant(5) == 2
    watch.seconds += 3600
    assert pace.grant(100) == 10


def test_a_rate_below_one_a_second_is_kept_by_several_processes_in_turn() -> None:
    watch = Watch()
    bucket = Bucket(watch)
    one, other = SharedRate(1 / 60, bucket, watch), SharedRate(1 / 60, bucket, watch)
    sent, start = 0, watch.seconds
    while watch.seconds < start + 600:
        sent += one.grant(1) + other.grant(1)
        watch.seconds += min(one.delay(), other.delay()) + 0.01
    assert sent in (10, 11)
