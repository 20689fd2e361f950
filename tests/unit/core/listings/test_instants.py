"""An instant with an offset is of the day that it was at the site."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from tidings.core.listings import Hints, parse
from tidings.core.listings.instants import offset_of, read_instant

COSTA_RICA = ZoneInfo("America/Costa_Rica")  # six hours behind
TOKYO = ZoneInfo("Asia/Tokyo")  # nine ahead
BEFORE, DAY, AFTER = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)
REST = (
    "2026-11-18\nMinisters sign a labour accord\nBoth countries agreed on fair rules.\n\n"
    "2026-11-15\nReport on recruitment published\nIt covers twelve sectors of the economy.\n"
)
FORMS = [
    ("2026-11-21T{}:00Z", "03:30", BEFORE, DAY),
    ("2026-11-21T{}Z", "03:30", BEFORE, DAY),
    ("2026-11-21 {}:00+00:00", "16:30", DAY, AFTER),
    ("2026-11-21T{}:00.000Z", "16:30", DAY, AFTER),
    ("2026-11-21T{}:00-06:00", "21:30", DAY, AFTER),
    ("2026-11-21T{}:00+0900", "14:30", BEFORE, DAY),
    ("Sat, 21 Nov 2026 {}:00 +0000", "03:30", BEFORE, DAY),
    ("Sat, 21 Nov 2026 {}:00 GMT", "03:30", BEFORE, DAY),
    ("21 November 2026, {} UTC", "03:30", BEFORE, DAY),
    ("21/11/2026 {} UTC", "03:30", BEFORE, DAY),
    ("21 November 2026, {} UTC-6", "02:00", DAY, DAY),
    ("21 November 2026, {}", "03:30", DAY, DAY),
    ("2026-11-21 {}", "23:30", DAY, DAY),
    ("21 Nov 2026, {}-11:00", "10:30", DAY, DAY),
]


@pytest.mark.parametrize(("form", "clock", "there", "in_tokyo"), FORMS)
@pytest.mark.parametrize("path", ["a.txt", "a.csv", "a.json"])
def test_an_instant_is_of_the_day_that_it_was_at_the_site(
    path: str, form: str, clock: str, there: date, in_tokyo: date
) -> None:
    when = form.format(clock)
    texts = {
        "a.txt": f"{when}\nA hub opens for workers\nThe hub gives advice to workers.\n\n{REST}",
        "a.csv": f'Date,Title\n"{when}",A hub opens for workers\n',
        "a.json": f'[{{"date": "{when}", "title": "A hub opens for workers"}}]',
    }
    for zone, day in ((COSTA_RICA, there), (TOKYO, in_tokyo), (None, DAY)):
        reading = parse(texts[path], path, hints=Hints(zone=zone))
        assert reading.listings[0].text.date == day, (zone, reading)


def test_a_day_alone_is_that_day_everywhere() -> None:
    for zone in (COSTA_RICA, TOKYO, None):
        (listing,) = parse("Date,Title\n2026-11-21,A\n", "a.csv", hints=Hints(zone=zone)).listings
        assert listing.text.date == DAY


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("T03:30:00Z", 0), (", 3:30 a.m. GMT", 0), (" 03:30 +02:00", 2), ("T03:30-06:00", -6),
        (" 03:30:00 -0600", -6), (" 03:30 UTC+1", 1), (" 10:30", None), (" 10:30-11:00", None),
        (" 10:30 CET", None), (" 10:30 +99:00", None),
    ],
)  # fmt: skip
def test_the_offset_of_a_clock_is_read_where_it_is_plain(text: str, hours: int | None) -> None:
    assert offset_of(text) == (None if hours is None else timedelta(hours=hours))


@pytest.mark.parametrize("text", ["5", "soon", "12345678901", "99990101T000000Z", "", ":", "a:b"])
def test_what_is_no_instant_is_none(text: str) -> None:
    assert read_instant(text, COSTA_RICA) is None


def test_seconds_since_1970_are_an_instant() -> None:
    assert read_instant("1795231800", COSTA_RICA) == BEFORE
    assert read_instant("1795231800000", TOKYO) == DAY
