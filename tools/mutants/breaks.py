"""The ways in which a line of code is broken, and the fixed sample of them that is tried.

The sample is drawn by a hash of where a break is and what it changes, so it stays as it is but for
the functions that are edited. Words in quotes are left alone: golden files hold what is said.
"""

from __future__ import annotations

import ast
import copy
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SEED = "tidings"
LAYERS = ("core", "application", "state")
EACH = 42  # of a layer

_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_OTHER_NAME = {"max": "min", "min": "max", "any": "all", "all": "any"}
_WRAPPERS = {"sorted", "reversed"}
_PLAIN_METHODS = {"desc", "strip", "casefold", "rstrip", "lstrip", "lower"}


@dataclass(frozen=True, slots=True)
class Break:
    """One change of one file: the bytes from `start` to `end` are replaced by `new`. `lines` are
    those that a test must run to notice; `name` says it for people, and names it for good."""

    path: Path
    start: int
    end: int
    new: str
    lines: range
    name: str

    def applied(self, source: bytes) -> bytes:
        """The source of the file, broken."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def sample(package: Path) -> list[Break]:
    """As many breaks of each layer as are tried, in the order of their names."""
    chosen: list[Break] = []
    for layer in LAYERS:
        found = [
            each
            for path in sorted((package / layer).rglob("*.py"))
            for each in breaks(path, str(path.relative_to(package)))
        ]
        chosen += sorted(found, key=_rank)[:EACH]
    return sorted(chosen, key=lambda each: each.name)


def _rank(each: Break) -> str:
    return hashlib.sha256(f"{SEED} {each.name}".encode()).hexdigest()


def breaks(path: Path, shown: str) -> Iterator[Break]:
    """Every break of a file, `shown` as its path."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    met: Counter[str] = Counter()
    for where, node in _reachable(ast.parse(source), ""):
        for new in _broken(node):
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
            written = f"({ast.unparse(new)})" if isinstance(new, ast.expr) else ast.unparse(new)
            before = _short(ast.unparse(node))
            name = f"{shown}: {where}: {before} -> {_short(ast.unparse(new))}"
            met[name] += 1
            if met[name] > 1:
                name += f" ({met[name]})"
            lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            yield Break(path, start, end, written, lines, name)


def _short(code: str) -> str:
    line = " ".join(code.split())
    return line if len(line) <= 100 else f"{line[:60]} ... {line[-35:]}"


def _reachable(node: ast.AST, where: str) -> Iterator[tuple[str, ast.expr | ast.stmt]]:
    """What may be broken, each with the names of what it stands in. Types, decorators and what is
    in a format string (Python 3.11 does not know where that is) are left out."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        where = f"{where}.{node.name}".lstrip(".")
    if isinstance(node, ast.expr | ast.stmt):
        yield where, node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                yield from _reachable(child, where)


def _broken(node: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    match node:
        case ast.Compare(ops=[one]) if type(one) in _OTHER:
            yield _with(node, ops=[_OTHER[type(one)]()])
        case ast.BoolOp(values=values):
            yield _with(node, op=_OTHER[type(node.op)]())
            yield _with(node, values=values[:-1]) if len(values) > 2 else values[0]
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() as number):
            yield ast.Constant(number + 1)
        case ast.BinOp() if type(node.op) in _OTHER and _is_reckoned(node):
            yield _with(node, op=_OTHER[type(node.op)]())
        case ast.Call():
            yield from _broken_call(node)
        case ast.IfExp():
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            yield from _unfiltered(node)
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Continue() | ast.Break():
            yield ast.Pass()


def _with(node: ast.expr, **changed: object) -> ast.expr:
    broken = copy.copy(node)
    for field, value in changed.items():
        setattr(broken, field, value)
    return broken


def _is_reckoned(node: ast.BinOp) -> bool:
    """Whether it is no joining of words, and no union of types."""
    sides = node.left, node.right
    words = any(isinstance(each, ast.JoinedStr | ast.List | ast.Tuple) for each in sides)
    literal = any(isinstance(s, ast.Constant) and not isinstance(s.value, int) for s in sides)
    types = all(isinstance(s, ast.Name) and s.id[0].isupper() for s in sides)
    return not (words or literal or types)


def _broken_call(node: ast.Call) -> Iterator[ast.expr]:
    match node.func:
        case ast.Name(id=name) if name in _OTHER_NAME:
            yield _with(node, func=ast.Name(_OTHER_NAME[name]))
        case ast.Name(id=name) if name in _WRAPPERS:
            yield ast.Call(ast.Name("list"), [node.args[0]], [])
        case ast.Attribute(attr=name) if name in _PLAIN_METHODS and not node.args:
            yield node.func.value


def _unfiltered(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
) -> Iterator[ast.expr]:
    for at, each in enumerate(node.generators):
        if each.ifs:
            bare = copy.copy(each)
            bare.ifs = []
            made: Sequence[ast.comprehension] = [
                bare if n == at else other for n, other in enumerate(node.generators)
            ]
            yield _with(node, generators=made)
