"""Corrections are told to those who had the old text in print, not only behind "and n more"."""

from __future__ import annotations

from tests.builders import MONDAY, WEEK, digest
from tests.desk import Desk, staff
from tidings.application.edit import retract

ANA = "ana@x.example"
LINES = [f"2026-01-0{day} | Boat {day} | It floats." for day in range(1, 6)]


def retold(desk: Desk, *days: int, now: int) -> dict[str, str]:
    """Correct the boats of these days, and what is mailed with the next news."""
    lines = [
        f"2026-01-0{day} | Boat {day} | It sank." if day in days else LINES[day - 1]
        for day in range(1, 6)
    ]
    desk.file("a.txt", *lines, now=MONDAY + now * WEEK)
    desk.file("b.txt", f"2026-02-0{now} | Port {now} | It waits.", now=MONDAY + now * WEEK)
    return desk.mail(MONDAY + now * WEEK)


def test_what_a_mail_only_counted_is_corrected_to_nobody(desk: Desk) -> None:
    desk.digests = (digest(max_items=2),)
    desk.lists = staff(ANA)
    desk.file("a.txt", *LINES)
    assert desk.mail() == {ANA: "new Boat 4\nnew Boat 5"}
    assert retold(desk, 1, 5, now=1) == {ANA: "new Port 1\ncorrected Boat 5"}


def test_the_retraction_of_what_a_mail_only_counted_opens_no_edition(desk: Desk) -> None:
    desk.digests = (digest(max_items=2),)
    desk.lists = staff(ANA)
    desk.file("a.txt", *LINES)
    desk.mail()
    for title, told in (("Boat 1", {}), ("Boat 4", {ANA: "corrected Boat 4"})):
        slug = desk.items()[title].slug
        retract(desk.store, desk.editor(MONDAY, reason="It never was"), slug)
        assert desk.mail(MONDAY + WEEK) == told


def test_where_all_has_room_all_is_corrected(desk: Desk) -> None:
    desk.digests = (digest(max_items=5),)
    desk.lists = staff(ANA)
    desk.file("a.txt", *LINES)
    desk.mail()
    assert "corrected Boat 1" in retold(desk, 1, now=1)[ANA]
