"""Reads days that do not count from a calendar file (iCalendar, RFC 5545): `except: holidays.ics`.

A day counts as one of them if an event covers all of it: an event of whole days, however many, or
one that lasts from midnight to midnight where it is, as some programs write those. Whatever comes
again is followed from 2000 to 2099. The library is imported when such a file is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from tidings.adapters.config.yaml import Document
from tidings.core.settings import Plain
from tidings.model import Help, Problem

ENDING = ".ics"
_LARGEST = 4 * 2**20
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)
# More than all Saturdays and Sundays of these years.
_MOST = 20_000
_DAY = timedelta(days=1)


def insert_holidays(folder: Path, shown: str, digests: Document) -> list[Problem]:
    """Put the days of calendar files in the place of their names; returns what is wrong with files,
    at the place that names them. Digests whose file cannot be read have no such days."""
    problems: list[Problem] = []
    for path, names in list(_references(digests)):
        days: dict[str, None] = {}
        for step, name in names:
            if not name.casefold().endswith(ENDING):
                days[name] = None
                continue
            place = digests.place(step)
            try:
                days |= dict.fromkeys(each.isoformat() for each in days_in(folder, name))
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                told = f"{shown}/{name} cannot be read: {reason}: no day of it is left out"
                problems.append(place.problem(told, "correct it", help=Help.HOLIDAYS))
        cadence = _at(digests.plain, path[:-1])
        cadence[path[-1]] = list(days)
    return problems


def calendar_files(digests: Document) -> list[str]:
    """The calendar files that digests name."""
    named = (name for _, names in _references(digests) for _, name in names)
    return [name for name in named if name.casefold().endswith(ENDING)]


def _references(digests: Document) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, str]]]]:
    """Each `except` that names a calendar: its path, and all that it names with their paths."""
    plain = digests.plain.get("digests") if isinstance(digests.plain, dict) else None
    for slug, digest in plain.items() if isinstance(plain, dict) else ():
        cadence = digest.get("cadence") if isinstance(digest, dict) else None
        given = cadence.get("except") if isinstance(cadence, dict) else None
        path = ("digests", slug, "cadence", "except")
        if isinstance(given, str):
            names: list[tuple[Any, str]] = [(path, given)]
        elif isinstance(given, list) and all(isinstance(each, str) for each in given):
            names = [((*path, at), str(each)) for at, each in enumerate(given)]
        else:
            continue
        if any(name.casefold().endswith(ENDING) for _, name in names):
            yield path, names


def _at(plain: Plain, path: tuple[Any, ...]) -> Any:
    found: Any = plain
    for step in path:
        found = found[step]
    return found


def days_in(folder: Path, name: str) -> set[date]:
    """The days that the events of a calendar file cover. Raises `OSError` and `ValueError`."""
    if name.startswith("/") or ".." in name.split("/") or "\\" in name:
        raise ValueError("it is not in the folder of the configuration")
    file = folder / name
    if not file.is_file():
        raise ValueError("there is no such file")
    if file.stat().st_size > _LARGEST:
        raise ValueError("it is too large")
    # Here, since few instances have one.
    from icalendar import Calendar

    try:
        calendars = Calendar.from_ical(file.read_bytes(), multiple=True)
        events = [event for each in calendars for event in each.walk("VEVENT")]
        days = {day for event in events for day in _days_of(event)}
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise ValueError(f"it is no calendar ({error})") from error
    if not calendars:
        raise ValueError("it holds no calendar")
    return days


def _days_of(event: Any) -> Iterator[date]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    start, end = event["DTSTART"].dt, _end(event)
    if isinstance(start, datetime):
        if start.time() != time() or not isinstance(end, datetime) or end.time() != time():
            return  # it has hours, and no day is all its own
        length = (end.date() - start.date()).days
    else:
        length = max(1, (end - start).days)
    for first in _starts(event, start):
        for ahead in range(min(length, _MOST)):
            day = first + ahead * _DAY
            if _FIRST <= day <= _LAST:
                yield day


def _end(event: Any) -> Any:
    """The end of an event (RFC 5545 §3.6.1): of one without, that of its day."""
    start = event["DTSTART"].dt
    if "DTEND" in event:
        return event["DTEND"].dt
    return start + (event["DURATION"].dt if "DURATION" in event else _DAY)


def _starts(event: Any, start: date) -> Iterator[date]:
    """The days on which an event begins: its own, and those that its rules add."""
    first = start.date() if isinstance(start, datetime) else start
    without = {_day(each.dt) for line in _lines(event, "EXDATE") for each in line.dts}
    found = {first: None}
    for line in _lines(event, "RDATE"):
        found |= {_day(each.dt): None for each in line.dts}
    for rule in _lines(event, "RRULE"):
        found |= dict.fromkeys(_repeated(rule, first))
    yield from (day for day in found if day not in without)


def _lines(event: Any, name: str) -> list[Any]:
    given = event.get(name, [])
    return given if isinstance(given, list) else [given]


def _day(value: Any) -> date:
    if isinstance(value, tuple):  # a period
        value = value[0]
    return value.date() if isinstance(value, datetime) else value


def _repeated(rule: Any, first: date) -> Iterator[date]:
    from dateutil.rrule import rrulestr

    text = rule.to_ical().decode()
    # Days are counted without hours, so that no zone moves one: UNTIL may name an instant.
    parts = {key: value for key, _, value in (each.partition("=") for each in text.split(";"))}
    until = parts.pop("UNTIL", "")[:8]
    last = min(_LAST, date.fromisoformat(until)) if until else _LAST
    rest = ";".join(f"{key}={value}" for key, value in parts.items())
    for count, found in enumerate(rrulestr(rest, dtstart=datetime.combine(first, time()))):
        if found.date() > last:
            return
        if count > _MOST:
            raise ValueError("an event comes again too often")
        yield found.date()
