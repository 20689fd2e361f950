"""The models of digests.yaml and recipients.yaml: what is mailed when, and to whom."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Literal

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
    Address,
    Clock,
    Day,
    InvalidValue,
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
    parse_duration,
    parse_weekday,
    text_like,
)
from tidings.model import Cadence, Digest, Recipient, RecipientState


def _day_of_month(text: object) -> int | Literal["last"]:
    day = str(text).strip().casefold()
    if day == "last":
        return "last"
    if not re.fullmatch("[0-9]{1,2}", day) or not 1 <= int(day) <= 28:
        raise InvalidValue(f'"{text}" is not a day that every month has', "1 to 28, or last")
    return int(day)


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


class CadenceModel(Model):
    """How often the digest comes, and when."""

    every: Literal["immediate", "day", "week", "2 weeks", "month"]
    """day, week, 2 weeks, month, or immediate: as soon as there is anything new, at most every 15
    minutes."""

    on: int | Literal["last"] | None = Field(default=None, validate_default=True)
    """The day: monday to sunday of a week or of two; 1 to 28, or last, of a month."""

    at: Clock | None = Field(default=None, validate_default=True, examples=["08:00"])
    """The time of day, in the site's time zone."""

    week_of: Day | None = Field(default=None, alias="from", examples=["2026-11-23"])
    """Of every: 2 weeks, a day in one of the weeks in which it comes. Unless given, it comes in
    even weeks, counted from the one of 5 January 1970."""

    @field_validator("on", mode="plain", json_schema_input_type=str | int)
    @classmethod
    def _right_day(cls, on: object, info: ValidationInfo) -> object:
        every = info.data.get("every")
        weekly = every in ("week", "2 weeks")
        if (weekly or every == "month") and on is None:
            which, example = ("week", "monday") if weekly else ("month", "1")
            raise InvalidValue("is missing", f"which day of the {which}, as in on: {example}")
        if on is None:
            return None
        if weekly:
            return parse_weekday(on)
        if every == "month":
            return _day_of_month(on)
        if every == "day":
            raise InvalidValue(
                "a daily digest comes on every day", "remove it, or write every: week"
            )
        if every == "immediate":
            raise InvalidValue("an immediate digest has no day", "remove it")
        return None  # what it should be is not known

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
        at = self.at or (0, 0)
        if self.week_of:
            return Cadence("2 weeks", self.weekday, at, week_of=self.week_of)
        if self.every == "month" and self.on:
            return Cadence("month", at=at, day=self.on)
        return Cadence(self.every, self.weekday, at)

    @property
    def weekday(self) -> int:
        """The day of the week, 0 for Monday; of no meaning for a monthly digest."""
        return self.on if isinstance(self.on, int) else 0


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

    was: tuple[Slug, ...] = ()
    """Earlier names: who gets it, who left, what they chose and had, and its addresses stay."""

    @field_validator("catch_up", mode="after")
    @classmethod
    def _can_be_late(cls, span: timedelta | None, info: ValidationInfo) -> timedelta | None:
        cadence = info.data.get("cadence")
        if span and cadence and cadence.every == "immediate":
            raise InvalidValue("an immediate digest has nothing to catch up with", "remove it")
        return span

    def to_digest(self, slug: str, language: str) -> Digest:
        """The digest; `language` is the site's, for one that names none."""
        given = dict(self) | {"cadence": self.cadence.to_cadence()}
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
