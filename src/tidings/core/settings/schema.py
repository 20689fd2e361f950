"""The four configuration files as JSON Schema (draft 2020-12), for completion and hover text.

Made from the models that `read` judges by. A schema cannot know what `read` knows (terms,
references, time zones), so it accepts more, but never refuses what `read` accepts: Tidings takes
every scalar for the text that stands there, so a text may look like a number to an editor, and a
setting that is not required may be left without a value. Definitions are written out where they are
used, since editors differ in the drafts that they follow.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from textwrap import dedent
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from tidings.core.settings.mailings import NTH, DigestsFile, RecipientsFile
from tidings.core.settings.rules import TopicsFile
from tidings.core.settings.site import TidingsFile
from tidings.core.settings.values import SLUG, WEEKDAYS, Model

DRAFT = GenerateJsonSchema.schema_dialect

Node = dict[str, Any]

_MODELS: dict[str, tuple[type[BaseModel], str]] = {
    "tidings": (TidingsFile, "The instance"),
    "topics": (TopicsFile, "The topics"),
    "digests": (DigestsFile, "The digests"),
    "recipients": (RecipientsFile, "The recipients"),
}
NAMES = tuple(_MODELS)

_TEXT: Node = {"type": ["string", "number", "boolean"]}
_DIGITS = r"^\s*[+-]?[0-9_]+(\.0*)?\s*$"
_YES_NO = ("true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0")
# A duration of one unit, as ISO 8601 has it: PT15S.
_SPAN = re.compile("PT?([0-9]+)([DHMS])")
_ONE_OR_MORE = (
    "topics.source",
    "topics.pin",
    "topics.ban",
    "digests.cadence.except",
    "mail.token_command",
)
_TEXT_OR_MORE = ("topics.tests.match", "topics.tests.no_match", "lists.*")
_ALL_OR_SOME = ("digests.topics", "digests.items_in", "lists.topics", "lists.items_in")


def schema(name: str) -> Node:
    """The schema of one of `NAMES`, as plain data. Raises KeyError for any other."""
    model, title = _MODELS[name]
    written = model.model_json_schema(by_alias=True, mode="validation")
    _describe(written, model)
    for each in Model.__subclasses__():
        _describe(written.get("$defs", {}).get(each.__name__, {}), each)
    node = _node(written, "", written.get("$defs", {}))
    top = {"$schema": DRAFT, "title": f"{title}: config/{name}.yaml", **node}
    if not node.get("required"):
        top["type"] = ["object", "null"]  # an empty file
    return top


def _describe(written: Node, model: type[BaseModel]) -> None:
    """Put the docstring of each field into the schema of its model.

    pydantic does so for whoever builds the models, which takes every verb a third longer.
    """
    named = {field.alias or name: name for name, field in model.model_fields.items()}
    told = _docstrings(model)
    for alias, inner in written.get("properties", {}).items():
        if said := told.get(named[alias]):
            inner.setdefault("description", said)


@cache
def _docstrings(model: type[BaseModel]) -> Mapping[str, str]:
    """The fields that a model defines, each with the text below it; for all files of a
    configuration at once, since finding them is nearly all that a schema takes."""
    (defined,) = ast.parse(dedent(inspect.getsource(model))).body
    found = {}
    for part, below in pairwise(ast.iter_child_nodes(defined)):
        match part, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(said))),
            ):
                found[name] = inspect.cleandoc(said)
    return found


def _node(written: Node, path: str, definitions: Node) -> Node:
    """One part of a schema, made as lenient as the reader is."""
    if "anyOf" in written:
        choices = [each for each in written["anyOf"] if each != {"type": "null"}]
        (written, *others) = choices
        if others:
            return _leaf(written, path)
    if "$ref" in written:
        written = definitions[written["$ref"].rpartition("/")[2]]
    kind = written.get("type")
    if kind == "object":
        return _mapping(written, path, definitions)
    if kind == "array":
        return _sequence(written, path, definitions)
    return _leaf(written, path)


def _mapping(written: Node, path: str, definitions: Node) -> Node:
    within = written.get("additionalProperties")
    if isinstance(within, dict):
        entry = _node(within, path, definitions)
        told = _told(within, definitions)
        entry = _list(entry) if path == "lists" else {**told, **entry}
        return {
            "type": "object",
            "additionalProperties": entry,
            "propertyNames": {"pattern": f"^{SLUG}$"},
        }
    required = written.get("required", [])
    properties = {}
    for name, inner in written["properties"].items():
        below = f"{path}.{name}" if path else name
        told = {"title": below, **_told(inner, definitions)}
        node = {**told, **_node(inner, below, definitions)}
        if "default" in inner and (shown := _default(inner["default"])) is not None:
            node["default"] = shown
        properties[name] = node if name in required else _or_nothing(node)
    mapping: Node = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**mapping, "required": required} if required else mapping


def _sequence(written: Node, path: str, definitions: Node) -> Node:
    items = _node(written["items"], path, definitions)
    if path in _TEXT_OR_MORE or (path == "lists" and "properties" in items):
        items = {"anyOf": [_TEXT, items]}
    node: Node = {"type": "array", "items": items}
    if path in _ONE_OR_MORE:
        return {"anyOf": [_TEXT, node]}
    if path in _ALL_OR_SOME:
        return {"anyOf": [{"const": "all"}, {**node, "minItems": 1}]}
    if path == "sources":
        node["minItems"] = 1
    if path == "aliases" and items["type"] == "array":
        items["minItems"] = 2
    return node


def _leaf(written: Node, path: str) -> Node:
    kind = written.get("type")
    if path == "digests.cadence.on":
        days = [*WEEKDAYS, "last", *(f"{nth} {day}" for nth in NTH for day in WEEKDAYS)]
        day: Node = {"anyOf": [{"enum": days}, {"type": ["string", "integer"]}]}
        return {"anyOf": [*day["anyOf"], {"type": "array", "items": day, "minItems": 1}]}
    if "enum" in written or "const" in written:
        return {"enum": written.get("enum", [written.get("const")])}
    if kind == "integer":
        return {"type": ["integer", "string"], "pattern": _DIGITS, **_bounds(written)}
    if kind == "number":
        return {"type": ["number", "string"], **_bounds(written)}
    if kind == "boolean":
        words = "|".join(
            "".join(
                f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in word
            )
            for word in _YES_NO
        )
        return {"type": ["boolean", "string", "integer"], "pattern": f"^({words})$"}
    if "pattern" in written:
        return {"type": written["type"], "pattern": written["pattern"]}
    return dict(_TEXT)


def _bounds(written: Node) -> Node:
    return {key: value for key, value in written.items() if key in ("minimum", "maximum")}


def _list(entries: Node) -> Node:
    """A list of recipients: addresses, a table beside the file, or nobody yet."""
    file = {
        "title": "lists.from",
        "description": "A CSV file in config/ with the columns address, name, topics, language, "
        "items_in, paused, shared, start, or as another program exports it.",
        "examples": ["partners.csv"],
        **_TEXT,
    }
    encoding = {
        "title": "lists.encoding",
        "description": "Of a file that is not UTF-8, as older spreadsheets write it.",
        "enum": ["cp1252", "latin-1", None],
    }
    table = {
        "type": "object",
        "properties": {"from": file, "encoding": encoding},
        "required": ["from"],
        "additionalProperties": False,
    }
    told = "A list: addresses, or {from: partners.csv} for a table beside this file."
    return {"description": told, "anyOf": [entries, table, {"type": "null"}]}


def _told(written: Node, definitions: Node) -> Node:
    """What is said of a setting: the docstring of its field, else of its model; and examples."""
    choice: Node = written.get("anyOf", [written])[0]
    model = definitions.get(choice.get("$ref", "").rpartition("/")[2], {})
    said = written.get("description") or model.get("description", "")
    told = {"description": " ".join(said.split()), "examples": written.get("examples")}
    return {key: value for key, value in told.items() if value}


def _or_nothing(node: Node) -> Node:
    """The same, or no value at all, which means the default."""
    if "anyOf" in node:
        return {**node, "anyOf": [*node["anyOf"], {"type": "null"}]}
    if "enum" in node:
        return {**node, "enum": [*node["enum"], None]}
    kinds = node["type"] if isinstance(node["type"], list) else [node["type"]]
    return {**node, "type": [*kinds, "null"]}


def _default(value: object) -> object:
    """A default as it would be written; None where nothing is the default."""
    if isinstance(value, str) and (span := _SPAN.fullmatch(value)):
        return span[1] + span[2].lower()
    return None if value in ("", [], {}) or isinstance(value, dict) else value
