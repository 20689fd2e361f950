"""Where templates run: a sandbox that speaks one language, and keeps what it has compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from gettext import NullTranslations
from types import CodeType, MemberDescriptorType
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from tidings.adapters.templates.formats import (
    Formats,
    clock,
    css_text,
    safe_url,
    upper_first,
)

PLAIN = (".txt.j2", ".subject.j2", ".css.j2")  # where < and & mean nothing


class Compiled(jinja2.BytecodeCache):
    """What each template was last compiled to, which depends on its text and on these three.

    To compile is a good part of a short run. A worker reads its templates anew whenever a setting
    changes, and a preview with each look, but few of them are ever others than before.
    """

    def __init__(self, language: str, zone: str, words: str) -> None:
        """`words` is the fingerprint of the catalogues."""
        self.depends_on = (language, zone, words)
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
def compiled(language: str, zone: str, words: str) -> Compiled:
    """What is known of a language from before."""
    return Compiled(language, zone, words)


class _Spoken(NodeTransformer):
    """Says what is always said the same, once, when a template is read: an environment speaks one
    language, and on a page of an item most words are such."""

    def __init__(self, words: NullTranslations) -> None:
        self._words = words

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 (the library's name)
        """`_("Topics")` becomes the word itself."""
        self.generic_visit(node)
        if not (isinstance(node.node, nodes.Name) and node.node.name in ("_", "gettext")):
            return node
        if len(node.args) != 1 or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return node
        message = node.args[0]
        if not isinstance(message, nodes.Const):
            return node
        said: dict[str, object] = {}
        word = nodes.Const(self._words.gettext(message.value) % said, lineno=node.lineno)
        return nodes.MarkSafeIfAutoescape(word, lineno=node.lineno)


class _Sandbox(ImmutableSandboxedEnvironment):
    """The library's sandbox, asked once for each attribute of each kind of object: its answer
    depends on nothing else, and pages ask a hundred times each. A slot of a value of ours holds
    data and never a method, so that there is nothing to look at."""

    def __init__(self, words: NullTranslations, **options: Any) -> None:
        super().__init__(**options)
        self._words = words
        self._safe: dict[tuple[type, str], bool] = {}
        self._slots: dict[tuple[type, str], bool] = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Spoken(self._words).visit(super()._parse(source, name, filename))
        return tree

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


def sandbox(
    load: Callable[[str], tuple[str, str, None] | None], formats: Formats, words: NullTranslations
) -> jinja2.Environment:
    """Where templates run: they are looked up by `load`, and told `formats` and `words`."""
    environment: Any = _Sandbox(
        words,
        extensions=["jinja2.ext.i18n"],
        loader=jinja2.FunctionLoader(load),
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: name is None or not name.endswith(PLAIN),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters |= {
        "clock": clock,
        "css_text": css_text,
        "day_month": formats.day_month,
        "full_date": formats.full_date,
        "listed": formats.listed,
        "long_date": formats.long_date,
        "month_name": formats.month_name,
        "month_year": formats.month_year,
        "number": formats.number,
        "safe_url": safe_url,
        "upper_first": upper_first,
        "weekday": formats.weekday,
    }
    environment.globals |= {
        "direction": formats.direction,
        "place": formats.place,
    }
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(
        words.gettext,
        words.ngettext,
        newstyle=True,
        pgettext=words.pgettext,
        npgettext=words.npgettext,
    )
    del environment.filters["random"], environment.globals["lipsum"]
    made: jinja2.Environment = environment
    return made


@lru_cache(maxsize=128)
def tree_of(text: str, name: str, place: str) -> nodes.Template:
    """A template that compiles, in whatever language, for looking at what it is made of.

    Raises `jinja2.TemplateSyntaxError`, for an unknown filter as well.
    """
    neutral = sandbox(lambda _name: None, Formats("en", ZoneInfo("UTC")), NullTranslations())
    tree = neutral.parse(text, name, place)
    neutral.compile(tree, name, place)
    return tree
