"""When a digest is due, what a wrong clock does to it, and what becomes of a delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import HOUR, MONDAY
from tidings.core.schedule import (
    CRASHES,
    InDoubt,
    Slot,
    after_attempt,
    closing,
    due,
    given_back,
    has_passed,
    is_steady,
    newest_slot,
    next_slot,
    retry_pause,
)
from tidings.errors import DeliveryError, ReplyLost, TransportClosed
from tidings.model import Cadence, Delivery, DeliveryState

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SECOND = timedelta(seconds=1)
MONDAY_8 = Cadence("week", 0, (8, 0))
COSTA_RICA = ZoneInfo("America/Costa_Rica")
BERLIN = ZoneInfo("Europe/Berlin")
DAILY = Cadence("day", at=(8, 0))
FIRST = Cadence("month", at=(8, 0), day=1)
LAST = Cadence("month", at=(8, 0), day="last")
AT_ONCE = Cadence("immediate")


def weekly(day: str, at: str) -> Cadence:
    hour, minute = at.split(":")
    return Cadence("week", DAYS.index(day), (int(hour), int(minute)))


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def seconds(written: str) -> int:
    return int(utc(written).timestamp())


def slot(period: str, at: str) -> Slot:
    return Slot(period, utc(at))


# --- Newest and next -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "newest", "following"),
    [
        (
            "2026-03-02T13:59:59",
            slot("2026-W09", "2026-02-23T14:00"),
            slot("2026-W10", "2026-03-02T14:00"),
        ),
        (
            "2026-03-02T14:00:00",
            slot("2026-W10", "2026-03-02T14:00"),
            slot("2026-W11", "2026-03-09T14:00"),
        ),
        (
            "2026-03-08T23:00:00",
            slot("2026-W10", "2026-03-02T14:00"),
            slot("2026-W11", "2026-03-09T14:00"),
        ),
        # Monday in UTC, still Sunday in Costa Rica.
        (
            "2026-03-09T05:00:00",
            slot("2026-W10", "2026-03-02T14:00"),
            slot("2026-W11", "2026-03-09T14:00"),
        ),
    ],
)
def test_a_slot_is_the_newest_from_its_very_second(now: str, newest: Slot, following: Slot) -> None:
    assert newest_slot(MONDAY_8, COSTA_RICA, utc(now)) == newest
    assert next_slot(MONDAY_8, COSTA_RICA, utc(now)) == following


def test_the_week_belongs_to_the_slot_and_not_to_the_moment_it_is_looked_at() -> None:
    sunday = weekly("sunday", "23:59")
    found = newest_slot(sunday, COSTA_RICA, utc("2026-03-09T06:30"))
    assert found == slot("2026-W10", "2026-03-09T05:59")


@pytest.mark.parametrize(
    ("day", "now", "expected"),
    [
        # 2020 had 53 weeks; 1 January 2021 was the Friday of the last.
        ("friday", "2021-01-01T15:00", slot("2020-W53", "2021-01-01T14:00")),
        ("monday", "2021-01-04T15:00", slot("2021-W01", "2021-01-04T14:00")),
        # 31 December 2024 was the Tuesday of the first week of 2025.
        ("tuesday", "2024-12-31T15:00", slot("2025-W01", "2024-12-31T14:00")),
        ("monday", "2024-12-30T13:00", slot("2024-W52", "2024-12-23T14:00")),
        # 1 January 2023 was the Sunday of the last week of 2022.
        ("sunday", "2023-01-01T15:00", slot("2022-W52", "2023-01-01T14:00")),
        ("thursday", "2026-12-31T15:00", slot("2026-W53", "2026-12-31T14:00")),
    ],
)
def test_weeks_at_a_turn_of_the_year_are_numbered_as_iso_says(
    day: str, now: str, expected: Slot
) -> None:
    assert newest_slot(weekly(day, "08:00"), COSTA_RICA, utc(now)) == expected


@pytest.mark.parametrize(
    ("cadence", "now", "newest", "following"),
    [
        (
            DAILY,
            "2026-11-23T06:59:59",
            slot("2026-11-22", "2026-11-22T07:00"),
            slot("2026-11-23", "2026-11-23T07:00"),
        ),
        (
            DAILY,
            "2026-11-23T07:00",
            slot("2026-11-23", "2026-11-23T07:00"),
            slot("2026-11-24", "2026-11-24T07:00"),
        ),
        # Already Thursday in Berlin, still Wednesday in UTC.
        (
            Cadence("day", at=(0, 0)),
            "2026-12-30T23:00",
            slot("2026-12-31", "2026-12-30T23:00"),
            slot("2027-01-01", "2026-12-31T23:00"),
        ),
        (
            FIRST,
            "2026-12-31T23:30",
            slot("2026-12", "2026-12-01T07:00"),
            slot("2027-01", "2027-01-01T07:00"),
        ),
        (
            LAST,
            "2028-02-29T06:59:59",
            slot("2028-01", "2028-01-31T07:00"),
            slot("2028-02", "2028-02-29T07:00"),
        ),
        (
            LAST,
            "2026-02-28T07:00",
            slot("2026-02", "2026-02-28T07:00"),
            slot("2026-03", "2026-03-31T06:00"),
        ),
        (
            Cadence("month", at=(8, 0), day=28),
            "2026-03-01T00:00",
            slot("2026-02", "2026-02-28T07:00"),
            slot("2026-03", "2026-03-28T07:00"),
        ),
    ],
)
def test_days_and_months_have_their_slots_by_the_calendar_of_the_zone(
    cadence: Cadence, now: str, newest: Slot, following: Slot
) -> None:
    assert newest_slot(cadence, BERLIN, utc(now)) == newest
    assert next_slot(cadence, BERLIN, utc(now)) == following


@pytest.mark.parametrize(
    ("week_of", "newest", "following"),
    [
        # 2026-W49 is week 2,969 since the one of 5 January 1970, which is week 0: an odd one.
        (None, slot("2026-W48", "2026-11-23T07:00"), slot("2026-W50", "2026-12-07T07:00")),
        ("2026-12-01", slot("2026-W49", "2026-11-30T07:00"), slot("2026-W51", "2026-12-14T07:00")),
        ("2026-12-06", slot("2026-W49", "2026-11-30T07:00"), slot("2026-W51", "2026-12-14T07:00")),
        ("2026-12-07", slot("2026-W48", "2026-11-23T07:00"), slot("2026-W50", "2026-12-07T07:00")),
        ("0001-01-01", slot("2026-W48", "2026-11-23T07:00"), slot("2026-W50", "2026-12-07T07:00")),
        ("9999-12-31", slot("2026-W48", "2026-11-23T07:00"), slot("2026-W50", "2026-12-07T07:00")),
    ],
)
def test_every_second_week_is_counted_from_the_week_of_a_day_before_or_after(
    week_of: str | None, newest: Slot, following: Slot
) -> None:
    cadence = Cadence("2 weeks", 0, (8, 0))
    if week_of:
        cadence = replace(cadence, week_of=date.fromisoformat(week_of))
    for now in ("2026-11-30T07:00", "2026-12-01T12:00", "2026-12-07T06:59:59"):
        assert newest_slot(cadence, BERLIN, utc(now)) == newest
        assert next_slot(cadence, BERLIN, utc(now)) == following


def test_a_year_of_53_weeks_does_not_move_every_second_week() -> None:
    cadence, now, periods = Cadence("2 weeks", 4, (8, 0)), utc("2026-12-05T00:00"), []
    for _ in range(4):
        found = next_slot(cadence, BERLIN, now)
        periods.append(found.period)
        now = found.at
    assert periods == ["2026-W50", "2026-W52", "2027-W01", "2027-W03"]


def test_an_immediate_digest_has_a_slot_each_minute_in_utc() -> None:
    now = utc("2026-11-22T10:15:59")
    assert newest_slot(AT_ONCE, BERLIN, now) == slot("2026-11-22T10:15Z", "2026-11-22T10:15")
    assert next_slot(AT_ONCE, BERLIN, now) == slot("2026-11-22T10:16Z", "2026-11-22T10:16")
    assert newest_slot(AT_ONCE, BERLIN, now.astimezone(BERLIN)) == newest_slot(AT_ONCE, BERLIN, now)


# --- Clocks that change --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        # Spring: the hour does not exist; the slot comes as long after midnight as ever.
        ("Europe/Berlin", "sunday", "02:30", "2026-03-29T01:30"),
        ("America/New_York", "sunday", "02:00", "2026-03-08T07:00"),
        ("Australia/Lord_Howe", "sunday", "02:15", "2026-10-03T15:45"),
        # Midnight itself does not exist.
        ("Africa/Cairo", "friday", "00:00", "2026-04-23T22:00"),
        ("Africa/Cairo", "friday", "00:59", "2026-04-23T22:59"),
        # The whole Friday does not exist.
        ("Pacific/Apia", "friday", "08:00", "2011-12-30T18:00"),
        # Autumn: the hour comes twice, the slot the first time.
        ("Europe/Berlin", "sunday", "02:30", "2026-10-25T00:30"),
        ("America/New_York", "sunday", "01:30", "2026-11-01T05:30"),
        ("Australia/Lord_Howe", "sunday", "01:45", "2026-04-04T14:45"),
        ("Africa/Cairo", "thursday", "23:30", "2026-10-29T20:30"),
    ],
)
def test_a_slot_in_a_gap_or_an_overlap_comes_once(
    zone: str, day: str, at: str, expected: str
) -> None:
    cadence, where, instant = weekly(day, at), ZoneInfo(zone), utc(expected)
    period = newest_slot(cadence, where, instant).period
    seen = {
        newest_slot(cadence, where, instant + timedelta(minutes=minutes))
        for minutes in range(0, 3 * 24 * 60, 10)
    }
    assert seen == {Slot(period, instant)}
    assert newest_slot(cadence, where, instant - SECOND).at < instant
    assert next_slot(cadence, where, instant - SECOND) == Slot(period, instant)


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Berlin", "2026-03-23T07:00", "2026-03-30T06:00"),
        ("America/New_York", "2026-03-02T13:00", "2026-03-09T12:00"),
        ("Africa/Cairo", "2026-04-20T06:00", "2026-04-27T05:00"),
        ("Pacific/Apia", "2011-12-26T18:00", "2012-01-01T18:00"),
        ("Australia/Lord_Howe", "2026-09-27T21:30", "2026-10-04T21:00"),
    ],
)
def test_a_digest_stays_at_eight_when_the_clocks_change(zone: str, before: str, after: str) -> None:
    where = ZoneInfo(zone)
    assert newest_slot(MONDAY_8, where, utc(before)).at == utc(before)
    assert next_slot(MONDAY_8, where, utc(before)).at == utc(after)
    for instant in (before, after):
        assert utc(instant).astimezone(where).strftime("%A %H:%M") == "Monday 08:00"


@pytest.mark.parametrize(
    ("zone", "at", "around", "expected"),
    [
        ("Europe/Berlin", "02:30", "2026-03-29", ["01:30 28", "01:30 29", "00:30 30"]),
        ("Europe/Berlin", "02:30", "2026-10-25", ["00:30 24", "00:30 25", "01:30 26"]),
        ("America/New_York", "02:00", "2026-03-08", ["07:00 07", "07:00 08", "06:00 09"]),
        ("America/New_York", "01:30", "2026-11-01", ["05:30 31", "05:30 01", "06:30 02"]),
        ("Africa/Cairo", "00:00", "2026-04-24", ["22:00 22", "22:00 23", "21:00 24"]),
        ("Africa/Cairo", "23:30", "2026-10-29", ["20:30 28", "20:30 29", "21:30 30"]),
        ("Australia/Lord_Howe", "02:15", "2026-10-04", ["15:45 02", "15:45 03", "15:15 04"]),
    ],
)
def test_a_daily_digest_has_one_slot_a_day_when_clocks_change(
    zone: str, at: str, around: str, expected: list[str]
) -> None:
    hour, minute = at.split(":")
    cadence, where = Cadence("day", at=(int(hour), int(minute))), ZoneInfo(zone)
    day = date.fromisoformat(around)
    now = utc(f"{day - timedelta(days=2)}T12:00")
    found: list[Slot] = []
    while len(found) < 3:
        coming = next_slot(cadence, where, now)
        assert newest_slot(cadence, where, coming.at) == coming
        now = coming.at
        if date.fromisoformat(coming.period) >= day - timedelta(days=1):
            found.append(coming)
    days = [str(day + timedelta(days=away)) for away in (-1, 0, 1)]
    assert [each.period for each in found] == days
    assert [f"{each.at:%H:%M %d}" for each in found] == expected


def test_a_day_that_does_not_exist_shares_the_slot_of_the_next_which_counts() -> None:
    # In Apia, 29 December 2011 was followed by the 31st.
    apia = ZoneInfo("Pacific/Apia")
    thursday = slot("2011-12-29", "2011-12-29T18:00")
    saturday = slot("2011-12-31", "2011-12-30T18:00")
    assert next_slot(DAILY, apia, thursday.at) == saturday
    assert newest_slot(DAILY, apia, saturday.at) == saturday
    assert newest_slot(DAILY, apia, saturday.at - SECOND) == thursday
    assert next_slot(DAILY, apia, saturday.at) == slot("2012-01-01", "2011-12-31T18:00")


def test_a_day_that_comes_twice_has_its_slot_the_first_time() -> None:
    # In Kwajalein, 30 September 1969 began again an hour before it was over.
    kwajalein = ZoneInfo("Pacific/Kwajalein")
    first = newest_slot(DAILY, kwajalein, utc("1969-09-29T21:00"))
    assert first == slot("1969-09-30", "1969-09-29T21:00")
    assert next_slot(DAILY, kwajalein, first.at) == slot("1969-10-01", "1969-10-01T20:00")
    assert newest_slot(DAILY, kwajalein, utc("1969-10-01T19:59")) == first


@given(
    zone=st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe",
         "America/Sao_Paulo", "America/Scoresbysund", "Asia/Kathmandu", "Pacific/Kiritimati"]
    ),
    cadence=st.builds(
        Cadence,
        st.sampled_from(["day", "week", "2 weeks", "month"]),
        st.integers(0, 6),
        st.tuples(st.integers(0, 23), st.integers(0, 59)),
        st.integers(1, 28) | st.just("last"),
        st.dates(),
    ),
    second=st.integers(seconds("1996-01-01"), seconds("2036-01-01")),
)  # fmt: skip
def test_slots_follow_each_other_without_a_gap_whatever_the_cadence(
    zone: str, cadence: Cadence, second: int
) -> None:
    where, now = ZoneInfo(zone), datetime.fromtimestamp(second, UTC)
    newest, following = newest_slot(cadence, where, now), next_slot(cadence, where, now)
    assert newest.at <= now < following.at
    assert newest.period < following.period
    assert newest_slot(cadence, where, following.at - SECOND) == newest
    assert newest_slot(cadence, where, following.at) == following
    period = timedelta(days={"day": 1, "week": 7, "2 weeks": 14, "month": 31}[cadence.every])
    assert following.at - newest.at <= period + timedelta(hours=1)


@given(
    zone=st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Africa/Cairo", "Pacific/Apia", "Australia/Lord_Howe",
         "Asia/Tehran", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Kiritimati"]
    ),
    weekday=st.integers(0, 6),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    second=st.integers(seconds("1994-01-01"), seconds("2036-01-01")),
)  # fmt: skip
def test_every_moment_lies_between_two_slots_of_neighbouring_weeks(
    zone: str, weekday: int, hour: int, minute: int, second: int
) -> None:
    cadence, where = Cadence("week", weekday, (hour, minute)), ZoneInfo(zone)
    now = datetime.fromtimestamp(second, UTC)
    newest, following = newest_slot(cadence, where, now), next_slot(cadence, where, now)
    assert newest.at <= now < following.at
    assert timedelta(days=5) < following.at - newest.at < timedelta(days=9)
    monday = date.fromisocalendar(int(newest.period[:4]), int(newest.period[6:]), 1)
    year, week, _ = (monday + timedelta(days=7)).isocalendar()
    assert following.period == f"{year}-W{week:02}"


def test_all_weeks_of_a_decade_have_a_slot_of_their_own() -> None:
    cadence, where = weekly("sunday", "02:30"), ZoneInfo("Europe/Berlin")
    now, periods = utc("2020-01-01T00:00"), set()
    while now < utc("2030-01-01T00:00"):
        periods.add(newest_slot(cadence, where, now).period)
        now += timedelta(hours=20)
    assert len(periods) == 10 * 52 + 3  # 2020 and 2026 have 53 weeks, and 2019-W52 was the newest


# --- Due -----------------------------------------------------------------------------------------


def test_a_digest_first_seen_on_tuesday_owes_nothing_for_monday() -> None:
    tuesday = utc("2026-03-03T15:00")
    assert due(MONDAY_8, COSTA_RICA, tuesday, first_seen=tuesday) is None
    assert due(MONDAY_8, COSTA_RICA, utc("2026-03-09T13:59:59"), first_seen=tuesday) is None
    assert due(MONDAY_8, COSTA_RICA, utc("2026-03-09T14:00"), first_seen=tuesday) == slot(
        "2026-W11", "2026-03-09T14:00"
    )


def test_a_digest_first_seen_at_the_very_slot_is_due() -> None:
    eight = utc("2026-03-02T14:00")
    assert due(MONDAY_8, COSTA_RICA, eight, first_seen=eight) == Slot("2026-W10", eight)
    assert due(MONDAY_8, COSTA_RICA, eight + SECOND, first_seen=eight + SECOND) is None


def test_of_weeks_that_were_missed_only_the_newest_is_due() -> None:
    found = due(MONDAY_8, COSTA_RICA, utc("2026-04-01T00:00"), first_seen=utc("2026-01-01T00:00"))
    assert found == slot("2026-W14", "2026-03-30T14:00")


def test_what_is_due_does_not_depend_on_how_now_is_written() -> None:
    first_seen, now = utc("2026-01-01T00:00"), utc("2026-03-09T05:00")
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        elsewhere = now.astimezone(ZoneInfo(zone))
        assert due(MONDAY_8, COSTA_RICA, elsewhere, first_seen) == due(
            MONDAY_8, COSTA_RICA, now, first_seen
        )


def test_a_missed_slot_is_owed_until_the_next_one() -> None:
    seen = utc("2026-01-01T00:00")
    before_the_next = utc("2026-03-09T13:59:59")
    assert due(MONDAY_8, COSTA_RICA, before_the_next, seen) == slot("2026-W10", "2026-03-02T14:00")
    three_days_down = due(DAILY, COSTA_RICA, utc("2026-03-05T15:00"), seen)
    assert three_days_down == slot("2026-03-05", "2026-03-05T14:00")


def test_a_slot_missed_for_longer_than_catch_up_is_owed_no_more() -> None:
    seen, limit = utc("2026-01-01T00:00"), timedelta(days=2)
    in_time = utc("2026-03-04T14:00")
    assert due(MONDAY_8, COSTA_RICA, in_time, seen, catch_up=limit) == slot(
        "2026-W10", "2026-03-02T14:00"
    )
    assert due(MONDAY_8, COSTA_RICA, in_time + SECOND, seen, catch_up=limit) is None


def test_older_slots_within_catch_up_are_not_owed_beside_the_newest() -> None:
    seen, long = utc("2026-01-01T00:00"), timedelta(days=60)
    found = due(MONDAY_8, COSTA_RICA, utc("2026-03-31T00:00"), seen, catch_up=long)
    assert found == slot("2026-W14", "2026-03-30T14:00")


def test_an_immediate_digest_is_due_unless_it_came_in_the_last_fifteen_minutes() -> None:
    now, quarter = utc("2026-11-22T10:15:30"), timedelta(minutes=15)
    expected = slot("2026-11-22T10:15Z", "2026-11-22T10:15")
    assert due(AT_ONCE, BERLIN, now, first_seen=now) == expected
    for last, found in [
        (now - quarter, expected),
        (now - quarter + SECOND, None),
        (now, None),
        # The clock was set back since.
        (now + quarter - SECOND, None),
        (now + quarter, expected),
        (utc("2038-01-19T03:14"), expected),
    ]:
        assert due(AT_ONCE, BERLIN, now, first_seen=now, last_opened=last) == found


def test_the_last_edition_holds_up_no_digest_but_an_immediate_one() -> None:
    seen, now = utc("2026-01-01T00:00"), utc("2026-03-02T14:00")
    found = due(MONDAY_8, COSTA_RICA, now, seen, last_opened=utc("2038-01-19T03:14"))
    assert found == Slot("2026-W10", now)


def test_a_digest_first_seen_by_a_clock_a_day_ahead_or_more_waits_for_no_such_day() -> None:
    now, a_day = utc("2026-03-03T15:00"), timedelta(days=1)
    assert due(MONDAY_8, COSTA_RICA, now, first_seen=now + a_day) is None
    assert due(MONDAY_8, COSTA_RICA, now, first_seen=now + a_day + SECOND) == slot(
        "2026-W10", "2026-03-02T14:00"
    )


# --- The clock itself ----------------------------------------------------------------------------


def test_a_clock_is_relied_on_unless_it_went_back_by_more_than_five_minutes() -> None:
    last, five = utc("2026-03-02T14:00"), timedelta(minutes=5)
    assert is_steady(last, last + timedelta(days=4000))
    assert is_steady(last, last - five)
    assert not is_steady(last, last - five - SECOND)


def test_a_clock_is_not_relied_on_the_first_time_it_is_looked_at() -> None:
    assert not is_steady(None, utc("2026-03-02T14:00"))


@pytest.mark.parametrize(
    ("after", "passed"),
    [(0 * HOUR, False), (HOUR - SECOND, False), (HOUR, True), (9 * HOUR, True), (-SECOND, True)],
)
def test_nobody_waits_for_an_instant_that_was_noted_while_the_clock_was_ahead(
    after: timedelta, passed: bool
) -> None:
    assert has_passed(HOUR, MONDAY, MONDAY + after) is passed


# --- Attempts ----------------------------------------------------------------------------------

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
EXPIRES = timedelta(days=5)


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
        (ReplyLost("no answer"), "resend", DeliveryState.SENDING),
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
    waits = state in (DeliveryState.DEFERRED, DeliveryState.SENDING)
    assert (retry_at is not None) == waits


@pytest.mark.parametrize("in_doubt", ["resend", "hold"])
def test_without_an_answer_for_a_second_time_a_message_is_in_doubt(in_doubt: InDoubt) -> None:
    again = delivery(state=DeliveryState.SENDING)
    lost = ReplyLost("no answer")
    assert after_attempt(again, 2, lost, NOW, in_doubt) == (DeliveryState.IN_DOUBT, None)


@pytest.mark.parametrize(
    "error",
    [DeliveryError("451", permanent=False), TransportClosed("no server", ours=False)],
)
def test_what_may_have_arrived_still_may_have_when_it_is_put_off(error: DeliveryError) -> None:
    again = delivery(state=DeliveryState.SENDING)
    end, retry_at = after_attempt(again, 2, error, NOW, "resend")
    assert end is DeliveryState.SENDING
    assert retry_at is not None
    assert given_back(again) is DeliveryState.SENDING
    assert given_back(delivery()) is DeliveryState.QUEUED


def test_what_waits_is_attempted() -> None:
    assert closing(delivery(), NOW - EXPIRES, NOW, EXPIRES, "resend") is None


def test_an_edition_expires_and_the_last_words_are_kept() -> None:
    late = closing(
        delivery(DeliveryState.DEFERRED, detail="451 busy"),
        NOW - EXPIRES - timedelta(seconds=1),
        NOW,
        EXPIRES,
        "resend",
    )
    assert late == (DeliveryState.FAILED, "expired; last: 451 busy")


def test_what_a_crash_cut_short_is_sent_again_or_held_as_chosen() -> None:
    cut_short = delivery(DeliveryState.SENDING)
    assert closing(cut_short, NOW, NOW, EXPIRES, "resend") is None
    held = closing(cut_short, NOW, NOW, EXPIRES, "hold")
    assert held
    assert held[0] is DeliveryState.IN_DOUBT


def test_a_delivery_over_which_five_processes_died_is_parked() -> None:
    fourth = delivery(DeliveryState.SENDING, crashes=CRASHES - 2)
    fifth = delivery(DeliveryState.SENDING, crashes=CRASHES - 1)
    assert closing(fourth, NOW, NOW, EXPIRES, "resend") is None
    parked = closing(fifth, NOW, NOW, EXPIRES, "resend")
    assert parked
    assert parked[0] is DeliveryState.FAILED
    assert "given up" in parked[1]
