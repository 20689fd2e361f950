"""Which names a template of an instance uses that nobody defines, in whatever branch.

The names that stand alone are looked up in what all templates know. What is asked of a value, such
as `item.titel`, shows only when it is rendered: a template is rendered with every branch taken,
whatever its condition says, and what is missing then is written down instead of ending it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial, wraps
from inspect import currentframe
from typing import Any

import jinja2
from jinja2 import meta, nodes

from tidings.adapters.templates.environment import DEFAULT, FAULTS, MEND, Sandbox, Templates
from tidings.model import Help, Problem

# What mail and its subjects are given, beside what packaged templates use.
MAIL = frozenset(
    {"site", "sender", "fields", "slots", "shared", "mail", "digest", "title", "number", "day"}
    | {"lead", "others", "first", "parts"}
)
Missing = tuple[str, int, str]  # a file, a line, what is missing there


def undefined_names(templates: Templates) -> Iterator[Problem]:
    """Find the names in templates of the instance that nothing defines, in whatever branch."""
    own = {name: tree for name in templates.own for tree in templates.trees([name])}
    if not own:
        return
    known = names_in(templates.trees(f"{DEFAULT}{name}" for name in templates.packaged))
    known |= names_set_in(own.values()) | templates.environment("en", Sandbox).globals.keys()
    known |= {"look", "loop", "self", "super", "caller", "varargs", "kwargs"}
    for name, tree in own.items():
        for line, stranger in strangers(tree, known):
            close = get_close_matches(stranger, sorted(known), n=1)
            hint = f"did you mean {close[0]}?" if close else MEND
            message = f"'{stranger}' is undefined"
            place = templates.own[name]
            yield Problem(place, line, 0, message, hint, help=Help.TEMPLATE_BROKEN)


def every_branch(
    templates: Templates, language: str
) -> tuple[Callable[[str, Mapping[str, object]], str], set[Missing]]:
    """Return what renders with every branch taken of the instance's templates, and the set to which
    it adds what is undefined in them."""
    made = templates.environment(language, EveryBranch)
    made.is_own = templates.own.__contains__
    missing: set[Missing] = set()
    exempt = {name for tree in templates.trees(templates.own) for name in guarded(tree)}
    lenient(made, missing, exempt)
    return partial(rendered, made), missing


def names_in(trees: Iterable[nodes.Template]) -> set[str]:
    """Every name that these templates use, set, import or take as an argument."""
    trees = list(trees)
    used = {node.name for tree in trees for node in tree.find_all(nodes.Name)}
    return used | names_set_in(trees)


def names_set_in(trees: Iterable[nodes.Template]) -> set[str]:
    """The names that these templates give a value."""
    found = set[str]()
    for tree in trees:
        found |= {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
        found |= {node.name for node in tree.find_all(nodes.Macro)}
        found |= {node.target for node in tree.find_all(nodes.Import)}
        for node in tree.find_all(nodes.FromImport):
            found |= {each if isinstance(each, str) else each[1] for each in node.names}
    return found


def strangers(tree: nodes.Template, known: set[str]) -> Iterator[tuple[int, str]]:
    """The names that a template uses and nobody defines, each with the line of its first use."""
    try:
        undeclared = meta.find_undeclared_variables(tree) - known - MAIL - guarded(tree)
    except jinja2.TemplateSyntaxError:
        return  # an unknown filter, which is reported where it stands
    lines: dict[str, int] = {}
    for node in tree.find_all(nodes.Name):
        if node.name in undeclared and node.ctx == "load":
            lines[node.name] = min(node.lineno, lines.get(node.name, node.lineno))
    yield from sorted((line, name) for name, line in lines.items())


def guarded(tree: nodes.Template) -> set[str]:
    """The names of which a template asks whether they are defined, or says what stands for them."""
    found = set[str]()
    asked: list[nodes.Node] = [n.node for n in tree.find_all(nodes.Test) if "defined" in n.name]
    asked += [
        node.node
        for node in tree.find_all(nodes.Filter)
        if node.node is not None and node.name in ("default", "d")
    ]
    for each in asked:
        if isinstance(each, nodes.Name):
            found.add(each.name)
        if isinstance(each, nodes.Getattr):
            found.add(each.attr)
    return found


# --- Every branch taken --------------------------------------------------------------------------


class EveryBranch(Sandbox):
    """Renders templates with every branch of those that `is_own` names; what is missing is added
    to `missing`, and what else fails there fails in silence: the data is not made for it."""

    is_own: Callable[[str], bool]
    missing: set[Missing]

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,
    ) -> str:
        if name and self.is_own(name):
            _take_all(source)
        return str(super()._generate(source, name, filename, defer_init))


def _take_all(tree: nodes.Node) -> None:
    """Put the bodies of each condition one after the other, in its place."""
    for field, value in tree.iter_fields():
        if isinstance(value, list):
            changed: list[Any] = []
            for each in value:
                changed += _all_of(each) if isinstance(each, nodes.Node) else [each]
            setattr(tree, field, changed)
        elif isinstance(value, nodes.Node):
            (taken,) = _all_of(value)
            setattr(tree, field, taken)


def _all_of(node: nodes.Node) -> list[nodes.Node]:
    _take_all(node)
    if isinstance(node, nodes.And | nodes.Or | nodes.CondExpr):
        return [_called(node)]
    if not isinstance(node, nodes.If):
        return [node]
    # Asked all the same, for the names in it.
    nothing = nodes.Const("")
    asked = nodes.Output([_called(nodes.CondExpr(node.test, nothing, nothing))])
    asked.set_lineno(node.lineno)
    below = [each for branch in node.elif_ for each in _all_of(branch)]
    return [asked, *node.body, *below, *node.else_]


CHOICES: Mapping[str, Callable[..., Any]] = {
    "__and__": lambda left, right: left and right,
    "__or__": lambda left, right: left or right,
    "__either__": lambda test, one, other: one if test else other,
}


def _called(node: nodes.And | nodes.Or | nodes.CondExpr) -> nodes.Call:
    """The same choice by a function, for which all that it may choose from is worked out."""
    if isinstance(node, nodes.CondExpr):
        chosen = "__either__", [node.test, node.expr1, node.expr2 or nodes.Const("")]
    else:
        name = "__and__" if isinstance(node, nodes.And) else "__or__"
        chosen = name, [node.left, node.right]
    made = nodes.Call(nodes.Name(chosen[0], "load"), chosen[1], [], None, None)
    made.set_lineno(node.lineno)
    return made


def lenient(made: Any, missing: set[Missing], exempt: set[str]) -> None:
    """Let filters and tests of an environment pass over what they cannot work on, and have it write
    down what is undefined."""
    made.undefined = _recording(missing, exempt)
    made.globals |= CHOICES
    for table in (made.filters, made.tests):
        table.update({name: _forgiving(function) for name, function in table.items()})


def rendered(made: jinja2.Environment, name: str, context: Mapping[str, object]) -> str:
    """What a template makes of it; "" where it fails, which holds up no other part of a mail."""
    try:
        return made.get_template(name).render(context)
    except FAULTS:
        return ""


def _forgiving(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except FAULTS:
            return ""

    return called


def _recording(missing: set[Missing], exempt: set[str]) -> type[jinja2.Undefined]:
    class Recorded(jinja2.ChainableUndefined):
        """Something missing: it is written down, and stands for nothing."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            of = self._undefined_obj
            # What a branch asks of a value that is not there is what its condition is for.
            if of is not None and not isinstance(of, jinja2.Undefined):
                name = self._undefined_name
                # Not so an element by its number, of which there may be fewer.
                if isinstance(name, str) and name not in exempt:
                    self._write_down()

        def _write_down(self) -> None:
            frame = currentframe()
            while frame and "__jinja_template__" not in frame.f_globals:
                frame = frame.f_back
            if frame:
                template = frame.f_globals["__jinja_template__"]
                line = template.get_corresponding_lineno(frame.f_lineno)
                missing.add((template.filename, line, str(self._undefined_message)))

        def _nothing(self, *_: Any, **__: Any) -> Any:
            return self

        def _no(self, *_: Any) -> bool:
            return False

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _nothing
        __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _nothing
        __pos__ = __neg__ = __call__ = _nothing
        __lt__ = __le__ = __gt__ = __ge__ = _no  # type: ignore[assignment]

    return Recorded
