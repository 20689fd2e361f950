"""The sandbox that templates run in, and what is done so that it does not hold up their pages.

A page of an item asks for two hundred attributes, a site has a hundred thousand such pages, and
what they ask for is of few kinds. So what is the same for all of a kind is asked once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import MutableMapping
from dataclasses import is_dataclass
from datetime import date
from gettext import NullTranslations
from types import MemberDescriptorType
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator
from jinja2.environment import Template, TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

GAP = re.compile(r"%\((\w+)\)s")
# Of how many calls each macro remembers what it said, such as the days of ten years.
MOST_SAID = 4_000
_SETTLED = frozenset({str, date, type(None)})
SPECIAL = re.compile(r"[&<>'\"]")


class _Spoken(NodeTransformer):
    """Says what is always said the same, once, when a template is read: an environment speaks one
    language, and on a page of an item most words are such."""

    def __init__(self, words: NullTranslations) -> None:
        self._words = words

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802 (the library's name)
        """What is written out in pieces need not be joined first: each is escaped, or is markup,
        as it would be when joined."""
        self.generic_visit(node)
        written: list[nodes.Expr] = []
        for child in node.nodes:
            if isinstance(child, nodes.Concat):
                written += (_plain(piece) for piece in child.nodes)
            else:
                written.append(child)
        node.nodes = written
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 (the library's name)
        """`_("Topics")` becomes the word itself, `_("No. %(number)s", number=n)` what it is made
        of."""
        self.generic_visit(node)
        if not (isinstance(node.node, nodes.Name) and node.node.name in ("_", "gettext")):
            return node
        if len(node.args) != 1 or node.dyn_args or node.dyn_kwargs:
            return node
        message = node.args[0]
        if not isinstance(message, nodes.Const):
            return node
        pieces = GAP.split(self._words.gettext(message.value))
        given = {each.key: each.value for each in node.kwargs}
        names = pieces[1::2]
        simple = not any("%" in text.replace("%%", "") for text in pieces[::2])
        if not simple or len(set(names)) < len(names) or not given.keys() >= set(names):
            return node
        parts = [
            given[piece] if number % 2 else _word(piece, node.lineno)
            for number, piece in enumerate(pieces)
        ]
        return nodes.Concat(parts, lineno=node.lineno) if names else parts[0]


def _word(text: str, line: int) -> nodes.Expr:
    constant = nodes.Const(text.replace("%%", "%"), lineno=line)
    return nodes.MarkSafeIfAutoescape(constant, lineno=line)


def _plain(node: nodes.Expr) -> nodes.Expr:
    """The same piece for where it is written out at once."""
    if isinstance(node, nodes.MarkSafeIfAutoescape) and isinstance(node.expr, nodes.Const):
        return nodes.TemplateData(node.expr.value, lineno=node.lineno)
    return node


class _Generator(CodeGenerator):
    """Writes out text that needs no escaping as it is, where the library makes a value of it."""

    def _output_child_pre(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.written(")
        else:
            super()._output_child_pre(node, frame, finalize)


class _Template(Template):
    """A template whose macros remember what they said, where others take it in without context:
    such a macro knows nothing but what it is given. Globals are the environment's, never those of
    one template, so that there is nothing to compare them with."""

    def _get_default_module(self, _ctx: Context | None = None) -> TemplateModule:
        if self._module is None:
            for macro in vars(super()._get_default_module()).values():
                if type(macro) is Macro:
                    macro.said = {}  # type: ignore[attr-defined]
        return super()._get_default_module()


class Sandbox(ImmutableSandboxedEnvironment):
    """The library's sandbox, asked once for each attribute of each kind of object: its answer
    depends on nothing else. A slot or a property of a value holds data, and a module of macros
    nothing but these, so that there is nothing to look at."""

    code_generator_class = _Generator
    template_class = _Template

    def __init__(self, words: NullTranslations, **options: Any) -> None:
        super().__init__(**options)
        self._words = words
        self._safe: dict[tuple[type, str], bool] = {}
        self._open: dict[str, dict[type, bool]] = defaultdict(dict)
        self._loaded: dict[str, Template] = {}

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What a template knows besides what it is given: the same for all, and looked up at once,
        where the library puts two mappings one behind the other."""
        return {**self.globals, **d} if d else self.globals

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 (the library's name)
    ) -> Template:
        """The template of that name; an environment reads each once."""
        if not isinstance(name, str) or globals is not None:
            return super().get_template(name, parent, globals)
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = super().get_template(name, parent)
        return found

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Spoken(self._words).visit(super()._parse(source, name, filename))
        return tree

    def written(self, value: object) -> str:
        """The value as it stands in a page: escaped, unless it is markup."""
        if type(value) is str:
            return escape(value) if SPECIAL.search(value) else value
        return value if type(value) is Markup else escape(value)

    def getattr(self, obj: object, attribute: str) -> object:
        """What a template gets for `obj.attribute`."""
        kind = type(obj)
        try:
            is_open = self._open[attribute][kind]
        except KeyError:
            is_open = self._open[attribute][kind] = _is_open(kind, attribute)
        if is_open:
            try:
                return getattr(obj, attribute)
            except AttributeError:
                pass  # the library says so in its own way
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Whether a template may see that attribute."""
        asked = (type(obj), attr)
        if asked not in self._safe:
            self._safe[asked] = super().is_safe_attribute(obj, attr, value)
        return self._safe[asked]

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """What a template gets for `obj(...)`. The names are the library's: any other may be an
        argument's."""
        if type(__obj) is not Macro:
            return super().call(__context, __obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        said = getattr(__obj, "said", None)
        if said is None or kwargs or not all(map(_is_settled, args)):
            return __obj(__context.eval_ctx, *args, **kwargs)
        try:
            known = said.get(args)
        except TypeError:  # something in a value cannot be looked up
            return __obj(__context.eval_ctx, *args)
        if known is None:
            if len(said) >= MOST_SAID:
                said.clear()
            known = said[args] = __obj(__context.eval_ctx, *args)
        return known


def _is_settled(value: object) -> bool:
    """Whether another that equals it is the same in every way, as markup, 1 and True are not."""
    if type(value) is tuple:
        return all(map(is_dataclass, value))
    return type(value) in _SETTLED


def _is_open(kind: type, attribute: str) -> bool:
    if attribute.startswith("_"):
        return False
    if kind is TemplateModule:
        return True
    found = getattr(kind, attribute, None)
    if found is None:  # perhaps a field of a model, such as a setting: it is in the object alone
        return any(attribute in vars(each).get("__annotations__", ()) for each in kind.__mro__)
    return isinstance(found, (MemberDescriptorType, property))
