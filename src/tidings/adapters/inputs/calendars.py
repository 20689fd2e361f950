"""Opens calendars (.ics): each event as an entry of the day on which it takes place.

An event that comes again is an entry for each of its days, as many as there are, up to a hundred.
It stands alone: what a rule of recurrence says is read by the same library as dates are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from dateutil.rrule import rrulestr

from tidings.adapters.inputs.entries import Entry, as_text
from tidings.core.addresses import deceives
from tidings.errors import InputRefused

_MOST_EVENTS: Final = 5_000
_MOST_TIMES: Final = 100
_MOST_TRIED: Final = 2_000
_MOST_BYTES: Final = 2 * 2**20
_FREQUENT: Final = ("SECONDLY", "MINUTELY", "HOURLY")


def opened(data: bytes, _encoding: str | None = None) -> str:
    """The events of a calendar. Raises `InputRefused` if it is none."""
    if len(data) > _MOST_BYTES or data.upper().count(b"BEGIN:") > _MOST_EVENTS:
        raise InputRefused("this calendar has too many events", "export a shorter one")
    if data[:6].upper() not in (b"BEGIN:", b"\xef\xbb\xbfBEG"):
        raise InputRefused("this is no calendar", "export it as iCalendar (.ics)")
    # Here, since hardly anybody has a calendar.
    import icalendar

    try:
        read: list[Any] = list(icalendar.Calendar.from_ical(data, multiple=True))
        events: list[Any] = [event for each in read for event in each.walk("VEVENT")]
        moved = {
            (str(event.get("UID")), _day(event["RECURRENCE-ID"].dt))
            for event in events
            if "RECURRENCE-ID" in event
        }
        made = [entry for event in events for entry in _entries(event, moved)]
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, RecursionError) as error:
        raise InputRefused("this is no calendar, or a damaged one", "export it again") from error
    return as_text("calendar", made)


def _entries(event: Any, moved: set[tuple[str, date]]) -> Iterator[Entry]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or "DTSTART" not in event:
        return
    start = event["DTSTART"].dt
    uid = str(event.get("UID", ""))
    days = [start] if "RECURRENCE-ID" in event else list(_days(event, start))
    for when in days:
        day = _day(when)
        if "RECURRENCE-ID" not in event and len(days) > 1 and (uid, day) in moved:
            continue
        of_series = len(days) > 1 or "RECURRENCE-ID" in event
        yield Entry(
            title=_line(event.get("SUMMARY")),
            summary=" ".join(filter(None, (_line(event.get("DESCRIPTION")), _place(event)))),
            when=day.isoformat(),
            url=_address(str(event.get("URL", ""))),
            category=_category(event),
            guid=f"{uid} {day.isoformat()}" if uid and of_series else uid,
        )


def _days(event: Any, start: date) -> Iterator[date]:
    """The days of an event that comes again, in their order, without those that are left out."""
    if "RRULE" not in event:
        more = [each.dt for one in _several(event, "RDATE") for each in one.dts]
        yield from dict.fromkeys(
            sorted((start, *(m for m in more if type(m) is type(start))), key=_day)
        )
        return
    left_out = {_day(each.dt) for one in _several(event, "EXDATE") for each in one.dts}
    added = [_day(each.dt) for one in _several(event, "RDATE") for each in one.dts]
    first = datetime(*_day(start).timetuple()[:3])  # noqa: DTZ001 - days alone are counted
    days: list[date] = []
    for rule in _several(event, "RRULE"):
        if str(next(iter(rule.get("FREQ", [""])), "")).upper() in _FREQUENT:
            raise ValueError
        days += _by_rule(rule, first)
    yield from (day for day in sorted({*days, *added})[:_MOST_TIMES] if day not in left_out)


def _by_rule(rule: Any, first: datetime) -> Iterator[date]:
    """The days by one rule. Its end counts as a whole day: times of day are left out."""
    parts = dict(rule.items())
    until = parts.pop("UNTIL", None)
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        parts.pop(name, None)
    text = type(rule)(parts).to_ical().decode()
    last = _day(until[0]) if until else None
    for each in islice(rrulestr(text, dtstart=first), _MOST_TIMES):
        if last is not None and each.date() > last:
            return
        yield each.date()


def _several(event: Any, name: str) -> list[Any]:
    value = event.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _day(when: date | datetime) -> date:
    """The day on which something takes place, by the clocks of the place itself."""
    return when.date() if isinstance(when, datetime) else when


def _line(value: object) -> str:
    return " ".join(str(value).split()) if value is not None else ""


def _place(event: Any) -> str:
    place = _line(event.get("LOCATION"))
    return f"({place})" if place else ""


def _category(event: Any) -> str:
    named = event.get("CATEGORIES")
    named = named[0] if isinstance(named, list) and named else named
    return next((_line(each) for each in getattr(named, "cats", ())), "")


def _address(url: str) -> str:
    return url if url.startswith(("http://", "https://")) and not deceives(url) else ""
