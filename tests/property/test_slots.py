"""The slots of all cadences, beside those that an oracle finds by walking from day to day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.newsroom import BERLIN, utc
from tests.property.schedule_oracle import ScheduleOracle
from tests.sampling import sampled
from tidings.core.schedule import coming_slots, newest_slot, next_slot
from tidings.model import Cadence, CadenceKind

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
TIMES = st.tuples(st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 45, 59]))
ZONES = st.sampled_from(
    ["Etc/GMT+12", "Pacific/Kiritimati", "Pacific/Apia", "Europe/Berlin", "America/New_York",
     "Africa/Cairo", "Australia/Lord_Howe", "America/Nuuk", "Asia/Kathmandu", "Antarctica/Troll"]
).map(ZoneInfo)  # fmt: skip
CADENCES = st.one_of(
    st.builds(Cadence, st.just("day"), at=TIMES),
    st.builds(
        Cadence,
        st.sampled_from(["week", "2 weeks"]),
        st.integers(0, 6),
        TIMES,
        week_of=st.dates(),
        also=st.sets(st.integers(0, 6), max_size=6).map(tuple),
    ).map(lambda made: replace(made, also=tuple(d for d in made.also if d != made.weekday))),
    st.builds(Cadence, st.just("month"), at=TIMES, day=st.integers(1, 31) | st.just("last")),
    st.builds(
        Cadence, st.just("month"), st.integers(0, 6), TIMES, nth=st.sampled_from([1, 2, 3, 4, -1])
    ),
)
SECONDS = st.integers(
    int(utc("1996-01-01").timestamp()), int(utc("2101-03-02").timestamp())
) | st.integers(int(utc("2100-02-20").timestamp()), int(utc("2100-03-05").timestamp()))


@sampled(40, 3000)
@given(zone=ZONES, cadence=CADENCES, second=SECONDS, left_out=st.sets(st.integers(-40, 40)))
def test_slots_are_those_that_a_walk_from_day_to_day_finds(
    zone: ZoneInfo, cadence: Cadence, second: int, left_out: set[int]
) -> None:
    now = datetime.fromtimestamp(second, UTC)
    today = now.astimezone(zone).date()
    but = {today + away * DAY for away in sorted(left_out)[:3]}
    cadence = replace(cadence, but=frozenset(but))
    found = ScheduleOracle(zone).slots(cadence, now)
    at, period, day = max(slot for slot in found if slot[0] <= now)
    newest = newest_slot(cadence, zone, now)
    assert (newest.at, newest.period, newest.day) == (at, period, day)
    first = min(slot[0] for slot in found if slot[0] > now)
    at, period, day = max(slot for slot in found if slot[0] == first)
    coming = next_slot(cadence, zone, now)
    assert (coming.at, coming.period, coming.day) == (at, period, day)
    assert newest_slot(cadence, zone, coming.at) == coming
    assert newest_slot(cadence, zone, coming.at - SECOND) == newest


def days(cadence: Cadence, since: str, number: int) -> list[str]:
    found = islice(coming_slots(cadence, BERLIN, utc(since)), number)
    return [f"{slot.day:%d.%m.%y}" for slot in found]


@pytest.mark.parametrize(
    ("cadence", "since", "expected"),
    [
        (
            Cadence("week", 0, (8, 0), also=(3,)),
            "2026-11-23T12:00",
            ["26.11.26", "30.11.26", "03.12.26", "07.12.26"],
        ),
        (
            Cadence("2 weeks", 1, (8, 0), week_of=date(2026, 12, 31), also=(4,)),
            "2026-12-20T12:00",
            ["29.12.26", "01.01.27", "12.01.27", "15.01.27"],
        ),
        (
            Cadence("month", at=(8, 0), day=31),
            "2028-01-31T12:00",
            ["29.02.28", "31.03.28", "30.04.28", "31.05.28"],
        ),
        (
            Cadence("month", at=(8, 0), day=29),
            "2100-01-30T12:00",
            ["28.02.00", "29.03.00", "29.04.00", "29.05.00"],
        ),
        (
            Cadence("month", 0, (8, 0), nth=1),
            "2026-11-01T12:00",
            ["02.11.26", "07.12.26", "04.01.27", "01.02.27"],
        ),
        (
            Cadence("month", 4, (8, 0), nth=-1),
            "2026-11-01T12:00",
            ["27.11.26", "25.12.26", "29.01.27", "26.02.27"],
        ),
        (
            Cadence("month", 6, (8, 0), nth=4),
            "2027-02-01T12:00",
            ["28.02.27", "28.03.27", "25.04.27", "23.05.27"],
        ),
        (
            Cadence("month", 4, (8, 0), nth=-1, but=frozenset({date(2026, 12, 25)})),
            "2026-11-01T12:00",
            ["27.11.26", "29.01.27", "26.02.27", "26.03.27"],
        ),
    ],
)
def test_a_digest_comes_on_these_days(cadence: Cadence, since: str, expected: list[str]) -> None:
    assert days(cadence, since, 4) == expected


@pytest.mark.parametrize(
    ("cadence", "periods"),
    [
        (Cadence("week", 0, (8, 0)), ["2026-W49", "2026-W50"]),
        (Cadence("week", 0, (8, 0), also=(3,)), ["2026-11-26", "2026-11-30"]),
        (Cadence("2 weeks", 0, (8, 0)), ["2026-W50", "2026-W52"]),
        (Cadence("2 weeks", 0, (8, 0), also=(3,)), ["2026-11-26", "2026-12-07"]),
        (Cadence("month", at=(8, 0), day=31), ["2026-11", "2026-12"]),
        (Cadence("month", 4, (8, 0), nth=-1), ["2026-11", "2026-12"]),
    ],
)
def test_a_period_is_a_date_where_there_are_several_slots_in_one(
    cadence: Cadence, periods: list[str]
) -> None:
    found = coming_slots(cadence, BERLIN, utc("2026-11-24T12:00"))
    assert [slot.period for slot in islice(found, 2)] == periods


def test_a_year_of_days_that_do_not_count_is_passed_over() -> None:
    year = frozenset(date(2027, 1, 1) + number * DAY for number in range(365))
    cadence = Cadence("month", at=(8, 0), day="last", but=year)
    assert days(cadence, "2026-12-31T12:00", 2) == ["31.01.28", "29.02.28"]
    newest = newest_slot(cadence, BERLIN, utc("2027-12-31T12:00"))
    assert newest.period == "2026-12"


def test_each_kind_of_cadence_is_one_that_the_days_tell() -> None:
    first = Cadence("month", 0, nth=1)
    made = [
        *(Cadence(every) for every in ("immediate", "day", "week", "2 weeks", "month")),
        *(Cadence(every, also=(3,)) for every in ("week", "2 weeks")),
        *(Cadence("month", day=day) for day in (28, 29, 31, "last")),
        first,
    ]
    assert {each.kind for each in made} == set(get_args(CadenceKind))
