"""What is wrong with plain data, in words: pydantic's findings as places, messages and hints."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tidings.core.settings.values import Wrong, suggestion
from tidings.model import Severity

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in the plain data of one file.

    `path` leads to it, as in ("topics", "mexico", "any", 3); `at_key` means the last step's key
    rather than its value. What lint finds is a fault as well, of another `severity`.
    """

    file: str
    path: Path
    message: str
    hint: str = ""
    at_key: bool = False
    severity: Severity = "problem"


_WORDS = {
    "string_type": "expected a text",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "tuple_type": "expected a list",
    "dict_type": "expected a mapping (key: value)",
    "model_type": "expected a mapping (key: value)",
    "model_attributes_type": "expected a mapping (key: value)",
}


def faults_in(
    error: ValidationError, *, file: str, shape: type[BaseModel], plain: object
) -> Iterator[Fault]:
    """Translate all that pydantic found in `plain`, the data of `file`, read as `shape`."""
    for detail in error.errors(include_url=False):
        yield _fault(detail, file, shape, plain)


def _fault(detail: ErrorDetails, file: str, shape: type[BaseModel], plain: object) -> Fault:
    path, kind = detail["loc"], detail["type"]
    if kind == "missing":
        return _missing(file, path, plain)
    if kind == "extra_forbidden":
        model = _annotation_at(shape, path[:-1])
        hint = suggestion(str(path[-1]), _keys(model))
        return Fault(file, path, f'unknown setting "{path[-1]}"', hint, at_key=True)
    at_key = path[-1:] == ("[key]",)
    path = path[:-1] if at_key else path
    message, hint = _wording(detail)
    if at_key:
        return Fault(file, path, message, hint, at_key)
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    return Fault(file, path, f"{name}: {message}" if name else message, hint)


def _missing(file: str, path: Path, plain: object) -> Fault:
    holder = plain
    for step in path[:-1]:
        holder = holder[step] if isinstance(holder, dict | list) else None  # type: ignore[index]
    if isinstance(holder, dict) and path[-1] in holder:
        return Fault(file, path, f"{path[-1]}: has no value", at_key=True)
    where = next((f" in {step}" for step in reversed(path[:-1]) if isinstance(step, str)), "")
    return Fault(file, path[:-1], f'"{path[-1]}" is missing{where}', at_key=True)


def _wording(detail: ErrorDetails) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        cause = context["error"]
        return (cause.message, cause.hint) if isinstance(cause, Wrong) else (str(cause), "")
    if kind == "literal_error":
        choices = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return f'"{detail["input"]}" is not among the choices', suggestion(
            str(detail["input"]), choices
        )
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        return f"must be {'at least' if 'ge' in context else 'at most'} {bound}", ""
    if kind == "tuple_type" and isinstance(detail["input"], str):
        return "expected a list", f"write: [{detail['input']}]"
    return _WORDS.get(kind, detail["msg"]), ""


def _bare(annotation: Any) -> Any:
    """The type within `Annotated[...]` and `... | None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _bare(next(arg for arg in get_args(annotation) if arg is not type(None)))
    return annotation


def _fields(annotation: Any) -> dict[str, Any]:
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return {}
    fields = annotation.model_fields.items()
    return {field.alias or name: _bare(field.annotation) for name, field in fields}


def _keys(annotation: Any) -> tuple[str, ...]:
    return tuple(_fields(annotation))


def _inner(annotation: Any) -> Any:
    """What a list, or the values of a mapping, consist of; None for anything else."""
    arguments = get_args(annotation)
    if get_origin(annotation) is tuple and arguments[-1] is ...:
        return _bare(arguments[0])
    return _bare(arguments[1]) if get_origin(annotation) is dict else None


def _annotation_at(shape: Any, path: Path) -> Any:
    for step in path:
        shape = _fields(shape).get(str(step)) or _inner(shape)
    return shape


def leaves(shape: type[BaseModel]) -> tuple[Path, ...]:
    """The paths of all single settings; 0 stands for any index of a list of mappings."""
    return tuple(_leaves(shape, ()))


def _leaves(annotation: Any, path: Path) -> Iterator[Path]:
    fields = _fields(annotation)
    for name, inner in fields.items():
        yield from _leaves(inner, (*path, name))
    if _fields(_inner(annotation)):
        yield from _leaves(_inner(annotation), (*path, 0))
    elif not fields:
        yield path
