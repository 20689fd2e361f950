"""The models of digests.yaml and recipients.yaml: what is mailed when, and to whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Literal, assert_never

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from tidings.core.settings.values import (
    DURATION,
    WEEKDAYS,
    Address,
    Clock,
    Day,
    InvalidValue,
    ItemsIn,
    Language,
    Line,
    Lists,
    Model,
    Names,
    OptionalLine,
    Slug,
    Start,
    Topics,
    one_line_if_any,
    parse_clock,
    parse_day,
    parse_duration,
    parse_weekday,
    text_like,
)
from tidings.model import Cadence, Digest, Every, Nth, Recipient, RecipientState, ReviewRule

# What `on` may name, by how often a digest comes; there is nothing to name for the others.
ON: Mapping[Every, str] = {
    "week": "monday to sunday, or a list of them, as in [monday, thursday]",
    "2 weeks": "monday to sunday, or a list of them, as in [monday, thursday]",
    "month": "1 to 31, last, or first, second, third, fourth or last and a weekday, as in first"
    " monday",
}
NTH: Mapping[str, Nth] = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
LONGEST_MONTH = 31  # days


@dataclass(frozen=True, slots=True)
class OfMonth:
    """A weekday of each month: the first to fourth, or the last, -1."""

    nth: Nth
    weekday: int


def _weekdays(on: object) -> tuple[int, ...]:
    """Read a weekday or a list of them, in any order; named twice is named once."""
    if isinstance(on, list | tuple) and not on:
        raise InvalidValue("names no day", ON["week"])
    names = on if isinstance(on, list | tuple) else (on,)
    return tuple(sorted({_weekday(name) for name in names}))


def _weekday(name: object) -> int:
    if isinstance(name, list | tuple | Mapping):
        raise InvalidValue(f"{_named(name)} is not a day of the week", ON["week"])
    try:
        return parse_weekday(name)
    except InvalidValue as wrong:
        hint = ON["week"]
        if "," in str(name):
            hint = f"write a list: [{name}]"
        elif wrong.hint.startswith("did"):
            hint = f"{wrong.hint} There are {hint}"
        raise InvalidValue(wrong.message, hint) from None


def _day_of_month(on: object) -> int | Literal["last"] | OfMonth:
    """Read the day on which a monthly digest comes: its number, "last", or which weekday."""
    if isinstance(on, list | tuple):
        if len(on) != 1:
            told = "names no day" if not on else "a monthly digest comes on one day of the month"
            raise InvalidValue(told, ON["month"])
        on = on[0]
    day = " ".join(str(on).casefold().split())
    if day == "last":
        return "last"
    if re.fullmatch("[0-9]{1,2}", day) and 1 <= int(day) <= LONGEST_MONTH:
        return int(day)
    which, _, weekday = day.partition(" ")
    if which in NTH and weekday in WEEKDAYS:
        return OfMonth(NTH[which], WEEKDAYS.index(weekday))
    raise InvalidValue(f"{_named(on)} is not a day of the month", ON["month"])


def _one_or_more(days: object) -> object:
    if isinstance(days, Mapping):
        raise InvalidValue("expected a list of days", "as in [2026-12-24, 2026-12-25]")
    return days if isinstance(days, list | tuple) else (_excepted(days),)


def _excepted(day: object) -> date:
    """Read a day that does not count. A year or month alone would pass for its first day."""
    if not isinstance(day, date) and not re.fullmatch(r"\s*\d{4}-\d\d-\d\d\s*", str(day)):
        raise InvalidValue(f"{_named(day)} is not a day", "year, month and day, as in 2026-12-25")
    return parse_day(day)


def _named(value: object) -> str:
    """What is said of a value that stands where one day belongs."""
    return "what stands here" if isinstance(value, list | tuple | Mapping) else f'"{value}"'


def _catch_up(text: object) -> timedelta:
    span = parse_duration(text)
    if span < timedelta(hours=1):
        raise InvalidValue(f'"{text}" is too short', "1h or more")
    return span


CatchUp = Annotated[
    timedelta,
    PlainValidator(_catch_up),
    WithJsonSchema(text_like(DURATION), mode="validation"),
]


ExceptedDay = Annotated[
    date,
    PlainValidator(_excepted),
    # Or a calendar file, in whose place its days are put before this is read.
    WithJsonSchema(
        text_like(r"\s*([0-9]{4}-[0-9]{2}-[0-9]{2}|[^/]+\.[Ii][Cc][Ss])\s*"), mode="validation"
    ),
]
Days = Annotated[tuple[ExceptedDay, ...], BeforeValidator(_one_or_more)]


class CadenceModel(Model):
    """How often the digest comes, and when."""

    every: Every
    """day, week, 2 weeks, month, or immediate: as soon as there is anything new, at most every 15
    minutes."""

    on: tuple[int, ...] | int | Literal["last"] | OfMonth | None = Field(
        default=None, validate_default=True
    )
    """The day. Of a week or of two: monday to sunday, or a list of them. Of a month: 1 to 31, in a
    shorter month its last day; last; or first monday, and so on to fourth and last sunday."""

    at: Clock | None = Field(default=None, validate_default=True, examples=["08:00"])
    """The time of day, in the site's time zone."""

    week_of: Day | None = Field(default=None, alias="from", examples=["2026-11-23"])
    """Of every: 2 weeks, a day in one of the weeks in which it comes. Unless given, it comes in
    even weeks, counted from the one of 5 January 1970."""

    but: Days = Field(default=(), alias="except", examples=[["2026-12-25"]])
    """Days on which it does not come. What would have come then comes with the next edition."""

    @field_validator("on", mode="plain", json_schema_input_type=str | int)
    @classmethod
    def _right_day(cls, on: object, info: ValidationInfo) -> object:
        every: Every | None = info.data.get("every")
        match every:
            case "week" | "2 weeks":
                return _weekdays(_required(on, "week", "monday"))
            case "month":
                return _day_of_month(_required(on, "month", "1"))
            case "day" | "immediate":
                _refuse_day(on, every)
                return None
            case None:
                return None  # what it should be is not known
            case never:
                assert_never(never)

    @field_validator("at", mode="after")
    @classmethod
    def _right_time(cls, at: object, info: ValidationInfo) -> object:
        every = info.data.get("every")
        if every == "immediate" and at is not None:
            raise InvalidValue("an immediate digest has no time of day", "remove it")
        if every not in ("immediate", None) and at is None:
            raise InvalidValue("is missing", 'the time of day, as in at: "08:00"')
        return at

    @field_validator("week_of", mode="after")
    @classmethod
    def _right_weeks(cls, day: date | None, info: ValidationInfo) -> date | None:
        if day and info.data.get("every", "2 weeks") != "2 weeks":
            raise InvalidValue(
                "says in which of two weeks a digest comes", "remove it, or write every: 2 weeks"
            )
        return day

    def to_cadence(self) -> Cadence:
        """The cadence, as schedules are computed from it."""
        cadence = Cadence(self.every, at=self.at or (0, 0), but=frozenset(self.but))
        if self.week_of:
            cadence = replace(cadence, week_of=self.week_of)
        match self.on:
            case None:
                return cadence
            case OfMonth(nth, weekday):
                return replace(cadence, nth=nth, weekday=weekday)
            case tuple(days):
                return replace(cadence, weekday=days[0], also=days[1:])
            case int() | str() as day:
                return replace(cadence, day=day)


def _required(on: object, period: str, example: str) -> object:
    if on is None:
        raise InvalidValue("is missing", f"which day of the {period}, as in on: {example}")
    return on


def _refuse_day(on: object, every: Literal["day", "immediate"]) -> None:
    if on is None:
        return
    if every == "immediate":
        raise InvalidValue("an immediate digest has no day", "remove it")
    raise InvalidValue("a daily digest comes on every day", "remove it, or write every: week")


_MOMENT = re.compile(r"(?:([a-z]+)\s+)?([0-9]{1,2}:[0-9]{2})")
Moment = tuple[int | None, tuple[int, int]]


def _moments(opens: object) -> tuple[Moment, ...]:
    """Read when reviewers are asked: a time of day, with or without a weekday, or several."""
    if isinstance(opens, Mapping) or (isinstance(opens, list | tuple) and not opens):
        raise InvalidValue("names no time", 'write: friday 15:00, or "15:00" for any day')
    several = opens if isinstance(opens, list | tuple) else (opens,)
    return tuple(_moment(each) for each in several)


def _moment(text: object) -> Moment:
    found = _MOMENT.fullmatch(" ".join(str(text).casefold().split()))
    if not found:
        hint = 'a weekday and a time, as in friday 15:00, or a time alone, as in "15:00"'
        raise InvalidValue(f"{_named(text)} is not a time to ask", hint)
    return parse_weekday(found[1]) if found[1] else None, parse_clock(found[2])


def _items(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class ReviewModel(Model):
    """Who is asked before an edition goes."""

    by: Annotated[tuple[Address, ...], BeforeValidator(_items)] = Field(
        min_length=1, examples=[["editor@example.org"]]
    )
    """The addresses that are sent a proof, each with its own link to approve it."""

    opens: Annotated[tuple[Moment, ...], PlainValidator(_moments, json_schema_input_type=str)] = (
        Field(default=(), alias="open", examples=["friday 15:00", "15:00"])
    )
    """When they are asked: the last such moment before the edition goes. A weekday and a time, or a
    time alone for any day; a list for several. An immediate digest asks at once."""

    unless_approved: Literal["hold", "send"] = "hold"
    """What becomes of an edition that nobody has approved when it is to go."""

    def to_rule(self) -> ReviewRule:
        """The rule, as editions are reviewed by it."""
        return ReviewRule(self.by, self.opens, self.unless_approved == "send")


SUBJECT_FIELDS = ("title", "lead", "count", "date", "number")
_IN_BRACES = re.compile(r"\{([^{}]*)\}")


def check_subject(text: str) -> str:
    """Return the pattern of a subject. Raises InvalidValue for a field that there is not."""
    line = one_line_if_any(text)
    unknown = [name for name in _IN_BRACES.findall(line) if name not in SUBJECT_FIELDS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in SUBJECT_FIELDS)
        raise InvalidValue(f"there is no {{{unknown[0]}}} in a subject", f"there are {known}")
    return line


class NoteModel(Model):
    """The settings above the note of an editor, `config/editions/<digest>.md`."""

    subject: Annotated[str, AfterValidator(check_subject)] = ""
    """The subject of this edition, with the same {fields} as that of the digest."""

    lead: OptionalLine = ""
    """The item that comes first: its id, its slug, or the beginning of either."""

    leave_out: Annotated[tuple[Line, ...], BeforeValidator(_items)] = ()
    """Items that this edition does not bring. They go with the next one."""

    for_good: Literal["good"] | None = Field(default=None, alias="for")
    """good: what is left out goes with no later edition."""


class DigestModel(Model):
    """A digest. Its name is part of addresses and folders."""

    title: Line
    """What the digest is called."""

    topics: Topics = Field(examples=["all"])
    """all, which includes items in no topic, or a list of topics in the order of the mail."""

    cadence: CadenceModel
    catch_up: CatchUp | None = Field(default=None, examples=["12h", "2d"])
    """How late a missed edition is still made up for: until the next one unless given."""

    lists: Lists = ()
    """Lists of recipients.yaml."""

    history: Literal["skip", "mail"] = "skip"
    """Whether what is known already, when a digest or topic is first seen or a rule is edited, is
    passed over or mailed."""

    max_items: int = Field(default=40, ge=1)
    """So many new items are printed. The mail says how many more there are."""

    language: Language | None = None
    """Of its mails; the site's unless given."""

    items_in: ItemsIn = Field(default=None, examples=[["es", "en"]])
    """The languages of the items that it brings: all unless given. An item whose language is not
    known comes all the same."""

    template: Slug = "digest"
    """The folder of its templates in templates/."""

    public: bool = True
    """Whether its editions have pages that everybody can read."""

    subscribe: bool = False
    """Whether people may subscribe on the site."""

    subject: Annotated[str, AfterValidator(check_subject)] = Field(
        default="", examples=["{title}: {lead}", "{title} no. {number}, {date}: {count} items"]
    )
    """Of its messages, with {title} of the digest, {lead}: the first headline, {count} of items,
    {date} and {number}. Unless given: the title, shortened, and the lead."""

    because: bool = False
    """Whether messages say below each item which words put it in its topic."""

    review: ReviewModel | None = None
    """Who approves each edition before it goes. Unless given, it goes by itself."""

    was: tuple[Slug, ...] = ()
    """Earlier names: who gets it, who left, what they chose and had, and its addresses stay."""

    @field_validator("catch_up", mode="after")
    @classmethod
    def _can_be_late(cls, span: timedelta | None, info: ValidationInfo) -> timedelta | None:
        cadence = info.data.get("cadence")
        if span and cadence and cadence.every == "immediate":
            raise InvalidValue("an immediate digest has nothing to catch up with", "remove it")
        return span

    @field_validator("review", mode="after")
    @classmethod
    def _right_moments(cls, review: ReviewModel | None, info: ValidationInfo) -> ReviewModel | None:
        cadence = info.data.get("cadence")
        if review is None or cadence is None:
            return review
        if cadence.every != "immediate" and not review.opens:
            raise InvalidValue("open is missing", "when to ask, as in open: friday 15:00")
        if cadence.every == "immediate" and (review.opens or review.unless_approved == "send"):
            raise InvalidValue(
                "an immediate digest has no hour to ask before", "remove open and unless_approved"
            )
        return review

    def to_digest(self, slug: str, language: str) -> Digest:
        """The digest; `language` is the site's, for one that names none."""
        given = dict(self) | {"cadence": self.cadence.to_cadence()}
        given["review"] = self.review.to_rule() if self.review else None
        return Digest(slug=slug, **given | {"language": self.language or language})


class DigestsFile(Model):
    """digests.yaml"""

    digests: dict[Slug, DigestModel] = Field(default_factory=dict)
    """What is mailed, when, and to which lists."""


def _recipient(value: object) -> object:
    return {"address": value} if isinstance(value, str) else value


def _recipients(value: object) -> object:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise InvalidValue(
            "expected a list of recipients", "addresses, one a line after - , or {from: list.csv}"
        )
    return value


class RecipientModel(Model):
    """Somebody on a list."""

    address: Address = Field(examples=["ana@example.org"])
    """A mail address. Upper and lower case make no difference."""

    name: OptionalLine = ""
    """In the To header."""

    topics: Topics = None
    """Of the digest's topics, those that they want: all unless given."""

    language: Language | None = None
    """Of their mails; the digest's unless given."""

    items_in: ItemsIn = Field(default=None, examples=[["es", "en"]])
    """Of the languages of the digest's items, those that they read: all unless given. An item whose
    language is not known comes all the same."""

    start: Start = Field(default=None, examples=["now", "everything", "2w"])
    """Which editions count as theirs: from now on, those of a span back, or everything."""

    paused: bool = False
    """true sends them nothing until it is gone."""

    shared: bool | None = None
    """true for a group address, which several people read: its mail has no link to leave. false
    says that one person reads an address which looks like a group's."""

    @field_validator("topics", mode="before")
    @classmethod
    def _by_present_names(cls, topics: object, info: ValidationInfo) -> object:
        """A list may be another program's, which knows a topic by the name that it had."""
        names = info.context
        if not isinstance(names, Names) or not isinstance(topics, list | tuple):
            return topics
        found = (names.moved.get(t, t) if isinstance(t, str) else t for t in topics)
        return list(dict.fromkeys(found)) if names.moved else topics

    def to_recipient(self) -> Recipient:
        """The recipient, as the list has them."""
        given = dict(self)
        paused = given.pop("paused")
        return Recipient(state=RecipientState.PAUSED if paused else RecipientState.ACTIVE, **given)


RecipientText = Annotated[RecipientModel, BeforeValidator(_recipient)]
RecipientList = Annotated[tuple[RecipientText, ...], BeforeValidator(_recipients)]


class RecipientsFile(Model):
    """recipients.yaml, once lists that are kept in CSV files have been read in."""

    lists: dict[Slug, RecipientList] = Field(default_factory=dict)
    """Who gets digests, list by list."""
