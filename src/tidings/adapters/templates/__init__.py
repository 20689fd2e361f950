"""Templates: Jinja2, the one place that knows it.

A template is looked for in the instance's `templates/` first, then in the package; the name
`default:NAME` always means the packaged one, so that an override may extend what it replaces.
Assets (files below `assets/`) are found the same way. Templates run in a sandbox, may not use an
undefined name and can ask neither for the time nor for a random number: what they make is a
function of their data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from traceback import walk_tb
from zoneinfo import ZoneInfo

import jinja2
from jinja2 import nodes
from markupsafe import Markup

from tidings.adapters.templates.catalogues import (
    ENDING,
    FOLDER,
    Catalogues,
    Source,
)
from tidings.adapters.templates.formats import Formats, language_name, safe_url
from tidings.adapters.templates.sandbox import compiled, sandbox, tree_of
from tidings.errors import TemplateError
from tidings.model import Problem

__all__ = ["Formats", "Source", "Templates", "language_name", "safe_url"]

DEFAULT = "default:"
ASSETS = "assets/"
TEMPLATE = ".j2"
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
            self._own = dict(_read(overrides, overrides.name))
        self._language, self._zone = language, zone
        self._catalogues = Catalogues(self._own)
        self._environments: dict[str, jinja2.Environment] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that there are words for, English first."""
        return self._catalogues.languages

    def render(self, name: str, context: Mapping[str, object], language: str | None = None) -> str:
        """What the template `name` makes of `context`, in a language (None: that of the texts).

        Raises `TemplateError`, naming file and line, if it or the catalogue is missing or broken.
        """
        environment = self._speaking(language or self._language)
        try:
            return environment.get_template(name).render(context)
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
        """Every fault that shows without data, in the instance's templates and in our own."""
        named = [
            *sorted(self._own.items()),
            *((f"{DEFAULT}{name}", source) for name, source in sorted(self._packaged.items())),
        ]
        found = (
            problem
            for name, source in named
            if name.endswith(".j2")
            for problem in self._check(name, source)
        )
        return (*found, *self._catalogues.check())

    def fingerprint(self) -> str:
        """64 hex digits that change whenever a template or an asset does."""
        digest = hashlib.sha256()
        for sources in (self._packaged, self._catalogues.packaged, self._own):
            for name, (_, content) in sorted(sources.items()):
                digest.update(f"{name}\0{len(content)}\0".encode())
                digest.update(content)
            digest.update(b"\0\0")
        return digest.hexdigest()

    def assets(self) -> Mapping[str, bytes]:
        """The files to publish below `assets/`, by their name there: `site.css`.

        A template such as `feed.css.j2` gives `feed.css`, unless the instance has that itself.
        Raises `TemplateError`.
        """
        made = {}
        for name, (_, content) in sorted({**self._packaged, **self._own}.items()):
            plain = name.removesuffix(TEMPLATE)
            if name.startswith(ASSETS) and (plain == name or plain not in self._own):
                whole = content if plain == name else self.render(name, {}).encode()
                made[plain.removeprefix(ASSETS)] = whole
        return made

    def _speaking(self, language: str) -> jinja2.Environment:
        """One for each language in use: words and filters are part of what is compiled."""
        if language not in self._environments:
            words = self._catalogues.words(language)
            made = sandbox(self._load, Formats(language, self._zone), words)
            made.bytecode_cache = compiled(language, self._zone.key, self._catalogues.fingerprint())
            made.globals |= {"language": language, "texts_lang": self._texts_lang(language)}
            self._environments[language] = made
        return self._environments[language]

    def _texts_lang(self, language: str) -> str:
        """What marks the texts of items, which nobody translates, for those who read others."""
        texts = self._language
        if texts.partition("-")[0] == language.partition("-")[0]:
            return Markup("")
        ours, theirs = (Formats(tag, self._zone).direction for tag in (language, texts))
        direction = f' dir="{theirs}"' if ours != theirs else ""
        return Markup(f' lang="{texts}"{direction}')  # noqa: S704 - a tag has no markup in it

    def _find(self, name: str) -> Source | None:
        if name.startswith(DEFAULT):
            return self._packaged.get(name.removeprefix(DEFAULT))
        return self._own.get(name) or self._packaged.get(name)

    def _load(self, name: str) -> tuple[str, str, None] | None:
        found = self._find(name)
        return (found.text, found.place, None) if found else None

    def _check(self, name: str, source: Source) -> Iterator[Problem]:
        place = source.place
        try:
            tree = tree_of(source.text, name, place)
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
            tree = tree_of(source.text, name, source.place)
            yield tree
            parents = (t for node, t in _references(tree) if isinstance(node, nodes.Extends))
            name = next(parents, None)


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
