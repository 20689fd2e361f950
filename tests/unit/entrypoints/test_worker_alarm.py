"""When the worker wakes up: whatever becomes of the system's clock, it does not wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import Queue

import pytest
import time_machine

from tidings.entrypoints.worker import AlarmClock

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
EVERY = timedelta(milliseconds=5)
HOUR = timedelta(hours=1)
YEARS = timedelta(days=12 * 365)
PATIENCE = 10.0  # seconds, which only a test that fails takes


class Rounds:
    """Two jobs, and how often each was done."""

    def __init__(self) -> None:
        self.done: dict[str, Queue[int]] = {"cycle": Queue(), "deliver": Queue()}

    def cycle(self) -> None:
        self.done["cycle"].put(1)

    def deliver(self) -> None:
        self.done["deliver"].put(1)

    def wait_for(self, count: int) -> None:
        """Wait until each job was done so often from now on."""
        for queue in self.done.values():
            while not queue.empty():
                queue.get_nowait()
        for queue in self.done.values():
            for _ in range(count):
                queue.get(timeout=PATIENCE)


@contextmanager
def ringing(rounds: Rounds, every: timedelta = EVERY) -> Iterator[AlarmClock]:
    alarm = AlarmClock((rounds.cycle, rounds.deliver), every)
    alarm.start()
    try:
        yield alarm
    finally:
        alarm.stop()


@pytest.mark.parametrize("ahead", [HOUR, YEARS], ids=["an hour", "years"])
def test_a_clock_that_was_ahead_for_a_while_holds_up_no_round(ahead: timedelta) -> None:
    rounds = Rounds()
    with time_machine.travel(NOW + ahead) as clock, ringing(rounds):
        rounds.wait_for(3)
        clock.move_to(NOW)
        rounds.wait_for(3)


@pytest.mark.parametrize("jump", [-YEARS, -HOUR, HOUR, YEARS])
def test_a_clock_that_jumps_between_two_rounds_holds_up_none(jump: timedelta) -> None:
    rounds = Rounds()
    with time_machine.travel(NOW) as clock, ringing(rounds):
        rounds.wait_for(2)
        clock.move_to(NOW + jump)
        rounds.wait_for(3)


def test_a_clock_that_is_put_right_during_a_long_round_holds_up_no_later_one() -> None:
    begun, go_on = Queue[int](), threading.Event()

    def cycle() -> None:
        begun.put(1)
        assert go_on.wait(PATIENCE)

    rounds = Rounds()
    with time_machine.travel(NOW + HOUR) as clock:
        alarm = AlarmClock((cycle, rounds.deliver), EVERY)
        alarm.start()
        try:
            begun.get(timeout=PATIENCE)
            clock.move_to(NOW)
            # The other job goes on meanwhile, and the long one is not begun a second time.
            for _ in range(3):
                rounds.done["deliver"].get(timeout=PATIENCE)
            assert begun.empty()
            go_on.set()
            begun.get(timeout=PATIENCE)
        finally:
            go_on.set()
            alarm.stop()


def test_a_shorter_interval_counts_from_when_it_is_set() -> None:
    rounds = Rounds()
    with ringing(rounds, 24 * HOUR) as alarm:
        for queue in rounds.done.values():
            queue.get(timeout=PATIENCE)
        alarm.set_interval(EVERY)
        rounds.wait_for(2)


def test_at_its_end_what_is_being_done_is_waited_for() -> None:
    begun, over = threading.Event(), threading.Event()

    def cycle() -> None:
        begun.set()
        over.wait(0.02)
        over.set()

    alarm = AlarmClock((cycle,), HOUR)
    alarm.start()
    assert begun.wait(PATIENCE)
    alarm.stop()
    assert over.is_set()
