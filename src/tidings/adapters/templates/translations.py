"""How templates speak a language: translated words (gettext's `.po`), dates, numbers and lists.

Ours are in the package, `locale/LANGUAGE/LC_MESSAGES/tidings.po`; an instance adds a language, or
has its own way with some words, in `templates/locale/LANGUAGE.po`. What a catalogue does not say
is said in the words of its base language (es for es-CR), else in English.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache, partial
from gettext import GNUTranslations, NullTranslations, c2py
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, get_day_names, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_decimal
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup, escape

from tidings.core.addresses import deceives
from tidings.core.languages import marks
from tidings.core.pages.linked_data import script_json
from tidings.errors import TemplateError
from tidings.model import Help, Problem

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message


ENGLISH = "en"
FOLDER = "locale/"
ENDING = ".po"
MEND = "correct it, or delete the file to do without it"
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_LINE = re.compile(
    r'\s*(#.*|((msgid|msgid_plural|msgctxt|msgstr(\[\d\])?)\s+)?"(\\.|[^"\\])*"\s*)?'
)
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


class Source(NamedTuple):
    """A file as it was read: `place` is how messages name it."""

    place: str
    content: bytes

    @property
    def text(self) -> str:
        """The content, decoded strictly. Raises `UnicodeDecodeError`."""
        return self.content.decode("utf-8")


def fingerprint(*folders: Mapping[str, Source]) -> str:
    """64 hex digits that change whenever a name or the content of a file does."""
    digest = hashlib.sha256()
    for files_by_name in folders:
        for name, (_, content) in sorted(files_by_name.items()):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        digest.update(b"\0\0")
    return digest.hexdigest()


class Translations:
    """The catalogues of an instance over our own, each read when its language is first spoken."""

    def __init__(self, own: Mapping[str, Source]) -> None:
        """`own` are the instance's files below templates/, by name."""
        self.packaged = dict(_packaged())
        self.own = {
            tag_of(name): source
            for name, source in sorted(own.items())
            if name.startswith(FOLDER) and name.endswith(ENDING)
        }

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that there are words for, English first."""
        return (ENGLISH, *sorted({*self.packaged, *self.own} - {ENGLISH}))

    def words(self, language: str) -> NullTranslations:
        """What says everything in a language. Raises `TemplateError` for a broken catalogue."""
        base = language.partition("-")[0]
        known = {each.casefold(): each for each in (*self.packaged, *self.own)}
        tags = dict.fromkeys((known.get(language.casefold()), known.get(base.casefold()), ENGLISH))
        words: NullTranslations | None = None
        for tag, held in ((tag, held) for tag in tags if tag for held in (self.own, self.packaged)):
            if tag not in held:
                continue
            try:
                more = _compiled(_read(tag, held[tag]))
            except BrokenCatalogueError as fault:
                problem = fault.problem
                line = f":{problem.line}" if problem.line else ""
                message = f"{problem.path}{line}: {problem.message} ({problem.hint})"
                raise TemplateError(message) from fault
            if words is None:
                words = more
            else:
                words.add_fallback(more)
        return words or NullTranslations()

    def fingerprint(self) -> str:
        """64 hex digits that change whenever a catalogue does."""
        return fingerprint(self.packaged, self.own)

    def check(self) -> Iterator[Problem]:
        """Every fault in the catalogues of the instance."""
        for tag, source in self.own.items():
            if not _TAG.fullmatch(tag):
                hint = f"name the file after a language, such as {FOLDER}de{ENDING}"
                yield _problem(source.place, 0, 0, f'"{tag}" is not a language', hint)
            try:
                yield from _faults(_read(tag, source), source.place)
            except BrokenCatalogueError as fault:
                yield fault.problem


class BrokenCatalogueError(Exception):
    """A catalogue that cannot be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def tag_of(name: str) -> str:
    """The language of a catalogue by its file's name: pt-BR of locale/pt_BR.po."""
    return name.removeprefix(FOLDER).removesuffix(ENDING).replace("_", "-")


def _packaged() -> Iterator[tuple[str, Source]]:
    folders = (each for each in (files("tidings") / "locale").iterdir() if each.is_dir())
    for folder in sorted(folders, key=lambda each: each.name):
        if not folder.name.startswith((".", "__")):
            place = f"{folder.name}/LC_MESSAGES/tidings.po"
            content = (folder / "LC_MESSAGES" / "tidings.po").read_bytes()
            yield tag_of(folder.name), Source(f"tidings/locale/{place}", content)


def _read(tag: str, source: Source) -> Catalog:
    """The catalogue in a file. Raises `BrokenCatalogueError`."""
    from babel.messages.pofile import PoFileError, read_po

    def broken(line: int, message: str, hint: str = MEND) -> BrokenCatalogueError:
        return BrokenCatalogueError(_problem(source.place, line, 0, message, hint))

    try:
        # The library passes over much that is no catalogue.
        for number, line in enumerate(source.text.splitlines(), start=1):
            if not _LINE.fullmatch(line):
                raise broken(number, "this is not a line of a catalogue")
        catalog = read_po(BytesIO(source.content), _locale(tag), abort_invalid=True)
        if catalog.locale is None:  # unknown to the library: it would forget the plurals
            catalog.locale = ENGLISH
        c2py(catalog.plural_expr)
    except PoFileError as fault:
        raise broken(fault.lineno + 1, str(fault.args[0])) from fault
    except UnicodeDecodeError as fault:
        raise broken(0, "is not UTF-8 text", "save it as UTF-8") from fault
    except (ValueError, LookupError, TypeError) as fault:
        raise broken(0, f"is not a catalogue: {fault}") from fault
    return catalog


def _locale(tag: str) -> str:
    """What the library calls a language; its plurals count where a catalogue names none."""
    try:
        return str(Locale.parse(tag, sep="-"))
    except (UnknownLocaleError, ValueError):
        return ENGLISH


def _compiled(catalog: Catalog) -> GNUTranslations:
    """What is translated, for gettext; what is not, or is fuzzy, is left to the fallback."""
    from babel.messages.mofile import write_mo

    for message in list(catalog):
        now = _renamed().get(message.id) if isinstance(message.id, str) else None
        if now and now not in catalog:
            catalog.add(now, message.string, flags=message.flags)
    for message in list(catalog):
        if message.id and (message.fuzzy or not all(_strings(message))):
            catalog.delete(message.id, message.context)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=1)
def _renamed() -> dict[str, str]:
    """What templates said before by what they say now, for catalogues of instances."""
    from babel.messages.pofile import read_po

    content = (files("tidings") / "locale" / "renamed.po").read_bytes()
    return {str(each.id): str(each.string) for each in read_po(BytesIO(content)) if each.id}


def _problem(place: str, line: int, column: int, message: str, hint: str) -> Problem:
    return Problem(place, line, column, message, hint, help=Help.TRANSLATION_BROKEN)


def _faults(catalog: Catalog, place: str) -> Iterator[Problem]:
    for message in catalog:
        strings = _strings(message)
        if not message.id or not any(strings):
            continue
        line = message.lineno or 0
        if message.pluralizable and (len(strings) < catalog.num_plurals or not all(strings)):
            told = f"needs all {catalog.num_plurals} plural forms of this language"
            yield _problem(place, line, 0, told, "fill in each msgstr[…], or none of them")
        known = set(_PLACEHOLDER.findall(" ".join(_ids(message))))
        for strange in sorted(set(_PLACEHOLDER.findall(" ".join(strings))) - known):
            named = ", ".join(f"%({each})s" for each in sorted(known)) or "none"
            told = f"nothing fills in the placeholder %({strange})s"
            yield _problem(place, line, 0, told, f"there are: {named}")
        if any("%" in _PLACEHOLDER.sub("", string).replace("%%", "") for string in strings):
            yield _problem(place, line, 0, "the text has a single %", "write %% for a per cent")


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _strings(message: Message) -> tuple[str, ...]:
    string = message.string or ""
    return (string,) if isinstance(string, str) else tuple(string)


# What does not tell of a year is written by the days of this one, so that there are few of them.
LEAP_YEAR = 2000


class Formats:
    """Dates and numbers in the page's language, by way of Babel. Filters for templates.

    A language that Babel does not know is written as English; plain `en` is British in its dates.
    `texts` is the language of the site's texts, None if it is the page's.
    """

    def __init__(self, language: str, zone: ZoneInfo, texts: str | None = None) -> None:
        self.zone = zone
        self.foreign = ForeignTexts(texts or language, language)
        self.locale = _babel_locale(language)
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
        return self._first(self._written(self.day_of(value), "long"))

    def full_date(self, value: date | datetime) -> str:
        """Friday, 10 December 2021."""
        return self._first(self._written(self.day_of(value), "full"))

    def day_month(self, value: date | datetime) -> str:
        """10 December."""
        day = self.day_of(value)
        return self._first(self._skeleton("MMMMd", date(LEAP_YEAR, day.month, day.day)))

    def month_year(self, value: date | datetime | tuple[int, int]) -> str:
        """December 2021, from a day, an instant or (year, month)."""
        day = date(*value, 1) if isinstance(value, tuple) else self.day_of(value)
        return self._skeleton("yMMMM", date(day.year, day.month, 1))

    def month_name(self, value: date | datetime | tuple[int, int]) -> str:
        """December, from a day, an instant or (year, month)."""
        day = date(*value, 1) if isinstance(value, tuple) else self.day_of(value)
        return self._written(date(LEAP_YEAR, day.month, 1), "LLLL")

    def _first(self, written: str) -> str:
        """In French the first of a month is the 1er, which Babel's patterns cannot say."""
        if self.locale.language != "fr":
            return written
        return re.sub(r"(?<!\d)1 (?=\w)", "1er ", written, count=1)

    def weekday(self, value: date | datetime | int) -> str:
        """Monday, from a day, an instant or a number that counts from 0 for Monday."""
        number = value if isinstance(value, int) else self.day_of(value).weekday()
        return str(get_day_names("wide", "stand-alone", self.locale)[number])

    def language_name(self, tag: str) -> str:
        """Spanish, from es; the tag itself, where Babel has no name."""
        try:
            return Locale.parse(tag, sep="-").get_display_name(self.locale) or tag
        except (UnknownLocaleError, ValueError):
            return tag

    def number(self, value: int) -> str:
        """1,234."""
        return self._number(value)

    def listed(self, words: Iterable[str]) -> str:
        """Boats, ports and tides."""
        said = list(words)
        if not any(isinstance(word, Markup) for word in said):
            return format_list(said, locale=self.locale)
        listed = format_list([str(escape(word)) for word in said], locale=self.locale)
        return Markup(listed)  # noqa: S704 (each word is escaped)


class ForeignTexts:
    """What tells, in HTML, of texts that are not in the page's language or direction. Filters for
    templates, which get a text and its language, None where only the text itself can tell.

    `site` is the language of the site, `page` that of the reader.
    """

    def __init__(self, site: str, page: str) -> None:
        self._site, self._page = site, page
        # A page has the same few titles in several places.
        self.lang_dir = lru_cache(maxsize=1024)(self._lang_dir)

    def _lang_dir(self, text: str, language: str | None = None) -> Markup:
        """The attributes for the element that the text is in, each with a space before it; most
        often none."""
        found = marks(text, language, site=self._site, page=self._page)
        lang = Markup(' lang="{}"').format(found.lang) if found.lang else Markup()
        return lang + Markup(f' dir="{found.dir}"' if found.dir else "")  # noqa: S704 (ltr or rtl)

    def isolated(self, text: str, language: str | None = None) -> Markup:
        """The text for inside a sentence: in an element of its own if it has to be told of."""
        attributes = self.lang_dir(str(text), language)
        said = escape(text)
        return Markup("<span{}>{}</span>").format(attributes, said) if attributes else said


def upper_first(text: str) -> str:
    """With a capital at its beginning: months and days have none in most languages."""
    return text[:1].upper() + text[1:]


def language_name(tag: str) -> str:
    """What a language is called in itself: español."""
    locale = _babel_locale(tag)
    return locale.get_language_name(locale.language) or tag


def safe_url(value: str | None) -> str:
    """The address if it is one of the web or of a mailbox, else ""; never a script, nor one that
    leads elsewhere than people read (`deceives`)."""
    if not value or deceives(value):
        return ""
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return ""
    web = parts.scheme in ("http", "https") and bool(parts.netloc)
    mailbox = parts.scheme == "mailto" and bool(parts.path)
    return parts.geturl() if web or mailbox else ""


def domain(value: str) -> str:
    """The host of a web address as people name it, without www; "" if there is none."""
    return (urlsplit(value).hostname or "").removeprefix("www.")


def in_script(value: Mapping[str, object]) -> Markup:
    """The data as JSON, to stand in a `<script>` of HTML."""
    return Markup(script_json(value))  # noqa: S704 (nothing in it can end the script)


def css_text(value: str) -> str:
    """A string of CSS with its quotes (CSS Syntax §4.3.5)."""
    line = " ".join(value.split())
    return '"' + re.sub(r'["\\]', lambda found: f"\\{ord(found[0]):x} ", line) + '"'


def clock(value: tuple[int, int]) -> str:
    """08:00, from (hour, minute)."""
    hour, minute = value
    return f"{hour:02d}:{minute:02d}"


def _babel_locale(language: str) -> Locale:
    for tag in (language, language.split("-")[0]):
        try:
            return Locale.parse("en_GB" if tag == "en" else tag, sep="_" if tag == "en" else "-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en", "GB")


# --- Within templates -----------------------------------------------------------------------------

_WORD = ("variable_begin", "name", "lparen", "string", "rparen", "variable_end")


class FoldedTranslations(Extension):
    """Writes out `{{ _("Topics") }}` in the language of the environment when a template is read.

    That saves ten calls on a page of an item, 0.04 ms: 0.4 of some 15 s of CPU for the first
    publication of 10,000 items.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Called by the library with the parts of a template before it is parsed."""
        held: list[Token] = []
        for token in stream:
            held.append(token)
            if not _is_word(held):
                yield from held[:-1]
                held = held[-1:]
                if not _is_word(held):
                    yield held.pop()
            elif len(held) == len(_WORD):
                said = self.environment.words.gettext(held[3].value)  # type: ignore[attr-defined]
                # What has a placeholder, or a per cent sign that is none, is left to the library.
                if "%" in f"{said}{held[3].value}".replace("%%", ""):
                    yield from held
                else:
                    yield Token(token.lineno, "data", said.replace("%%", "%"))
                held = []
        yield from held


def _is_word(tokens: Sequence[Token]) -> bool:
    """Whether these tokens are `{{ _("Topics") }}`, or its beginning."""
    types = tuple(token.type for token in tokens)
    return types == _WORD[: len(types)] and (len(types) < 2 or tokens[1].value == "_")
