"""Instants of changes: each once, true to the minute, and never back for an entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.builders import HOUR, MONDAY, Shelf, text
from tidings.core.moments import SECOND, WINDOW, Moments

LATER = MONDAY + HOUR
LONG_AGO = MONDAY - 1000 * HOUR


def test_changes_of_one_run_are_a_second_apart() -> None:
    moments = Moments(LATER)
    assert [moments.of_change(LONG_AGO - n * SECOND) for n in range(3)] == [
        LATER,
        LATER - SECOND,
        LATER - 2 * SECOND,
    ]


def test_what_another_entry_has_is_passed_over() -> None:
    moments = Moments(LATER, {LATER, LATER - SECOND, LATER - 3 * SECOND})
    assert moments.of_change(LONG_AGO) == LATER - 2 * SECOND
    assert moments.of_change(LONG_AGO - SECOND) == LATER - 4 * SECOND


def test_a_change_is_later_than_the_one_before_also_where_no_second_is_left() -> None:
    moments = Moments(LATER, {LATER, LATER - SECOND})
    assert moments.of_change(LATER - SECOND) == LATER
    assert moments.of_change(LATER) == LATER + SECOND
    assert Moments(LATER).of_change(LATER + HOUR) == LATER + HOUR + SECOND


def test_what_changes_twice_in_one_run_changes_once() -> None:
    moments = Moments(LATER)
    assert moments.of_change(moments.of_change(LONG_AGO)) == LATER


def test_nobody_looks_further_back_than_is_known() -> None:
    moments = Moments(LATER, {LATER - n * SECOND for n in range(2 * WINDOW // SECOND)})
    assert moments.of_change(LONG_AGO) == LATER


def test_all_that_one_run_brings_and_corrects_is_apart() -> None:
    shelf = Shelf()
    old = [text(f"Tide {n}", f"It rises by {n}.", f"2026-01-{n:02}") for n in range(1, 9)]
    shelf.read("a.txt", *old)
    mended = [
        replace(each, summary=f"{each.summary[:-1]} metres.") if n % 2 else each
        for n, each in enumerate(old)
    ]
    now = LATER.replace(day=3, hour=12)
    today = text("Today", "It is read in the morning.", now.date().isoformat())
    to_come = [text("Soon", "s", "2027-01-01"), text("Later", "s", "2027-01-02")]
    undated = [text("Never", "s"), text("Nowhere", "s")]
    changes = shelf.read("a.txt", *mended, undated[0], today, *to_come, undated[1], now=now)
    assert (len(changes.revised), len(changes.new)) == (4, 5)
    updated = [each.updated for each in shelf.items()]
    assert len(set(updated)) == len(updated)
    lately = [each.updated for each in (*changes.revised, *changes.new)]
    assert all(now - timedelta(minutes=1) < at <= now for at in lately)
    assert all(each.history[-1].at == now for each in changes.revised)
