"""What all four files have in common: mappings with known keys, and what single settings may say.

Each reader of a value takes text: a scalar may arrive as a string, as it stood in the file or in
the environment. References to topics and lists are checked against the names in the validation
context.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from ipaddress import IPv6Address, ip_address
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit, urlunsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    JsonValue,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from tidings.core.addresses import deceives
from tidings.core.tags import canonical_all, named
from tidings.model import visible_address

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

SLUG = "[a-z0-9][a-z0-9-]{0,62}"
DURATION = r"\s*[0-9]{1,10}\s*(s|m|h|d|w|mo)\s*"

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 30 * 86_400}
_BYTES = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_LONGEST = timedelta(days=36_500)

# An RFC 5322 dot-atom; comments, quoted local parts and address literals are refused, since nobody
# means them.
_ATOM = r"[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+"
_DOMAIN = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_ADDRESS = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@{_DOMAIN.pattern}")
_MAILBOX = re.compile(r"(?:(?P<name>[^<>]*?)\s*<(?P<bracketed>[^<>]*)>|(?P<bare>[^<>]*))")
_SPECIAL = frozenset('()<>[]:;@\\,"')  # RFC 5322 section 3.2.3, the full stop forgiven
# Letters that the two standards for domains in other scripts (RFC 3490, RFC 5891) write differently
# in ASCII, so that mail could go to somebody else.
_AMBIGUOUS = frozenset("ßς\u200c\u200d")
_OFFSET = re.compile(
    r"(?:UTC|GMT|Z)?\s*(?P<sign>[+-])\s*(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?", re.IGNORECASE
)
_PLACE = "name a place of the zone, as in America/Costa_Rica or Europe/Berlin"
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')

LAST_PORT = 65_535


class InvalidValue(ValueError):
    """A value that cannot be what it stands for: the message says why, the hint what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Names:
    """What references may name: the topics and lists there are, None where that is not known;
    `moved` leads from the old names of topics to the present ones."""

    topics: tuple[str, ...] | None = None
    lists: tuple[str, ...] | None = None
    moved: Mapping[str, str] = field(default_factory=dict)


class Model(BaseModel):
    """A mapping with known keys. One without a value, as in `reply_to:`, is not given at all.

    The docstrings of models and of their fields are what editors show: `schema` looks them up.
    What is inside of another model, or not used by a verb, is not built for itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _given(cls, plain: object) -> object:
        if plain is None:
            return {}
        if isinstance(plain, dict):
            known = {field.alias or name for name, field in cls.model_fields.items()}
            return {
                key: value for key, value in plain.items() if value is not None or key not in known
            }
        return plain


def _known(kind: Literal["topics", "lists"], slug: str, info: ValidationInfo) -> str:
    names = getattr(info.context, kind, None)
    if names is not None and slug not in names:
        raise InvalidValue(f'there is no {kind[:-1]} "{slug}"', suggestion(slug, names))
    return slug


def _all_or_list(value: object) -> object:
    if value == "all":
        return None
    if isinstance(value, str):
        raise InvalidValue("expected all or a list of topics", f"write: [{value}]")
    if value == []:
        raise InvalidValue("names no topic", "write all, or at least one topic")
    return value


def _each_once(slugs: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return slugs and tuple(dict.fromkeys(slugs))


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Return a hint for a name that is not one of `choices`: the nearest, or all when few."""
    known = list(choices)
    folded = {choice.casefold(): choice for choice in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{folded[near[0]]}"?'
    return f"expected one of: {', '.join(known)}" if 0 < len(known) <= 12 else ""


def nearest_first(word: str, choices: Iterable[str]) -> str:
    """Return a hint that names all `choices`, those that resemble the word first."""
    known = list(choices)
    if not known:
        return ""
    hint = suggestion(word, known)
    near = difflib.get_close_matches(word.casefold(), known, n=len(known), cutoff=0.3)
    named = ", ".join([*near, *(each for each in known if each not in near)])
    return f"{hint} There are {named}" if hint.startswith("did") else f"expected one of: {named}"


def parse_duration(text: object) -> timedelta:
    """Read "15s", "10m", "8h", "2d", "2w" or "13mo"; a month counts as 30 days.

    Raises InvalidValue for anything else and for more than a century.
    """
    if isinstance(text, timedelta):
        return text
    found = re.fullmatch(r"([0-9]{1,10})\s*(s|m|h|d|w|mo)", str(text).strip())
    if not found:
        raise InvalidValue(
            f'"{text}" is not a duration', "a number and s, m, h, d, w or mo, as in 15s"
        )
    seconds = int(found[1]) * _SECONDS[found[2]]
    if seconds > _LONGEST.total_seconds():
        raise InvalidValue(f'"{text}" is more than a century')
    return timedelta(seconds=seconds)


def parse_size(text: object) -> int:
    """Read "8MiB", "64KiB" or a plain number of bytes, at least 1.

    Raises InvalidValue for the rest.
    """
    found = re.fullmatch(r"([0-9]{1,10})\s*([A-Za-z]*)", str(text).strip())
    if not found or found[2].casefold() not in _BYTES or not int(found[1]):
        raise InvalidValue(f'"{text}" is not a size', "a number and B, KiB, MiB or GiB, as in 8MiB")
    return int(found[1]) * _BYTES[found[2].casefold()]


def parse_clock(text: object) -> tuple[int, int]:
    """Read a time of day, "08:00", as (hour, minute)."""
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", str(text).strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise InvalidValue(f'"{text}" is not a time of day', 'hours and minutes, as in "08:00"')
    return int(found[1]), int(found[2])


def one_line(text: str) -> str:
    """Return text with its whitespace collapsed.

    Raises InvalidValue if nothing, or a control character, is left.
    """
    line = " ".join(text.split())
    if not line:
        raise InvalidValue("is empty")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in line):
        raise InvalidValue("holds a control character")
    return line


def one_line_if_any(text: str) -> str:
    """Like `one_line`, and "" stays ""."""
    return one_line(text) if text.strip() else ""


def check_slug(text: str) -> str:
    """Return a name that is fit for addresses and file names."""
    if not re.fullmatch(SLUG, text):
        raise InvalidValue(
            f'"{text}" cannot be a name here',
            "lower-case letters, digits and hyphens, at most 63, not starting with a hyphen",
        )
    return text


def check_time_zone(text: str) -> str:
    """Return the name of a zone that the IANA database knows."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValue(f'there is no time zone "{text}"', _zone_hint(text.strip())) from None
    return text


def _zone_hint(text: str) -> str:
    """What to write for a zone that the database does not have: it names places, and neither
    offsets nor abbreviations, which several places share."""
    known = sorted(available_timezones())
    offset = _OFFSET.fullmatch(text)
    if offset:
        # The names of POSIX count westwards: Etc/GMT+6 is six hours behind UTC.
        turned = "+" if offset["sign"] == "-" else "-"
        fixed = f"Etc/GMT{turned}{int(offset['hours'])}"
        whole = int(offset["minutes"] or 0) == 0
        if whole and int(offset["hours"]) == 0:
            return "write UTC"
        return f"{_PLACE}; {fixed} is {text} all year" if whole and fixed in known else _PLACE
    place = text.casefold().replace(" ", "_")
    whole_names = {name.casefold(): name for name in known}
    cities = {name.rpartition("/")[2].casefold(): name for name in known}
    if found := whole_names.get(place) or cities.get(place):
        return f'did you mean "{found}"?'
    short = re.fullmatch("[A-Z]{1,5}|.*[0-9].*", text)
    return _PLACE if short else suggestion(text, known) or _PLACE


def check_language(text: str) -> str:
    """Return a language tag by its form (RFC 5646): "en", "es-CR"."""
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", text):
        raise InvalidValue(f'"{text}" is not a language', "a code such as en, es or es-CR")
    return text


def _all_or_languages(value: object) -> object:
    """Languages of items: all of them, or a list of tags, as it is usually written."""
    if isinstance(value, str) and value.strip().casefold() == "all":
        return None
    if isinstance(value, str):
        raise InvalidValue("expected all or a list of languages", f"write: [{value}]")
    if value in ([], ()):
        raise InvalidValue("names no language", "write all, or at least one language")
    return value


def check_content_language(text: str) -> str:
    """Return the tag of a language that items can be known to be in. Raises `InvalidValue`."""
    if not named(check_language(text)):
        hint = "items in a language that is not known go to everybody"
        raise InvalidValue(f'"{text}" names no language', hint)
    return text


def _written(tags: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return tags and canonical_all(tags)


def parse_weekday(text: object) -> int:
    """Read the English name of a day; 0 is Monday."""
    name = str(text).strip().casefold()
    if name not in WEEKDAYS:
        raise InvalidValue(f'"{text}" is not a day of the week', suggestion(name, WEEKDAYS))
    return WEEKDAYS.index(name)


def parse_interval(text: object) -> timedelta:
    """Read how often something happens: a duration of a second or more."""
    interval = parse_duration(text)
    if interval < timedelta(seconds=1):
        raise InvalidValue(f'"{text}" is too short', "1s or more")
    return interval


def parse_rate(text: object) -> float | None:
    """Read how many messages may go out in a time, "20/s", "600/min" or "1000/h", as messages per
    second. Raises InvalidValue for anything else."""
    if text is None or isinstance(text, float):
        return text
    found = re.fullmatch(r"([0-9]{1,6})\s*/\s*(s|min|h)", str(text).strip())
    if not found or not int(found[1]):
        raise InvalidValue(
            f'"{text}" is not a rate', "a number, a slash and s, min or h, as in 20/s"
        )
    return int(found[1]) / {"s": 1, "min": 60, "h": 3600}[found[2]]


def parse_start(text: object) -> timedelta | Literal["everything"] | None:
    """Read from when on somebody gets a digest: "everything", "now" (None) or a span back."""
    if text == "everything":
        return "everything"
    if text == "now":
        return None
    try:
        return parse_duration(text)
    except InvalidValue:
        raise InvalidValue(
            f'"{text}" is not a start', "everything, now, or a span such as 2w"
        ) from None


def parse_day(text: object) -> date:
    """Read "2026-03-31", or "2026-03" and "2026" for their first day.

    Raises InvalidValue for the rest.
    """
    if isinstance(text, date):
        return text
    found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", str(text).strip())
    try:
        if found:
            return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        pass
    raise InvalidValue(f'"{text}" is not a day', "year, month and day, as in 2026-03-31")


def lines_if_any(text: str) -> str:
    """Return text with each line's whitespace collapsed and empty lines dropped."""
    return "\n".join(one_line(line) for line in text.splitlines() if line.strip())


def text_like(pattern: str) -> dict[str, JsonValue]:
    """What a JSON Schema says of a text that is read by a form of its own."""
    return {"type": "string", "pattern": f"^{pattern}$"}


def ascii_domain(name: str) -> str:
    """A domain in ASCII (RFC 5890), "" if it is none."""
    try:
        host = name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return host if _DOMAIN.fullmatch(host) else ""


def parse_mailbox(text: str) -> tuple[str, str]:
    """Split "Name <a@b>" or "a@b" (RFC 5322 section 3.4) into name, "" if none, and address."""
    found = _MAILBOX.fullmatch(text.strip())
    if not found:
        raise InvalidValue(f'"{text}" is not a sender', "write: Name <address@example.org>")
    name = found["name"] or ""
    if _QUOTED.fullmatch(name):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    elif set(name) & _SPECIAL:
        raise InvalidValue(
            f'the name in "{text}" holds a special character', f'quote it: "{name}" <…>'
        )
    bracketed = found["bracketed"]
    return name, check_address(found["bare"] if bracketed is None else bracketed)


def mailbox(name: str, address: str) -> str:
    """Write a mailbox that `parse_mailbox` reads back, the name quoted where it must be."""
    if set(name) & _SPECIAL:
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name} <{address}>"


def check_sender(text: str) -> str:
    """Return a mailbox as written, once it reads as one."""
    sender = one_line(text)
    if "@" not in sender:
        name = sender.strip(' "<>')
        hint = f"write: {name} <name@example.org>"
        raise InvalidValue(f'"{sender}" is a name without a mail address', hint)
    parse_mailbox(sender)
    return sender


def check_address(text: str) -> str:
    """Return a mail address in ASCII, stripped. Raises InvalidValue if it is none with a domain."""
    address = text.strip()
    found = _ADDRESS.fullmatch(address)
    if not address.isascii():
        hint = "write a foreign domain in its xn-- form"
        raise InvalidValue(f'"{address}" holds a character that mail servers refuse', hint)
    if not found or len(address) > 254 or len(found["local"]) > 64:
        raise InvalidValue(f'"{address}" is not a mail address', "write: name@example.org")
    return address


def check_greeting(text: str) -> str:
    """Return what a machine may introduce itself with: a full name, in ASCII (RFC 5890), or its
    address in brackets (RFC 5321 §4.1.3). Raises InvalidValue for anything else."""
    name = text.strip()
    if name.startswith("[") and name.endswith("]"):
        with suppress(ValueError):
            return address_literal(name[1:-1].removeprefix("IPv6:"))
    host = ascii_domain(name)
    if "." not in host or host.rpartition(".")[2].isdecimal():
        hint = "write the full name that this machine has: mail.example.org, or [192.0.2.1]"
        raise InvalidValue(f'"{name}" is not the full name of a machine', hint)
    return host


def address_literal(address: str) -> str:
    """An address of the network as SMTP has it in place of a name (RFC 5321 §4.1.3). Raises
    ValueError if it is none."""
    found = ip_address(address.partition("%")[0])  # less the network card of this machine
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    found = mapped or found
    return f"[IPv6:{found}]" if isinstance(found, IPv6Address) else f"[{found}]"


def check_recipient(text: str) -> str:
    """Return an address that mail goes to, stripped of space and of what nobody can see. Other
    scripts may stand on both sides of the @ (RFC 6531, RFC 5890), which `check_address` refuses."""
    if _TURNING.search(text):  # it shows another address than it is
        return check_address(text)
    address = unicodedata.normalize("NFC", visible_address(text).strip())
    local, _, domain = address.rpartition("@")
    if address.isascii() or not local.isprintable():
        return check_address(address)
    if set(domain) & _AMBIGUOUS:
        raise InvalidValue(
            f'"{domain}" has two forms in ASCII', "write the one that starts with xn--"
        )
    counted = "".join("x" * len(c.encode()) if not c.isascii() else c for c in local)
    try:
        check_address(f"{counted}@{ascii_domain(domain)}")
    except InvalidValue as wrong:
        raise InvalidValue(f'"{address}" is not a mail address', wrong.hint) from None
    return address


def check_mailto(text: str) -> str:
    """Return a mailto: URL (RFC 6068) that names one address."""
    scheme, _, rest = text.strip().partition(":")
    address, _, query = rest.partition("?")
    if scheme.casefold() != "mailto" or re.search(r"[\s<>\"]", query):
        raise InvalidValue(f'"{text}" is not a mailto address', "write: mailto:name@example.org")
    if "{token}" in address:
        hint = "write: mailto:leave@example.org?subject=leave%20{token}"
        raise InvalidValue("takes {token} in its subject alone", hint)
    check_address(address)
    return text.strip()


def check_site_id(text: str) -> str:
    """Return the authority of tag URIs (RFC 4151): a domain or address, a comma, a date."""
    authority = r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
    if not re.fullmatch(authority + r",[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?", text):
        raise InvalidValue(
            f'"{text}" is not a site id', "a domain and a year, as in news.example.org,2026"
        )
    return text


def check_site_url(text: str) -> str:
    """Return an http or https address that ends in "/"."""
    parts = _web_parts(text.strip())
    if not parts or re.search(r"[\s<>\"]", parts.geturl()):
        raise InvalidValue(f'"{text}" is not a web address', "write: https://news.example.org/")
    if parts.query or parts.fragment or parts.username is not None:
        raise InvalidValue("must hold no user, ? or #", "write: https://news.example.org/")
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/"))


def check_web_address(text: str) -> str:
    """Return an http or https address as it stands, with whatever query it has."""
    address = text.strip()
    if deceives(address):
        raise InvalidValue("must hold no user and no backslash", "write: https://example.org/…")
    if not _web_parts(address) or not re.fullmatch(r"[!-~]+", address):
        # Not repeated: whoever knows the address can use it.
        raise InvalidValue("is not a web address", "write: https://example.org/ping/…")
    return address


def _web_parts(address: str) -> SplitResult | None:
    """The parts of an http or https address; None if it is none."""
    try:
        parts = urlsplit(address)
        sound = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    good = sound and parts.scheme in ("http", "https") and "\\" not in address
    return parts if good else None


def check_listening(text: str) -> str:
    """Return where to listen: a name or number of this machine, a colon, and a port."""
    host = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+"
    found = re.fullmatch(rf"({host}):([0-9]{{1,5}})", text.strip())
    if not found or int(found[2]) > LAST_PORT:
        raise InvalidValue(f'"{text}" is no address to listen on', "write: 127.0.0.1:9100")
    return text.strip()


def check_glob(text: str) -> str:
    """Return a pattern of files inside the instance."""
    pattern = text.strip()
    if not pattern or pattern.startswith("/") or ".." in pattern.split("/") or "\\" in pattern:
        raise InvalidValue(f'"{text}" must lie inside the instance', "write: seeds/*.txt")
    return pattern


def is_bucket(text: str) -> bool:
    """Whether an address is of a bucket, rather than of a folder."""
    return text.startswith("s3://")


def without_options(text: str) -> str:
    """The address of a bucket without how it is reached; other texts as they are. `?` alone stands
    for any character in a pattern of files."""
    return re.split(r"\?(?=[A-Za-z_-]+=)", text, maxsplit=1)[0] if is_bucket(text) else text


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
PlainAddress = Annotated[str, AfterValidator(check_address)]
Greeting = Annotated[str, AfterValidator(check_greeting)]
Address = Annotated[str, AfterValidator(check_recipient)]
Sender = Annotated[str, AfterValidator(check_sender)]
Mailto = Annotated[str, AfterValidator(check_mailto)]
SiteId = Annotated[str, AfterValidator(check_site_id)]
SiteUrl = Annotated[str, AfterValidator(check_site_url)]
Listening = Annotated[str, AfterValidator(check_listening)]
WebAddress = Annotated[str, AfterValidator(check_web_address)]
Glob = Annotated[str, AfterValidator(check_glob)]
TopicSlug = Annotated[str, AfterValidator(partial(_known, "topics"))]
ListSlug = Annotated[str, AfterValidator(partial(_known, "lists"))]
Topics = Annotated[
    tuple[TopicSlug, ...] | None, BeforeValidator(_all_or_list), AfterValidator(_each_once)
]
ItemsIn = Annotated[
    tuple[Annotated[str, AfterValidator(check_content_language)], ...] | None,
    BeforeValidator(_all_or_languages),
    AfterValidator(_written),
]
Lists = Annotated[tuple[ListSlug, ...], AfterValidator(_each_once)]
