"""What single settings may say: durations, sizes, days, names. Each reader takes text."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, JsonValue, PlainValidator, WithJsonSchema

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

SLUG = "[a-z0-9][a-z0-9-]{0,62}"
DURATION = r"\s*[0-9]{1,10}\s*(s|m|h|d|w|mo)\s*"

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 30 * 86_400}
_BYTES = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_LONGEST = timedelta(days=36_500)


class Wrong(ValueError):
    """A value that cannot be what it stands for: the message says why, the hint what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(message)


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Return a hint for a name that is not one of `choices`: the nearest, or all when few."""
    known = list(choices)
    folded = {choice.casefold(): choice for choice in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{folded[near[0]]}"?'
    return f"expected one of: {', '.join(known)}" if 0 < len(known) <= 12 else ""


def parse_duration(text: object) -> timedelta:
    """Read "15s", "10m", "8h", "2d", "2w" or "13mo"; a month counts as 30 days.

    Raises Wrong for anything else and for more than a century.
    """
    if isinstance(text, timedelta):
        return text
    found = re.fullmatch(r"([0-9]{1,10})\s*(s|m|h|d|w|mo)", str(text).strip())
    if not found:
        raise Wrong(f'"{text}" is not a duration', "a number and s, m, h, d, w or mo, as in 15s")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if seconds > _LONGEST.total_seconds():
        raise Wrong(f'"{text}" is more than a century')
    return timedelta(seconds=seconds)


def parse_size(text: object) -> int:
    """Read "8MiB", "64KiB" or a plain number of bytes, at least 1. Raises Wrong for the rest."""
    found = re.fullmatch(r"([0-9]{1,10})\s*([A-Za-z]*)", str(text).strip())
    if not found or found[2].casefold() not in _BYTES or not int(found[1]):
        raise Wrong(f'"{text}" is not a size', "a number and B, KiB, MiB or GiB, as in 8MiB")
    return int(found[1]) * _BYTES[found[2].casefold()]


def parse_clock(text: object) -> tuple[int, int]:
    """Read a time of day, "08:00", as (hour, minute)."""
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", str(text).strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise Wrong(f'"{text}" is not a time of day', 'hours and minutes, as in "08:00"')
    return int(found[1]), int(found[2])


def one_line(text: str) -> str:
    """Return text with its whitespace collapsed; raises Wrong if nothing, or a control, is left."""
    line = " ".join(text.split())
    if not line:
        raise Wrong("is empty")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in line):
        raise Wrong("holds a control character")
    return line


def one_line_if_any(text: str) -> str:
    """Like `one_line`, and "" stays ""."""
    return one_line(text) if text.strip() else ""


def check_slug(text: str) -> str:
    """Return a name that is fit for addresses and file names."""
    if not re.fullmatch(SLUG, text):
        raise Wrong(
            f'"{text}" cannot be a name here',
            "lower-case letters, digits and hyphens, at most 63, not starting with a hyphen",
        )
    return text


def check_time_zone(text: str) -> str:
    """Return the name of a zone that the IANA database knows."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = suggestion(text, sorted(available_timezones()))
        raise Wrong(f'there is no time zone "{text}"', hint) from None
    return text


def check_language(text: str) -> str:
    """Return a language tag by its form (RFC 5646): "en", "es-CR"."""
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", text):
        raise Wrong(f'"{text}" is not a language', "a code such as en, es or es-CR")
    return text


def parse_weekday(text: object) -> int:
    """Read the English name of a day; 0 is Monday."""
    name = str(text).strip().casefold()
    if name not in WEEKDAYS:
        raise Wrong(f'"{text}" is not a day of the week', suggestion(name, WEEKDAYS))
    return WEEKDAYS.index(name)


def parse_interval(text: object) -> timedelta:
    """Read how often something happens: a duration of a second or more."""
    interval = parse_duration(text)
    if interval < timedelta(seconds=1):
        raise Wrong(f'"{text}" is too short', "1s or more")
    return interval


def parse_rate(text: object) -> float | None:
    """Read how many messages may go out in a time, "20/s", "600/min" or "1000/h", as messages per
    second. Raises Wrong for anything else."""
    if text is None or isinstance(text, float):
        return text
    found = re.fullmatch(r"([0-9]{1,6})\s*/\s*(s|min|h)", str(text).strip())
    if not found or not int(found[1]):
        raise Wrong(f'"{text}" is not a rate', "a number, a slash and s, min or h, as in 20/s")
    return int(found[1]) / {"s": 1, "min": 60, "h": 3600}[found[2]]


def parse_start(text: object) -> timedelta | Literal["everything"] | None:
    """Read from when on somebody gets a digest: "everything", "now" (None) or a span back."""
    if text == "everything":
        return "everything"
    if text == "now":
        return None
    try:
        return parse_duration(text)
    except Wrong:
        raise Wrong(f'"{text}" is no start', "everything, now, or a span such as 2w") from None


def parse_day(text: object) -> date:
    """Read "2026-03-31", or "2026-03" and "2026" for their first day. Raises Wrong for the rest."""
    if isinstance(text, date):
        return text
    found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", str(text).strip())
    try:
        if found:
            return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        pass
    raise Wrong(f'"{text}" is not a day', "year, month and day, as in 2026-03-31")


def lines_if_any(text: str) -> str:
    """Return text with each line's whitespace collapsed and empty lines dropped."""
    return "\n".join(one_line(line) for line in text.splitlines() if line.strip())


def text_like(pattern: str) -> dict[str, JsonValue]:
    """What a JSON Schema says of a text that is read by a form of its own."""
    return {"type": "string", "pattern": f"^{pattern}$"}


Line = Annotated[str, AfterValidator(one_line)]
OptionalLine = Annotated[str, AfterValidator(one_line_if_any)]
OptionalLines = Annotated[str, AfterValidator(lines_if_any)]
Slug = Annotated[str, AfterValidator(check_slug)]
Language = Annotated[str, AfterValidator(check_language)]
TimeZone = Annotated[str, AfterValidator(check_time_zone)]
Interval = Annotated[
    timedelta,
    PlainValidator(parse_interval),
    WithJsonSchema(text_like(DURATION), mode="validation"),
]
Rate = Annotated[
    float | None,
    PlainValidator(parse_rate),
    WithJsonSchema(text_like(r"\s*[0-9]{1,6}\s*/\s*(s|min|h)\s*"), mode="validation"),
]
Day = Annotated[
    date,
    PlainValidator(parse_day),
    WithJsonSchema(
        # A year alone is a number to an editor.
        {**text_like(r"\s*[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?\s*"), "type": ["string", "integer"]},
        mode="validation",
    ),
]
Size = Annotated[int, PlainValidator(parse_size, json_schema_input_type=str)]
Clock = Annotated[
    tuple[int, int],
    PlainValidator(parse_clock),
    WithJsonSchema(text_like(r"\s*[0-9]{1,2}:[0-9]{2}\s*"), mode="validation"),
]
Start = Annotated[
    timedelta | Literal["everything"] | None,
    PlainValidator(parse_start, json_schema_input_type=str),
]
