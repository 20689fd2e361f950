"""Templates: Jinja2, the one place that knows it.

A template is looked for in the instance's `templates/` first, then in the package; the name
`default:NAME` always means the packaged one, so that an override may extend what it replaces.
Assets (files below `assets/`) are found the same way. Templates may not use an undefined name and
can ask neither for the time nor for a random number: what they make is a function of their data.

What is made of packaged templates alone runs in Jinja's plain environment. As soon as a template of
the instance has a part in it, all of it runs in Jinja's sandbox: an override that extends or
includes a packaged template, or is taken in by one, gains nothing by that.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
)
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache, partial
from gettext import NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from traceback import walk_tb
from types import CodeType
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from tidings.adapters.templates.translations import (
    ENDING,
    FOLDER,
    FoldedTranslations,
    Formats,
    Source,
    Translations,
    clock,
    css_text,
    domain,
    fingerprint,
    in_script,
    safe_url,
    upper_first,
)
from tidings.core.settings import Look
from tidings.errors import TemplateError
from tidings.model import Help, Problem

DEFAULT = "default:"
ASSETS = "assets/"
TEMPLATE = ".j2"
PLAIN_LOOK = Look()
PLAIN = (".txt.j2", ".subject.j2", ".css.j2")  # where < and & mean nothing
MEND = "correct it, or delete the file to use the default"
PACKAGED = "it comes with Tidings: look at what overrides it in templates/, else report it"
# Old names of files, by which instances override and link them, and their names now.
RENAMED = {
    "assets/tide.svg": "assets/chart.svg",
    "item/taken_back.txt.j2": "item/retracted.txt.j2",
    "site/issue.html.j2": "site/edition.html.j2",
}
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
# Of how many calls each macro remembers what it made, such as the days of ten years.
MOST_CALLS = 4_000
_CONSTANTS = frozenset({str, date, type(None)})

# How a template takes in another.
Reference = nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport


class Templates:
    """The templates and assets of an instance as they stood when this was made.

    `overrides` is the instance's templates folder, if there is one; `language` is a BCP 47 tag:
    that of the items' texts, and spoken where no other is asked for; `zone` says on which day an
    instant falls. All files are read at once, so that `fingerprint` is true of what `render` does:
    make a new one to see an edit. Raises `TemplateError` if a file cannot be read.
    """

    def __init__(self, overrides: Path | None, language: str, zone: ZoneInfo) -> None:
        self._packaged = dict(_read(files("tidings") / "templates", "tidings/templates"))
        self._own: dict[str, Source] = {}
        if overrides is not None and overrides.is_dir():
            self._own = _by_new_names(dict(_read(overrides, overrides.name)))
        self._language, self._zone = language, zone
        self._translations = Translations(self._own)
        self._environments: dict[tuple[str, bool], jinja2.Environment] = {}
        self._sandboxed: dict[str, bool] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that there are words for, English first."""
        return self._translations.languages

    def render(self, name: str, context: Mapping[str, object], language: str | None = None) -> str:
        """What the template `name` makes of `context`, in a language (None: that of the texts).

        Raises `TemplateError`, naming file and line, if it or the catalogue is missing or broken.
        """
        try:
            found = self._environment(language or self._language, sandboxed=self._is_own(name))
            return found.get_template(name).render(context)
        except FAULTS as fault:
            raise _explained(fault, name) from fault

    def speaking(self, language: str) -> Callable[[str, Mapping[str, object]], str]:
        """`render` in that language."""
        return partial(self.render, language=language)

    def text(self, name: str) -> bytes:
        """A file beside the templates as it is, such as a style sheet; b"" if there is none."""
        found = self._find(name)
        return found.content if found else b""

    def has(self, name: str) -> bool:
        """Whether there is a template of that name, the instance's or our own."""
        return self._find(name) is not None

    def check(self) -> tuple[Problem, ...]:
        """Every fault that shows without data in the instance's templates; those of ours would be
        the same for everybody, and compiling them was half of a check."""
        found = (
            problem
            for name, source in sorted(self._own.items())
            if name.endswith(".j2")
            for problem in self._check(name, source)
        )
        return (*found, *self._translations.check())

    @property
    def own(self) -> Mapping[str, str]:
        """The files of the instance by name, each with its place."""
        return {name: source.place for name, source in sorted(self._own.items())}

    @property
    def packaged(self) -> Collection[str]:
        """The names of the templates and assets that come with Tidings."""
        return self._packaged.keys()

    def trees(self, names: Iterable[str]) -> Iterator[nodes.Template]:
        """Those of these templates that can be read, as trees."""
        formats = Formats("en", self._zone)
        neutral = environment(lambda _name: None, formats, NullTranslations(), sandboxed=True)
        for name in names:
            source = self._find(name)
            if source and name.endswith(TEMPLATE):
                with suppress(jinja2.TemplateSyntaxError, UnicodeDecodeError):
                    yield neutral.parse(source.text, name, source.place)

    def environment(self, language: str, kind: type[jinja2.Environment]) -> Any:
        """Another environment than those that `render` uses, in a language."""
        words, formats = self._translations.words(language), Formats(language, self._zone)
        load = partial(self._load, sandboxed=True)
        made: Any = environment(load, formats, words, sandboxed=True, kind=kind)
        made.globals |= {"language": language, "texts_lang": self._texts_lang(language)}
        return made

    def fingerprint(self) -> str:
        """64 hex digits that change whenever a template or an asset does."""
        return fingerprint(self._packaged, self._translations.packaged, self._own)

    def assets(self, look: Look = PLAIN_LOOK) -> Mapping[str, bytes]:
        """The files to publish below `assets/`, by their name there: `site.css`.

        A template such as `feed.css.j2` gives `feed.css`, unless the instance has that itself; it
        knows the configured `look`. Raises `TemplateError`.
        """
        made = {}
        for name, (_, content) in sorted({**self._packaged, **self._own}.items()):
            plain = name.removesuffix(TEMPLATE)
            if name.startswith(ASSETS) and (plain == name or plain not in self._own):
                whole = content if plain == name else self.render(name, {"look": look}).encode()
                if plain == name or whole.strip():
                    made[plain.removeprefix(ASSETS)] = whole
        for old, new in RENAMED.items():
            if new.startswith(ASSETS):
                made.setdefault(old.removeprefix(ASSETS), made[new.removeprefix(ASSETS)])
        return made

    def _is_own(self, name: str) -> bool:
        """Whether a template of the instance has, or may have, a part in what `name` makes."""
        if not any(own.endswith(TEMPLATE) for own in self._own):
            return False
        if name not in self._sandboxed:
            self._sandboxed[name] = any(map(self._is_own_file, self._taken_in(name)))
        return self._sandboxed[name]

    def _is_own_file(self, name: str) -> bool:
        name = self._current(name)
        return name in self._own or name.removeprefix(DEFAULT) not in self._packaged

    def _taken_in(self, name: str) -> set[str]:
        """A template and all that it takes in, directly or not; "" for names not written out."""
        found, pending = set[str](), [name]
        while pending:
            current = pending.pop()
            if current in found:
                continue
            found.add(current)
            if source := self._find(current):
                try:
                    tree = tree_of(source.text, current, source.place)
                except (jinja2.TemplateSyntaxError, UnicodeDecodeError):
                    return {""}  # rendering it says what is wrong
                pending += (target for _, target in _references(tree))
        return found

    def _environment(self, language: str, *, sandboxed: bool) -> jinja2.Environment:
        """One for each language in use: words and filters are part of what is compiled. The plain
        one has the packaged templates alone."""
        if (language, sandboxed) not in self._environments:
            words = self._translations.words(language)
            load = partial(self._load, sandboxed=sandboxed)
            formats = Formats(language, self._zone, self._language)
            made = environment(load, formats, words, sandboxed=sandboxed)
            known = (self._language, language, self._zone.key, self._translations.fingerprint())
            made.bytecode_cache = compiled(*known, sandboxed=sandboxed)
            made.globals |= {"language": language, "texts_lang": self._texts_lang(language)}
            self._environments[language, sandboxed] = made
        return self._environments[language, sandboxed]

    def _texts_lang(self, language: str) -> str:
        """What marks the texts of items, which nobody translates, for those who read others."""
        texts = self._language
        if texts.partition("-")[0] == language.partition("-")[0]:
            return Markup("")
        ours, theirs = (Formats(tag, self._zone).direction for tag in (language, texts))
        direction = f' dir="{theirs}"' if ours != theirs else ""
        return Markup(f' lang="{texts}"{direction}')  # noqa: S704 - a tag has no markup in it

    def _current(self, name: str) -> str:
        """The name that a template has now, also of one that is asked for by its old name."""
        bare = name.removeprefix(DEFAULT)
        if bare not in RENAMED or name in self._own:
            return name
        return f"{name.removesuffix(bare)}{RENAMED[bare]}"

    def _find(self, name: str) -> Source | None:
        name = self._current(name)
        if name.startswith(DEFAULT):
            return self._packaged.get(name.removeprefix(DEFAULT))
        return self._own.get(name) or self._packaged.get(name)

    def _load(self, name: str, *, sandboxed: bool) -> tuple[str, str, None] | None:
        found = self._find(name if sandboxed else f"{DEFAULT}{name.removeprefix(DEFAULT)}")
        return (found.text, found.place, None) if found else None

    def _check(self, name: str, source: Source) -> Iterator[Problem]:
        place = source.place
        try:
            tree = tree_of(source.text, name, place)
        except jinja2.TemplateSyntaxError as fault:
            yield _problem(place, fault.lineno, 0, fault.message or "does not parse", MEND)
            return
        except UnicodeDecodeError:
            yield _problem(place, 0, 0, "is not UTF-8 text", "save it as UTF-8")
            return
        for node, target in _required(tree):
            if self._current(target) == name:
                hint = f"write {DEFAULT}{name} for the packaged one"
                yield _problem(place, node.lineno, 0, "the template takes itself in", hint)
            elif not self._find(target):
                hint = _suggestion(target, {*self._own, *self._packaged})
                yield _problem(place, node.lineno, 0, f"there is no template {target}", hint)
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
                yield _problem(place, block.lineno, 0, message, _suggestion(block.name, known))

    def _lineage(self, name: str | None) -> Iterator[nodes.Template]:
        """A template and those that it extends, as far as their names are written out."""
        seen: set[str] = set()
        while name and name not in seen and (source := self._find(name)):
            seen.add(name)
            tree = tree_of(source.text, name, source.place)
            yield tree
            parents = (t for node, t in _required(tree) if isinstance(node, nodes.Extends))
            name = next(parents, None)


# --- Environments ------------------------------------------------------------------------------


def environment(
    load: Callable[[str], tuple[str, str, None] | None],
    formats: Formats,
    words: NullTranslations,
    *,
    sandboxed: bool,
    kind: type[jinja2.Environment] | None = None,
) -> jinja2.Environment:
    """Where templates run: they are looked up by `load`, and told `formats` and `words`. `kind` is
    another than is usual."""
    made: Any = (kind or (Sandbox if sandboxed else Unsandboxed))(
        extensions=["jinja2.ext.i18n", FoldedTranslations],
        loader=jinja2.FunctionLoader(load),
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: name is None or not name.endswith(PLAIN),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.extend(words=words)
    made.filters |= {
        "clock": clock,
        "domain": domain,
        "css_text": css_text,
        "day_month": formats.day_month,
        "full_date": formats.full_date,
        "in_script": in_script,
        "isolated": formats.foreign.isolated,
        "language_name": formats.language_name,
        "lang_dir": formats.foreign.lang_dir,
        "listed": formats.listed,
        "long_date": formats.long_date,
        "month_name": formats.month_name,
        "month_year": formats.month_year,
        "number": formats.number,
        "safe_url": safe_url,
        "upper_first": upper_first,
        "weekday": formats.weekday,
    }
    made.globals |= {"direction": formats.direction, "place": formats.place}
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(
        words.gettext,
        words.ngettext,
        newstyle=True,
        pgettext=words.pgettext,
        npgettext=words.npgettext,
    )
    del made.filters["random"], made.globals["lipsum"]
    found: jinja2.Environment = made
    return found


class Sandbox(ImmutableSandboxedEnvironment):
    """Where templates of an instance run, and those that they are made of: the library's sandbox,
    asked once for each attribute of each kind of object, on which alone its answer depends."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._safe: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Whether a template may see that attribute."""
        asked = (type(obj), attr)
        if asked not in self._safe:
            self._safe[asked] = super().is_safe_attribute(obj, attr, value)
        return self._safe[asked]


class MacroCache(Context):
    """The context of packaged templates: it remembers what macros made of words, days and tuples.

    These macros know nothing but what they are given, and are given the same few days again and
    again. On a page of an item that saves 0.08 of 0.29 ms: 0.8 of some 15 s of CPU for the first
    publication of 10,000 items. That translations are put in here, without a context of their own,
    saves 0.03.
    """

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """What a template gets for `obj(...)`. The names are the library's: any other may be an
        argument's."""
        texts = __self.environment.globals
        is_text = __obj is texts["gettext"] or __obj is texts["_"]
        if not is_text and (type(__obj) is not Macro or not all(map(_is_constant, args))):
            return super().call(__obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        if is_text:
            return __self._said(*args, **kwargs)
        if kwargs:
            return __obj(__self.eval_ctx, *args, **kwargs)
        known = vars(__obj).setdefault("known", {})
        asked = (__self.eval_ctx.autoescape, *args)
        try:
            made = known.get(asked)
        except TypeError:  # something in a value cannot be looked up
            return __obj(__self.eval_ctx, *args)
        if made is None:
            if len(known) >= MOST_CALLS:
                known.clear()
            made = known[asked] = __obj(__self.eval_ctx, *args)
        return made

    def _said(self, text: str, **values: Any) -> str:
        """The translation of a text with its placeholders filled in."""
        said: str = self.environment.words.gettext(text)  # type: ignore[attr-defined]
        if not self.eval_ctx.autoescape:
            return said % values
        told = {name: v if type(v) is int else escaped(v) for name, v in values.items()}
        return Markup(said % told)  # noqa: S704 - the texts are ours, and the values escaped


class Unsandboxed(jinja2.Environment):
    """Where packaged templates run that no template of the instance has a part in."""

    context_class = MacroCache

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.escaped = escaped
        self._found: dict[str, jinja2.Template] = {}

    def get_template(self, name: Any, parent: Any = None, globals: Any = None) -> jinja2.Template:  # noqa: A002
        """A template by its name, looked for once."""
        if name not in self._found or globals:
            self._found[name] = super().get_template(name, parent, globals)
        return self._found[name]

    def _generate(self, *args: Any, **kwargs: Any) -> str:
        """What a template is compiled from: the library's hook. It escapes by `escaped`."""
        first, rest = super()._generate(*args, **kwargs).split("\n", 1)
        # On the same line, since the number of each tells where in the template a fault is.
        return f"{first}; escape = environment.escaped\n{rest}"

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What a template knows besides what it is given, in one dictionary: the library puts two
        mappings one behind the other, which costs a tenth of rendering a page."""
        return {**self.globals, **d} if d else self.globals


def escaped(value: object) -> str:
    """A value as a page shows it: as the library's function, which makes markup of all that it is
    given. On a page of an item that saves 0.05 of 0.33 ms."""
    kind = type(value)
    if kind is Markup:
        return value  # type: ignore[return-value]
    if kind is not str:
        return escape(value)
    text = value.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;")  # type: ignore[attr-defined]
    return text.replace("'", "&#39;").replace('"', "&#34;")  # type: ignore[no-any-return]


def _is_constant(value: object) -> bool:
    """Whether another that equals it is the same in every way, as markup, 1 and True are not."""
    if type(value) is tuple:
        return all(map(is_dataclass, value))
    return type(value) in _CONSTANTS


class Compiled(jinja2.BytecodeCache):
    """What each template was last compiled to, which depends on its text and on what `compiled` is
    given.

    To compile the templates of a site and a mail takes 0.11 s of CPU. The live preview reads them
    anew with each look, and a worker whenever a setting changes.
    """

    def __init__(self, *depends_on: object) -> None:
        self.depends_on = depends_on
        self._known: dict[str, tuple[str, CodeType | None]] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Called by the library before it compiles; the checksum is that of the text."""
        checksum, code = self._known.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Called by the library when it has compiled."""
        self._known[bucket.key] = bucket.checksum, bucket.code


@lru_cache(maxsize=16)
def compiled(texts: str, language: str, zone: str, words: str, *, sandboxed: bool) -> Compiled:
    """What is known of a language from before; `texts` is that of the items' texts, `words` the
    fingerprint of the translations."""
    return Compiled(texts, language, zone, words, sandboxed)


@lru_cache(maxsize=128)
def _problem(place: str, line: int, column: int, message: str, hint: str) -> Problem:
    return Problem(place, line, column, message, hint, help=Help.TEMPLATE_BROKEN)


def tree_of(text: str, name: str, place: str) -> nodes.Template:
    """A template that compiles, in whatever language, for looking at what it is made of.

    Raises `jinja2.TemplateSyntaxError`, for an unknown filter as well.
    """
    formats = Formats("en", ZoneInfo("UTC"))
    neutral = environment(lambda _name: None, formats, NullTranslations(), sandboxed=True)
    tree = neutral.parse(text, name, place)
    neutral.compile(tree, name, place)
    return tree


# --- Files and faults --------------------------------------------------------------------------


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
                    name.endswith((".j2", ".css", ".js"))
                    or name.startswith(ASSETS)
                    or (name.startswith(FOLDER) and name.endswith(ENDING))
                ):
                    yield name, Source(f"{place}/{name}", child.read_bytes())
        except OSError as fault:
            where = f"{place}/{name}".rstrip("/")
            message = f"{where}: {fault.strerror}; let the user that Tidings runs as read it"
            raise TemplateError(message) from fault


def _by_new_names(own: Mapping[str, Source]) -> dict[str, Source]:
    """The files of an instance, an override by an old name in the place of the file's new one."""
    moved = {new: own[old] for old, new in RENAMED.items() if old in own and new not in own}
    kept = {
        name: source
        for name, source in own.items()
        if name not in RENAMED or RENAMED[name] not in moved
    }
    return kept | moved


def _references(tree: nodes.Template) -> Iterator[tuple[Reference, str]]:
    """What a template takes in by which name; "" for a name that is not written out."""
    for node in tree.find_all(nodes.Stmt):
        if isinstance(node, Reference):
            yield node, str(getattr(node.template, "value", ""))


def _required(tree: nodes.Template) -> Iterator[tuple[Reference, str]]:
    """What a template takes in by a name that is written out, where it must exist."""
    for node, name in _references(tree):
        if name and not getattr(node, "ignore_missing", False):
            yield node, name


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
