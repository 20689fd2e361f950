"""A cadence of each kind, as it is written in digests.yaml and as it is read."""

from __future__ import annotations

from datetime import date

from tidings.model import Cadence, CadenceKind

AT = (8, 0)
# By kind: what stands in the file, what it means, and what a message says of it.
KINDS: dict[CadenceKind, tuple[dict[str, object], Cadence, str]] = {
    "immediate": (
        {"every": "immediate"},
        Cadence("immediate"),
        "It comes as soon as there is anything new.",
    ),
    "day": (
        {"every": "day", "at": "08:00"},
        Cadence("day", at=AT),
        "It comes every day, if there is anything new.",
    ),
    "week": (
        {"every": "week", "on": "wednesday", "at": "08:00"},
        Cadence("week", 2, AT),
        "It comes every Wednesday, if there is anything new.",
    ),
    "weekdays": (
        {"every": "week", "on": ["friday", "monday", "Wednesday"], "at": "08:00"},
        Cadence("week", 0, AT, also=(2, 4)),
        "It comes every Monday, Wednesday and Friday, if there is anything new.",
    ),
    "2 weeks": (
        {"every": "2 weeks", "on": "wednesday", "at": "08:00"},
        Cadence("2 weeks", 2, AT),
        "It comes every second Wednesday, if there is anything new.",
    ),
    "weekdays of 2 weeks": (
        {"every": "2 weeks", "on": ["monday", "thursday"], "at": "08:00", "from": "2026-11-23"},
        Cadence("2 weeks", 0, AT, week_of=date(2026, 11, 23), also=(3,)),
        "It comes every second week on Monday and Thursday, if there is anything new.",
    ),
    "month": (
        {"every": "month", "on": "28", "at": "08:00"},
        Cadence("month", at=AT, day=28),
        "It comes every month, if there is anything new.",
    ),
    "end of month": (
        {"every": "month", "on": "31", "at": "08:00"},
        Cadence("month", at=AT, day=31),
        "It comes on day 31, or the last day, of each month, if there is anything new.",
    ),
    "last day": (
        {"every": "month", "on": "last", "at": "08:00"},
        Cadence("month", at=AT, day="last"),
        "It comes every month, if there is anything new.",
    ),
    "weekday of month": (
        {"every": "month", "on": "last Friday", "at": "08:00"},
        Cadence("month", 4, AT, nth=-1),
        "It comes on the last Friday of each month, if there is anything new.",
    ),
}
