"""When a digest comes next, also after its cadence was edited, or the state was upgraded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.older_states import back_to
from tests.property.newsroom import (
    BERLIN,
    DAILY,
    DAY,
    FORTNIGHTLY,
    HOUR,
    MINUTE,
    NOW,
    TWICE_A_WEEK,
    WEEKLY,
    Newsroom,
    digest,
    settings,
    utc,
)
from tidings.application import status
from tidings.model import Cadence
from tidings.state import open_store

MONDAY_8 = utc("2026-11-23T07:00")  # in Berlin


def told(room: Newsroom) -> status.DigestStatus:
    with closing(open_store(room.path)) as store:
        (found,) = status.digests(store, settings(room.zone, *room.digests), room.now)
    return found


def next_day(room: Newsroom) -> str:
    at = told(room).next_at
    assert at
    return f"{at.astimezone(room.zone):%Y-%m-%d %H:%M}"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Newsroom]:
    """A weekly digest whose edition of Monday, 23 November, was opened at its hour."""
    room = Newsroom(tmp_path, BERLIN, utc("2026-10-01T12:00"), digest("news", WEEKLY))
    room.look()
    room.arrive()
    room.now = MONDAY_8
    assert room.look() == ["news 1 2026-W48 Title0"]
    yield room
    room.close()


@pytest.mark.parametrize(
    ("cadence", "expected"),
    [
        (WEEKLY, "2026-11-30 08:00"),
        # Another day of a week that had its edition waits for the next week.
        (replace(WEEKLY, weekday=4), "2026-12-04 08:00"),
        # Another hour of the day that had its edition waits for the next day.
        (replace(DAILY, at=(18, 0)), "2026-11-24 18:00"),
        (replace(TWICE_A_WEEK, at=(18, 0)), "2026-11-26 18:00"),
        (Cadence("month", 0, (18, 0), nth=4), "2026-12-28 18:00"),
        (Cadence("month", at=(18, 0), day=23), "2026-12-23 18:00"),
        (Cadence("month", at=(18, 0), day=31), "2026-11-30 18:00"),
        (replace(FORTNIGHTLY, weekday=0, at=(18, 0)), "2026-12-07 18:00"),
        (replace(DAILY, but=frozenset({date(2026, 11, 24)})), "2026-11-25 07:30"),
    ],
)
def test_the_next_date_is_one_on_which_an_edition_can_open(
    opened: Newsroom, cadence: Cadence, expected: str
) -> None:
    opened.change(0, cadence)
    assert next_day(opened) == expected
    opened.now += HOUR
    at = told(opened).next_at
    assert at
    for moment in (opened.now, opened.now + 10 * HOUR, at - MINUTE):
        opened.arrive()
        opened.now = moment
        assert opened.look() == []
    opened.now = at
    assert len(opened.look()) == 1


def test_a_digest_made_immediate_waits_for_the_end_of_a_day_that_had_its_edition(
    opened: Newsroom,
) -> None:
    opened.change(0, NOW)
    opened.now += HOUR
    opened.arrive()
    found = told(opened)
    assert (found.next_at, found.not_before) == (None, utc("2026-11-23T23:00"))
    assert opened.look() == []
    opened.now = utc("2026-11-23T23:00")
    assert told(opened).not_before is None
    assert opened.look() == ["news 2 2026-11-23T23:00Z Title1"]
    assert told(opened).not_before == opened.now + 15 * MINUTE


def test_an_immediate_digest_says_when_days_that_do_not_count_are_over(opened: Newsroom) -> None:
    but = frozenset({date(2026, 11, 24), date(2026, 11, 25)})
    opened.change(0, replace(NOW, but=but))
    assert told(opened).not_before == utc("2026-11-25T23:00")  # Monday had its edition
    opened.now = utc("2026-11-24T12:00")
    assert told(opened).not_before == utc("2026-11-25T23:00")


def test_no_edition_is_late_on_a_day_that_had_one(opened: Newsroom) -> None:
    opened.change(0, replace(DAILY, at=(9, 0)))
    opened.now += 4 * HOUR
    assert told(opened).late_since is None
    opened.now += DAY
    assert told(opened).late_since == utc("2026-11-24T08:00")


# --- A state of before ---------------------------------------------------------------------------


def downgrade(room: Newsroom) -> None:
    """Make the state one of the version that noted no days of slots."""
    room._store.close()
    with closing(sqlite3.connect(room.path)) as raw:
        raw.executescript(";".join(back_to(7)))
    room.restart()


@pytest.mark.parametrize(
    "before",
    [
        WEEKLY,
        DAILY,
        replace(FORTNIGHTLY, weekday=0, at=(8, 0), week_of=date(2026, 11, 23)),
        Cadence("month", at=(8, 0), day=23),
        NOW,
    ],
    ids=lambda cadence: cadence.kind,
)
def test_an_upgrade_opens_no_slot_twice_whatever_the_cadence_is_then(
    tmp_path: Path, before: Cadence
) -> None:
    afters = [before, replace(DAILY, at=(18, 0)), TWICE_A_WEEK, WEEKLY, FORTNIGHTLY, NOW]
    afters += [Cadence("month", at=(8, 0), day=20), Cadence("month", 0, (18, 0), nth=4)]
    every = [digest(f"news-{number}", before) for number in range(len(afters))]
    room = Newsroom(tmp_path, BERLIN, utc("2026-11-22T12:00"), *every)
    room.look()
    room.arrive()
    room.now = MONDAY_8
    assert len(room.look()) == len(every)
    downgrade(room)
    for index, after in enumerate(afters):
        room.change(index, after)
    while room.now < utc("2026-11-23T22:00"):
        room.arrive()
        again = {line.split()[0] for line in room.look()}
        assert again <= ({"news-0", "news-5"} if before == NOW else set())
        room.now += 2 * HOUR
    room.close()


def test_a_week_opened_by_a_version_before_leaves_its_later_days_to_a_list_of_days(
    opened: Newsroom,
) -> None:
    downgrade(opened)
    opened.change(0, replace(WEEKLY, also=(1,)))
    assert next_day(opened) == "2026-11-24 08:00"
    opened.arrive()
    opened.now += DAY
    assert opened.look() == ["news 2 2026-11-24 Title1"]


def test_a_state_keeps_the_day_and_the_instant_of_a_slot_and_not_of_its_opening(
    tmp_path: Path,
) -> None:
    room = Newsroom(tmp_path, BERLIN, utc("2026-10-01T12:00"), digest("news", WEEKLY))
    room.look()
    room.arrive()
    room.now = MONDAY_8 + 2 * DAY
    room.look()
    room.arrive()
    room.look("now")
    with closing(sqlite3.connect(room.path)) as raw:
        rows = raw.execute("SELECT period, slot_day, slot_at FROM editions").fetchall()
    assert rows == [
        ("2026-W48", "2026-11-23", "2026-11-23T07:00:00Z"),
        ("manual-2", None, None),
    ]
    room.close()
