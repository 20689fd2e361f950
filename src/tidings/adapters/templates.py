"""Templates: Jinja2, the one place that knows it.

A template is looked for in the instance's `templates/` first, then in the package; the name
`default:NAME` always means the packaged one, so that an override may extend what it replaces.
Assets (files below `assets/`) are found the same way. Templates run in a sandbox, may not use an
undefined name and can ask neither for the time nor for a random number: what they make is a
function of their data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from functools import lru_cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from traceback import walk_tb
from types import MemberDescriptorType
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import jinja2
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, get_day_names, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_decimal
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tidings.errors import TemplateError
from tidings.model import Problem

DEFAULT = "default:"
ASSETS = "assets/"
MEND = "mend it, or delete the file to have the default back"
PACKAGED = "it comes with Tidings: look at what overrides it in templates/, else report it"
# What a template can raise by its own fault; anything else is a bug of ours and keeps its trace.
FAULTS = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)

# How a template takes in another.
Reference = nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport


class Source(NamedTuple):
    """A file as it was read: `place` is how messages name it."""

    place: str
    content: bytes

    @property
    def text(self) -> str:
        """The content, decoded strictly. Raises `UnicodeDecodeError`."""
        return self.content.decode("utf-8")


class Templates:
    """The templates and assets of an instance as they stood when this was made.

    `overrides` is the instance's templates folder, if there is one; `language` is a BCP 47 tag,
    that dates and numbers follow; `zone` says on which day an instant falls. All files are read
    at once, so that `fingerprint` is true of what `render` does: make a new one to see an edit.
    Raises `TemplateError` if a file cannot be read.
    """

    def __init__(self, overrides: Path | None, language: str, zone: ZoneInfo) -> None:
        self._packaged = dict(_read(files("tidings") / "templates", "tidings/templates"))
        self._own: dict[str, Source] = {}
        if overrides is not None and overrides.is_dir():
            self._own = dict(_read(overrides, overrides.name))
        self._environment = _environment(self._load, language, zone)

    def render(self, name: str, context: Mapping[str, object]) -> str:
        """What the template `name` makes of `context`.

        Raises `TemplateError`, naming file and line, if it is missing or broken.
        """
        try:
            return self._environment.get_template(name).render(context)
        except FAULTS as fault:
            raise _explained(fault, name) from fault

    def text(self, name: str) -> bytes:
        """A file beside the templates as it is, such as a style sheet; b"" if there is none."""
        found = self._find(name)
        return found.content if found else b""

    def has(self, name: str) -> bool:
        """Whether there is a template of that name, the instance's or our own."""
        return self._find(name) is not None

    def check(self) -> tuple[Problem, ...]:
        """Every fault that shows without data, in the instance's templates and in our own."""
        named = [
            *sorted(self._own.items()),
            *((f"{DEFAULT}{name}", source) for name, source in sorted(self._packaged.items())),
        ]
        return tuple(
            problem
            for name, source in named
            if name.endswith(".j2")
            for problem in self._check(name, source)
        )

    def fingerprint(self) -> str:
        """64 hex digits that change whenever a template or an asset does."""
        digest = hashlib.sha256()
        for sources in (self._packaged, self._own):
            for name, (_, content) in sorted(sources.items()):
                digest.update(f"{name}\0{len(content)}\0".encode())
                digest.update(content)
            digest.update(b"\0\0")
        return digest.hexdigest()

    def assets(self) -> Mapping[str, bytes]:
        """The files to publish below `assets/`, by their name there: `site.css`."""
        found = {**self._packaged, **self._own}
        return {
            name.removeprefix(ASSETS): content
            for name, (_, content) in sorted(found.items())
            if name.startswith(ASSETS)
        }

    def _find(self, name: str) -> Source | None:
        if name.startswith(DEFAULT):
            return self._packaged.get(name.removeprefix(DEFAULT))
        return self._own.get(name) or self._packaged.get(name)

    def _load(self, name: str) -> tuple[str, str, None] | None:
        found = self._find(name)
        return (found.text, found.place, None) if found else None

    def _parse(self, name: str, source: Source) -> nodes.Template:
        return self._environment.parse(source.text, name, source.place)

    def _check(self, name: str, source: Source) -> Iterator[Problem]:
        place = source.place
        try:
            tree = self._parse(name, source)
            self._environment.compile(tree, name, place)  # finds unknown filters, too
        except jinja2.TemplateSyntaxError as fault:
            yield Problem(place, fault.lineno, 0, fault.message or "does not parse", MEND)
            return
        except UnicodeDecodeError:
            yield Problem(place, 0, 0, "is not UTF-8 text", "save it as UTF-8")
            return
        for node, target in _references(tree):
            if target == name:
                hint = f"write {DEFAULT}{name} for the packaged one"
                yield Problem(place, node.lineno, 0, "the template takes itself in", hint)
            elif not self._find(target):
                hint = _suggestion(target, {*self._own, *self._packaged})
                yield Problem(place, node.lineno, 0, f"there is no template {target}", hint)
            elif isinstance(node, nodes.Extends) and name in self._own:
                yield from self._stray_blocks(tree, place, target)

    def _stray_blocks(self, tree: nodes.Template, place: str, parent: str) -> Iterator[Problem]:
        """Blocks that the templates above do not have: Jinja passes over them in silence."""
        blocks = list(tree.find_all(nodes.Block))
        known = {inner.name for block in blocks for inner in block.find_all(nodes.Block)}
        try:
            for ancestor in self._lineage(parent):
                known |= {block.name for block in ancestor.find_all(nodes.Block)}
        except (jinja2.TemplateSyntaxError, UnicodeDecodeError):
            return  # reported where it stands
        for block in blocks:
            if block.name not in known:
                message = f"{parent} has no block {block.name}, so this text is never used"
                yield Problem(place, block.lineno, 0, message, _suggestion(block.name, known))

    def _lineage(self, name: str | None) -> Iterator[nodes.Template]:
        """A template and those that it extends, as far as their names are written out."""
        seen: set[str] = set()
        while name and name not in seen and (source := self._find(name)):
            seen.add(name)
            tree = self._parse(name, source)
            yield tree
            parents = (t for node, t in _references(tree) if isinstance(node, nodes.Extends))
            name = next(parents, None)


class Formats:
    """Dates and numbers in the page's language, by way of Babel. Filters for templates.

    A language that Babel does not know is written as English; plain `en` is British in its dates.
    """

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.zone = zone
        self.locale = _locale(language)
        self.direction: str = self.locale.text_direction  # ltr or rtl
        # A mail or a page says the same few days and numbers over and over.
        self._written = lru_cache(maxsize=4096)(partial(format_date, locale=self.locale))
        self._skeleton = lru_cache(maxsize=4096)(partial(format_skeleton, locale=self.locale))
        self._number = lru_cache(maxsize=1024)(partial(format_decimal, locale=self.locale))
        self.place = get_timezone_location(zone, locale=self.locale, return_city=True)

    def day_of(self, value: date | datetime) -> date:
        """The day itself, or the local day of an instant."""
        return value.astimezone(self.zone).date() if isinstance(value, datetime) else value

    def long_date(self, value: date | datetime) -> str:
        """10 December 2021."""
        return self._written(self.day_of(value), "long")

    def full_date(self, value: date | datetime) -> str:
        """Friday, 10 December 2021."""
        return self._written(self.day_of(value), "full")

    def day_month(self, value: date | datetime) -> str:
        """10 December."""
        return self._skeleton("MMMMd", self.day_of(value))

    def month_year(self, value: date | datetime | tuple[int, int]) -> str:
        """December 2021, from a day, an instant or (year, month)."""
        day = date(*value, 1) if isinstance(value, tuple) else self.day_of(value)
        return format_skeleton("yMMMM", day, locale=self.locale)

    def month_name(self, value: date | datetime | tuple[int, int]) -> str:
        """December, from a day, an instant or (year, month)."""
        day = date(*value, 1) if isinstance(value, tuple) else self.day_of(value)
        return format_date(day, "LLLL", locale=self.locale)

    def weekday(self, value: date | datetime | int) -> str:
        """Monday, from a day, an instant or a number that counts from 0 for Monday."""
        number = value if isinstance(value, int) else self.day_of(value).weekday()
        return str(get_day_names("wide", "stand-alone", self.locale)[number])

    def number(self, value: int) -> str:
        """1,234."""
        return self._number(value)

    def listed(self, words: Iterable[str]) -> str:
        """Boats, ports and tides."""
        return format_list(list(words), locale=self.locale)


def language_name(tag: str) -> str:
    """What a language is called in itself: español."""
    locale = _locale(tag)
    return locale.get_language_name(locale.language) or tag


def safe_url(value: str | None) -> str:
    """The address if it is one of the web or of a mailbox, else ""; never a script."""
    if not value:
        return ""
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return ""
    web = parts.scheme in ("http", "https") and bool(parts.netloc)
    mailbox = parts.scheme == "mailto" and bool(parts.path)
    return parts.geturl() if web or mailbox else ""


def clock(value: tuple[int, int]) -> str:
    """08:00, from (hour, minute)."""
    hour, minute = value
    return f"{hour:02d}:{minute:02d}"


class _Sandbox(ImmutableSandboxedEnvironment):
    """The library's sandbox, asked once for each attribute of each kind of object: its answer
    depends on nothing else, and pages ask a hundred times each. A slot of a value of ours holds
    data and never a method, so that there is nothing to look at."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._safe: dict[tuple[type, str], bool] = {}
        self._slots: dict[tuple[type, str], bool] = {}

    def getattr(self, obj: object, attribute: str) -> object:
        """What a template gets for `obj.attribute`."""
        asked = (type(obj), attribute)
        slot = self._slots.get(asked)
        if slot is None:
            kind = getattr(type(obj), attribute, None)
            slot = isinstance(kind, MemberDescriptorType) and not attribute.startswith("_")
            self._slots[asked] = slot
        return getattr(obj, attribute) if slot else super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Whether a template may see that attribute."""
        asked = (type(obj), attr)
        if asked not in self._safe:
            self._safe[asked] = super().is_safe_attribute(obj, attr, value)
        return self._safe[asked]


def _environment(
    load: Callable[[str], tuple[str, str, None] | None], language: str, zone: ZoneInfo
) -> jinja2.Environment:
    formats = Formats(language, zone)
    environment = _Sandbox(
        loader=jinja2.FunctionLoader(load),
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: name is None or not name.endswith((".txt.j2", ".subject.j2")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters |= {
        "clock": clock,
        "day_month": formats.day_month,
        "full_date": formats.full_date,
        "listed": formats.listed,
        "long_date": formats.long_date,
        "month_name": formats.month_name,
        "month_year": formats.month_year,
        "number": formats.number,
        "safe_url": safe_url,
        "weekday": formats.weekday,
    }
    environment.globals |= {
        "language": language,
        "direction": formats.direction,
        "place": formats.place,
    }
    del environment.filters["random"], environment.globals["lipsum"]
    return environment


def _read(folder: Traversable, place: str) -> Iterator[tuple[str, Source]]:
    """Templates and assets below a folder, by name."""
    pending = [(folder, "")]
    while pending:
        current, prefix = pending.pop()
        name = prefix.rstrip("/")
        try:
            for child in current.iterdir():
                name = f"{prefix}{child.name}"
                if child.name.startswith((".", "__")):
                    continue
                if child.is_dir():
                    pending.append((child, f"{name}/"))
                elif child.is_file() and (
                    name.endswith((".j2", ".css")) or name.startswith(ASSETS)
                ):
                    yield name, Source(f"{place}/{name}", child.read_bytes())
        except OSError as fault:
            where = f"{place}/{name}".rstrip("/")
            message = f"{where}: {fault.strerror}; let the user that Tidings runs as read it"
            raise TemplateError(message) from fault


def _references(tree: nodes.Template) -> Iterator[tuple[Reference, str]]:
    """What a template takes in by a name that is written out, where it must exist."""
    for node in tree.find_all(nodes.Stmt):
        if not isinstance(node, Reference) or getattr(node, "ignore_missing", False):
            continue
        if isinstance(node.template, nodes.Const):
            yield node, str(node.template.value)


def _suggestion(name: str, known: set[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    return f"did you mean {close[0]}?" if close else f"there are: {', '.join(sorted(known))}"


def _explained(fault: Exception, name: str) -> TemplateError:
    """The fault with the template's file and line, as near as they are known."""
    place, line = name, 0
    for frame, number in walk_tb(fault.__traceback__):
        if frame.f_code.co_filename.endswith(".j2"):
            place, line = frame.f_code.co_filename, number
    if isinstance(fault, jinja2.TemplateSyntaxError):
        place, line = fault.filename or fault.name or name, fault.lineno
    message = str(fault.message if isinstance(fault, jinja2.TemplateError) else fault)
    if isinstance(fault, jinja2.TemplateNotFound):
        message = f"there is no template {fault.name}"
    if isinstance(fault, RecursionError):
        message = f"the template takes itself in; write {DEFAULT}NAME for the packaged one"
    remedy = PACKAGED if place.startswith("tidings/") else MEND
    return TemplateError(f"{place}{f':{line}' if line else ''}: {message} ({remedy})")


def _locale(language: str) -> Locale:
    for tag in (language, language.split("-")[0]):
        try:
            return Locale.parse("en_GB" if tag == "en" else tag, sep="_" if tag == "en" else "-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en", "GB")
